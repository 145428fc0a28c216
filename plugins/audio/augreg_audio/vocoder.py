"""Short-time spectra, and the phase vocoder: another duration at the same pitch, with another rate for every row.

Laroche and Dolson, "Improved phase vocoder time-scale modification of audio", IEEE Transactions on Speech and Audio
Processing 7, 1999. Every frame of the result is analyzed where it belongs in the source, and once more one hop before:
spectra that are interpolated between fixed frames bend the pitch of speech by up to 50 cents. As the hop is that of the
result, phases need no unwrapping: products of unit phasors do it, without angles, sines and cosines.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import scipy.fft
import torch

Array = np.ndarray

OVERLAP: Final = 4
"""Windows that lie over every frame of sound."""

WINDOW_SECONDS: Final = 0.064
"""Long enough to tell the partials of music apart, short enough for speech."""

TINY: Final = 1e-20
"""Added to or compared with what is divided by: below it there is silence."""

ONSET: Final = 10.0
"""By which factor the energy of a window jumps where something new begins: its phases start anew."""


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


def analyze(x: Array, at: Frames, count: int) -> Array:
    """Return spectra (channels, count, bins) of x (channels, L); frame k is centred on k hops, beyond x is silence."""
    channels, length = x.shape
    padded = np.zeros((channels, max(at.size + (count - 1) * at.hop, length + at.size)), dtype=x.dtype)
    padded[:, at.size // 2 : at.size // 2 + length] = x
    step = padded.strides[1]
    strides = (padded.strides[0], at.hop * step, step)
    framed = np.lib.stride_tricks.as_strided(padded, (channels, count, at.size), strides, writeable=False)
    result: Array = scipy.fft.rfft(framed * hann(at.size, x.dtype.name), axis=-1)
    return result


def synthesize(spectra: Array, at: Frames, length: int) -> Array:
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
    """Return (channels, length) of x (channels, L) played ``factor`` times as fast at its own pitch.

    Frame k of the result is the source's at k ``factor`` hops, exactly there, with its phases turned.
    """
    at = framing(rate)
    starts = moments(-(-length // at.hop) + 3, factor, at)
    padded, shift = _embedded(x, starts, at)
    earlier = _windowed(padded, starts - at.hop + shift, at)
    # Squares of both parts: three times as quick as the absolute value of complex numbers.
    before = _energy(earlier).sum(axis=-1)
    made = _windowed(padded, starts + shift, at)
    power = _energy(made)
    turns = np.conj(earlier[:, 1:], out=earlier[:, 1:])
    turns *= made[:, :-1]
    turns = turns.sum(axis=0) if len(turns) > 1 else turns[0]
    size = np.sqrt(turns.real * turns.real + turns.imag * turns.imag)
    turns *= 1 / np.maximum(size, size.dtype.type(TINY))
    turns[size <= TINY] = 1
    made *= _rotations(turns, nearest_peaks(power), _onsets(power.sum(axis=-1), before))
    return synthesize(made, at, length)


def moments(count: int, factor: float, at: Frames) -> Array:
    """Return on which frames of the source those of the result are centred, int64 (count,)."""
    found: Array = np.rint(np.arange(count) * (factor * at.hop)).astype(np.int64)
    return found


def _embedded(x: Array, starts: Array, at: Frames) -> tuple[Array, int]:
    """Return x (channels, L) with silence around it, and where in it a window centred on frame 0 of x begins."""
    first, last = at.hop + at.size // 2, max(x.shape[-1], int(starts[-1])) + at.size // 2
    padded = np.zeros((len(x), first + last), dtype=x.dtype)
    padded[:, first : first + x.shape[-1]] = x
    return padded, at.hop


def _windowed(padded: Array, starts: Array, at: Frames) -> Array:
    """Return spectra (channels, count, bins) of the windows that begin on these frames of (channels, L)."""
    windows = np.lib.stride_tricks.sliding_window_view(padded, at.size, axis=1)
    framed: Array = windows[:, starts]
    framed *= hann(at.size, padded.dtype.name)
    result: Array = scipy.fft.rfft(framed, axis=-1)
    return result


def _energy(spectra: Array) -> Array:
    """Return the squares of spectra (channels, count, bins), added up over channels, (count, bins)."""
    power = spectra.real * spectra.real
    power += spectra.imag * spectra.imag
    result: Array = power.sum(axis=0) if len(power) > 1 else power[0]
    return result


def _rotations(turns: Array, peaks: Array, fresh: Array) -> Array:
    """Return by what the phases of every frame of the result are turned, complex (count, bins).

    Turned alike, what sounds one hop before a frame in the source has to have the phases of the frame before it in
    the result: ``turns`` (count - 1, bins) are the differences. They count at every spectral peak; the bins around it
    keep their phases relative to it, and the channels theirs to each other (identity phase locking). Where something
    new begins, nothing is turned.
    """
    found = np.ones((len(peaks), turns.shape[-1]), dtype=turns.dtype)
    for k in np.flatnonzero(~fresh).tolist():
        np.take(found[k - 1] * turns[k - 1], peaks[k], out=found[k], mode="clip")
    return found


def nearest_peaks(power: Array) -> Array:
    """Return for every bin of spectra (frames, bins) the nearest local maximum, int64; the bin itself if there is none.

    A maximum is larger than its two neighbors on either side; of two that are equally near, the lower one counts.
    """
    frames, bins = power.shape
    padded = np.pad(power, ((0, 0), (2, 2)), constant_values=-1.0)
    peak = power > 0
    for shift in (0, 1, 3, 4):
        peak &= power >= padded[:, shift : shift + bins]
    peak[~peak.any(axis=1)] = True
    # All frames in one line, cut half way between neighbors: running maxima from both sides take ten times as long.
    where = np.flatnonzero(peak)
    first = where // bins * bins
    cuts = np.where(first[1:] == first[:-1], (where[1:] + where[:-1]) // 2 + 1, first[1:])
    widths = np.diff(cuts, prepend=0, append=frames * bins)
    return np.repeat(where - first, widths).reshape(frames, bins)


def _onsets(energy: Array, before: Array) -> Array:
    """Return for every frame of the result whether something new begins there, bool (count,).

    Its energy is 10 dB above that one hop before it in the source, or above that of the frame before it: phases that
    run on would smear an attack out of silence. Of several such frames in a row the first counts.
    """
    jumps = energy > ONSET * before + TINY
    jumps[1:] |= energy[1:] > ONSET * energy[:-1] + TINY
    jumps[1:] &= ~jumps[:-1]
    jumps[0] = True
    return jumps


def stretch_batch(x: torch.Tensor, factors: Array, after: Array, rate: float) -> torch.Tensor:
    """Return every row of x (n, channels, frames) stretched by its own factor in one go, padded to the longest result.

    x must be 0 in the padding. What the rows hold beyond their results is undefined.
    """
    at = framing(rate)
    length = int(after.max(initial=0))
    starts = np.stack([moments(-(-length // at.hop) + 3, factor, at) for factor in factors.tolist()])
    behind = max(0, int(starts.max()) - x.shape[-1]) + at.size // 2
    padded = torch.nn.functional.pad(x, (at.hop + at.size // 2, behind))
    place = torch.from_numpy(starts).to(x.device)[:, :, None] + torch.arange(at.size, device=x.device)
    earlier, made = (_windowed_batch(padded, index, at) for index in (place, place + at.hop))
    return synthesize_batch(made * _rotations_batch(earlier.detach(), made.detach())[:, None], at, length)


def _windowed_batch(padded: torch.Tensor, place: torch.Tensor, at: Frames) -> torch.Tensor:
    """Return spectra (n, channels, count, bins) of (n, channels, L), read at ``place`` (n, count, size)."""
    n, channels, _ = padded.shape
    index = place.reshape(n, 1, -1).expand(n, channels, -1)
    window = torch.from_numpy(hann(at.size, str(padded.dtype).removeprefix("torch."))).to(padded.device)
    framed = torch.gather(padded, -1, index).reshape(n, channels, -1, at.size) * window
    result: torch.Tensor = torch.fft.rfft(framed)
    return result


def _rotations_batch(earlier: torch.Tensor, made: torch.Tensor) -> torch.Tensor:
    """Return the rotations (n, count, bins) of a batch (n, channels, count, bins); see ``_rotations``."""
    turns = (made[:, :, :-1] * earlier[:, :, 1:].conj()).sum(dim=1)
    size = turns.abs()
    turns = torch.where(size > TINY, turns / size.clamp(min=TINY), 1.0)
    power, before = ((v.real.square() + v.imag.square()).sum(dim=1) for v in (made, earlier))
    peaks, fresh = nearest_peaks_batch(power), _onsets_batch(power.sum(dim=-1), before.sum(dim=-1))
    found = [torch.ones_like(turns[:, 0])]
    for k in range(1, made.shape[2]):
        moved = torch.gather(found[-1] * turns[:, k - 1], 1, peaks[:, k])
        found.append(torch.where(fresh[:, k, None], 1.0, moved))
    return torch.stack(found, dim=1)


def nearest_peaks_batch(power: torch.Tensor) -> torch.Tensor:
    """Return the same as ``nearest_peaks`` of (n, frames, bins), without waiting for the device."""
    bins = power.shape[-1]
    padded = torch.nn.functional.pad(power, (2, 2), value=-1.0)
    peak = power > 0
    for shift in (0, 1, 3, 4):
        peak = peak & (power >= padded[..., shift : shift + bins])
    index = torch.arange(bins, device=power.device)
    left = torch.where(peak, index, -2 * bins).cummax(dim=-1).values
    right = torch.where(peak, index, 4 * bins).flip(-1).cummin(dim=-1).values.flip(-1)
    found = torch.where(index - left <= right - index, left, right)
    return torch.where((found >= 0) & (found < bins), found, index)


def _onsets_batch(energy: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
    """Return the same as ``_onsets`` of (n, frames)."""
    jumps = energy > ONSET * before + TINY
    later = jumps[:, 1:] | (energy[:, 1:] > ONSET * energy[:, :-1] + TINY)
    jumps = torch.cat([jumps[:, :1], later], dim=1)
    first = torch.ones_like(jumps[:, :1])
    return torch.cat([first, jumps[:, 1:] & ~jumps[:, :-1]], dim=1)


def analyze_batch(x: torch.Tensor, at: Frames, count: int) -> torch.Tensor:
    """Return spectra (n, channels, count, bins) of x (n, channels, frames), as ``analyze`` does."""
    extra = max(0, (count - 1) * at.hop + at.size - at.size // 2 - x.shape[-1])
    framed = torch.nn.functional.pad(x, (at.size // 2, extra)).unfold(-1, at.size, at.hop)[:, :, :count]
    window = torch.from_numpy(hann(at.size, str(x.dtype).removeprefix("torch."))).to(x.device)
    result: torch.Tensor = torch.fft.rfft(framed * window)
    return result


def synthesize_batch(spectra: torch.Tensor, at: Frames, length: int) -> torch.Tensor:
    """Return the sounds (n, channels, length) whose windowed frames these are."""
    n, channels, count, _ = spectra.shape
    framed = torch.fft.irfft(spectra, n=at.size)
    window = torch.from_numpy(hann(at.size, str(framed.dtype).removeprefix("torch."))).to(framed.device)
    parts = (framed * (window / 1.5)).reshape(n, channels, count, OVERLAP, at.hop)
    shifted = [torch.nn.functional.pad(parts[:, :, :, k], (0, 0, k, OVERLAP - 1 - k)) for k in range(OVERLAP)]
    out = torch.stack(shifted).sum(0).flatten(2)
    return out[..., at.size // 2 : at.size // 2 + length]
