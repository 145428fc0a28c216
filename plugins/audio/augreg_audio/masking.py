"""Silencing parts of a sound: time_mask."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import torch

import augreg
from augreg import EVERY, param
from augreg_audio.base import RowAugmenter
from augreg_audio.waveform import DTYPES, Array, BatchWork, RowWork, column


@dataclass(frozen=True, kw_only=True)
class TimeMask(RowAugmenter):
    """Silence a random stretch of the sound, with short fades against clicks.

    ``width`` is a share of the row's own length, so the stretch never lies in the padding; its place is drawn
    uniformly. The fades are linear, lie inside the stretch, and take at most half of it each. Events keep their
    times: what is masked has still happened.
    """

    width: tuple[float, float] = param.interval((0.01, 0.2), "share of the length", low=0.0, high=1.0, unit="fraction")
    fade: float = param.number(0.005, "length of each fade", low=0.0, unit="s")

    inplace: ClassVar[bool] = True
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        leaves=EVERY,
        dtypes=DTYPES,
        devices=("cpu", "cuda"),
        keeps_shape=True,
        alters=frozenset({"completeness"}),
        level=augreg.Level("width", 0.0, 0.4),
        nonfinite="passes",
        differentiable=True,
        memory=1.5,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``width``, and ``place`` in 0..1: from the far left to the far right."""
        return augreg.Params(len(batch), width=self.sample("width", rng, level), place=rng.uniform("place"))

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> RowWork:
        """Return the function that masks a row."""
        spans = self._spans(info, params)

        def row(i: int, x: Array, out: Array) -> None:
            start, width, fade = spans[i]
            stop = start + width
            if out is not x:
                np.copyto(out, x)
            out[:, start + fade : stop - fade] = 0.0
            if fade:
                falling, rising = _ramps(fade, x.dtype)
                head, tail = out[:, start : start + fade], out[:, stop - fade : stop]
                np.multiply(head, falling, out=head)
                np.multiply(tail, rising, out=tail)

        return row

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> BatchWork:
        """Return the function that masks a batch."""
        spans = np.array(self._spans(info, params), dtype=np.int64)
        return lambda x, _inside: _masked(x, *spans.T)

    def _spans(self, info: augreg.BatchInfo, params: augreg.Params) -> list[tuple[int, int, int]]:
        """Return start, width and fade of every mask in frames."""
        found = []
        drawn = (params.array("width"), params.array("place"), info.lengths, info.rates)
        for share, place, frames, rate in zip(*(values.tolist() for values in drawn), strict=True):
            width = round(share * frames)
            start = min(int(place * (frames - width + 1)), frames - width)
            found.append((start, width, min(round(self.fade * rate), width // 2)))
        return found


@lru_cache(maxsize=64)
def _ramps(fade: int, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """Return what 1 falls to over ``fade`` frames on its way to 0, and the way back, (fade,) each."""
    rising: Array = (np.arange(1, fade + 1) / (fade + 1)).astype(dtype)
    return np.ascontiguousarray(rising[::-1]), rising


def _masked(x: torch.Tensor, starts: Array, widths: Array, fades: Array) -> torch.Tensor:
    """Return whole rows (n, channels, frames) masked; nothing is left of what lies between the fades, NaN neither."""
    frames = torch.arange(x.shape[-1], device=x.device)
    start, width, fade = (column(v, x.device, torch.int64) for v in (starts, widths, fades))
    depth = torch.minimum(frames - start + 1, start + width - frames)
    falling = (1.0 - depth.clamp(min=0).to(torch.float64) / (fade + 1)).clamp(min=0.0)
    return torch.where(depth > fade, 0.0, x * torch.where(depth > 0, falling, 1.0).to(x.dtype))
