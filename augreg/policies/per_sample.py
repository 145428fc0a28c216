"""Strengths of policies: one for all samples, or the one that each record holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from augreg.param import FromField
from augreg.random.rng import Rng


def from_records(level: Any) -> bool:
    """Whether a strength is what each record holds in a field."""
    return isinstance(level, FromField)


def strength(level: Any, rng: Rng) -> Any:
    """Return what the records of the samples hold, (n,), where a field stands for a strength; else the strength."""
    return rng.field(level.name) if isinstance(level, FromField) else level


def repeated(level: float | NDArray[np.float64], samples: int, n: int) -> NDArray[np.float64]:
    """Return one strength, or one per sample (samples,), for all n operations of each sample: (samples, n)."""
    return np.full((samples, n), level[:, None] if isinstance(level, np.ndarray) else level)
