"""Moving every target of a sample along with a map of the plane, or covering part of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo, Boxes, Keypoints
from augreg_image.kernels.masks import MoveMasks
from augreg_image.matrices import project
from augreg_image.targets.boxes import corners, settle_boxes
from augreg_image.targets.instances import changed, label_beyond

Floats = NDArray[np.float64]
Move = Callable[[Floats], Floats]


def move_targets(
    info: BatchInfo,
    matrices: Floats,
    canvases: NDArray[np.int64],
    limits: Floats,
    still: NDArray[np.bool_],
    masks: MoveMasks,
    mask_fill: int = 0,
) -> dict[str, list[Any]]:
    """Return the targets after samples were mapped by matrices; instance masks leave with their boxes.

    Args:
        info: the samples before.
        matrices: float64 (n, 3, 3), source to destination in pixel-edge coordinates.
        canvases: int64 (n, 2), heights and widths after.
        limits: float64 (n, 2), smallest area and smallest visible share of a box that is kept.
        still: bool (n,), samples whose targets are left alone.
        masks: moves the masks of a sample.
        mask_fill: the label that label maps get beyond their border.

    """
    mirrored = np.linalg.det(matrices) < 0

    def one(i: int, name: str, target: Any) -> Any:
        if still[i]:
            return target
        if name == "masks":
            return masks(i, target, label_beyond(info, i, mask_fill))
        height, width = canvases[i].tolist()
        matrix = matrices[i]
        return move_with(
            target, lambda points: project(matrix, points), (height, width), tuple(limits[i]), bool(mirrored[i])
        )

    return changed(info, one)


def move_with(
    target: Boxes | Keypoints,
    move: Move,
    canvas: tuple[int, int],
    limits: tuple[float, ...] = (0.0, 0.0),
    mirrored: bool = False,
) -> Boxes | Keypoints:
    """Return boxes or keypoints moved by a map of points (..., 2), on a canvas (H, W)."""
    if isinstance(target, Boxes):
        return settle_boxes(target, move(corners(target)), canvas, *limits)
    data = move(target.data)
    visible = target.flags
    if mirrored and target.swap is not None:
        order = np.arange(len(target))
        for a, b in target.swap:
            order[[a, b]] = order[[b, a]]
        data, visible = data[order], visible[order]
    inside = (data >= 0).all(axis=1) & (data < [canvas[1], canvas[0]]).all(axis=1)
    return target.replace(data, visible).hidden(np.asarray(~inside))


def erase_targets(
    info: BatchInfo,
    rectangles: Mapping[int, Floats],
    *,
    mask_fill: int | None = None,
    min_visibility: float = 0.0,
) -> dict[str, list[Any]]:
    """Return the targets after covering rectangles of some samples.

    Keypoints under a rectangle become invisible; boxes of which less than ``min_visibility`` shows are dropped
    (0 drops none), with their instance masks; masks take ``mask_fill`` there unless it is None
    (those of boxes: 0).

    Args:
        info: the samples.
        rectangles: sample -> float64 (k, 4), left, top, right, bottom.
        mask_fill: label for the covered part of masks.
        min_visibility: smallest visible share of a box.

    """

    def one(i: int, name: str, target: Any) -> Any:
        if i not in rectangles or not len(rectangles[i]):
            return target
        if name == "keypoints":
            return _hide(target, rectangles[i])
        if name == "boxes":
            return _drop(target, rectangles[i], min_visibility)
        return target if mask_fill is None else _paint(target, rectangles[i], label_beyond(info, i, mask_fill))

    return changed(info, one)


def _hide(points: Keypoints, rectangles: Floats) -> Keypoints:
    x, y = points.data[:, :1], points.data[:, 1:]
    left, top, right, bottom = rectangles.T
    covered = ((x >= left) & (x < right) & (y >= top) & (y < bottom)).any(axis=1)
    return points.hidden(covered)


def _drop(boxes: Boxes, rectangles: Floats, min_visibility: float) -> Boxes:
    if min_visibility <= 0 or not len(boxes):
        return boxes
    points = corners(boxes)
    low, high = points.min(axis=1), points.max(axis=1)
    covered = [_union(np.concatenate([a, b]), rectangles) for a, b in zip(low, high, strict=True)]
    whole = np.maximum(np.prod(high - low, axis=1), 1e-12)
    keep = 1.0 - np.array(covered) / whole >= min_visibility
    return boxes if keep.all() else boxes.keep(np.flatnonzero(keep))


def _union(box: Floats, rectangles: Floats) -> float:
    """Area of the union of rectangles inside a box, exactly, on the grid of their edges."""
    clipped = np.clip(rectangles, box[[0, 1, 0, 1]], box[[2, 3, 2, 3]])
    xs, ys = np.unique(clipped[:, [0, 2]]), np.unique(clipped[:, [1, 3]])
    if len(xs) < 2 or len(ys) < 2:
        return 0.0
    x, y = (xs[:-1] + xs[1:]) / 2, (ys[:-1] + ys[1:]) / 2
    in_x = (clipped[:, :1] < x) & (x < clipped[:, 2:3])
    in_y = (clipped[:, 1:2] < y) & (y < clipped[:, 3:4])
    cells = (in_y[:, :, None] & in_x[:, None, :]).any(axis=0)
    return float((cells * np.outer(np.diff(ys), np.diff(xs))).sum())


def _paint(masks: torch.Tensor, rectangles: Floats, value: int) -> torch.Tensor:
    out = masks.clone()
    for left, top, right, bottom in np.rint(rectangles).astype(int).tolist():
        out[..., max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = value
    return out
