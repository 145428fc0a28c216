"""A time series, and the targets that follow it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

import augreg
from augreg.modalities import Read, TargetKind, as_tensor, restore_like


@dataclass(slots=True)
class Series(augreg.Sample):
    """A time series: some channels, measured at T moments. It has a ``label`` and a ``key``, as every sample has.

    Args:
        data: tensor, array or list (C, T), or (T,) for one channel; float32 or float64.
        timestamps: the seconds at which it was measured (T,), ascending; None if that is not known.
        rate: measurements per second, None if that is not known.
        mask: which values are valid: booleans (T,), or (C, T).

    """

    modality: ClassVar[str] = "series"
    target_names: ClassVar[tuple[str, ...]] = ("mask", "label")

    data: Any
    timestamps: Any = None
    rate: float | None = None
    mask: Any = None


def _read_mask(value: Any) -> Read | None:
    """Return booleans (T,) or (C, T) as a target; anything else is none."""
    if not isinstance(value, (torch.Tensor, np.ndarray)) or value.ndim not in (1, 2):
        return None
    mask = as_tensor(value, "a mask") if str(value.dtype) in ("bool", "torch.bool") else None
    return None if mask is None else Read(mask, lambda new, _row: restore_like(value, new))


MASK = TargetKind(
    "mask",
    fields=("mask",),
    read=_read_mask,
    wrapper="an array of booleans, one per moment",
    size=lambda value: tuple(value.shape),
    by_name=True,  # an array of booleans in another field may be anything
)
"""A field "mask" beside a series in a record is the series' mask."""
