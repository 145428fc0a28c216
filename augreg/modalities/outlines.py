"""The outlines of what targets mark in pictures, and how far pixels are from them."""

from __future__ import annotations

import numpy as np

from augreg.data.box_formats import as_format
from augreg.data.targets import Boxes


def box_corners(boxes: Boxes) -> np.ndarray:
    """Return the corners of boxes of any format, in order, float64 (n, 4, 2); x runs right and y down.

    The angle of xywhr and cxcywhr turns counter-clockwise as seen, about the corner (x, y) or the center.

    >>> import augreg
    >>> from augreg.modalities.outlines import box_corners
    >>> box_corners(augreg.Boxes([[0, 0, 4, 2, 90]], "xywhr")).round(6).tolist()
    [[[0.0, 0.0], [0.0, -4.0], [2.0, -4.0], [2.0, 0.0]]]

    """
    data = boxes.data
    if boxes.format == "xyxyxyxy":
        return data.reshape(-1, 4, 2)
    if data.shape[1] == 4:
        left, top, right, bottom = as_format(boxes, "xyxy").data.T
        corners = np.stack([left, top, right, top, right, bottom, left, bottom], axis=1)
        return np.asarray(corners.reshape(-1, 4, 2))
    turn = np.deg2rad(data[:, 4])
    along = data[:, 2, None] * np.stack([np.cos(turn), -np.sin(turn)], axis=1)
    down = data[:, 3, None] * np.stack([np.sin(turn), np.cos(turn)], axis=1)
    start = data[:, :2] - ((along + down) / 2 if boxes.format == "cxcywhr" else 0.0)
    return np.stack([start, start + along, start + along + down, start + down], axis=1)


def length_of(dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """Return the lengths of vectors; unlike those of ``np.hypot``, they are the same on every machine.

    >>> import numpy as np
    >>> from augreg.modalities.outlines import length_of
    >>> length_of(np.array([3.0]), np.array([4.0])).tolist()
    [5.0]

    """
    return np.asarray(np.sqrt(dx * dx + dy * dy))


def distance_to_polygon(x: np.ndarray, y: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Return how far points are from a polygon, 0 within it: float64 of the shape of ``x``.

    A point is within by the even-odd rule; of two polygons that share a side, a point on it belongs to one.

    Args:
        x, y: where the points are, of one shape.
        corners: float64 (k, 2), in order.

    >>> import numpy as np
    >>> from augreg.modalities.outlines import distance_to_polygon
    >>> square = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
    >>> distance_to_polygon(np.array([1.0, 5.0]), np.array([1.0, 6.0]), square).tolist()
    [0.0, 5.0]

    """
    inside, apart = np.zeros(x.shape, dtype=bool), np.full(x.shape, np.inf)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        dx, dy = bx - ax, by - ay
        if dy != 0:
            inside ^= ((ay > y) != (by > y)) & (x < ax + (y - ay) / dy * dx)
        length = dx * dx + dy * dy
        share = np.clip(((x - ax) * dx + (y - ay) * dy) / length, 0.0, 1.0) if length > 0 else 0.0
        apart = np.minimum(apart, length_of(x - ax - share * dx, y - ay - share * dy))
    # On the side that does not count as within, a point is at no distance and yet outside.
    return np.where(inside, 0.0, np.maximum(apart, np.finfo(float).tiny))


def edge_distance(marked: np.ndarray, reach: float) -> np.ndarray:
    """Return how far the middles of pixels are from the edge of those that are marked: float64 (H, W).

    It is 0 on these, and half a pixel less than the way to the middle of the nearest of them elsewhere; beyond
    ``reach`` it may be infinite. Exact, column by column and then row by row (Felzenszwalb and Huttenlocher, "Distance
    transforms of sampled functions", 2012, without their envelopes, since few columns are in reach).

    >>> import numpy as np
    >>> from augreg.modalities.outlines import edge_distance
    >>> edge_distance(np.array([[True, False, False, False]]), 2.0).tolist()
    [[0.0, 0.5, 1.5, inf]]

    """
    height, width = marked.shape
    rows = np.arange(height, dtype=np.float64)[:, None]
    above = np.maximum.accumulate(np.where(marked, rows, -np.inf), axis=0)
    below = np.minimum.accumulate(np.where(marked, rows, np.inf)[::-1], axis=0)[::-1]
    own = np.minimum(rows - above, below - rows) ** 2
    found = own.copy()
    for step in range(1, min(int(reach + 0.5), width - 1) + 1):
        np.minimum(found[:, step:], own[:, :-step] + step * step, out=found[:, step:])
        np.minimum(found[:, :-step], own[:, step:] + step * step, out=found[:, :-step])
    return np.asarray(np.maximum(np.sqrt(found) - 0.5, 0.0))
