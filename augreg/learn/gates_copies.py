"""Augmented copies of samples in memory, by key and copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from augreg.engine.augment import augment, seed_of
from augreg.learn.records import RECORD, records_pipeline
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
        checked = records_pipeline(pipeline) if modality == RECORD else checked_pipeline(pipeline, modality)
        return cls(checked, seed_of(seed), modality)

    def copy(self, sample: Any, key: Any, copy: int) -> Any:
        """Return a copy, in the same kind as the sample: of arrays (H, W[, C]) an array."""
        hints: dict[str, Any] = {}
        if isinstance(sample, np.ndarray):
            hints = {"modality": self.modality, "layout": "HW" if sample.ndim == 2 else "HWC"}
        if isinstance(sample, Mapping):
            return self.traced(sample, key, copy)[0]
        return augment(sample, self.pipe, seed=self.seed, keys=key, copy=copy, **hints)

    def traced(self, record: Mapping[str, Any], key: Any, copy: int) -> tuple[Any, Mapping[str, Any]]:
        """Return a copy of a record, and what was done to each of its fields."""
        made, traces = augment([record], self.pipe, seed=self.seed, keys=[key], copy=copy, return_trace=True)
        return made[0], traces[0]
