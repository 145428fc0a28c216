"""Slow wobbles: tremolo, vibrato, chorus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Final

import numpy as np
import torch

import augreg
from augreg import param
from augreg_audio.base import RowAugmenter, waveform_declaration
from augreg_audio.waveform import Array, BatchWork, RowWork, column, stretches

TAPS: Final = 16
"""Frames from which a value between two frames is read."""

PHASES: Final = 512
"""Places between two frames for which weights are kept; others are rounded to them."""


@dataclass(frozen=True, kw_only=True)
class Tremolo(RowAugmenter):
    """Let the loudness swell and sink regularly.

    The amplitude swings between 1 and 1 - ``depth``, ``frequency`` times per second, from a random phase on.
    """

    frequency: tuple[float, float] = param.interval((2.0, 10.0), "of the swing", low=0.01, high=100.0, unit="Hz")
    depth: tuple[float, float] = param.interval(
        (0.2, 0.8), "share that is taken away", low=0.0, high=1.0, unit="fraction"
    )

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("loudness",), level=augreg.Level("depth", 0.0, 1.0), differentiable=True, memory=1.5
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``frequency`` and ``depth`` uniformly, and the ``phase`` as a share of a turn."""
        drawn = {name: self.sample(name, rng, level) for name in ("frequency", "depth")}
        return augreg.Params(len(batch), drawn, phase=rng.uniform("phase"))

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> RowWork:
        """Return the function for a row."""
        depth = params.array("depth").tolist()

        def row(i: int, x: Array, out: Array) -> None:
            for part in stretches(x.shape[-1]):
                swing = 0.5 + 0.5 * _swing(info, params, i, part)
                np.multiply(x[:, part], (1.0 - depth[i] * swing).astype(x.dtype), out=out[:, part])

        return row

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> BatchWork:
        """Return the function for a batch."""

        def batch(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            depth = column(params.array("depth"), x.device, torch.float64)
            return x * (1.0 - depth * (0.5 + 0.5 * _swings(x, info, params))).to(x.dtype)

        return batch


@dataclass(frozen=True, kw_only=True)
class Vibrato(RowAugmenter):
    """Let the pitch swing up and down regularly, as a worn tape or a singer does.

    By up to ``semitones`` to either side, ``frequency`` times per second, from a random phase on. Moments move by at
    most 10 ms to and fro, so targets stay.
    """

    frequency: tuple[float, float] = param.interval((3.0, 8.0), "of the swing", low=2.0, high=20.0, unit="Hz")
    semitones: tuple[float, float] = param.interval((0.1, 0.5), "to either side", low=0.0, high=2.0, unit="semitones")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("pitch",), level=augreg.Level("semitones", 0.0, 1.0), differentiable=True, memory=3
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``frequency`` and ``semitones`` uniformly, and the ``phase`` as a share of a turn."""
        drawn = {name: self.sample(name, rng, level) for name in ("frequency", "semitones")}
        return augreg.Params(len(batch), drawn, phase=rng.uniform("phase"))

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> RowWork:
        """Return the function for a row."""
        reach = self._reach(info, params)

        def row(i: int, x: Array, out: Array) -> None:
            if reach[i] == 0.0:
                out[...] = x
            else:
                read_row(x, lambda part: _frames(part) + reach[i] * _swing(info, params, i, part), out)

        return row

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> BatchWork:
        """Return the function for a batch."""
        reach = self._reach(info, params)

        def batch(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            frames = torch.arange(x.shape[-1], device=x.device)
            moved = frames + column(reach, x.device, torch.float64) * _swings(x, info, params)
            return torch.where(column(reach == 0.0, x.device, torch.bool), x, read_batch(x, moved))

        return batch

    @staticmethod
    def _reach(info: augreg.BatchInfo, params: augreg.Params) -> Array:
        """Return by how many frames moments move, float64 (n,): a ratio r of pitches takes (r - 1) / (2 pi f)."""
        ratios = np.asarray([2.0 ** (s / 12.0) for s in params.array("semitones").tolist()])
        reach: Array = (ratios - 1.0) / (2.0 * np.pi * params.array("frequency")) * info.rates
        return reach


@dataclass(frozen=True, kw_only=True)
class Chorus(RowAugmenter):
    """Add a copy whose delay swings, so that one voice sounds like two.

    The copy comes ``delay`` later, give or take ``depth``, which swings ``frequency`` times per second from a random
    phase on; it makes up the share ``mix`` of the amplitude. Delays below 5 ms give what is known as a flanger.
    """

    delay: tuple[float, float] = param.interval((0.01, 0.03), "of the copy", low=0.0, high=0.1, unit="s")
    depth: tuple[float, float] = param.interval((0.001, 0.003), "of its swing", low=0.0, high=0.01, unit="s")
    frequency: tuple[float, float] = param.interval((0.3, 1.5), "of the swing", low=0.01, high=20.0, unit="Hz")
    mix: tuple[float, float] = param.interval((0.3, 0.5), "share of the copy", low=0.0, high=1.0, unit="fraction")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("timbre",), level=augreg.Level("mix", 0.0, 0.5), differentiable=True, memory=3
    )
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"delay": (0.001, 0.004), "depth": 0.001},)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw all four uniformly, and the ``phase`` as a share of a turn."""
        drawn = {name: self.sample(name, rng, level) for name in ("delay", "depth", "frequency", "mix")}
        return augreg.Params(len(batch), drawn, phase=rng.uniform("phase"))

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> RowWork:
        """Return the function for a row."""
        delay, depth, mix = self._columns(info, params)

        def row(i: int, x: Array, out: Array) -> None:
            def places(part: slice) -> Array:
                late: Array = np.maximum(delay[i] + depth[i] * _swing(info, params, i, part), 0.0)
                found: Array = _frames(part) - late
                return found

            read_row(x, places, out)
            for part in stretches(x.shape[-1]):
                own, copy = x[:, part], out[:, part]
                out[:, part] = own + (copy - own) * x.dtype.type(mix[i])

        return row

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> BatchWork:
        """Return the function for a batch."""

        def batch(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            delay, depth, mix = (column(c, x.device, torch.float64) for c in self._columns(info, params))
            late = (delay + depth * _swings(x, info, params)).clamp(min=0.0)
            copy = read_batch(x, torch.arange(x.shape[-1], device=x.device) - late)
            return x + (copy - x) * mix.to(x.dtype)

        return batch

    @staticmethod
    def _columns(info: augreg.BatchInfo, params: augreg.Params) -> tuple[Array, Array, Array]:
        return params.array("delay") * info.rates, params.array("depth") * info.rates, params.array("mix")


def _frames(part: slice) -> Array:
    return np.arange(part.start, part.stop)


def _swing(info: augreg.BatchInfo, params: augreg.Params, i: int, part: slice) -> Array:
    """Return the sine of row i in a stretch of its frames, float64 (frames,)."""
    turns = params.array("frequency")[i] / info.rates[i] * _frames(part) + params.array("phase")[i]
    result: Array = np.sin(2.0 * np.pi * turns)
    return result


def _swings(x: torch.Tensor, info: augreg.BatchInfo, params: augreg.Params) -> torch.Tensor:
    """Return the sines of all rows, float64 (n, 1, frames)."""
    steps, phases = (
        column(v, x.device, torch.float64) for v in (params.array("frequency") / info.rates, params.array("phase"))
    )
    return torch.sin(2.0 * torch.pi * (steps * torch.arange(x.shape[-1], device=x.device) + phases))


@lru_cache(maxsize=2)
def _kernels(dtype: str) -> Array:
    """Return windowed sincs (PHASES + 1, TAPS) that read between two frames; each adds up to 1."""
    shift = np.arange(PHASES + 1)[:, None] / PHASES
    place = np.arange(TAPS) - (TAPS // 2 - 1) - shift
    table = np.sinc(place) * np.cos(np.pi * place / (TAPS + 2)) ** 2
    table[np.abs(table) < 1e-12] = 0.0  # on whole frames sincs are 0 but for rounding
    result: Array = (table / table.sum(axis=1, keepdims=True)).astype(dtype)
    return result


@lru_cache(maxsize=2)
def _taps(dtype: str) -> Array:
    """Return the same as ``_kernels``, (TAPS, PHASES + 1)."""
    return np.ascontiguousarray(_kernels(dtype).T)


def read_row(x: Array, place: Callable[[slice], Array], out: Array) -> None:
    """Fill ``out`` (channels, m) with x (channels, L) at fractional frames; beyond its ends x is silent.

    ``place`` gives those of a stretch of the result, float64.
    """
    padded = np.pad(x, ((0, 0), (TAPS, TAPS)))
    for part in stretches(out.shape[-1]):
        out[:, part] = _read(padded, place(part))


def _read(padded: Array, place: Array) -> Array:
    """Return a sound with TAPS frames of silence on either side at fractional frames (m,)."""
    low = np.floor(place)
    phase = np.rint((place - low) * PHASES).astype(np.int64)
    first = np.clip(low.astype(np.int64) + (TAPS // 2 + 1), 0, padded.shape[-1] - TAPS)
    made = np.zeros((len(padded), len(place)), dtype=padded.dtype)
    # Tap by tap, each from a table of its own: three times as quick as (m, TAPS) tables at once.
    for k, tap in enumerate(_taps(padded.dtype.name)):
        made += np.take(padded[:, k:], first, axis=1) * np.take(tap, phase)
    return made


def read_batch(x: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """Return x (n, channels, frames) at fractional frames (n, 1, m) of every row; beyond the ends x is silent."""
    low = place.floor()
    table = torch.from_numpy(_kernels(str(x.dtype).removeprefix("torch."))).to(x.device)
    phase = ((place - low) * PHASES).round().to(torch.int64)
    first = low.to(torch.int64) + 1
    padded = torch.nn.functional.pad(x, (TAPS // 2, TAPS // 2))
    made, shape = torch.zeros_like(x), (*x.shape[:-1], place.shape[-1])
    for k in range(TAPS):
        index = (first + k).clamp(0, padded.shape[-1] - 1).expand(shape)
        made = made + torch.gather(padded, -1, index) * table[phase, k]
    return made
