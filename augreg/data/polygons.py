"""Polygons of pictures: their area, and what of them lies within a canvas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SLIVER: Final = 1e-9
"""Square pixels below which a part is what rounding left of a side that runs along the border."""


def polygon_area(points: np.ndarray) -> float:
    """Return the area that a polygon encloses, in square pixels, by the shoelace formula.

    Args:
        points: float64 (n, 2), its corners in order.

    >>> import numpy as np
    >>> from augreg.data.polygons import polygon_area
    >>> polygon_area(np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 3.0]]))
    6.0

    """
    if len(points) < 3:
        return 0.0
    x, y = (points - points[0]).T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def clip_polygon(points: Floats, height: float, width: float) -> list[Floats]:
    """Return the parts of a polygon within [0, width] x [0, height]: none, one, or several where a border cuts it.

    Parts of a simple polygon are simple, do not overlap, and cover exactly what of it lies within. (The usual clipping
    of Sutherland and Hodgman returns one polygon whose parts hang together by edges along the border.) Of a polygon
    that crosses itself, the winding numbers of the parts add up to its own.

    Args:
        points: its corners in order, float64 (n, 2); with fewer than three nothing is left.
        height, width: of the canvas.

    Returns:
        The parts, float64 (k, 2) each, in the order of its corners.

    >>> import numpy as np
    >>> from augreg.data.polygons import clip_polygon
    >>> [part.tolist() for part in clip_polygon(np.array([[-2.0, 1.0], [2.0, 1.0], [2.0, 3.0], [-2.0, 3.0]]), 10, 10)]
    [[[0.0, 1.0], [2.0, 1.0], [2.0, 3.0], [0.0, 3.0]]]

    """
    parts = [points] if len(points) >= 3 else []
    for axis, bound, sign in ((0, 0.0, 1.0), (0, float(width), -1.0), (1, 0.0, 1.0), (1, float(height), -1.0)):
        parts = [half for part in parts for half in _half(part, axis, bound, sign)]
    return [part for part in parts if len(part) >= 3 and polygon_area(part) > SLIVER]


def _half(points: Floats, axis: int, bound: float, sign: float) -> list[Floats]:
    """Return the parts of a polygon on one side of a line: where ``sign * (coordinate - bound)`` is not negative."""
    depth = sign * (points[:, axis] - bound)
    inside = depth >= 0
    if inside.all():
        return [points]
    return _linked(_runs(points, depth, inside, axis, bound), 1 - axis) if inside.any() else []


def _runs(points: Floats, depth: Floats, inside: NDArray[np.bool_], axis: int, bound: float) -> list[Floats]:
    """Return the stretches of the outline inside, each with the points where it enters and leaves at its ends.

    Each is float64 (k, 3): x, y, and the place along the outline, by which parts find their first corner.
    """
    n = len(points)
    runs = []
    for first in np.flatnonzero(inside & ~np.roll(inside, 1)).tolist():
        length = next(k for k in range(1, n + 1) if not inside[(first + k) % n])
        index = np.arange(first, first + length) % n
        last, behind = int(index[-1]), (first + length) % n
        enter = [*_crossing(points, depth, (first - 1) % n, first, axis, bound), first - 0.5]
        leave = [*_crossing(points, depth, last, behind, axis, bound), behind - 0.5]
        runs.append(np.concatenate([[enter], np.column_stack([points[index], index]), [leave]]))
    return runs


def _crossing(points: Floats, depth: Floats, a: int, b: int, axis: int, bound: float) -> Floats:
    found: Floats = points[a] + (points[b] - points[a]) * (depth[a] / (depth[a] - depth[b]))
    found[axis] = bound  # exactly on the line, whatever the rounding
    return found


def _linked(runs: Sequence[Floats], along: int) -> list[Floats]:
    """Join stretches to parts along the line that cut them.

    Along a line a simple polygon enters and leaves by turns, so that the k-th place where the outline leaves and the
    k-th where it enters bound one stretch of the line inside it.
    """
    enters = np.argsort([run[0, along] for run in runs], kind="stable").tolist()
    leaves = np.argsort([run[-1, along] for run in runs], kind="stable").tolist()
    following = dict(zip(leaves, enters, strict=True))
    parts = []
    while following:
        first, last = following.popitem()
        chain = [first]
        while last != first:
            chain.append(last)
            last = following.pop(last)
        parts.append(_from_first(np.concatenate([runs[k] for k in chain])))
    return [part[:, :2] for part in sorted(parts, key=lambda part: float(part[0, 2]))]


def _from_first(points: Floats) -> Floats:
    """Return a part that begins where the outline does; a corner on the line, where it is crossed too, stands once."""
    turned = np.roll(points, -int(np.argmin(points[:, 2])), axis=0)
    kept = turned[(turned[:, :2] != np.roll(turned[:, :2], 1, axis=0)).any(axis=1)]
    return kept if len(kept) else turned[:1]
