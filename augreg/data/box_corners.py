"""Boxes of all formats as corners, and back again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from augreg.data.targets import Boxes, BoxFormat

Floats = NDArray[np.float64]


def corners(boxes: Boxes) -> Floats:
    """Return the corners (n, 4, 2): the first side runs along the width, the second along the height.

    The angle r of xywhr and cxcywhr turns counter-clockwise as seen, as in torchvision.

    >>> import augreg
    >>> from augreg.kernel import corners
    >>> corners(augreg.Boxes([[1, 2, 3, 4]], "xywh")).tolist()
    [[[1.0, 2.0], [4.0, 2.0], [4.0, 6.0], [1.0, 6.0]]]

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

    >>> import numpy as np
    >>> from augreg.kernel import from_corners
    >>> from_corners(np.array([[[1.0, 2.0], [4.0, 2.0], [4.0, 6.0], [1.0, 6.0]]]), "xyxy").tolist()
    [[1.0, 2.0, 4.0, 6.0]]

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
    """Return the areas (n,) of polygons (n, k, 2), negative where their corners run the other way round."""
    after = np.roll(points, -1, axis=1)
    doubled: Floats = (points[..., 0] * after[..., 1] - points[..., 1] * after[..., 0]).sum(axis=1)
    return 0.5 * doubled
