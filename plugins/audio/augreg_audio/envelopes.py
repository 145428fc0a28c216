"""Loudness that changes over time: gain_transition, fade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

import augreg
from augreg import fields
from augreg_audio.base import Rendered, WaveformAugmenter, either, waveform_declaration
from augreg_audio.waveform import Array, column

_LN10_20 = float(np.log(10.0) / 20.0)


@dataclass(frozen=True, kw_only=True)
class GainTransition(WaveformAugmenter):
    """Change the loudness from one level to another, once, somewhere in the sound.

    The gain is ``start`` dB, runs to ``end`` dB linearly in decibels over ``duration``, and stays there. The middle
    of the transition is drawn uniformly over the row's own length, so it may begin before or end after the sound.
    """

    start: tuple[float, float] = fields.interval((-18.0, 6.0), "gain before", low=-120.0, high=60.0, unit="dB")
    end: tuple[float, float] = fields.interval((-18.0, 6.0), "gain after", low=-120.0, high=60.0, unit="dB")
    duration: tuple[float, float] = fields.interval((0.1, 2.0), "of the transition", low=0.0, unit="s")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(alters=("loudness",), differentiable=True)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw both gains, the duration, and the ``place`` of the middle as a share of the length."""
        drawn = {name: self.sample(name, rng, level) for name in ("start", "end", "duration")}
        return augreg.Params(len(batch), drawn, place=rng.uniform("place"))

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the sound under the moving gain."""
        first, last, duration = (params.array(name) for name in ("start", "end", "duration"))
        width = np.maximum(duration * batch.info.rates, 1.0)
        begin = params.array("place") * batch.lengths - width / 2

        def row(i: int, x: Array, out: Array) -> None:
            share = np.clip((np.arange(x.shape[-1]) - begin[i]) / width[i], 0.0, 1.0)
            np.multiply(x, np.exp((first[i] + (last[i] - first[i]) * share) * _LN10_20), out=out, casting="same_kind")

        def kernel(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            a, b, start, span = (column(v, x.device, torch.float64) for v in (first, last, begin, width))
            share = ((torch.arange(x.shape[-1], device=x.device) - start) / span).clamp(0.0, 1.0)
            return x * torch.exp((a + (b - a) * share) * _LN10_20).to(x.dtype)

        return either(batch, row, kernel)


@dataclass(frozen=True, kw_only=True)
class Fade(WaveformAugmenter):
    """Fade the sound in at its start and out at its end.

    Durations are shares of the row's own length. Shapes, over u from 0 to 1: linear u, quarter sine sin(pi u / 2),
    half sine (1 - cos(pi u)) / 2.
    """

    fade_in: tuple[float, float] = fields.interval((0.0, 0.2), "share of the length", low=0.0, high=1.0)
    fade_out: tuple[float, float] = fields.interval((0.0, 0.2), "share of the length", low=0.0, high=1.0)
    shape: str = fields.choice("half_sine", "how it rises", options=("linear", "quarter_sine", "half_sine"))

    declares: ClassVar[augreg.Declaration] = waveform_declaration(alters=("loudness",), differentiable=True)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw both durations uniformly."""
        drawn = {name: self.sample(name, rng, level) for name in ("fade_in", "fade_out")}
        return augreg.Params(len(batch), drawn)

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the faded sound."""
        rise, fall = (np.rint(params.array(name) * batch.lengths) for name in ("fade_in", "fade_out"))

        def row(i: int, x: Array, out: Array) -> None:
            frames = x.shape[-1]
            out[...] = x
            for size, part in ((int(rise[i]), out), (int(fall[i]), out[:, ::-1])):
                part[:, :size] *= self._curve(np.arange(min(size, frames)) / max(size, 1)).astype(x.dtype)

        def kernel(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            frames = torch.arange(x.shape[-1], device=x.device)
            back = column(batch.lengths, x.device, torch.int64) - 1 - frames
            for size, place in ((rise, frames), (fall, back)):
                width = column(size, x.device, torch.float64)
                share = (place / width.clamp(min=1.0)).clamp(0.0, 1.0)
                x = x * torch.where(place < width, self._curve(share), 1.0).to(x.dtype)
            return x

        return either(batch, row, kernel)

    def _curve(self, u: Any) -> Any:
        if self.shape == "linear":
            return u
        lib: Any = np if isinstance(u, np.ndarray) else torch
        if self.shape == "quarter_sine":
            return lib.sin(u * (np.pi / 2))
        return 0.5 - 0.5 * lib.cos(u * np.pi)
