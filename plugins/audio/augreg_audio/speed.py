"""Playing faster or slower by resampling: pitch and duration change together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import augreg
from augreg import param
from augreg_audio import engines, resampling, timemap
from augreg_audio.base import Rendered, WaveformAugmenter, waveform_declaration
from augreg_audio.waveform import seconds


@dataclass(frozen=True, kw_only=True)
class Speed(WaveformAugmenter):
    """Play faster or slower, changing duration and pitch together.

    A factor of 1.1 makes the sound 1.1 times as fast and high; the sample rate stays. Resampling with a windowed sinc,
    flat to 0.82 of the lower Nyquist frequency, its images 74 dB down. Speed perturbation for speech: Ko et al.,
    "Audio augmentation for speech recognition", Interspeech 2015. With ``engine`` "soxr" (LGPL: ``pip install
    'augreg-audio[soxr]'``) that library resamples, on the CPU and without gradients.
    """

    factor: tuple[float, float] = param.interval((0.9, 1.1), "how much faster", low=0.1, high=10.0, unit="ratio")
    engine: str = engines.engine_field()

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=(
            "duration",
            "pitch",
            "speaker",
            "synchrony",
            "tempo",
        ),
        moves=True,
        keeps_shape=False,
        level=augreg.Level("factor", 1.0, 1.5, scale="log", signed=True),
        differentiable=True,
        memory=3.5,
    )

    @property
    def memory(self) -> float:
        """What plays slower is longer."""
        return self.declares.memory + 3.0 * max(0.0, 1.0 / self.factor[0] - 1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        engines.check_engine(self.engine)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``factor`` uniformly; a level speeds up or slows down with equal chance."""
        return augreg.Params(len(batch), factor=self.sample("factor", rng, level))

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the resampled sound."""
        factors = params.array("factor")
        after = resampling.output_frames(batch.lengths, factors)
        return Rendered(engines.resampled(batch, factors, after, self.engine), after)

    def time_map(self, info: augreg.BatchInfo, params: augreg.Params) -> list[timemap.TimeMap | None]:
        """Return one stretched piece."""
        after = resampling.output_frames(info.lengths, params.array("factor")) / info.rates
        return [timemap.scaled(*both) for both in zip(seconds(info).tolist(), after.tolist(), strict=True)]
