"""Boxes of all formats as corners, back again, and what of them is left on a canvas."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from augreg import Boxes
from augreg.kernel import BoxFormat

Floats = NDArray[np.float64]

ROTATED: Final = ("xywhr", "cxcywhr", "xyxyxyxy")


def corners(boxes: Boxes) -> Floats:
    """Return the corners (n, 4, 2): the first side runs along the width, the second along the height.

    The angle r of xywhr and cxcywhr turns counter-clockwise as seen, as in torchvision.
    """
    data = boxes.data
    if boxes.format == "xyxyxyxy":
        return data.reshape(-1, 4, 2).copy()
    x, y, a, b = data[:, 0], data[:, 1], data[:, 2], data[:, 3]
    if boxes.format == "xyxy":
        return _sides(x, y, a - x, b - y, np.zeros_like(x))
    angle = data[:, 4] if data.shape[1] == 5 else np.zeros_like(x)
    if boxes.format in ("cxcywh", "cxcywhr"):
        c, s = _direction(angle)
        x, y = x - (a * c + b * s) / 2, y + (a * s - b * c) / 2
    return _sides(x, y, a, b, angle)


def _direction(degrees: Floats) -> tuple[Floats, Floats]:
    radians = np.deg2rad(degrees)
    return np.cos(radians), np.sin(radians)


def _sides(x: Floats, y: Floats, width: Floats, height: Floats, degrees: Floats) -> Floats:
    c, s = _direction(degrees)
    start = np.stack([x, y], axis=1)
    along = np.stack([width * c, -width * s], axis=1)
    down = np.stack([height * s, height * c], axis=1)
    return np.stack([start, start + along, start + along + down, start + down], axis=1)


def from_corners(points: Floats, form: BoxFormat) -> Floats:
    """Return rows in a format from corners (n, 4, 2).

    Axis-aligned formats take the bounding rectangle. xywhr and cxcywhr take the smallest rectangle that runs
    along the first side and holds all corners: exact after flips, rotations and scalings.
    """
    if form == "xyxyxyxy":
        return points.reshape(-1, 8)
    if form in ("xyxy", "xywh", "cxcywh"):
        low, high = points.min(axis=1), points.max(axis=1)
        size = high - low
        return np.concatenate(
            {"xyxy": (low, high), "xywh": (low, size), "cxcywh": (low + size / 2, size)}[form], axis=1
        )
    side = points[:, 1] - points[:, 0]
    length = np.hypot(side[:, 0], side[:, 1])
    unit = np.where(length[:, None] > 0, side / np.where(length > 0, length, 1.0)[:, None], [1.0, 0.0])
    # A mirrored box runs the other way round; reversing its direction keeps width along width.
    turn = np.sign(_signed_area(points))
    unit = np.where(turn[:, None] < 0, -unit, unit)
    normal = np.stack([-unit[:, 1], unit[:, 0]], axis=1)
    u, v = (points * unit[:, None]).sum(axis=2), (points * normal[:, None]).sum(axis=2)
    width, height = np.ptp(u, axis=1), np.ptp(v, axis=1)
    start = unit * u.min(axis=1)[:, None] + normal * v.min(axis=1)[:, None]
    if form == "cxcywhr":
        start = start + unit * width[:, None] / 2 + normal * height[:, None] / 2
    degrees = np.rad2deg(np.arctan2(-unit[:, 1], unit[:, 0]))
    return np.concatenate([start, np.stack([width, height, degrees], axis=1)], axis=1)


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
