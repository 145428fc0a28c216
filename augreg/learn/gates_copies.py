"""Augmented copies of samples in memory, by key and copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from augreg.engine.augment import augment, seed_of
from augreg.loaders.hard_labels import checked_pipeline
from augreg.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Copier:
    """Makes copies of samples whose class stays as it is.

    Args:
        pipe: the steps.
        seed: of the random numbers, with key and copy.
        modality: of the samples.

    """

    pipe: Pipeline
    seed: int
    modality: str

    @classmethod
    def of(cls, pipeline: Any, seed: int | None, modality: str) -> Self:
        """Return one for what :func:`augreg.augment` takes as a pipeline and a seed.

        Raises:
            ConfigError: a step mixes samples or changes labels, or none is for the modality.

        """
        return cls(checked_pipeline(pipeline, modality), seed_of(seed), modality)

    def copy(self, sample: Any, key: Any, copy: int) -> Any:
        """Return a copy, in the same kind as the sample: of arrays (H, W[, C]) an array."""
        hints: dict[str, Any] = {}
        if isinstance(sample, np.ndarray):
            hints = {"modality": self.modality, "layout": "HW" if sample.ndim == 2 else "HWC"}
        return augment(sample, self.pipe, seed=self.seed, keys=key, copy=copy, **hints)
