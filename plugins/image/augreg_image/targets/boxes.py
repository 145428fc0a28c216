"""What is left of boxes, of which the corners were moved, on a canvas."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from augreg import Boxes
from augreg.kernel import corners as corners
from augreg.kernel import from_corners as from_corners

Floats = NDArray[np.float64]

ROTATED: Final = ("xywhr", "cxcywhr", "xyxyxyxy")


def _signed_area(points: Floats) -> Floats:
    after = np.roll(points, -1, axis=1)
    doubled: Floats = (points[..., 0] * after[..., 1] - points[..., 1] * after[..., 0]).sum(axis=1)
    return 0.5 * doubled


def area(points: Floats) -> Floats:
    """Return the areas (n,) of polygons (n, k, 2)."""
    return np.abs(_signed_area(points))


def visible_area(points: Floats, canvas: tuple[int, int]) -> Floats:
    """Return the areas (n,) of convex polygons (n, k, 2) on a canvas (H, W), by Sutherland and Hodgman's clipping."""
    return np.array([abs(_shoelace(_clip(polygon.tolist(), canvas))) for polygon in points]).reshape(len(points))


def _clip(polygon: list[list[float]], canvas: tuple[int, int]) -> list[list[float]]:
    for axis, bound, sign in ((0, 0.0, 1), (0, canvas[1], -1), (1, 0.0, 1), (1, canvas[0], -1)):
        kept: list[list[float]] = []
        for here, following in zip(polygon, polygon[1:] + polygon[:1], strict=True):
            a, b = sign * (here[axis] - bound), sign * (following[axis] - bound)
            if a >= 0:
                kept.append(here)
            if (a > 0 > b) or (a < 0 < b):
                t = a / (a - b)
                kept.append([here[0] + t * (following[0] - here[0]), here[1] + t * (following[1] - here[1])])
        polygon = kept
    return polygon


def _shoelace(polygon: list[list[float]]) -> float:
    pairs = zip(polygon, polygon[1:] + polygon[:1], strict=True)
    return 0.5 * sum(p[0] * q[1] - p[1] * q[0] for p, q in pairs)


def settle_boxes(
    boxes: Boxes, points: Floats, canvas: tuple[int, int], min_area: float, min_visibility: float
) -> Boxes:
    """Return boxes at moved corners (n, 4, 2): clipped to the canvas, and without those of which too little is left.

    A box is kept when at least ``min_area`` square pixels and ``min_visibility`` of its area are on the canvas,
    and anything at all. Axis-aligned boxes are clipped; rotated ones keep their shape and may stick out.
    """
    if boxes.format in ROTATED:
        before, after = area(points), visible_area(points, canvas)
        moved = from_corners(points, boxes.format)
    else:
        low, high = points.min(axis=1), points.max(axis=1)
        bounds = np.array([canvas[1], canvas[0]], dtype=np.float64)
        inner_low, inner_high = np.clip(low, 0, bounds), np.clip(high, 0, bounds)
        before, after = np.prod(high - low, axis=1), np.prod(inner_high - inner_low, axis=1)
        moved = from_corners(np.stack([inner_low, inner_high], axis=1), boxes.format)
    left = (after > 0) & (after >= min_area) & (after >= min_visibility * before * (1 - 1e-9))
    found = boxes.replace(moved)
    return found if left.all() else found.keep(np.flatnonzero(left))
