"""Batches for detection: pictures of any size, and what is in each of them, as torchvision or Hugging Face want it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

import numpy as np
import torch

from augreg.data.samples import Sample
from augreg.data.targets import Boxes, BoxFormat
from augreg.errors import SampleError, listing
from augreg.loaders.pictures import as_tensor, is_strict
from augreg.modalities.foreign import is_tv
from augreg.modalities.image import Image
from augreg.modalities.target_kinds import BOXES

FORMS: Final = ("detection", "coco")
"""What ``stack`` may be beside True and False: (pictures, targets) of torchvision's reference scripts, and (pictures,
annotations) of Hugging Face's image processors."""
UPRIGHT: Final = ("xyxy", "xywh", "cxcywh")

Entry = tuple[torch.Tensor, dict[str, Any]]


def detection_batch(items: list[Any], form: str, schema: Mapping[str, str], boxes: str | None) -> tuple[Any, Any]:
    """Return a tuple of pictures (C, H, W) and one of what is in each of them.

    Args:
        items: pairs (picture, dictionary of targets), records with one picture, or augreg.Image.
        form: one of :data:`FORMS`.
        schema: which fields of records are pictures, where their values do not say it.
        boxes: the format of boxes that are plain numbers, as the caller said; None: "xyxy".

    Raises:
        SampleError: an item has no boxes, or not one picture.

    """
    found = [_entry(item, i, schema, boxes or "xyxy") for i, item in enumerate(items)]
    targets = (target for _, target in found)
    made = targets if form == "detection" else (_annotations(target, i) for i, target in enumerate(targets))
    return tuple(picture for picture, _ in found), tuple(made)


def _entry(item: Any, place: int, schema: Mapping[str, str], form: str) -> Entry:
    where = f"item {place}"
    picture, fields = _parts(item, where, schema)
    if "boxes" not in fields:
        raise SampleError(
            f"{where} has no field 'boxes'{_named(fields)}. Give each picture its boxes, those without any an empty "
            "tensor (0, 4); or collate with then=."
        )
    target = {name: _plain(name, value, where, form) for name, value in fields.items()}
    return as_tensor(picture, "image", where), target


def _named(fields: Mapping[str, Any]) -> str:
    there = [name for name in fields if name in BOXES.fields]
    return f"; call its {there[0]!r} so" if there else f" (it has {listing(fields)})" if fields else ""


def _parts(item: Any, where: str, schema: Mapping[str, str]) -> tuple[Any, dict[str, Any]]:
    """Return the picture of an item, and what is said about it by name."""
    if isinstance(item, tuple) and len(item) == 2 and isinstance(item[1], Mapping):
        picture, fields = item[0], {str(name): value for name, value in item[1].items()}
    elif isinstance(item, Mapping):
        names = [n for n, value in item.items() if schema.get(n) == "image" or is_strict(value, None)]
        if len(names) != 1:
            raise SampleError(
                f"{where} has {len(names)} fields that are pictures{f' ({listing(names)})' if names else ''}, and "
                "detection is about one. Name it, schema={'image': 'image'}, and leave others out: drop=(...)."
            )
        picture, fields = item[names[0]], {str(n): value for n, value in item.items() if n != names[0]}
    else:
        picture, fields = item, {}
    if isinstance(picture, Image):
        fields = {**_of_sample(picture), **fields}
        picture = picture.data
    if isinstance(picture, (tuple, Mapping, Sample)):
        raise SampleError(
            f"{where} is a {type(item).__name__}; for detection give (picture, {{'boxes': ..., 'labels': ...}}), a "
            "record with these fields, or augreg.Image(picture, boxes=...)."
        )
    return picture, fields


def _of_sample(sample: Image) -> dict[str, Any]:
    """Return the targets of a sample by the names that torchvision's models know."""
    fields: dict[str, Any] = {}
    if sample.boxes is not None:
        own = {} if sample.boxes.labels is None else {"labels": sample.boxes.labels}
        fields = {**sample.boxes.columns, **own, "boxes": sample.boxes}
    if sample.key is not None:
        fields.setdefault("image_id", sample.key)
    rest = {"masks": sample.masks, "keypoints": sample.keypoints, "label": sample.label}
    return fields | {name: value for name, value in rest.items() if value is not None}


def _plain(name: str, value: Any, where: str, form: str) -> Any:
    """Return a target as a plain tensor where it is numbers; boxes as (left, top, right, bottom), float32 (n, 4)."""
    if name == "boxes":
        read = BOXES.read(value)
        boxes = Boxes(value, cast(BoxFormat, form)) if read is None else read.target
        return corners(boxes, where).to(value.device if isinstance(value, torch.Tensor) else "cpu")
    found = _tensor(name, value)
    empty = name == "labels" and isinstance(found, torch.Tensor) and not found.numel()
    return found.to(torch.int64) if empty else found  # torch.tensor([]) is float32, which models refuse


def _tensor(name: str, value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.as_subclass(torch.Tensor) if is_tv(value, "Mask", "KeyPoints", "Image") else value
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return torch.from_numpy(np.array(value, dtype=value.dtype.newbyteorder("=")))
    numbers = isinstance(value, list) and all(isinstance(entry, (int, float)) for entry in value)
    return torch.tensor(value) if numbers and name != "image_id" else value


def corners(boxes: Boxes, where: str) -> torch.Tensor:
    """Return upright boxes as (left, top, right, bottom), float32 (n, 4).

    Raises:
        SampleError: they are turned.

    """
    if boxes.format not in UPRIGHT:
        raise SampleError(
            f"{where} has boxes of format {boxes.format!r}, which are turned, and detection takes upright ones: "
            f"{listing(UPRIGHT)}. Collate with then=."
        )
    first, second = boxes.data[:, :2], boxes.data[:, 2:]
    if boxes.format == "xywh":
        second = first + second
    elif boxes.format == "cxcywh":
        first, second = first - second / 2, first + second / 2
    return torch.from_numpy(np.concatenate([first, second], axis=1).astype(np.float32))


def _annotations(target: dict[str, Any], place: int) -> dict[str, Any]:
    """Return a target as COCO writes it: for each object a dictionary, boxes as (left, top, width, height)."""
    if "labels" not in target:
        raise SampleError(f"item {place} has boxes without labels; COCO's annotations name a category. Give 'labels'.")
    rows: list[list[float]] = target["boxes"].tolist()
    labels, crowd = (list(target.get(name, [0] * len(rows))) for name in ("labels", "iscrowd"))
    if not len(rows) == len(labels) == len(crowd):
        raise SampleError(
            f"item {place} has {len(rows)} boxes, {len(labels)} labels and {len(crowd)} entries of iscrowd."
        )
    found = [
        # The area is that of the box as it is now: one that came along was true of the picture before.
        {
            "bbox": [x, y, u - x, v - y],
            "category_id": _number(label),
            "area": (u - x) * (v - y),
            "iscrowd": _number(many),
        }
        for (x, y, u, v), label, many in zip(rows, labels, crowd, strict=True)
    ]
    return {"image_id": _number(target.get("image_id", place)), "annotations": found}


def _number(value: Any) -> Any:
    return value.item() if isinstance(value, (torch.Tensor, np.generic)) else value
