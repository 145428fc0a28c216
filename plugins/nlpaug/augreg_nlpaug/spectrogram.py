"""nlpaug's spectrogram augmenters as augreg augmenters, for the modality that augreg-audio brings."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
import torch

import augreg
from augreg import EVERY
from augreg.param import interval, number
from augreg_nlpaug import engine


def _declare(*alters: str) -> augreg.Declaration:
    return augreg.Declaration(leaves=EVERY, dtypes=("float32", "float64"), alters=frozenset(alters), keeps_shape=True)


@dataclass(frozen=True, kw_only=True)
class NlpaugSpectrogram(augreg.AugmenterBase):
    """Runs an augmenter of nlpaug on every channel (bins, frames) of a spectrogram; a subclass names it.

    All channels get the same numbers. What nlpaug draws hangs on a key per sample, kept in params.
    """

    path: ClassVar[str]

    zone: tuple[float, float] = interval(
        (0.2, 0.8), "part of the frames that may change", low=0.0, high=1.0, unit="fraction"
    )
    coverage: float = number(1.0, "share of the zone that changes", low=0.0, high=1.0, unit="fraction")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.build()

    def build(self) -> Any:
        """Return this thread's nlpaug object."""
        options = {f.name: getattr(self, f.name) for f in fields(self)}
        return engine.instance(self.path, (*options.items(), ("silence", True)))

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw one column "seed", int64 (n,): what nlpaug's random numbers hang on."""
        return augreg.Params(len(batch), seed=rng.noise_key("seed"))

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Run nlpaug on every channel of every row."""
        seeds = params.array("seed").tolist()
        rows = [self._row(row, seed) for row, seed in zip(batch.rows(), seeds, strict=True)]
        return batch.replace(torch.stack(rows) if batch.stacked and rows else rows)

    def prepare(self, made: Any, bins: int, frames: int) -> bool:
        """Set up this thread's nlpaug object for a size; False if such a spectrogram stays as it is."""
        return int(frames * self.zone[1]) > int(frames * self.zone[0])

    def _row(self, row: torch.Tensor, seed: int) -> torch.Tensor:
        made = self.build()
        if not row.numel() or not self.prepare(made, *row.shape[1:]):
            return row
        done = []
        for channel in row.cpu().numpy():
            with engine.seeded(seed):
                done.append(made.substitute(channel))
        return torch.from_numpy(np.stack(done))


@dataclass(frozen=True, kw_only=True)
class FrequencyMasking(NlpaugSpectrogram):
    """Silence a band of frequencies in a part of the frames, with nlpaug's FrequencyMaskingAug.

    ``factor`` is the width of the band in bins; both bounds shrink where the spectrogram has not so many.
    """

    path: ClassVar[str] = "augmenter.spectrogram:FrequencyMaskingAug"
    declares: ClassVar[augreg.Declaration] = _declare("timbre")

    factor: tuple[int, int] = interval(
        (40, 80), "bins, the upper bound not included", low=0, integral=True, unit="bins"
    )

    def prepare(self, made: Any, bins: int, frames: int) -> bool:
        """See :class:`NlpaugSpectrogram`; nlpaug fails on bands as wide as the spectrogram."""
        high = min(self.factor[1], bins)
        made.factor = (min(self.factor[0] * high // max(self.factor[1], 1), high - 1), high)
        return super().prepare(made, bins, frames) and high > 0


@dataclass(frozen=True, kw_only=True)
class TimeMasking(NlpaugSpectrogram):
    """Silence a stretch of frames, with nlpaug's TimeMaskingAug."""

    path: ClassVar[str] = "augmenter.spectrogram:TimeMaskingAug"
    declares: ClassVar[augreg.Declaration] = _declare("completeness")

    def prepare(self, made: Any, bins: int, frames: int) -> bool:
        """See :class:`NlpaugSpectrogram`; nlpaug draws a length from 1 to where the part that changes ends."""
        start = int(frames * self.zone[0])
        shortest = int((int(frames * self.zone[1]) - start) * self.coverage)
        return super().prepare(made, bins, frames) and start + shortest > 1


@dataclass(frozen=True, kw_only=True)
class SpectrogramLoudness(NlpaugSpectrogram):
    """Multiply a part of the frames by a random factor, with nlpaug's spectrogram LoudnessAug; mended."""

    path: ClassVar[str] = "augmenter.spectrogram:LoudnessAug"
    declares: ClassVar[augreg.Declaration] = _declare("loudness")

    factor: tuple[float, float] = interval((0.5, 2.0), "range of the factor", low=0.0, unit="ratio")
