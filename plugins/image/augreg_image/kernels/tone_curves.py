"""Chains of tone curves as tables, for all backends alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Curve = Callable[[Any, Any], Any]
"""Maps values in 0..1 (array or tensor) by k parameters, numbers or arrays that broadcast, to values in 0..1."""

DrawnCurve = tuple[Curve, NDArray[np.float64], NDArray[np.bool_]]
"""A curve, its parameters (n, k), and the samples (n,) to which it applies."""


def tables(curves: Sequence[DrawnCurve], entries: int) -> NDArray[np.float64]:
    """Return the tables (n, entries) of all samples: rounded after every curve, as one step at a time would."""
    top = entries - 1.0
    levels = np.tile(np.arange(entries, dtype=np.float64), (len(curves[0][2]), 1))
    for curve, params, active in curves:
        rows = active.nonzero()[0]
        moved = curve(levels[rows] / top, params[rows].T[:, :, None])
        levels[rows] = np.rint(np.minimum(np.maximum(moved, 0.0), 1.0) * top)
    return levels
