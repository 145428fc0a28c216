"""Choosing the cheapest exact way to carry out each sample's matrix, for all backends alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from augreg_image.kernels import one_map
from augreg_image.kernels.resampling import Resampling

IDENTITY: Final = 0
"""The sample itself."""
WHOLE_PIXELS: Final = 1
"""Pixels land on pixels: flips, quarter turns, transposes, whole-pixel crops and padding."""
RESIZE: Final = 2
"""A rectangle of whole pixels is scaled onto a rectangle of whole pixels, possibly mirrored."""
WARP: Final = 3
"""Everything else: one interpolation, after averaging blocks of the source where it shrinks to half or less."""

_OFFSET_TOLERANCE: Final = 1e-6
"""Pixels: an offset closer to a whole number is meant to be whole. Rounding is far below, what shows far above."""
_TOLERANCES: Final = np.array([[1e-9, 1e-9, _OFFSET_TOLERANCE], [1e-9, 1e-9, _OFFSET_TOLERANCE], [1e-15, 1e-15, 0.0]])
"""The same for each entry of a matrix; those of the linear part are multiplied by about a thousand pixels."""
_TOLERANCE_ROWS: Final = _TOLERANCES.tolist()
_KINDS: Final = [np.array([kind]) for kind in (IDENTITY, WHOLE_PIXELS, RESIZE, WARP)]
_ALL: Final = np.ones(1, dtype=bool)
_ONE: Final = np.eye(3)


@dataclass(frozen=True, eq=False)
class WarpPlan:
    """How to carry out a geometry stage. What only some kinds of samples need is worked out when it is asked for.

    Args:
        kind: int64 (n,), one of the constants above.
        matrix: float64 (n, 3, 3), source to destination, whole numbers where they are meant.
        affine: bool (n,), whether the last row of the matrix is (0, 0, w).
        sizes, canvas: int64 (n, 2), heights and widths of the sources and of the results.
        averages: whether samples that shrink are averaged first.

    """

    kind: NDArray[np.int64]
    matrix: NDArray[np.float64]
    affine: NDArray[np.bool_]
    sizes: NDArray[np.int64]
    canvas: NDArray[np.int64]
    averages: bool

    # What the CPU, picture by picture, asks for is in lists: reading one number of an array takes longer.

    @cached_property
    def kinds(self) -> list[int]:
        """``kind`` as a list."""
        kinds: list[int] = self.kind.tolist()
        return kinds

    @cached_property
    def canvases(self) -> list[tuple[int, int]]:
        """``canvas`` as a list."""
        return [(height, width) for height, width in self.canvas.tolist()]

    @cached_property
    def inverse_rows(self) -> list[list[list[float]]]:
        """``inverse`` as a list."""
        rows: list[list[list[float]]] = self.inverse.tolist()
        return rows

    @cached_property
    def resizes(self) -> list[tuple[list[int], list[int]]]:
        """``read`` and ``filled`` as a list."""
        return list(zip(self.read.tolist(), self.filled.tolist(), strict=True))

    @cached_property
    def inverse(self) -> NDArray[np.float64]:
        """float64 (n, 3, 3), destination to source."""
        return _inverse(self.matrix, self.affine)

    @cached_property
    def reach(self) -> NDArray[np.float64]:
        """float64 (n, 4), top, left, bottom, right of what the canvas maps to, not clipped."""
        return _reach(self.inverse, self.affine, self.canvas)

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        """Bool (n,), whether everything that is read lies inside the source, so that no border shows."""
        low: NDArray[np.bool_] = np.logical_and.reduce(self.reach[:, :2] >= -_OFFSET_TOLERANCE, axis=1)
        high: NDArray[np.bool_] = np.logical_and.reduce(self.reach[:, 2:] <= self.sizes + _OFFSET_TOLERANCE, axis=1)
        return low & high

    @cached_property
    def blocks(self) -> NDArray[np.int64]:
        """int64 (n, 2), height and width of the source blocks to average first (1: none)."""
        blocks = np.ones((len(self.kind), 2), dtype=np.int64)
        warped = np.flatnonzero(self.kind == WARP)
        if len(warped) and self.averages:
            blocks[warped] = _blocks(self.inverse[warped], self.canvas[warped])
        return blocks

    @property
    def read(self) -> NDArray[np.int64]:
        """int64 (n, 4), top, left, bottom, right of the rectangle that RESIZE reads, inside the picture."""
        return self._rectangles[0]

    @property
    def filled(self) -> NDArray[np.int64]:
        """int64 (n, 4), the same of the rectangle that it fills on the canvas."""
        return self._rectangles[1]

    @property
    def whole(self) -> NDArray[np.bool_]:
        """Bool (n,), whether both rectangles have whole, non-empty sides."""
        return self._rectangles[2]

    @cached_property
    def _rectangles(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        return _rectangles(self.matrix, self.reach, self.sizes)

    def unaveraged(self) -> WarpPlan:
        """Return the plan for what is read at the nearest pixel wherever this one resizes: masks."""
        kind = np.where(self.kind == RESIZE, WARP, self.kind)
        return WarpPlan(kind, self.matrix, self.affine, self.sizes, self.canvas, averages=False)


def plan_warp(
    matrix: NDArray[np.float64], canvas: NDArray[np.int64], resampling: Resampling, sizes: NDArray[np.int64]
) -> WarpPlan:
    """Classify every sample.

    Args:
        matrix: float64 (n, 3, 3), source to destination in pixel-edge coordinates.
        canvas, sizes: int64 (n, 2), heights and widths of the results and of the sources.
        resampling: border and interpolation.

    """
    if len(matrix) == 1 and (one := _plan_one(matrix, canvas, resampling, sizes)) is not None:
        return one
    affine, aligned = _kinds(matrix)
    if not aligned.all():
        matrix = _snapped(matrix)
        affine, aligned = _kinds(matrix)
    nearest = resampling.mode == "nearest"
    kind = np.where(aligned, WHOLE_PIXELS, WARP)
    plan = WarpPlan(kind, matrix, affine, sizes, canvas, averages=not nearest)
    if not nearest and not aligned.all():
        straight = affine & (matrix[:, 0, 1] == 0) & (matrix[:, 1, 0] == 0) & ~aligned
        if straight.any():
            visible = resampling.border in (None, "constant") or plan.inside
            kind[straight & plan.whole & visible] = RESIZE
    if aligned.any():
        same = (matrix == _ONE).all(axis=(1, 2)) & (canvas == sizes).all(axis=1)
        kind[same] = IDENTITY
    return plan


def _plan_one(
    matrix: NDArray[np.float64], canvas: NDArray[np.int64], resampling: Resampling, sizes: NDArray[np.int64]
) -> WarpPlan | None:
    """Return the same plan of one sample, with its lists made already; None where there is no such plan."""
    rows, [size], [shape] = matrix[0].tolist(), sizes.tolist(), canvas.tolist()
    aligned = one_map.is_aligned(rows)
    exact = rows if aligned else one_map.snapped(rows, _TOLERANCE_ROWS)
    if exact is None:
        return None
    if exact != rows:
        matrix, aligned = np.array([exact]), one_map.is_aligned(exact)
    affine = aligned or one_map.is_affine(exact)
    back = one_map.inverse(exact) if affine else _projective_inverse(matrix)[0].tolist()
    if back is None or not (aligned or one_map.is_finite(back)):  # whole pixels have whole numbers
        return None
    kind, known = WHOLE_PIXELS if aligned else WARP, {"canvases": [tuple(shape)], "inverse_rows": [back]}
    if aligned and exact == one_map.IDENTITY_ROWS and shape == size:
        kind = IDENTITY
    elif affine and not aligned and exact[0][1] == exact[1][0] == 0 and resampling.mode != "nearest":
        seen = one_map.reach(back, shape)
        read, filled, whole = one_map.rectangles(exact, seen, size)
        if whole and (resampling.border in (None, "constant") or is_inside(seen, size)):
            kind, known["resizes"] = RESIZE, [(read, filled)]
    averages = resampling.mode != "nearest"
    plan = WarpPlan(_KINDS[kind], matrix, _ALL if affine else ~_ALL, sizes, canvas, averages)
    vars(plan).update(known, kinds=[kind])
    return plan


def seen_of_one(back: one_map.Rows, affine: bool, canvas: list[int]) -> one_map.Box:
    """Return the reach of one sample, see :attr:`WarpPlan.reach`."""
    if affine:
        return one_map.reach(back, canvas)
    return one_map.projective_reach(*(np.array(back) @ _corners(np.array([canvas]))[0]).tolist())


def blocks_of_one(plan: WarpPlan, back: one_map.Rows) -> list[int]:
    """Return the blocks of one sample, see :attr:`WarpPlan.blocks`."""
    linear = back[:2]
    if plan.averages and not plan.affine[0]:
        linear = one_map.jacobian(back, (np.array([back]) @ _middle(plan.canvas)).ravel().tolist())
    if not plan.averages or one_map.needs_no_blocks(linear):
        return [1, 1]
    blocks: list[int] = plan.blocks[0].tolist()
    return blocks


def is_inside(seen: Sequence[float], size: Sequence[int]) -> bool:
    """Whether the box (top, left, bottom, right) that a canvas maps to lies in its source: :attr:`WarpPlan.inside`."""
    low, high = -_OFFSET_TOLERANCE, _OFFSET_TOLERANCE
    return seen[0] >= low and seen[1] >= low and seen[2] <= size[0] + high and seen[3] <= size[1] + high


def _kinds(matrix: NDArray[np.float64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which maps are affine, and which of them send pixels to pixels: both bool (n,)."""
    (a, b, x), (c, d, y), (g, h, _) = matrix.transpose(1, 2, 0)
    affine = np.maximum(abs(g), abs(h)) < 1e-12
    upright = (abs(a) == 1) & (abs(d) == 1) & (b == 0) & (c == 0)
    turned = (abs(b) == 1) & (abs(c) == 1) & (a == 0) & (d == 0)
    return affine, affine & (upright | turned) & (x == np.rint(x)) & (y == np.rint(y))


def _snapped(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round off what products of matrices left behind, so that whole pixels are found again."""
    near = np.rint(matrix)
    return np.where(np.abs(matrix - near) < _TOLERANCES, near, matrix)


def _inverse(matrix: NDArray[np.float64], affine: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return inverses whose last entry is 1. Each kind of map has its own formula, whatever stands beside it."""
    found = np.zeros_like(matrix)
    (a, b, x), (c, d, y), (_, _, w) = matrix.transpose(1, 2, 0)
    with np.errstate(divide="ignore", invalid="ignore"):  # maps with a vanishing line are worked out below
        area = a * d - b * c
        entries = d / area, -b / area, -c / area, a / area
    (p, q), (r, s) = entries[:2], entries[2:]
    found[:, 0, 0], found[:, 0, 1], found[:, 1, 0], found[:, 1, 1] = p * w, q * w, r * w, s * w
    found[:, 0, 2], found[:, 1, 2], found[:, 2, 2] = -(p * x + q * y), -(r * x + s * y), 1.0
    other = np.flatnonzero(~affine)
    if len(other):
        found[other] = _projective_inverse(matrix[other])
    return found


def _projective_inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    inverse = np.linalg.inv(matrix)
    found: NDArray[np.float64] = inverse / inverse[:, 2:, 2:]
    return found


def _reach(inverse: NDArray[np.float64], affine: NDArray[np.bool_], canvas: NDArray[np.int64]) -> NDArray[np.float64]:
    """See :attr:`WarpPlan.reach`."""
    # Along each axis an affine map is at its lowest and highest in corners of the canvas.
    steps = inverse[:, :2, :2] * canvas[:, None, ::-1]
    start = inverse[:, :2, 2]
    low = start + np.minimum(steps, 0.0).sum(axis=2)
    high = start + np.maximum(steps, 0.0).sum(axis=2)
    found = np.concatenate([low[:, ::-1], high[:, ::-1]], axis=1)
    other = np.flatnonzero(~affine)
    if len(other):
        found[other] = _perspective_reach(inverse[other], canvas[other])
    return found


def _perspective_reach(inverse: NDArray[np.float64], canvas: NDArray[np.int64]) -> NDArray[np.float64]:
    mapped = inverse @ _corners(canvas)
    depth = mapped[:, 2:]
    behind: NDArray[np.bool_] = np.any(depth <= 1e-9, axis=(1, 2))
    points = mapped[:, :2] / np.where(np.abs(depth) < 1e-9, 1e-9, depth)
    low, high = points.min(axis=2)[:, ::-1], points.max(axis=2)[:, ::-1]
    # A canvas that sees the vanishing line may read anything.
    low, high = np.where(behind[:, None], -1e9, low), np.where(behind[:, None], 1e9, high)
    return np.concatenate([low, high], axis=1)


def _corners(canvas: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return float64 (n, 3, 4), x, y and 1 of the corners."""
    corners = np.zeros((len(canvas), 3, 4))
    corners[:, 0, 1:3] = canvas[:, 1:]
    corners[:, 1, 2:] = canvas[:, :1]
    corners[:, 2] = 1.0
    return corners


def _middle(canvas: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return float64 (n, 3, 1), x, y and 1 of the middle."""
    middle = np.ones((len(canvas), 3, 1))
    middle[:, :2, 0] = canvas[:, ::-1] / 2.0
    return middle


def _rectangles(
    matrix: NDArray[np.float64], reach: NDArray[np.float64], sizes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return what the axis-aligned maps read and fill, and whether both have whole, non-empty sides."""
    edges = np.empty((len(matrix), 8))
    low, high = np.maximum(reach[:, :2], 0.0), np.minimum(reach[:, 2:], sizes)
    scale, offset = matrix[:, (1, 0), (1, 0)], matrix[:, (1, 0), 2]
    first, last = low * scale + offset, high * scale + offset
    edges[:, :2], edges[:, 2:4] = low, high
    edges[:, 4:6], edges[:, 6:] = np.minimum(first, last), np.maximum(first, last)
    edges = np.clip(edges, -(2.0**40), 2.0**40)
    near = np.rint(edges)
    whole: NDArray[np.bool_] = np.logical_and.reduce(np.abs(edges - near) < 1e-5, axis=1)
    sides = near.astype(np.int64)
    filled: NDArray[np.bool_] = np.logical_and.reduce(sides[:, [2, 3, 6, 7]] > sides[:, [0, 1, 4, 5]], axis=1)
    return sides[:, :4], sides[:, 4:], whole & filled


def _blocks(inverse: NDArray[np.float64], canvas: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whole number of source pixels per canvas pixel along y and x, at the middle of the canvas; at least 1."""
    jacobian = inverse[:, :2, :2]
    if inverse[:, 2, :2].any():
        x, y, w = (inverse @ _middle(canvas))[..., 0].T
        w = np.where(np.abs(w) < 1e-9, 1e-9, w)
        point = np.stack([x / w, y / w], axis=1)
        # Of an affine map these are the same bits as above.
        jacobian = (jacobian - point[..., None] * inverse[:, 2:, :2]) / w[:, None, None]
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
    smallest: NDArray[np.float64] = area / np.maximum(largest, 1e-300)
    return smallest
