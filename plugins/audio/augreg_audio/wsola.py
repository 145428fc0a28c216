"""Overlap and add of similar waveforms: another duration at the same pitch, without spectra.

Verhelst and Roelands, "An overlap-add technique based on waveform similarity (WSOLA) for high quality time-scale
modification of speech", ICASSP 1993. Windows of 30 ms, half overlapping, are taken where they continue the one before
them best, at most 7.5 ms from where they belong: every moment of the result is that close to its place in the source.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import torch

Array = np.ndarray

HOP_SECONDS: Final = 0.015
"""Half a window: 15 ms hold a period of every voice above 67 Hz."""

REACH_SECONDS: Final = 0.0075
"""How far from its place a window is looked for, and so the most that any moment of the result is off its place."""

COARSE_RATE: Final = 4000.0
"""Rate in Hz at which every place within reach is tried: voices have most of their energy below 2 kHz."""

FINE_RATE: Final = 24000.0
"""Rate in Hz at which what was found is compared more closely."""

WINDOWS_AT_ONCE: Final = 256
"""Windows that are joined at once: an hour of sound would need gigabytes of indices, and no cache holds many."""


class Grid(NamedTuple):
    """Hop (half a window) and reach of the search in frames; steps of the coarse search and of the fine comparison."""

    hop: int
    reach: int
    coarse: int
    fine: int


def grid_of(rate: float) -> Grid:
    """Return the grid of a sample rate; none of its numbers is below 1."""
    hop, reach = max(4, round(HOP_SECONDS * rate)), max(1, round(REACH_SECONDS * rate))
    return Grid(hop, reach, max(1, round(rate / COARSE_RATE)), max(1, round(rate / FINE_RATE)))


def places(x: Array, factor: float, frames: int, rate: float) -> Array:
    """Return on which frames of x (channels, L) the windows of the result are centred, int64 (count,).

    Window k belongs on ``factor * k`` hops and is at most the reach away; the first stands on frame 0. All channels
    go together, so that what lies between them stays.
    """
    grid = grid_of(rate)
    nominal = np.floor(np.arange(-(-frames // grid.hop) + 1) * (grid.hop * factor) + 0.5).astype(np.int64)
    search = _Search(x.sum(axis=0) if len(x) > 1 else x[0], int(nominal[-1]), grid)
    found: Array = nominal.copy()
    for k, wanted in enumerate(nominal[1:].tolist(), start=1):
        following = int(found[k - 1]) + grid.hop
        # What follows in the source anyway continues it best of all; otherwise look for what is most like it.
        near = abs(following - wanted) <= grid.reach
        found[k] = following if near else search.most_like(following, wanted)
    return found


class _Search:
    """One channel with silence around it, and a copy at about 4 kHz in which it is searched first."""

    def __init__(self, mono: Array, last: int, grid: Grid) -> None:
        self.grid = grid
        hop, reach, step, _ = grid
        self.edge = -(-(2 * (hop + reach + step)) // step) * step
        total = self.edge + max(len(mono), last + hop) + self.edge
        self.wave = np.zeros(-(-total // step) * step, dtype=mono.dtype)
        self.wave[self.edge : self.edge + len(mono)] = mono
        self.low = self.wave.reshape(-1, step).mean(axis=1)
        self.width, self.side = max(2, 2 * hop // step), max(1, reach // step)
        energy = np.concatenate([[0.0], np.cumsum(np.square(self.low, dtype=np.float64))])
        power = energy[self.width :] - energy[: -self.width]
        floor = max(1e-9 * float(power.max(initial=0.0)), 1e-30)
        self.weight = (1.0 / np.sqrt(np.maximum(power, floor))).astype(mono.dtype)

    def most_like(self, pattern: int, wanted: int) -> int:
        """Return the centre of the window near ``wanted`` that is most like the one centred on ``pattern``."""
        hop, reach, step, _ = self.grid
        shift = self.edge - hop
        start, first = (pattern + shift) // step, (wanted + shift) // step - self.side
        region = self.low[first : first + self.width + 2 * self.side]
        scores = np.correlate(region, self.low[start : start + self.width])
        scores *= self.weight[first : first + len(scores)]
        coarse = (first + int(scores.argmax()) - start) * step + pattern
        best = coarse if step == 1 else self._refined(pattern, coarse)
        return min(max(best, wanted - reach), wanted + reach)

    def _refined(self, pattern: int, coarse: int) -> int:
        """Return the best centre within one coarse step of ``coarse``, comparing at full rate."""
        hop, _, step, skip = self.grid
        shift = self.edge - hop
        start, first = pattern + shift, coarse + shift - step
        wave, width = self.wave, 2 * hop
        kept = wave[start : start + width : skip]
        if skip == 1:
            scores = np.correlate(wave[first : first + width + 2 * step], kept)
        else:
            scores = np.asarray([wave[first + k : first + k + width : skip] @ kept for k in range(2 * step + 1)])
        return coarse - step + int(scores.argmax())


def joined(x: torch.Tensor, centres: Array, hop: int, frames: int) -> torch.Tensor:
    """Return (channels, frames) of x (channels, L): windows taken around ``centres``, crossfaded every ``hop`` frames.

    Gradients flow. Beyond its ends x is silent.
    """
    before = max(0, hop - int(centres.min()))
    behind = max(0, int(centres.max()) + hop - x.shape[-1])
    padded = torch.nn.functional.pad(x, (before, behind))
    rise = torch.from_numpy(0.5 - 0.5 * np.cos(np.pi * np.arange(hop) / hop)).to(x.device, x.dtype)
    made = x.new_empty((len(x), (len(centres) - 1) * hop))
    for k in range(0, len(centres) - 1, WINDOWS_AT_ONCE):
        frame = centres[k : k + WINDOWS_AT_ONCE + 1, None] + (before + np.arange(-hop, hop))
        index = torch.from_numpy(frame).to(x.device)
        falling, rising = padded[:, index[:-1, hop:]], padded[:, index[1:, :hop]]
        made[:, k * hop : (k + len(index) - 1) * hop] = (falling + (rising - falling) * rise).flatten(1)
    return made[:, :frames]


def stretch_row(x: torch.Tensor, factor: float, frames: int, rate: float) -> torch.Tensor:
    """Return (channels, frames) of x (channels, L), float, played ``factor`` times as fast at its own pitch.

    Windows are looked for on the CPU and joined where x is.
    """
    centres = places(x.detach().cpu().numpy(), factor, frames, rate)
    return joined(x, centres, grid_of(rate).hop, frames)
