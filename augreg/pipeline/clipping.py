"""Whether a step cuts off values outside [0, 1]."""

from __future__ import annotations

from typing import Any


def clips_values(augmenter: Any) -> bool:
    """Whether an augmenter cuts off values outside [0, 1], or reads them as something else."""
    # A lift says of itself what it does to clips; what happens to the values, the augmenter says that it lifts.
    augmenter = getattr(augmenter, "augmenter", augmenter)
    declares = augmenter.declares
    return bool(getattr(augmenter, "clips", declares.values == "unit" and declares.keeps_range and declares.clips))
