"""Instance masks, which belong to boxes: where a box is dropped, its mask goes with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import torch

from augreg import BatchInfo, Boxes, SampleError

ROW_COLUMN: Final = "\0row"
"""A column that boxes carry while they are moved: which ones are left in the end."""

Change = Callable[[int, str, Any], Any]
"""Takes the place of a sample, the name of a target and the target; returns what becomes of it."""


def are_instances(masks: torch.Tensor | None, boxes: Boxes | None) -> bool:
    """Whether masks (k, H, W) are those of k boxes, one each."""
    return masks is not None and masks.ndim == 3 and boxes is not None and len(masks) == len(boxes)


def label_beyond(info: BatchInfo, i: int, label: int) -> int:
    """Return the label that the masks of sample i take where they show nothing: ``label``, or 0 if they are of boxes.

    No object reaches to where nothing is: a label for "ignore" would there become a part of each of them.

    Raises:
        SampleError: the dtype of the masks does not hold the label, which would become another.

    """
    masks = info.target("masks")[i]
    if masks is None or are_instances(masks, info.target("boxes")[i]):
        return 0
    if masks.dtype.is_floating_point:  # soft masks, which say by their type that they are masks
        return label
    low, high = (0, 1) if masks.dtype is torch.bool else _ends(masks.dtype)
    if low <= label <= high:
        return label
    kind = str(masks.dtype).removeprefix("torch.")
    raise SampleError(
        f"mask_fill={label} is no label of masks of {kind}, which hold {low} to {high}: it would become another. Give "
        f"one of these, or masks of a dtype that holds it, such as masks.astype('int64')."
    )


def _ends(dtype: torch.dtype) -> tuple[int, int]:
    kind = torch.iinfo(dtype)
    return kind.min, kind.max


def along(boxes: Boxes, masks: torch.Tensor, move: Callable[[Boxes], Boxes]) -> tuple[Boxes, torch.Tensor]:
    """Return boxes that were moved, and those of their masks (k, H, W) whose boxes are left."""
    tagged = Boxes(boxes.data, boxes.format, boxes.labels, {**boxes.columns, ROW_COLUMN: np.arange(len(boxes))})
    moved = move(tagged)
    if moved is tagged:
        return boxes, masks
    fields = dict(moved.columns)
    rows = fields.pop(ROW_COLUMN)
    left = masks if len(rows) == len(masks) else masks[torch.from_numpy(rows).to(masks.device)]
    return Boxes(moved.data, moved.format, moved.labels, fields), left


def changed(info: BatchInfo, change: Change) -> dict[str, list[Any]]:
    """Return boxes, keypoints and masks of all samples after a change; missing ones stay None.

    Instance masks of pictures leave with their boxes. Those of a clip stay, so that all its frames have as many.
    """
    names = [name for name in ("boxes", "keypoints", "masks") if name in info.targets]
    rows = [_one(i, {name: info.target(name)[i] for name in names}, change, info) for i in range(len(info))]
    return {name: [row[name] for row in rows] for name in names}


def _one(i: int, targets: Mapping[str, Any], change: Change, info: BatchInfo) -> dict[str, Any]:
    given, done = dict(targets), dict(targets)
    boxes, masks = given.get("boxes"), given.get("masks")
    if info.modality == "image" and boxes is not None and masks is not None and are_instances(masks, boxes):
        done["boxes"], given["masks"] = along(boxes, masks, lambda some: change(i, "boxes", some))
        given["boxes"] = None
    for name, target in given.items():
        if target is not None:
            done[name] = change(i, name, target)
    return done
