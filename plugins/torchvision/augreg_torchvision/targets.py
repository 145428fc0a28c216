"""Boxes, masks and keypoints as torchvision takes them, and back as ours.

torchvision keeps boxes and points in their order, so labels and columns stay with them. Its points lie on pixels'
middles, ours count from pixels' edges: half a pixel less.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch
from torchvision import tv_tensors

from augreg import Boxes, Keypoints, SampleError

_UPRIGHT: Final = ("xyxy", "xywh", "cxcywh")
_CORNER: Final = np.array([[0.25, 0.25], [0.75, 0.25], [0.25, 0.75]])
"""Three points, in parts of a picture's sides: whether they turn the other way afterwards tells a mirror picture."""
_EXACT: Final = 2**24
"""Whole numbers up to this are exact in float32, in which masks are moved that are not of 8 bits."""


def picture(row: torch.Tensor) -> Any:
    """Return a picture that the transform may write to."""
    return tv_tensors.Image(row.clone(memory_format=torch.contiguous_format))


def given(found: Mapping[str, Any], row: torch.Tensor, wanted: str) -> dict[str, Any]:
    """Return the targets of a picture (C, H, W) as torchvision's; boxes that are wanted and not there, empty."""
    size = (int(row.shape[-2]), int(row.shape[-1]))
    data: dict[str, Any] = {}
    if found.get("boxes") is not None:
        data["boxes"] = _boxes(found["boxes"], size)
    elif wanted == "boxes":
        data["boxes"] = _boxes(Boxes(np.zeros((0, 4))), size)
    if found.get("masks") is not None and found["masks"].numel():
        data["masks"] = tv_tensors.Mask(_planes(found["masks"]))
    if found.get("keypoints") is not None:
        points = found["keypoints"]
        more = [_CORNER * [size[1], size[0]]] if points.swap else []
        data["keypoints"] = tv_tensors.KeyPoints(np.concatenate([points.data, *more]) - 0.5, canvas_size=size)
    return data


def taken(found: Mapping[str, Any], done: Mapping[str, Any], result: torch.Tensor) -> dict[str, Any]:
    """Return our targets from what a transform made of those that :func:`given` gave it."""
    size = (int(result.shape[-2]), int(result.shape[-1]))
    moved: dict[str, Any] = {}
    if found.get("boxes") is not None:
        moved["boxes"] = _boxes_back(found["boxes"], done["boxes"].as_subclass(torch.Tensor).numpy(), size)
    if found.get("masks") is not None:
        masks = found["masks"]
        planes = (
            done["masks"].as_subclass(torch.Tensor) if "masks" in done else masks.new_zeros((*masks.shape[:-2], *size))
        )
        moved["masks"] = planes.reshape(*masks.shape[:-2], *size).to(masks.dtype).contiguous()
    if found.get("keypoints") is not None:
        moved["keypoints"] = _points_back(found["keypoints"], done["keypoints"].as_subclass(torch.Tensor).numpy(), size)
    return moved


def _boxes(boxes: Boxes, size: tuple[int, int]) -> Any:
    if boxes.format not in _UPRIGHT:
        raise SampleError(
            f"this adapter moves upright boxes only, and these are {boxes.format}. Give them as xyxy, or take the "
            "augmenter of augreg-image that does the same."
        )
    # A copy: torchvision clips some boxes where they lie.
    return tv_tensors.BoundingBoxes(torch.from_numpy(boxes.data.copy()), format=boxes.format.upper(), canvas_size=size)


def _boxes_back(boxes: Boxes, data: np.ndarray, size: tuple[int, int]) -> Boxes:
    """Return what is left of boxes inside the picture; those of which nothing is are gone."""
    height, width = size
    if boxes.format == "cxcywh":
        data = np.concatenate([data[:, :2] - data[:, 2:] / 2, data[:, 2:]], axis=1)
    ends = data[:, 2:] if boxes.format == "xyxy" else data[:, :2] + data[:, 2:]
    corners = np.clip(np.concatenate([data[:, :2], ends], axis=1), 0, [width, height, width, height])
    left = (corners[:, 2] > corners[:, 0]) & (corners[:, 3] > corners[:, 1])
    start, extent = corners[left, :2], corners[left, 2:] - corners[left, :2]
    second = corners[left, 2:] if boxes.format == "xyxy" else extent
    first = start + extent / 2 if boxes.format == "cxcywh" else start
    return boxes.keep(np.flatnonzero(left)).replace(np.concatenate([first, second], axis=1))


def _planes(masks: torch.Tensor) -> torch.Tensor:
    planes = masks.detach().clone()
    if planes.dtype is torch.bool:
        return planes.to(torch.uint8)
    if planes.dtype is not torch.uint8 and float(planes.double().abs().max()) > _EXACT:
        raise SampleError(f"torchvision moves masks of values up to {_EXACT}; these reach {planes.max()}.")
    return planes


def _points_back(points: Keypoints, rows: np.ndarray, size: tuple[int, int]) -> Keypoints:
    """Return points in the old order; what is out of the picture is hidden."""
    n = len(points)
    data = rows.astype(np.float64) + 0.5
    outside = np.any((data[:n] < 0) | (data[:n] > size[::-1]), axis=1)
    order = np.arange(n)
    if points.swap:
        along, down = data[n + 1] - data[n], data[n + 2] - data[n]
        if along[0] * down[1] - along[1] * down[0] < 0:
            for a, b in points.swap:
                order[[a, b]] = order[[b, a]]
    moved = points.replace(data[:n][order], None if points.visible is None else points.flags[order])
    return moved.hidden(outside[order]) if outside.any() else moved
