"""Another sample rate: to_rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

import augreg
from augreg import param
from augreg_audio import engines, resampling, timemap
from augreg_audio.base import Rendered, WaveformAugmenter, waveform_declaration
from augreg_audio.waveform import seconds


@dataclass(frozen=True, kw_only=True)
class ToRate(WaveformAugmenter):
    """Resample to a sample rate, which the result then has.

    Nothing is random and nothing moves in time; frequencies above half the lower rate are lost. Resampling with a
    windowed sinc, or with ``engine`` "soxr" (LGPL: ``pip install 'augreg-audio[soxr]'``), on the CPU and without
    gradients. A sound of that rate stays as it is. See ``audio.speed`` for another pitch, ``audio.resample`` for the
    damage alone.
    """

    rate: float = param.number(16000.0, "sample rate of the result", low=100.0, high=1e6, unit="Hz")
    engine: str = engines.engine_field()

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("timbre",), moves=True, keeps_shape=False, differentiable=True, memory=2.5
    )
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"rate": 11025.0},)

    def __post_init__(self) -> None:
        super().__post_init__()
        engines.check_engine(self.engine)

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the resampled sound."""
        factors, rates = batch.info.rates / self.rate, np.full(len(batch), self.rate)
        after = resampling.output_frames(batch.lengths, factors)
        return Rendered(engines.resampled(batch, factors, after, self.engine), after, rates)

    def time_map(self, info: augreg.BatchInfo, params: augreg.Params) -> list[timemap.TimeMap | None]:
        """Return the sound where it was; at most half a frame is cut off."""
        after = resampling.output_frames(info.lengths, info.rates / self.rate) / self.rate
        return [timemap.placed(*both, 0.0) for both in zip(seconds(info).tolist(), after.tolist(), strict=True)]
