"""Boxes, masks and keypoints moved by the matrices of kornia's transforms.

A matrix of kornia leads from the middles of a picture's pixels to those of the result's; ours counts from pixels'
edges, half a pixel more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch
from kornia.constants import Resample

from augreg import Boxes, Keypoints, SampleError

_UPRIGHT: Final = ("xyxy", "xywh", "cxcywh")
_HALF: Final = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
_EXACT: Final = 2**24
"""Whole numbers up to this are exact in float32, in which masks are moved."""
_FOR_MASKS: Final = {"resample": Resample.NEAREST, "fill": 0.0, "pad_value": 0.0}
"""Flags of a transform -> what they are for masks: labels are not blended, and what comes in anew shows nothing."""

Size = tuple[int, int]


def size_of(row: torch.Tensor) -> Size:
    """Return height and width of a picture (..., H, W)."""
    return int(row.shape[-2]), int(row.shape[-1])


def moved(made: Any, given: Mapping[str, Any], size: Size) -> dict[str, Any]:
    """Return the targets of a picture where the transform that it just went through has moved them.

    Args:
        made: the transform, which still knows its parameters and its matrix.
        given: targets that the picture had.
        size: height and width of the result.

    """
    done: dict[str, Any] = {}
    if given.get("masks") is not None:
        done["masks"] = _masks(made, given["masks"], size)
    if given.get("boxes") is not None or given.get("keypoints") is not None:
        matrix = _HALF @ made.transform_matrix[0].double().numpy() @ np.linalg.inv(_HALF)
        if given.get("boxes") is not None:
            done["boxes"] = _boxes(given["boxes"], matrix, size)
        if given.get("keypoints") is not None:
            done["keypoints"] = _points(given["keypoints"], matrix, size)
    return done


def _through(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return points (n, 2) led by a matrix; those that it brings behind the eye are nowhere."""
    led = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ matrix.T
    return np.where(led[:, 2:] > 0, led[:, :2] / np.where(led[:, 2:] > 0, led[:, 2:], 1.0), np.nan)


def _masks(made: Any, masks: torch.Tensor, size: Size) -> torch.Tensor:
    if not masks.numel():
        return masks.new_zeros((*masks.shape[:-2], *size))
    planes = masks.detach().clone()
    if planes.dtype not in (torch.bool, torch.uint8) and float(planes.double().abs().max()) > _EXACT:
        raise SampleError(f"kornia moves masks of values up to {_EXACT}; these reach {planes.max()}.")
    stack = planes.reshape(1, -1, *planes.shape[-2:]).to(torch.float32)
    flags = {name: value for name, value in _FOR_MASKS.items() if name in made.flags}
    if made.flags.get("fill_value") is not None:
        flags["fill_value"] = torch.zeros(1)
    matrix = getattr(made, "transform_matrix", None)
    led: torch.Tensor = made.transform_masks(stack, params=made._params, flags=made.flags, transform=matrix, **flags)
    led = led if masks.is_floating_point() else led.round()
    return led.reshape(*masks.shape[:-2], *size).to(masks.dtype).contiguous()


def _boxes(boxes: Boxes, matrix: np.ndarray, size: Size) -> Boxes:
    """Return the upright boxes around where corners went, cut off at the edges; those of which nothing is left, not."""
    if boxes.format not in _UPRIGHT:
        raise SampleError(
            f"this adapter moves upright boxes only, and these are {boxes.format}. Give them as xyxy, or take the "
            "augmenter of augreg-image that does the same."
        )
    data = boxes.data
    if boxes.format == "cxcywh":
        data = np.concatenate([data[:, :2] - data[:, 2:] / 2, data[:, 2:]], axis=1)
    ends = data[:, 2:] if boxes.format == "xyxy" else data[:, :2] + data[:, 2:]
    both = np.concatenate([data[:, :2], ends], axis=1)
    corners = _through(matrix, both[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2)).reshape(-1, 4, 2)
    low = np.clip(corners.min(axis=1), 0, size[::-1])
    high = np.clip(corners.max(axis=1), 0, size[::-1])
    left = np.all(high > low, axis=1)
    start, extent = low[left], high[left] - low[left]
    second = high[left] if boxes.format == "xyxy" else extent
    first = start + extent / 2 if boxes.format == "cxcywh" else start
    return boxes.keep(np.flatnonzero(left)).replace(np.concatenate([first, second], axis=1))


def _points(points: Keypoints, matrix: np.ndarray, size: Size) -> Keypoints:
    """Return points in the old order; what is out of the picture is hidden."""
    data = _through(matrix, points.data)
    outside = ~np.all((data >= 0) & (data <= size[::-1]), axis=1)
    data = np.where(np.isnan(data), points.data, data)
    order = np.arange(len(points))
    if np.linalg.det(matrix) < 0:
        for a, b in points.swap or ():
            order[[a, b]] = order[[b, a]]
    moved = points.replace(data[order], None if points.visible is None else points.flags[order])
    return moved.hidden(outside[order]) if outside.any() else moved
