"""Formants: the smooth envelope of short-time spectra, stretched along the frequency axis."""

from __future__ import annotations

from typing import Final

import numpy as np
import scipy.fft
import torch

from augreg_audio import vocoder

Array = np.ndarray

LIFTER: Final = 0.0018
"""Cut of the cepstrum in seconds: what varies faster than this over frequency is pitch, not vocal tract."""

ENVELOPE_ROUNDS: Final = 5
"""How often the envelope is filled up, until it lies on the peaks of the spectrum."""

LARGEST_CHANGE: Final = 4.0
"""The largest gain or loss of a bin, as a natural logarithm of amplitude."""


def warped_row(x: Array, warp: float, rate: float) -> Array:
    """Return x (channels, L) with its formants ``warp`` times as high."""
    at = vocoder.framing(rate)
    count = -(-x.shape[-1] // at.hop) + 3
    warped = (_warped(spectra, warp, at, rate) for spectra in vocoder.analyze(x, at, count))
    return vocoder.synthesize(warped, at, len(x), x.shape[-1], x.dtype)


def _warped(spectra: Array, warp: float, at: vocoder.Frames, rate: float) -> Array:
    """Return spectra (channels, frames, bins) with their envelopes stretched, in the memory of those given."""
    sizes = np.abs(spectra)
    envelope = _envelopes(np.log(sizes + sizes.dtype.type(1e-6)), at.size, max(2, round(LIFTER * rate)))
    place = warped_bins(envelope.shape[-1], warp)
    low = np.minimum(place.astype(np.int64), envelope.shape[-1] - 2)
    share = (place - low).astype(sizes.dtype)
    moved = envelope[..., low] * (1 - share) + envelope[..., low + 1] * share
    spectra *= np.exp(np.clip(moved - envelope, -LARGEST_CHANGE, LARGEST_CHANGE))
    return spectra


def warped_batch(x: torch.Tensor, warps: Array, rate: float) -> torch.Tensor:
    """Return every row of x (n, channels, frames), 0 in the padding, warped by its own factor in one go."""
    at = vocoder.framing(rate)
    count = -(-x.shape[-1] // at.hop) + 3
    spectra = vocoder.analyze_batch(x, at, count)
    # Formants are looked up, not learned: no gradient goes through the envelope.
    logs = (spectra.detach().abs() + 1e-6).log()
    envelope = _envelopes_batch(logs, at.size, max(2, round(LIFTER * rate)))
    bins = envelope.shape[-1]
    place = torch.from_numpy(np.stack([warped_bins(bins, warp) for warp in warps.tolist()])).to(x.device)
    low = place.to(torch.int64).clamp(max=bins - 2)
    share = (place - low).to(x.dtype)[:, None, None]
    first, second = (
        torch.gather(envelope, -1, index[:, None, None].expand(envelope.shape)) for index in (low, low + 1)
    )
    moved = first + (second - first) * share
    return vocoder.synthesize_batch(
        spectra * (moved - envelope).clamp(-LARGEST_CHANGE, LARGEST_CHANGE).exp(), at, x.shape[-1]
    )


def _envelopes(logs: Array, size: int, kept: int) -> Array:
    """Return smooth curves through the peaks of log spectra (..., bins).

    The "true envelope": smooth, fill up what lies below, and again (Roebel and Rodet, "Efficient spectral envelope
    estimation", DAFx 2005).
    """
    envelope = logs
    for _ in range(ENVELOPE_ROUNDS):
        cepstra = scipy.fft.irfft(np.maximum(logs, envelope), n=size, axis=-1)
        cepstra[..., kept : size - kept + 1] = 0.0
        envelope = scipy.fft.rfft(cepstra, axis=-1).real
    return envelope


def _envelopes_batch(logs: torch.Tensor, size: int, kept: int) -> torch.Tensor:
    """Return the same as ``_envelopes`` of tensors."""
    envelope = logs
    for _ in range(ENVELOPE_ROUNDS):
        cepstra = torch.fft.irfft(torch.maximum(logs, envelope), n=size)
        cepstra[..., kept : size - kept + 1] = 0.0
        envelope = torch.fft.rfft(cepstra).real
    return envelope


def warped_bins(bins: int, warp: float, knee: float = 0.6) -> Array:
    """Return from which bin, float64 (bins,), every bin of a warped spectrum is read.

    Divided by ``warp`` up to ``knee`` of the band, then straight on to the last bin: nothing leaves the band.
    """
    share = np.arange(bins) / (bins - 1)
    edge = knee * min(1.0, warp)
    above = (share - edge) / (1.0 - edge) * (1.0 - edge / warp) + edge / warp
    return np.where(share <= edge, share / warp, above) * (bins - 1)
