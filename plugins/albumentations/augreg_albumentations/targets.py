"""Boxes, masks and keypoints as albumentations takes them, and back as ours.

albumentations carries further columns behind the coordinates along: ours is the number of the box or point, by which
labels and columns are found again. Its points lie on pixels' middles, ours count from pixels' edges: half a pixel less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch

from augreg import Boxes, Keypoints, SampleError

_UPRIGHT: Final = ("xyxy", "xywh", "cxcywh")
_CORNER: Final = np.array([[0.25, 0.25], [0.75, 0.25], [0.25, 0.75]])
"""Three points, in parts of a picture's sides: whether they turn the other way afterwards tells a mirror picture."""
_EXACT: Final = 2**24
"""Whole numbers up to this are exact in float32, in which OpenCV moves masks that are not of 8 bits."""

Size = tuple[int, int]


def size_of(row: torch.Tensor) -> Size:
    """Return height and width of a picture (C, H, W)."""
    return int(row.shape[-2]), int(row.shape[-1])


def processors() -> dict[str, Any]:
    """Return what some transforms ask how to treat boxes and points that they cover: none is dropped for its size."""
    from albumentations.core.bbox_utils import BboxParams, BboxProcessor
    from albumentations.core.keypoints_utils import KeypointParams, KeypointsProcessor

    return {
        "bboxes": BboxProcessor(BboxParams("albumentations")),
        "keypoints": KeypointsProcessor(KeypointParams("xy", remove_invisible=True)),
    }


def given(found: Mapping[str, Any], size: Size, wanted: Sequence[str]) -> dict[str, Any]:
    """Return the targets of a picture as arguments of a transform; what it wants and there is not, empty."""
    data: dict[str, Any] = {}
    if found.get("boxes") is not None:
        data["bboxes"] = _boxes(found["boxes"], size)
    elif "bboxes" in wanted:
        data["bboxes"] = np.zeros((0, 5))
    if found.get("masks") is not None:
        data |= _masks(found["masks"])
    elif "mask" in wanted:
        data["mask"] = np.zeros(size, dtype=np.uint8)
    if found.get("keypoints") is not None:
        data["keypoints"] = _points(found["keypoints"], size)
    return data


def taken(found: Mapping[str, Any], done: Mapping[str, Any], size: Size) -> dict[str, Any]:
    """Return our targets from what a transform made of those that :func:`given` gave it; ``size`` is the result's."""
    moved: dict[str, Any] = {}
    if found.get("boxes") is not None:
        moved["boxes"] = _boxes_back(found["boxes"], np.asarray(done["bboxes"], dtype=np.float64), size)
    if found.get("masks") is not None:
        moved["masks"] = _masks_back(found["masks"], done, size)
    if found.get("keypoints") is not None:
        moved["keypoints"] = _points_back(found["keypoints"], np.asarray(done["keypoints"], dtype=np.float64), size)
    return moved


def _boxes(boxes: Boxes, size: Size) -> np.ndarray:
    if boxes.format not in _UPRIGHT:
        raise SampleError(
            f"albumentations moves upright boxes only, and these are {boxes.format}. Give them as xyxy, or take the "
            "augmenter of augreg-image that does the same."
        )
    height, width = size
    data = boxes.data
    if boxes.format == "cxcywh":
        data = np.concatenate([data[:, :2] - data[:, 2:] / 2, data[:, 2:]], axis=1)
    ends = data[:, 2:] if boxes.format == "xyxy" else data[:, :2] + data[:, 2:]
    corners = np.concatenate([data[:, :2], ends], axis=1) / [width, height, width, height]
    return np.concatenate([corners, np.arange(len(corners))[:, None]], axis=1)


def _boxes_back(boxes: Boxes, rows: np.ndarray, size: Size) -> Boxes:
    """Return what is left of boxes inside the picture; those of which nothing is are gone."""
    height, width = size
    rows = rows.reshape(len(rows), -1) if len(rows) else np.zeros((0, 5))
    corners = np.clip(rows[:, :4] * [width, height, width, height], 0, [width, height, width, height])
    left = (corners[:, 2] > corners[:, 0]) & (corners[:, 3] > corners[:, 1])
    start, extent = corners[left, :2], corners[left, 2:] - corners[left, :2]
    second = corners[left, 2:] if boxes.format == "xyxy" else extent
    first = start + extent / 2 if boxes.format == "cxcywh" else start
    return boxes.keep(np.rint(rows[left, 4]).astype(np.int64)).replace(np.concatenate([first, second], axis=1))


def _masks(masks: Any) -> dict[str, Any]:
    planes = masks.detach().numpy()
    if planes.dtype == bool:
        planes = planes.astype(np.uint8)
    elif planes.dtype != np.uint8:
        if planes.size and np.abs(planes.astype(np.float64)).max() > _EXACT:
            raise SampleError(f"albumentations moves masks of values up to {_EXACT}; these reach {planes.max()}.")
        planes = planes.astype(np.float32)
    if planes.ndim == 2:
        return {"mask": planes.copy()}
    stack = np.ascontiguousarray(planes.reshape(-1, *planes.shape[-2:]))
    return {"masks": stack.copy()} if len(stack) else {}


def _masks_back(masks: Any, done: Mapping[str, Any], size: Size) -> Any:
    if masks.ndim == 2:
        planes = np.asarray(done["mask"])
    elif "masks" in done:
        planes = np.stack([np.asarray(p).reshape(size) for p in done["masks"]])
    else:
        planes = np.zeros((0, *size))
    planes = planes.reshape(*masks.shape[:-2], *size)
    return torch.from_numpy(np.array(np.rint(planes), order="C", copy=True)).to(masks.dtype)


def _points(points: Keypoints, size: Size) -> np.ndarray:
    """Return x, y, z, angle, scale and the number of each point; where some swap, of three more behind them."""
    more = [_CORNER * [size[1], size[0]]] if points.swap else []
    data = np.concatenate([points.data, *more]) - 0.5
    rest = np.zeros((len(data), 2))
    return np.concatenate([data, rest, np.ones((len(data), 1)), np.arange(len(data))[:, None]], axis=1)


def _points_back(points: Keypoints, rows: np.ndarray, size: Size) -> Keypoints:
    """Return points in the old order; what is covered, or out of the picture, is hidden."""
    n = len(points)
    rows = rows.reshape(len(rows), -1) if len(rows) else np.zeros((0, 6))
    numbers = np.rint(rows[:, 5]).astype(np.int64)
    data = np.concatenate([points.data, np.full((len(_CORNER), 2), np.nan)])
    data[numbers] = rows[:, :2] + 0.5
    inside = np.isin(np.arange(n), numbers) & ((data[:n] >= 0) & (data[:n] <= size[::-1])).all(axis=1)
    order = _order(points, data[n:])
    moved = points.replace(data[:n][order], None if points.visible is None else points.flags[order])
    return moved if inside.all() else moved.hidden(~inside[order])


def _order(points: Keypoints, corner: np.ndarray) -> np.ndarray:
    """Return from where each point comes: mirroring exchanges the pairs that ``swap`` names."""
    order = np.arange(len(points))
    along, down = corner[1] - corner[0], corner[2] - corner[0]
    if points.swap and along[0] * down[1] - along[1] * down[0] < 0:  # not of points that are covered: NaN is not
        for a, b in points.swap:
            order[[a, b]] = order[[b, a]]
    return order
