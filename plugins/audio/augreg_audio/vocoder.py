"""Short-time spectra, and the phase vocoder: another duration at the same pitch, with another rate for every row.

Laroche and Dolson, "Improved phase vocoder time-scale modification of audio", IEEE Transactions on Speech and Audio
Processing 7, 1999. As analysis and synthesis use one hop, phases need no unwrapping: products of unit phasors do it,
without angles, sines and cosines.
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
FAR: Final = 1 << 24


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
    result: Array = scipy.fft.rfft(framed * hann(at.size, x.dtype.name), axis=-1)
    return result


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
    place = np.arange(-(-length // at.hop) + 3) * factor
    first = np.floor(place).astype(np.int64)
    share = (place - first).astype(x.dtype)[:, None]
    spectra = analyse(x, at, int(first[-1]) + 2)
    # Squares of both parts: three times as quick as the absolute value of complex numbers.
    power = spectra.real * spectra.real + spectra.imag * spectra.imag
    loud = np.sqrt(power)
    made = spectra[:, first]
    made *= _rotations(spectra, power.sum(axis=0) if len(power) > 1 else power[0], first)
    before = loud[:, first]
    made *= (before + (loud[:, first + 1] - before) * share) / np.maximum(before, x.dtype.type(TINY))
    return synthesise(made, at, length)


def _rotations(spectra: Array, power: Array, first: Array) -> Array:
    """Return by what the phases of every output frame are turned against those of its source, complex (count, bins).

    Between two output frames the phase has to run on as it does over one hop of the source. That decides at every
    spectral peak; the bins around it keep their phases relative to it, and the channels theirs to each other
    (identity phase locking). Where something new begins, nothing is turned.
    """
    turns = spectra[:, first[1:]].conj()
    turns *= spectra[:, first[:-1] + 1]
    turns = turns.sum(axis=0) if len(turns) > 1 else turns[0]
    size = np.sqrt(turns.real * turns.real + turns.imag * turns.imag)
    turns *= 1 / np.maximum(size, size.dtype.type(TINY))
    turns[size <= TINY] = 1
    peaks, fresh = nearest_peaks(power[first]), _onsets(power.sum(axis=-1), first)
    found = np.ones((len(first), spectra.shape[-1]), dtype=spectra.dtype)
    for k in np.flatnonzero(~fresh).tolist():
        if k:
            np.take(found[k - 1] * turns[k - 1], peaks[k], out=found[k], mode="clip")
    return found


def nearest_peaks(power: Array) -> Array:
    """Return for every bin of spectra (frames, bins) the nearest local maximum, int32; the bin itself if there is none.

    A maximum is larger than its two neighbours on either side.
    """
    bins = power.shape[-1]
    padded = np.pad(power, ((0, 0), (2, 2)), constant_values=-1.0)
    peak = power > 0
    for shift in (0, 1, 3, 4):
        peak &= power >= padded[:, shift : shift + bins]
    index = np.arange(bins, dtype=np.int32)
    left = np.where(peak, index, np.int32(-FAR))
    right = np.where(peak, index, np.int32(FAR))
    np.maximum.accumulate(left, axis=1, out=left)
    right = np.minimum.accumulate(right[:, ::-1], axis=1)[:, ::-1]
    found = np.where(index - left <= right - index, left, right)
    return np.where((found >= 0) & (found < bins), found, index)


def _onsets(energy: Array, first: Array) -> Array:
    """Return for every output frame whether something new begins there, bool (count,).

    The energy (frames,) of the analysed frames jumps by 10 dB: run-on phases would smear an attack out of silence.
    """
    jumps = np.cumsum(np.concatenate([[False], energy[1:] > ONSET * energy[:-1] + TINY]))
    return np.concatenate([[True], jumps[first[1:]] > jumps[first[:-1]]])


def stretch_batch(x: torch.Tensor, factors: Array, after: Array, rate: float) -> torch.Tensor:
    """Return every row of x (n, channels, frames) stretched by its own factor in one go, padded to the longest result.

    x must be 0 in the padding. What the rows hold beyond their results is undefined.
    """
    at = framing(rate)
    length = int(after.max(initial=0))
    count = -(-length // at.hop) + 3
    place = (
        torch.arange(count, device=x.device, dtype=torch.float64) * torch.as_tensor(factors, device=x.device)[:, None]
    )
    first = place.floor().to(torch.int64)
    share = (place - first).to(x.dtype)[:, None, :, None]
    needed = int(np.floor((count - 1) * factors.max(initial=1.0))) + 2
    spectra = analyse_batch(x, at, needed)
    loud = spectra.abs()
    turned = _frames_of(spectra, first) * _rotations_batch(spectra.detach(), first)[:, None]
    before = _frames_of(loud, first)
    made = turned * ((before + (_frames_of(loud, first + 1) - before) * share) / before.clamp(min=TINY))
    return synthesise_batch(made, at, length)


def _rotations_batch(spectra: torch.Tensor, first: torch.Tensor) -> torch.Tensor:
    """Return the rotations (n, count, bins) of a batch (n, channels, frames, bins); see ``_rotations``."""
    power = spectra.abs().square().sum(dim=1)
    turns = (_frames_of(spectra, first[:, :-1] + 1) * _frames_of(spectra, first[:, 1:]).conj()).sum(dim=1)
    size = turns.abs()
    turns = torch.where(size > TINY, turns / size.clamp(min=TINY), 1.0)
    host, rows = power.cpu().numpy(), first.cpu().numpy()
    pairs = list(zip(host, rows, strict=True))
    peaks = torch.from_numpy(np.stack([nearest_peaks(p[f]) for p, f in pairs])).to(spectra.device, torch.int64)
    fresh = torch.from_numpy(np.stack([_onsets(p.sum(axis=-1), f) for p, f in pairs])).to(spectra.device)
    found = [torch.ones_like(turns[:, 0])]
    for k in range(1, first.shape[1]):
        moved = torch.gather(found[-1] * turns[:, k - 1], 1, peaks[:, k])
        found.append(torch.where(fresh[:, k, None], 1.0, moved))
    return torch.stack(found, dim=1)


def analyse_batch(x: torch.Tensor, at: Frames, count: int) -> torch.Tensor:
    """Return spectra (n, channels, count, bins) of x (n, channels, frames), as ``analyse`` does."""
    extra = max(0, (count - 1) * at.hop + at.size - at.size // 2 - x.shape[-1])
    framed = torch.nn.functional.pad(x, (at.size // 2, extra)).unfold(-1, at.size, at.hop)[:, :, :count]
    window = torch.from_numpy(hann(at.size, str(x.dtype).removeprefix("torch."))).to(x.device)
    result: torch.Tensor = torch.fft.rfft(framed * window)
    return result


def synthesise_batch(spectra: torch.Tensor, at: Frames, length: int) -> torch.Tensor:
    """Return the sounds (n, channels, length) whose windowed frames these are."""
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
