"""Polygons of pictures: their area, and what of them lies within a canvas."""

from __future__ import annotations

import numpy as np


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


def clip_polygon(points: np.ndarray, height: float, width: float) -> np.ndarray:
    """Return the part of a polygon within [0, width] x [0, height], float64 (m, 2); m is 0 if nothing is within.

    One that a border cuts in several parts stays one polygon, whose parts hang together along that border by edges
    without area. (Sutherland and Hodgman, "Reentrant polygon clipping", 1974.)

    >>> import numpy as np
    >>> from augreg.data.polygons import clip_polygon
    >>> clip_polygon(np.array([[-2.0, 1.0], [2.0, 1.0], [2.0, 3.0], [-2.0, 3.0]]), 10, 10).tolist()
    [[0.0, 1.0], [2.0, 1.0], [2.0, 3.0], [0.0, 3.0]]

    """
    found = points
    for axis, limit in ((0, float(width)), (1, float(height))):
        if len(found) and found[:, axis].min() < 0.0:
            found = _clip(found, found[:, axis], axis, 0.0)
        if len(found) and found[:, axis].max() > limit:
            found = _clip(found, limit - found[:, axis], axis, limit)
    return found if len(found) >= 3 and polygon_area(found) > 0.0 else np.zeros((0, 2))


def _clip(points: np.ndarray, inside: np.ndarray, axis: int, edge: float) -> np.ndarray:
    """Keep the side of a line on which ``inside`` is not negative: the distance of every corner from it."""
    kept = []
    for k in range(len(points)):
        (a, b), (p, q) = (inside[k - 1], inside[k]), (points[k - 1], points[k])
        if (a < 0) != (b < 0):
            crossing = p + (q - p) * (a / (a - b))
            crossing[axis] = edge  # exactly on the line, whatever the rounding
            kept.append(crossing)
        if b >= 0:
            kept.append(q)
    return np.array(kept).reshape(-1, 2)
