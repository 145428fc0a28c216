"""Stages that act on every value by itself: lookups, and normalisation to floats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augreg import BatchInfo

Curve = Callable[[Any, Any], Any]
"""Maps values in 0..1 (array or tensor) by k parameters, numbers or arrays that broadcast, to values in 0..1."""


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """A chain of tone curves. On uint8 it becomes one table of 256 entries, the composition of the curves' tables.

    Args:
        curves: functions of numpy arrays and tensors alike, see :data:`Curve`.
        params: for each curve, float64 (n, k).
        active: for each curve, bool (n,): samples to which it applies.

    """

    curves: tuple[Curve, ...]
    params: tuple[NDArray[np.float64], ...]
    active: tuple[NDArray[np.bool_], ...]

    def __len__(self) -> int:
        return len(self.active[0])

    def take(self, rows: NDArray[Any]) -> Lookup:
        """Return the stage of some samples."""
        return Lookup(self.curves, tuple(p[rows] for p in self.params), tuple(a[rows] for a in self.active))

    def expand(self, rows: NDArray[Any], shapes: NDArray[np.int64]) -> Lookup:
        """Spread over len(shapes) samples, with identities beside ``rows``."""
        n = len(shapes)
        params = tuple(_spread(p, rows, (n, *p.shape[1:]), 0.0) for p in self.params)
        return Lookup(self.curves, params, tuple(_spread(a, rows, (n,), False) for a in self.active))

    def then(self, other: Lookup) -> Lookup:
        """Return both in one lookup."""
        return Lookup(self.curves + other.curves, self.params + other.params, self.active + other.active)

    def infer(self, info: BatchInfo) -> BatchInfo:
        """Return the facts after the stage: unchanged."""
        return info

    def identities(self) -> NDArray[np.bool_]:
        """Bool (n,): samples that the stage leaves alone."""
        busy: NDArray[np.bool_] = np.logical_or.reduce(self.active, axis=0)
        return ~busy


@dataclass(frozen=True, slots=True, eq=False)
class Normalise:
    """Values become float32 ``(x / white - mean) / std``, not clipped.

    Args:
        mean, std: one value, or one per channel.
        active: bool (n,): samples to which it applies.

    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    active: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.active)

    def take(self, rows: NDArray[Any]) -> Normalise:
        """Return the stage of some samples."""
        return Normalise(self.mean, self.std, self.active[rows])

    def expand(self, rows: NDArray[Any], shapes: NDArray[np.int64]) -> Normalise:
        """Spread over len(shapes) samples, with identities beside ``rows``."""
        return Normalise(self.mean, self.std, _spread(self.active, rows, (len(shapes),), False))

    def then(self, other: Normalise) -> None:
        """Two normalisations do not compose: each may apply to other samples."""
        return

    def infer(self, info: BatchInfo) -> BatchInfo:
        """Return the facts after the stage: float32 where it applies."""
        pairs = zip(info.dtypes, self.active.tolist(), strict=True)
        return info.replace(dtypes=tuple("float32" if on else dtype for dtype, on in pairs))

    def identities(self) -> NDArray[np.bool_]:
        """Bool (n,): samples that the stage leaves alone."""
        return ~self.active


def _spread(values: NDArray[Any], rows: NDArray[Any], shape: tuple[int, ...], fill: Any) -> NDArray[Any]:
    out = np.full(shape, fill, dtype=values.dtype)
    out[rows] = values
    return out
