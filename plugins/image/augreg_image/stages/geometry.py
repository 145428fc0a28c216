"""The geometry stage: one matrix and one canvas per sample, however many steps it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augreg import BatchInfo
from augreg_image.matrices import identity
from augreg_image.stages.resampling import NEUTRAL, Resampling


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """Where pixels go.

    Args:
        matrix: float64 (n, 3, 3), source to destination in pixel-edge coordinates.
        canvas: int64 (n, 2), height and width of the result.
        resampling: border and interpolation.
        min_area, min_visibility: float64 (n,); a box is dropped when less than this many square pixels, or
            less than this share of its area, is left on the canvas.
        hard: nothing that follows may see pixels beyond the canvas, so nothing fuses onto this stage.

    """

    matrix: NDArray[np.float64]
    canvas: NDArray[np.int64]
    resampling: Resampling = NEUTRAL
    min_area: NDArray[np.float64] | None = None
    min_visibility: NDArray[np.float64] | None = None
    hard: bool = False

    def __len__(self) -> int:
        return len(self.matrix)

    @property
    def limits(self) -> NDArray[np.float64]:
        """float64 (n, 2): smallest area and smallest visible share of a box that is kept."""
        zero = np.zeros(len(self))
        area = zero if self.min_area is None else self.min_area
        return np.stack([area, zero if self.min_visibility is None else self.min_visibility], axis=1)

    def take(self, rows: NDArray[Any]) -> Geometry:
        """Return the stage of some samples."""
        area, visibility = (None if v is None else v[rows] for v in (self.min_area, self.min_visibility))
        return Geometry(self.matrix[rows], self.canvas[rows], self.resampling, area, visibility, self.hard)

    def expand(self, rows: NDArray[Any], shapes: NDArray[np.int64]) -> Geometry:
        """Spread over samples of ``shapes`` (n, 3), with identities beside ``rows``."""
        matrix, canvas = identity(len(shapes)), shapes[:, -2:].copy()
        matrix[rows], canvas[rows] = self.matrix, self.canvas
        area, visibility = (_spread(v, rows, len(shapes)) for v in (self.min_area, self.min_visibility))
        return Geometry(matrix, canvas, self.resampling, area, visibility, self.hard)

    def then(self, other: Geometry) -> Geometry | None:
        """Return both in one resampling, or None if this one is hard or their resamplings differ."""
        resampling = self.resampling.merge(other.resampling)
        if self.hard or resampling is None:
            return None
        area = _larger(self.min_area, other.min_area)
        visibility = _larger(self.min_visibility, other.min_visibility)
        return Geometry(other.matrix @ self.matrix, other.canvas, resampling, area, visibility, other.hard)

    def infer(self, info: BatchInfo) -> BatchInfo:
        """Return the facts after the stage: the canvases."""
        return info.replace(shapes=np.concatenate([info.shapes[:, :-2], self.canvas], axis=1))


Limits = NDArray[np.float64] | None


def _spread(limits: Limits, rows: NDArray[Any], n: int) -> Limits:
    if limits is None:
        return None
    out = np.zeros(n)
    out[rows] = limits
    return out


def _larger(a: Limits, b: Limits) -> Limits:
    if a is None or b is None:
        return b if a is None else a
    return np.maximum(a, b)
