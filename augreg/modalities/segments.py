"""Segments of objects as COCO writes them: polygons as flat lists of numbers, or run lengths of a mask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from augreg.data import run_lengths
from augreg.data.polygons import clip_polygon, polygon_area
from augreg.data.targets import Keypoints
from augreg.errors import SampleError
from augreg.modalities.roles import Role, Shape


def polygons(entry: Any) -> list[np.ndarray]:
    """Return the polygons of one object, float64 (n, 2) each.

    Raises:
        SampleError: it holds no lists of an even number of coordinates.

    """
    if not isinstance(entry, (list, tuple, np.ndarray)):
        raise SampleError(f"a segment is a {type(entry).__name__}; give polygons [[x, y, ...], ...] or run lengths.")
    found = []
    for each in entry:
        try:
            flat = np.asarray(each, dtype=np.float64)
        except (TypeError, ValueError):
            raise SampleError(f"a polygon holds {str(each)[:60]}; give numbers x, y, x, y, ...") from None
        if flat.ndim == 0 or flat.size % 2 or (flat.ndim == 2 and flat.shape[1] != 2):
            raise SampleError(f"a polygon has shape {flat.shape}; give x, y, x, y, ... or (n, 2).")
        found.append(flat.reshape(-1, 2))
    return found


def take_segments(entry: Any, _role: Role, shape: Shape) -> Keypoints:
    """Return the corners of all polygons of one object as points."""
    found = polygons(entry)
    corners = np.concatenate(found) if found else np.zeros((0, 2))
    if len(corners) > 2 and max(shape[-2:]) > 2 and corners.max() <= 1.0 and corners.min() >= 0.0:
        raise SampleError(
            f"polygons are in pixels, and all corners lie within 0..1 of a picture of {shape[-2]} x {shape[-1]}. "
            "If they are shares of its sides, multiply them by width and height."
        )
    return Keypoints(corners)


def give_segments(entry: Any, points: Keypoints, _role: Role, new: Shape) -> Any:
    """Return moved polygons in the form of the entry, cut at the canvas, which may part them."""
    found, start = [], 0
    for polygon in polygons(entry):
        moved = points.data[start : start + len(polygon)]
        start += len(polygon)
        found += clip_polygon(moved, new[-2], new[-1])
    flat = all(np.ndim(each) == 1 for each in entry)
    whole = [each.reshape(-1) if flat else each for each in found]
    if any(isinstance(each, np.ndarray) for each in entry):
        return type(entry)(whole) if isinstance(entry, (list, tuple)) else whole
    return [each.tolist() for each in whole]


def area_of_segments(entry: Any, _points: Keypoints) -> float:
    """Return the area of all polygons of one object."""
    return sum(map(polygon_area, polygons(entry)))


def decoded_mask(entry: Mapping[str, Any], shape: Shape) -> np.ndarray:
    """Return the mask of run lengths.

    Raises:
        SampleError: they are of another size than the picture.

    """
    mask = run_lengths.decode(entry)
    return _of_size(mask, shape)


def _of_size(mask: np.ndarray, shape: Shape) -> np.ndarray:
    if mask.shape != tuple(shape[-2:]):
        raise SampleError(f"run lengths are for a picture of {mask.shape}, and this one has {tuple(shape[-2:])}.")
    return np.ascontiguousarray(mask)


def encoded_mask(entry: Mapping[str, Any], mask: np.ndarray) -> dict[str, Any]:
    """Return the run lengths of a mask in the form of the entry."""
    found = {**entry, **run_lengths.encode(mask, entry["counts"])}
    return {**found, "size": tuple(found["size"])} if isinstance(entry["size"], tuple) else found
