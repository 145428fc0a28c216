"""Playing faster or slower by resampling: pitch and duration change together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import augreg
from augreg import fields
from augreg_audio import resampling, timemap
from augreg_audio.base import Rendered, WaveformAugmenter
from augreg_audio.waveform import DTYPES, Array, by_row, frame_mask, from_float, map_rows, seconds, to_float


@dataclass(frozen=True, kw_only=True)
class Speed(WaveformAugmenter):
    """Play faster or slower, changing duration and pitch together.

    A factor of 1.1 makes the sound 1.1 times as fast and high; the sample rate stays. Resampling in the frequency
    domain with a raised-cosine edge from 0.94 of the lower Nyquist frequency. Speed perturbation for speech: Ko et
    al., "Audio augmentation for speech recognition", Interspeech 2015.
    """

    factor: tuple[float, float] = fields.interval((0.9, 1.1), "how much faster", low=0.1, high=10.0)

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        targets=("events", "frame_labels"),
        leaves=("label",),
        dtypes=DTYPES,
        devices=("cpu", "cuda"),
        keeps_shape=False,
        alters=frozenset({"duration", "pitch", "speaker"}),
        level=augreg.Level("factor", 1.0, 1.5, scale="log", signed=True, unit="ratio"),
        differentiable=True,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``factor`` uniformly; a level speeds up or slows down with equal chance."""
        return augreg.Params(len(batch), factor=self.sample("factor", rng, level))

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the resampled sound."""
        factors = params.array("factor")
        after = resampling.output_frames(batch.lengths, factors)
        if by_row(batch):

            def row(i: int, x: Array, out: Array) -> None:
                same = factors[i] == 1.0
                out[...] = x if same else resampling.resample_row(x, float(factors[i]), out.shape[-1])

            return Rendered(map_rows(batch, row, after), after)
        data = batch.stack()
        x = to_float(data).where(frame_mask(batch), 0.0)
        return Rendered(from_float(resampling.resample_batch(x, batch.lengths, factors, after), data.dtype), after)

    def time_map(self, info: augreg.BatchInfo, params: augreg.Params) -> list[timemap.TimeMap | None]:
        """Return one stretched piece."""
        after = resampling.output_frames(info.lengths, params.array("factor")) / info.rates
        return [timemap.scaled(*both) for both in zip(seconds(info).tolist(), after.tolist(), strict=True)]
