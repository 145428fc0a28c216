"""Which pixels boxes, masks and keypoints mark, of pictures and of the frames of clips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np
import torch

from augreg.data.batch import BatchInfo
from augreg.data.targets import Boxes, Keypoints
from augreg.errors import SampleError
from augreg.modalities.outlines import box_corners, distance_to_polygon, edge_distance, length_of
from augreg.modalities.regions import EVENT_REGION, Region, RegionKind, chosen, faded, stretches

SHORTER: Final = "fraction of the shorter side"

Around = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def box_weights(boxes: Boxes | None, size: tuple[int, int], region: Region) -> np.ndarray:
    """Return which pixels lie in boxes by their middles, float64 (H, W); rotated boxes as they stand."""
    found = np.zeros(size)
    if boxes is None:
        return found
    soft, rotated = region.soft * min(size), boxes.data.shape[1] > 4
    for corners in box_corners(chosen(boxes, region)):
        around = (*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist())
        if rotated:
            _join(found, around, soft, partial(distance_to_polygon, corners=corners))
            continue
        left, top, right, bottom = around
        rows = stretches(size[0], np.array([top]), np.array([bottom]), 0.0)
        columns = stretches(size[1], np.array([left]), np.array([right]), 0.0)
        np.maximum(found, rows[:, None] * columns, out=found)
        if soft > 0:
            _join(found, around, soft, partial(_beside, around=around))
    return found


def _beside(x: np.ndarray, y: np.ndarray, around: Around) -> np.ndarray:
    left, top, right, bottom = around
    return length_of(np.maximum(np.maximum(left - x, x - right), 0.0), np.maximum(np.maximum(top - y, y - bottom), 0.0))


def point_weights(points: Keypoints | None, size: tuple[int, int], region: Region) -> np.ndarray:
    """Return which pixels lie in discs around the points that are known, float64 (H, W)."""
    found = np.zeros(size)
    radius, soft = region.radius * min(size), region.soft * min(size)
    if points is None:
        return found
    # A point that is hidden with False or 0 is none: COCO puts those at (0, 0).
    for x, y in points.data[points.flags.astype(bool)].tolist():
        around = (x - radius, y - radius, x + radius, y + radius)
        _join(found, around, soft, partial(_beyond, center=(x, y), radius=radius))
    return found


def _beyond(x: np.ndarray, y: np.ndarray, center: tuple[float, float], radius: float) -> np.ndarray:
    return np.maximum(length_of(x - center[0], y - center[1]) - radius, 0.0)


def _join(
    found: np.ndarray, around: Around, soft: float, distance: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> None:
    """Raise weights to those of one more thing, of which ``distance`` tells how far pixels are, where it may matter."""
    height, width = found.shape
    left, top, right, bottom = around
    x0, x1 = np.clip([left - soft - 1, right + soft + 1], 0, width).astype(int).tolist()
    y0, y1 = np.clip([top - soft - 1, bottom + soft + 1], 0, height).astype(int).tolist()
    if x0 < x1 and y0 < y1:
        y, x = np.mgrid[y0:y1, x0:x1] + 0.5
        part = found[y0:y1, x0:x1]
        np.maximum(part, faded(distance(x, y), soft), out=part)


def mask_weights(mask: Any, size: tuple[int, int], region: Region) -> np.ndarray:
    """Return which pixels a label map or a stack of masks marks, float64 (H, W): those that are not 0, or some labels.

    Raises:
        SampleError: the mask is not (..., H, W).

    """
    labels = mask.detach().cpu().numpy() if isinstance(mask, torch.Tensor) else np.asarray(mask)
    if labels.shape[-2:] != size:
        raise SampleError(
            f"masks of shape {labels.shape} do not fit a picture of {size[0]} x {size[1]}. Give (..., H, W)."
        )
    marked = labels != 0
    for _, values in region.where:
        marked = np.isin(labels, values)
    marked = marked.reshape(-1, *labels.shape[-2:]).any(axis=0)
    soft = region.soft * min(marked.shape)
    return marked.astype(np.float64) if soft <= 0 else faded(edge_distance(marked, soft), soft)


def _boxes(info: BatchInfo, i: int, region: Region) -> np.ndarray:
    return box_weights(info.target(region.target)[i], _size(info, i), region)


def _points(info: BatchInfo, i: int, region: Region) -> np.ndarray:
    return point_weights(info.target(region.target)[i], _size(info, i), region)


def _mask(info: BatchInfo, i: int, region: Region) -> np.ndarray:
    return mask_weights(info.target(region.target)[i], _size(info, i), region)


def _size(info: BatchInfo, i: int) -> tuple[int, int]:
    height, width = info.shapes[i, -2:].tolist()
    return height, width


def _boxes_of_frames(info: BatchInfo, i: int, region: Region) -> np.ndarray:
    size = _size(info, i)
    return np.stack([box_weights(boxes, size, region) for boxes in info.target(region.target)[i]])[:, None]


def _points_of_frames(info: BatchInfo, i: int, region: Region) -> np.ndarray:
    size = _size(info, i)
    return np.stack([point_weights(points, size, region) for points in info.target(region.target)[i]])[:, None]


def _masks_of_frames(info: BatchInfo, i: int, region: Region) -> np.ndarray:
    size = _size(info, i)
    return np.stack([mask_weights(mask, size, region) for mask in info.target(region.target)[i]])[:, None]


EARLY: Final = 1e-6
"""Seconds by which a frame may come too soon: a frame at 0.3 s belongs to an event from 3 * 0.1 s on."""


def _frames_of_events(info: BatchInfo, i: int, region: Region) -> np.ndarray:
    """Return which frames are shown during events, float64 (T, 1, 1, 1)."""
    stamps, rate = info.extras.get("timestamps", [None] * len(info))[i], float(info.rates[i])
    if stamps is None and np.isnan(rate):
        raise SampleError(
            f"sample {i} of the {info.modality} samples has {region.target} in seconds, and neither fps nor timestamps "
            "say when its frames are shown. Give one of both."
        )
    times = np.arange(info.lengths[i]) / rate if stamps is None else np.asarray(stamps, dtype=np.float64)
    found = np.zeros(len(times))
    for start, end in chosen(info.target(region.target)[i], region).data.tolist():
        inside = (times >= start - EARLY) & (times < end - EARLY)
        apart = np.where(inside, 0.0, np.maximum(np.maximum(start - times, times - end), EARLY))
        found = np.maximum(found, faded(apart, region.soft))
    return found[:, None, None, None]


PICTURE_REGIONS: Final = (
    RegionKind("boxes", _boxes, soft=SHORTER, where="columns"),
    RegionKind("masks", _mask, word="mask", soft=SHORTER, where="numbers"),
    RegionKind("keypoints", _points, soft=SHORTER, points=True),
)
CLIP_REGIONS: Final = (
    RegionKind("boxes", _boxes_of_frames, soft=SHORTER, where="columns"),
    RegionKind("masks", _masks_of_frames, word="mask", soft=SHORTER, where="numbers"),
    RegionKind("keypoints", _points_of_frames, soft=SHORTER, points=True),
    replace(EVENT_REGION, weights=_frames_of_events),
)
