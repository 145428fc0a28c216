"""Short-time spectra, and the phase vocoder: another duration at the same pitch, with another rate for every row.

Flanagan and Golden, "Phase vocoder", 1966; Laroche and Dolson, "Improved phase vocoder time-scale modification of
audio", 1999. As analysis and synthesis use one hop, the phase advance between two frames may be taken modulo a full
turn: the product of unit phasors does it, without angles, sines and cosines.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import scipy.fft
import torch

Array = np.ndarray

OVERLAP: Final = 4
WINDOW_SECONDS: Final = 0.064
TINY: Final = 1e-20
ONSET: Final = 10.0


class Frames(NamedTuple):
    """FFT size and hop of the short-time spectra at one sample rate."""

    size: int
    hop: int


def framing(rate: float) -> Frames:
    """Return windows of about 64 ms (a power of two), a quarter of it apart."""
    size = 1 << max(6, round(np.log2(WINDOW_SECONDS * rate)))
    return Frames(size, size // OVERLAP)


@lru_cache(maxsize=16)
def hann(size: int, dtype: str) -> Array:
    """Return the periodic Hann window (size,)."""
    return (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(size) / size)).astype(dtype)


def analyse(x: Array, at: Frames, count: int) -> Array:
    """Return spectra (channels, count, bins) of x (channels, L); frame k is centred on k hops, beyond x is silence."""
    channels, length = x.shape
    padded = np.zeros((channels, max(at.size + (count - 1) * at.hop, length + at.size)), dtype=x.dtype)
    padded[:, at.size // 2 : at.size // 2 + length] = x
    step = padded.strides[1]
    strides = (padded.strides[0], at.hop * step, step)
    framed = np.lib.stride_tricks.as_strided(padded, (channels, count, at.size), strides, writeable=False)
    return scipy.fft.rfft(framed * hann(at.size, x.dtype.name), axis=-1)


def synthesise(spectra: Array, at: Frames, length: int) -> Array:
    """Return the sound (channels, length) whose windowed frames these are; overwrites ``spectra``."""
    channels, count, _ = spectra.shape
    framed = scipy.fft.irfft(spectra, n=at.size, axis=-1, overwrite_x=True)
    framed *= hann(at.size, framed.dtype.name) * framed.dtype.type(1.0 / 1.5)
    parts = framed.reshape(channels, count, OVERLAP, at.hop)
    out = np.zeros((channels, count + OVERLAP - 1, at.hop), dtype=framed.dtype)
    for k in range(OVERLAP):
        out[:, k : k + count] += parts[:, :, k]
    start = at.size // 2
    return out.reshape(channels, -1)[:, start : start + length]


def stretch_row(x: Array, factor: float, length: int, rate: float) -> Array:
    """Return (channels, length) of x (channels, L) played ``factor`` times as fast at its own pitch."""
    at = framing(rate)
    count = -(-length // at.hop) + 3
    place = np.arange(count) * factor
    first = np.floor(place).astype(np.int64)
    share = (place - first).astype(x.dtype)[:, None]
    spectra = analyse(x, at, int(first[-1]) + 2)
    loud = np.abs(spectra)
    turns = spectra[:, 1:] * spectra[:, :-1].conj()
    size = np.abs(turns)
    turns /= np.maximum(size, x.dtype.type(TINY))
    turns[size <= TINY] = 1
    phase = np.empty((len(x), count, spectra.shape[-1]), dtype=spectra.dtype)
    phase[:, 0] = 1
    phase[:, 1:] = turns[:, first[:-1]]
    np.multiply.accumulate(phase, axis=1, out=phase)
    begun = _onsets(np.square(loud).sum(axis=(0, 2)), first)
    starts = np.unique(begun).tolist()
    for start, end in zip(starts, [*starts[1:], count], strict=True):
        there = spectra[:, first[start]] / np.maximum(loud[:, first[start]], x.dtype.type(TINY))
        phase[:, start:end] *= (there * phase[:, start].conj())[:, None]
    phase *= loud[:, first] * (1 - share) + loud[:, first + 1] * share
    return synthesise(phase, at, length)


def _onsets(energy: Array, first: Array) -> Array:
    """Return for every output frame the output frame, int64 (count,), from which its phase has run on.

    Where the energy (frames,) of the analysed frames jumps by 10 dB something new begins: it gets its own phase, or
    an attack out of silence would be smeared.
    """
    jumps = np.cumsum(np.concatenate([[False], energy[1:] > ONSET * energy[:-1] + TINY]))
    fresh = np.concatenate([[False], jumps[first[1:]] > jumps[first[:-1]]])
    return np.maximum.accumulate(np.where(fresh, np.arange(len(first)), 0))


def stretch_batch(x: torch.Tensor, factors: Array, after: Array, rate: float) -> torch.Tensor:
    """Return every row of x (n, channels, frames) stretched by its own factor in one go, padded to the longest result.

    x must be 0 in the padding. What the rows hold beyond their results is undefined.
    """
    at = framing(rate)
    device = x.device
    length = int(after.max(initial=0))
    count = -(-length // at.hop) + 3
    place = torch.arange(count, device=device, dtype=torch.float64) * torch.as_tensor(factors, device=device)[:, None]
    first = place.floor().to(torch.int64)
    share = (place - first).to(x.dtype)[:, None, :, None]
    needed = int(np.floor((count - 1) * factors.max(initial=1.0))) + 2
    spectra = _analyse_batch(x, at, needed)
    loud = spectra.abs()
    turns = spectra[:, :, 1:] * spectra[:, :, :-1].conj()
    size = turns.abs()
    turns = torch.where(size > TINY, turns / size.clamp(min=TINY), 1.0)
    phase = _frames_of(turns, first[:, :-1])
    phase = torch.cat([torch.ones_like(phase[:, :, :1]), phase], dim=2).cumprod(dim=2)
    energy = loud.detach().to(torch.float64).square().sum((1, 3)).cpu().numpy()
    begun = np.stack([_onsets(e, f) for e, f in zip(energy, first.cpu().numpy(), strict=True)])
    start = torch.as_tensor(begun, device=device)
    there = _frames_of(spectra / loud.clamp(min=TINY), first.gather(1, start))
    phase = phase * there * _frames_of(phase, start).conj()
    made = phase * (_frames_of(loud, first) * (1 - share) + _frames_of(loud, first + 1) * share)
    return _synthesise_batch(made, at, length)


def _analyse_batch(x: torch.Tensor, at: Frames, count: int) -> torch.Tensor:
    extra = max(0, (count - 1) * at.hop + at.size - at.size // 2 - x.shape[-1])
    framed = torch.nn.functional.pad(x, (at.size // 2, extra)).unfold(-1, at.size, at.hop)[:, :, :count]
    window = torch.from_numpy(hann(at.size, str(x.dtype).removeprefix("torch."))).to(x.device)
    return torch.fft.rfft(framed * window)


def _synthesise_batch(spectra: torch.Tensor, at: Frames, length: int) -> torch.Tensor:
    n, channels, count, _ = spectra.shape
    framed = torch.fft.irfft(spectra, n=at.size)
    window = torch.from_numpy(hann(at.size, str(framed.dtype).removeprefix("torch."))).to(framed.device)
    parts = (framed * (window / 1.5)).reshape(n, channels, count, OVERLAP, at.hop)
    shifted = [torch.nn.functional.pad(parts[:, :, :, k], (0, 0, k, OVERLAP - 1 - k)) for k in range(OVERLAP)]
    out = torch.stack(shifted).sum(0).flatten(2)
    return out[..., at.size // 2 : at.size // 2 + length]


def _frames_of(values: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Return frames (n, count) of values (n, channels, frames, bins), another choice for every row."""
    shape = (-1, values.shape[1], -1, values.shape[-1])
    return torch.gather(values, 2, index[:, None, :, None].expand(shape))
