"""Loudness that changes over time: gain_transition, fade."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import torch

import augreg
from augreg import param
from augreg_audio.base import RowAugmenter, waveform_declaration
from augreg_audio.waveform import Array, BatchWork, RowWork, column

_LN10_20: Final = math.log(10.0) / 20.0
_FINE_STEPS: Final = 256
"""Length of the finer of two tables whose products are an exponential: so few values need the slow function."""


@dataclass(frozen=True, kw_only=True)
class GainTransition(RowAugmenter):
    """Change the loudness from one level to another, once, somewhere in the sound.

    The gain is ``start`` dB, runs to ``end`` dB linearly in decibels over ``duration``, and stays there. The middle
    of the transition is drawn uniformly over the row's own length, so it may begin before or end after the sound.
    """

    start: tuple[float, float] = param.interval((-18.0, 6.0), "gain before", low=-120.0, high=60.0, unit="dB")
    end: tuple[float, float] = param.interval((-18.0, 6.0), "gain after", low=-120.0, high=60.0, unit="dB")
    duration: tuple[float, float] = param.interval((0.1, 2.0), "of the transition", low=0.0, unit="s")

    inplace: ClassVar[bool] = True
    declares: ClassVar[augreg.Declaration] = waveform_declaration(alters=("loudness",), differentiable=True, memory=1.5)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw both gains, the duration, and the ``place`` of the middle as a share of the length."""
        drawn = {name: self.sample(name, rng, level) for name in ("start", "end", "duration")}
        return augreg.Params(len(batch), drawn, place=rng.uniform("place"))

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> RowWork:
        """Return the function that puts a row under the moving gain."""
        rows = [column.tolist() for column in self._curves(info, params)]

        def row(i: int, x: Array, out: Array) -> None:
            first, last, begin, width = (column[i] for column in rows)
            frames, kind = x.shape[-1], x.dtype.type
            start = min(max(math.ceil(begin), 0), frames)
            stop = min(max(math.floor(begin + width) + 1, start), frames)
            np.multiply(x[:, :start], kind(math.exp(first)), out=out[:, :start])
            slope = (last - first) / width
            ramp = exponential(first + slope * (start - begin), slope, stop - start, x.dtype)
            np.multiply(x[:, start:stop], ramp, out=out[:, start:stop])
            np.multiply(x[:, stop:], kind(math.exp(last)), out=out[:, stop:])

        return row

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> BatchWork:
        """Return the function that puts a batch under the moving gain."""
        curves = self._curves(info, params)

        def batch(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            a, b, start, span = (column(v, x.device, torch.float64) for v in curves)
            share = ((torch.arange(x.shape[-1], device=x.device) - start) / span).clamp(0.0, 1.0)
            return x * torch.exp(a + (b - a) * share).to(x.dtype)

        return batch

    def _curves(self, info: augreg.BatchInfo, params: augreg.Params) -> tuple[Array, Array, Array, Array]:
        """Return the logarithms of both gains, and begin and width of the transition in frames, float64 (n,)."""
        width = np.maximum(params.array("duration") * info.rates, 1.0)
        begin = params.array("place") * info.lengths - width / 2
        return params.array("start") * _LN10_20, params.array("end") * _LN10_20, begin, width


def exponential(first: float, slope: float, count: int, dtype: np.dtype[Any]) -> Array:
    """Return exp(first + slope k) for k = 0 .. count - 1, as products of two short tables."""
    fine = np.exp(slope * np.arange(_FINE_STEPS))
    coarse = np.exp(first + slope * _FINE_STEPS * np.arange(-(-count // _FINE_STEPS)))
    result: Array = np.multiply.outer(coarse.astype(dtype), fine.astype(dtype)).ravel()[:count]
    return result


@dataclass(frozen=True, kw_only=True)
class Fade(RowAugmenter):
    """Fade the sound in at its start and out at its end.

    Durations are shares of the row's own length. Shapes, over u from 0 to 1: linear u, quarter sine sin(pi u / 2),
    half sine (1 - cos(pi u)) / 2.
    """

    fade_in: tuple[float, float] = param.interval((0.0, 0.2), "share of the length", low=0.0, high=1.0, unit="fraction")
    fade_out: tuple[float, float] = param.interval(
        (0.0, 0.2), "share of the length", low=0.0, high=1.0, unit="fraction"
    )
    shape: str = param.choice("half_sine", "how it rises", options=("linear", "quarter_sine", "half_sine"))

    inplace: ClassVar[bool] = True
    declares: ClassVar[augreg.Declaration] = waveform_declaration(alters=("loudness",), differentiable=True, memory=3)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw both durations uniformly."""
        drawn = {name: self.sample(name, rng, level) for name in ("fade_in", "fade_out")}
        return augreg.Params(len(batch), drawn)

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> RowWork:
        """Return the function that fades a row."""
        rise, fall = self._widths(info, params)

        def row(i: int, x: Array, out: Array) -> None:
            frames = x.shape[-1]
            if out is not x:
                out[...] = x
            for size, part in ((int(rise[i]), out), (int(fall[i]), out[:, ::-1])):
                part[:, :size] *= self._curve(np.arange(min(size, frames)) / max(size, 1)).astype(x.dtype)

        return row

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> BatchWork:
        """Return the function that fades a batch."""
        rise, fall = self._widths(info, params)

        def batch(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            frames = torch.arange(x.shape[-1], device=x.device)
            back = column(info.lengths, x.device, torch.int64) - 1 - frames
            for size, place in ((rise, frames), (fall, back)):
                width = column(size, x.device, torch.float64)
                share = (place / width.clamp(min=1.0)).clamp(0.0, 1.0)
                x = x * torch.where(place < width, self._curve(share), 1.0).to(x.dtype)
            return x

        return batch

    def _widths(self, info: augreg.BatchInfo, params: augreg.Params) -> tuple[Array, Array]:
        """Return the lengths of both fades in frames, float64 (n,)."""
        rise, fall = (np.rint(params.array(name) * info.lengths) for name in ("fade_in", "fade_out"))
        return rise, fall

    def _curve(self, u: Any) -> Any:
        if self.shape == "linear":
            return u
        lib: Any = np if isinstance(u, np.ndarray) else torch
        if self.shape == "quarter_sine":
            return lib.sin(u * (np.pi / 2))
        return 0.5 - 0.5 * lib.cos(u * np.pi)
