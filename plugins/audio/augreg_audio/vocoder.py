"""Short-time spectra, and the phase vocoder: another duration at the same pitch, with another rate for every row.

Laroche and Dolson, "Improved phase vocoder time-scale modification of audio", IEEE Transactions on Speech and Audio
Processing 7, 1999. Every frame of the result is analyzed where it belongs in the source, and once more one hop before:
spectra that are interpolated between fixed frames bend the pitch of speech by up to 50 cents. As the hop is that of the
result, phases need no unwrapping: products of unit phasors do it, without angles, sines and cosines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import scipy.fft
import torch

from augreg_audio.waveform import stretches

Array = np.ndarray

OVERLAP: Final = 4
"""Windows that lie over every frame of sound."""

WINDOW_SECONDS: Final = 0.064
"""Long enough to tell the partials of music apart, short enough for speech."""

TINY: Final = 1e-20
"""Added to or compared with what is divided by: below it there is silence."""

FRAMES_AT_ONCE: Final = 256
"""Frames whose spectra are in memory at once: a few megabytes, which the cache holds, too. A whole number of times what
the FFT makes side by side, so that every frame is computed as it would be among all."""

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


def analyze(x: Array, at: Frames, count: int) -> Iterator[Array]:
    """Yield spectra (channels, some, bins) of x (channels, L): ``count`` frames in stretches.

    Frame k is centred on k hops, beyond x is silence.
    """
    channels, length = x.shape
    padded = np.zeros((channels, max(at.size + (count - 1) * at.hop, length + at.size)), dtype=x.dtype)
    padded[:, at.size // 2 : at.size // 2 + length] = x
    step = padded.strides[1]
    strides = (padded.strides[0], at.hop * step, step)
    framed = np.lib.stride_tricks.as_strided(padded, (channels, count, at.size), strides, writeable=False)
    return (
        scipy.fft.rfft(framed[:, part] * hann(at.size, x.dtype.name), axis=-1)
        for part in stretches(count, FRAMES_AT_ONCE)
    )


def synthesize(parts: Iterable[Array], at: Frames, channels: int, length: int, dtype: Any) -> Array:
    """Return the sound (channels, length) whose windowed frames these are, a hop apart.

    The frames come as spectra (channels, some, bins), stretch after stretch, which are overwritten: those of an hour
    together would take twenty times the sound's memory.
    """
    skipped = at.size // 2 // at.hop
    hops = skipped + -(-length // at.hop)
    out = np.zeros((channels, hops, at.hop), dtype=dtype)
    last = np.zeros((channels, OVERLAP - 1, OVERLAP, at.hop), dtype=dtype)
    start = 0
    for spectra in parts:
        framed = scipy.fft.irfft(spectra, n=at.size, axis=-1, overwrite_x=True)
        framed *= hann(at.size, framed.dtype.name) * framed.dtype.type(1.0 / 1.5)
        pieces = np.concatenate([last, framed.reshape(channels, -1, OVERLAP, at.hop)], axis=1)
        made = out[:, start : start + framed.shape[1]]
        # The newest frame first, so that every sum is the same wherever a stretch ends.
        for k in range(OVERLAP):
            made += pieces[:, OVERLAP - 1 - k :, k][:, : made.shape[1]]
        start, last = start + framed.shape[1], pieces[:, 1 - OVERLAP :]
    return out.reshape(channels, -1)[:, at.size // 2 : at.size // 2 + length]


def stretch_row(x: Array, factor: float, length: int, rate: float) -> Array:
    """Return (channels, length) of x (channels, L) played ``factor`` times as fast at its own pitch.

    Frame k of the result is the source's at k ``factor`` hops, exactly there, with its phases turned.
    """
    at = framing(rate)
    return synthesize(_turned(x, factor, length, at), at, len(x), length, x.dtype)


def _turned(x: Array, factor: float, length: int, at: Frames) -> Iterator[Array]:
    """Yield the spectra (channels, some, bins) of the result, stretch after stretch."""
    starts = moments(-(-length // at.hop) + 3, factor, at)
    padded, shift = _embedded(x, starts, at)
    before: _Last | None = None
    for part in stretches(len(starts), FRAMES_AT_ONCE):
        earlier = _windowed(padded, starts[part] - at.hop + shift, at)
        made = _windowed(padded, starts[part] + shift, at)
        rotations, before = _rotations(earlier, made, before)
        made *= rotations
        yield made


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


class _Last(NamedTuple):
    """What the frames of the next stretch need of the last frame of this one."""

    made: Array
    """Its spectrum (channels, bins), before it is turned."""
    rotation: Array
    """By what it is turned, (bins,)."""
    energy: Array
    """Its energy, (1,)."""
    jumped: Array
    """Whether its energy jumped, bool (1,)."""


def _rotations(earlier: Array, made: Array, last: _Last | None) -> tuple[Array, _Last]:
    """Return by what the phases of every frame of a stretch are turned, complex (count, bins), and what is kept of it.

    Args:
        earlier, made: spectra (channels, count, bins), one hop before each frame in the source and of each frame.
        last: what was kept of the stretch before; None for the first.

    Turned alike, what sounds one hop before a frame in the source has to have the phases of the frame before it in
    the result. The differences count at every spectral peak; the bins around it keep their phases relative to it, and
    the channels theirs to each other (identity phase locking). Where something new begins, nothing is turned.

    """
    # Squares of both parts: three times as quick as the absolute value of complex numbers.
    power = _energy(made)
    energy, before = power.sum(axis=-1), _energy(earlier).sum(axis=-1)
    jumps = _jumps(energy, before, last)
    fresh = jumps.copy()
    # Of several such frames in a row the first counts.
    fresh[1:] &= ~jumps[:-1]
    fresh[:1] = True if last is None else jumps[:1] & ~last.jumped
    end = made[:, -1].copy()
    turns = _turns(earlier, made, last)
    peaks, found = nearest_peaks(power), np.ones(power.shape, dtype=made.dtype)
    for k in np.flatnonzero(~fresh).tolist():
        past = found[k - 1] if k or last is None else last.rotation
        np.take(past * turns[k], peaks[k], out=found[k], mode="clip")
    return found, _Last(end, found[-1].copy(), energy[-1:].copy(), jumps[-1:].copy())


def _turns(earlier: Array, made: Array, last: _Last | None) -> Array:
    """Return the differences (count, bins) between the frame before each and one hop before it; overwrites earlier."""
    turns: Array = np.conj(earlier, out=earlier)
    turns[:, 1:] *= made[:, :-1]
    if last is not None:
        turns[:, 0] *= last.made
    turns = turns.sum(axis=0) if len(turns) > 1 else turns[0]
    size = np.sqrt(turns.real * turns.real + turns.imag * turns.imag)
    turns *= 1 / np.maximum(size, size.dtype.type(TINY))
    turns[size <= TINY] = 1
    return turns


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


def _jumps(energy: Array, before: Array, last: _Last | None) -> Array:
    """Return for every frame of a stretch whether something new begins there, bool (count,).

    Its energy is 10 dB above that one hop before it in the source, or above that of the frame before it: phases that
    run on would smear an attack out of silence.
    """
    jumps: Array = energy > ONSET * before + TINY
    jumps[1:] |= energy[1:] > ONSET * energy[:-1] + TINY
    if last is not None:
        jumps[:1] |= energy[:1] > ONSET * last.energy + TINY
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
