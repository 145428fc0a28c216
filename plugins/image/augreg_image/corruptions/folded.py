"""Where points and boxes are seen in a picture that its displacement folds: in several places, or in none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from augreg_image.kernels import displacement

Floats = NDArray[np.float64]

MAX_DISTANCE = 1.0
"""Pixels: a point is shown by a pixel whose source is no farther away."""


def sources(field: displacement.Field) -> Floats:
    """Return the source (H, W, 2) of every pixel's middle."""
    height, width = field.shape[:2]
    y, x = np.mgrid[0:height, 0:width] + 0.5
    return np.stack([x, y], axis=2) + field


def folds(field: displacement.Field) -> bool:
    """Whether the displacement turns some part of the picture over, so that it has no inverse."""
    place = sources(field)
    across, down = np.diff(place, axis=1)[:-1], np.diff(place, axis=0)[:, :-1]
    return bool((across[..., 0] * down[..., 1] <= across[..., 1] * down[..., 0]).any())


def found(field: displacement.Field, points: Floats) -> Floats:
    """Return where points (..., 2) are seen: the iteration's place, or else the nearest pixel's; -1 for nowhere."""
    moved = displacement.follow(field, points)
    size = np.array([field.shape[1], field.shape[0]])
    miss = np.linalg.norm(moved + displacement.at(field, moved) - points, axis=-1) > 0.5
    miss |= ((moved < 0) | (moved >= size)).any(axis=-1)
    if miss.any():
        place = sources(field).reshape(-1, 2)
        moved[miss] = [_nearest(place, field.shape[1], point) for point in points[miss]]
    return moved


def _nearest(place: Floats, width: int, point: Floats) -> Floats:
    distance = ((place - point) ** 2).sum(axis=1)
    best = int(distance.argmin())
    if distance[best] > MAX_DISTANCE**2:
        return np.full(2, -1.0)
    return np.array([best % width + 0.5, best // width + 0.5])


def seen(field: displacement.Field, outlines: Floats) -> Floats:
    """Return the corners (n, 4, 2) of the rectangle in which anything inside upright outlines (n, k, 2) is seen."""
    place = sources(field)
    rows = []
    for low, high in zip(outlines.min(axis=1), outlines.max(axis=1), strict=True):
        y, x = np.nonzero(((place >= low) & (place < high)).all(axis=2))
        left, top, right, bottom = (x.min(), y.min(), x.max() + 1, y.max() + 1) if len(x) else (0, 0, 0, 0)
        rows.append([[left, top], [right, top], [right, bottom], [left, bottom]])
    return np.array(rows, dtype=np.float64).reshape(-1, 4, 2)
