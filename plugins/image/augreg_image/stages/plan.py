"""Choosing the cheapest exact way to carry out each sample's matrix, for all backends alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from augreg_image.stages.geometry import Geometry

IDENTITY: Final = 0
"""The sample itself."""
LATTICE: Final = 1
"""Pixels land on pixels: flips, quarter turns, transposes, whole-pixel crops and padding."""
RESIZE: Final = 2
"""A rectangle of whole pixels is scaled onto a rectangle of whole pixels, possibly mirrored."""
WARP: Final = 3
"""Everything else: one interpolation, after averaging blocks of the source where it shrinks to half or less."""

_PIXEL: Final = 1e-6  # offsets closer to whole pixels than this are whole
_LINEAR: Final = 1e-9  # the same for the entries of the linear part


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How to carry out a geometry stage.

    Args:
        kind: int64 (n,), one of the constants above.
        inverse: float64 (n, 3, 3), destination to source.
        blocks: int64 (n, 2), height and width of the source blocks to average first (1: none).
        inside: bool (n,), whether everything that is read lies inside the source, so that no border shows.
        source: int64 (n, 4), top, left, bottom, right of the rectangle read by RESIZE, inside the picture.
        target: int64 (n, 4), the same of the rectangle that it fills on the canvas.
        reach: float64 (n, 4), top, left, bottom, right of what the canvas maps to, not clipped.

    """

    kind: NDArray[np.int64]
    inverse: NDArray[np.float64]
    blocks: NDArray[np.int64]
    inside: NDArray[np.bool_]
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    reach: NDArray[np.float64]


def make_plan(stage: Geometry, sizes: NDArray[np.int64]) -> Plan:
    """Classify every sample; ``sizes`` int64 (n, 2) are the heights and widths of the sources."""
    matrix = _snapped(stage.matrix)
    inverse = np.linalg.inv(matrix) if len(matrix) else matrix
    inverse = inverse / inverse[:, 2:, 2:]
    reach = _reach(inverse, stage.canvas)
    within = np.concatenate([np.full((len(sizes), 2), -_PIXEL), sizes + _PIXEL], axis=1)
    inside = (reach[:, :2] >= within[:, :2]).all(axis=1) & (reach[:, 2:] <= within[:, 2:]).all(axis=1)
    affine = (np.abs(matrix[:, 2, :2]) < 1e-12).all(axis=1)
    linear = matrix[:, :2, :2]
    kind = np.full(len(matrix), WARP)
    straight = affine & (linear[:, 0, 1] == 0) & (linear[:, 1, 0] == 0)
    source, target, whole = _rectangles(matrix, reach, sizes, straight)
    nearest = stage.resampling.mode == "nearest"
    if not nearest and stage.resampling.border in (None, "constant"):
        kind[straight & whole] = RESIZE
    elif not nearest:
        kind[straight & whole & inside] = RESIZE
    lattice = affine & _lattice(linear) & (matrix[:, :2, 2] == np.rint(matrix[:, :2, 2])).all(axis=1)
    kind[lattice] = LATTICE
    same = lattice & straight & (matrix[:, 0, 0] == 1) & (matrix[:, 1, 1] == 1)
    kind[same & (matrix[:, :2, 2] == 0).all(axis=1) & (stage.canvas == sizes).all(axis=1)] = IDENTITY
    blocks = np.ones((len(sizes), 2), dtype=np.int64)
    warped = np.flatnonzero(kind == WARP)
    if len(warped) and not nearest:
        blocks[warped] = _blocks(inverse[warped], stage.canvas[warped])
    return Plan(kind, inverse, blocks, inside, source, target, reach)


def _snapped(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round off what products of matrices left behind, so that whole pixels are found again."""
    out = matrix.copy()
    near = np.rint(out)
    limit = np.array([[_LINEAR, _LINEAR, _PIXEL], [_LINEAR, _LINEAR, _PIXEL], [1e-15, 1e-15, 0.0]])
    return np.where(np.abs(out - near) < limit, near, out)


def _corners(canvas: NDArray[np.int64]) -> NDArray[np.float64]:
    """Homogeneous corners of the canvases, (n, 3, 4)."""
    found = np.zeros((len(canvas), 3, 4))
    found[:, 0, 1:3] = canvas[:, 1:]
    found[:, 1, 2:] = canvas[:, :1]
    found[:, 2] = 1.0
    return found


def _reach(inverse: NDArray[np.float64], canvas: NDArray[np.int64]) -> NDArray[np.float64]:
    mapped = inverse @ _corners(canvas)
    depth = mapped[:, 2:]
    behind = (depth <= 1e-9).any(axis=(1, 2))
    points = mapped[:, :2] / np.where(np.abs(depth) < 1e-9, 1e-9, depth)
    low, high = points.min(axis=2)[:, ::-1], points.max(axis=2)[:, ::-1]
    # A canvas that sees the vanishing line may read anything.
    low, high = np.where(behind[:, None], -1e9, low), np.where(behind[:, None], 1e9, high)
    return np.concatenate([low, high], axis=1)


def _lattice(linear: NDArray[np.float64]) -> NDArray[np.bool_]:
    size = np.abs(linear)
    upright = (size == np.eye(2)).all(axis=(1, 2))
    return upright | (size == np.eye(2)[::-1]).all(axis=(1, 2))


def _rectangles(
    matrix: NDArray[np.float64], reach: NDArray[np.float64], sizes: NDArray[np.int64], straight: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Visible source rectangle, where it lands, and whether both have whole, non-empty sides (axis-aligned maps)."""
    if not straight.any():
        nothing = np.zeros((len(matrix), 4), dtype=np.int64)
        return nothing, nothing, straight
    low = np.maximum(reach[:, :2], 0.0)
    high = np.minimum(reach[:, 2:], sizes)
    scale = np.stack([matrix[:, 1, 1], matrix[:, 0, 0]], axis=1)
    offset = np.stack([matrix[:, 1, 2], matrix[:, 0, 2]], axis=1)
    ends = np.stack([low * scale + offset, high * scale + offset])
    edges = np.concatenate([low, high, ends.min(axis=0), ends.max(axis=0)], axis=1)
    edges = np.clip(edges, -(2.0**40), 2.0**40)
    near = np.rint(edges)
    whole = (np.abs(edges - near) < 1e-5).all(axis=1)
    near = near.astype(np.int64)
    source, target = near[:, :4], near[:, 4:]
    filled = (source[:, 2:] > source[:, :2]).all(axis=1) & (target[:, 2:] > target[:, :2]).all(axis=1)
    return source, target, whole & filled


def _blocks(inverse: NDArray[np.float64], canvas: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whole number of source pixels per canvas pixel along y and x, at the middle of the canvas; at least 1."""
    middle = np.concatenate([canvas[:, ::-1] / 2.0, np.ones((len(canvas), 1))], axis=1)
    x, y, w = (inverse @ middle[..., None])[..., 0].T
    w = np.where(np.abs(w) < 1e-9, 1e-9, w)
    point = np.stack([x / w, y / w], axis=1)
    jacobian = (inverse[:, :2, :2] - point[..., None] * inverse[:, 2:, :2]) / w[:, None, None]
    # Where the picture shrinks along one direction only, averaging must not blur the other.
    steps = np.abs(jacobian).max(axis=2)[:, ::-1]
    smallest = _smallest_factor(jacobian)[:, None]
    straight = (np.abs(jacobian[:, 0, 1]) < 1e-3) & (np.abs(jacobian[:, 1, 0]) < 1e-3)
    factor = np.where(straight[:, None], steps, smallest)
    return np.maximum(1, np.floor(np.minimum(factor, 1024.0) + 1e-6)).astype(np.int64)


def _smallest_factor(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the smaller singular value of matrices (n, 2, 2), from their determinants and sums of squares."""
    area = np.abs(linear[:, 0, 0] * linear[:, 1, 1] - linear[:, 0, 1] * linear[:, 1, 0])
    power = (linear * linear).sum(axis=(1, 2))
    largest = np.sqrt(0.5 * (power + np.sqrt(np.maximum(power * power - 4.0 * area * area, 0.0))))
    return area / np.maximum(largest, 1e-300)
