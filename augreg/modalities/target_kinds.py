"""What a modality says about its targets: how they are held, read from a record's fields, and given back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, cast

import numpy as np
import torch

from augreg.data.box_formats import as_format
from augreg.data.targets import Boxes, BoxFormat, Events, Keypoints, Spans
from augreg.errors import SampleError
from augreg.modalities.foreign import is_tv
from augreg.modalities.label_maps import INSTANCES, check_size, read_instances, read_label_map

Size = tuple[int, ...]


class Read(NamedTuple):
    """A target as steps see it, and what gives its kind back: called with the new target and the sample's new row."""

    target: Any
    restore: Callable[[Any, Any], Any]


def unchanged(new: Any, _row: Any) -> Any:
    """Give a target back as it is."""
    return new


def _no_size(_value: Any) -> Size | None:
    return None


def _any_fits(_target: Any, _shape: Size) -> None:
    return None


def _boxes_fit(boxes: Boxes, shape: Size) -> None:
    check_boxes(boxes, "boxes")
    _no_shares(boxes, shape)


def check_boxes(boxes: Boxes, what: str) -> None:
    """Refuse boxes with which no step can reckon; ``what`` they are called.

    Raises:
        SampleError: one holds NaN or infinity, or ends before it starts.

    """
    if not np.isfinite(boxes.data).all():
        raise SampleError(f"{what} hold NaN or infinity: {first_bad(boxes.data)}. Leave such rows out.")
    if (backwards := _backwards(boxes)).any():
        raise SampleError(
            f"{what} end before they start: {boxes.data[backwards][0].tolist()} ({boxes.format}). "
            "Check the order of the coordinates, or the format."
        )


def _backwards(boxes: Boxes) -> np.ndarray:
    """Return which boxes have a negative width or height: booleans (n,)."""
    data = boxes.data
    if boxes.format == "xyxy":
        return np.asarray((data[:, 2:] < data[:, :2]).any(axis=1))
    if boxes.format == "xyxyxyxy":
        return np.zeros(len(data), dtype=bool)
    return np.asarray((data[:, 2:4] < 0).any(axis=1))


def first_bad(data: np.ndarray) -> list[float]:
    """Return the first row that holds NaN or infinity."""
    found: list[float] = data[~np.isfinite(data).all(axis=1)][0].tolist()
    return found


def _no_shares(boxes: Boxes, shape: Size) -> None:
    """Refuse boxes that are most likely shares of the picture's sides: as pixels all lie within its first one.

    Raises:
        SampleError: all numbers are from 0 to 1, some above 0, and the picture is larger.

    """
    data, (height, width) = boxes.data[:, :4], shape[-2:]
    if not data.size or max(height, width) <= 2 or not (data.max() <= 1.0 and data.min() >= 0.0 and data.any()):
        return
    raise SampleError(
        f"boxes are in pixels, and all of these lie within 0..1, the first {data[0].tolist()}, of a picture of "
        f"{height} x {width}. If they are shares of its sides, multiply them by width {width} and height {height}; if "
        "they are meant to cover a part of the first pixel, leave them out."
    )


def plain_boxes(value: Any, format: str) -> Read:  # noqa: A002 - the name it has in Boxes
    """Read boxes that are plain numbers (n, 4): a tensor, an array or a list, which they become again.

    Raises:
        SampleError: the value is no table of as many columns as the format has.

    """
    boxes = Boxes(value, cast(BoxFormat, format))

    def restore(new: Any, _row: Any) -> Any:
        whole = np.asarray(as_format(new, boxes.format).data)
        if isinstance(value, torch.Tensor):
            data = torch.as_tensor(whole, device=value.device)
            return (data if value.is_floating_point() else data.round()).to(value.dtype)
        if isinstance(value, np.ndarray):
            return (whole if value.dtype.kind == "f" else np.rint(whole)).astype(value.dtype)
        return type(value)(whole.tolist())

    return Read(boxes, restore)


@dataclass(frozen=True, slots=True)
class TargetKind:
    """One kind of target of a modality.

    Args:
        name: what augmenters declare ("boxes"); the sample's attribute of that name.
        fields: usual names of record fields that hold it. Plain numbers under such a name are refused where a step
            moves this target, unless ``read`` takes them.
        read: what a field's value is as a target, or None if it is none (or does not say that it is one).
        wrapper: what to wrap plain numbers in, for messages.
        type: the class of the target itself, where it has one of augreg's.
        size: the last axes of the row that a value says that it belongs to, such as (height, width); None: it does
            not say.
        plain: how plain numbers in a field of its name are read, where the caller said their form.
        fits: refuses a target that can hardly belong to a row of this shape.
        row: what one of its rows is called, "box", where it has rows; columns of a record may be "per box" then.
        along: usual names of fields that have one entry per row and go along with it, where they are as long.
        must: those of them that stand beside rows for nothing else, so that another number of entries is refused.
        by_name: whether only fields of these names may hold it, because its values do not say what they are: an array
            of booleans is the mask of a series in the field "mask", and may be anything elsewhere.
        named: reads a value in one of ``fields``, given its name, where the name says more than the value does.

    """

    name: str
    fields: tuple[str, ...]
    read: Callable[[Any], Read | None]
    wrapper: str
    type: type[Any] | None = None
    size: Callable[[Any], Size | None] = _no_size
    row: str = ""
    along: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    by_name: bool = False
    named: Callable[[str, Any], Read | None] | None = None
    plain: Callable[[Any, str], Read] | None = None
    fits: Callable[[Any, Size], None] = _any_fits

    def read_field(self, name: str, value: Any) -> Read | None:
        """Return what a field of a record is as a target of this kind, None if it is none."""
        if self.named is not None and name in self.fields:
            return self.named(name, value)
        return None if self.by_name and name not in self.fields else self.read(value)


def _own(kind: type[Any]) -> Callable[[Any], Read | None]:
    return lambda value: Read(value, unchanged) if isinstance(value, kind) else None


def _read_boxes(value: Any) -> Read | None:
    if isinstance(value, Boxes):
        return Read(value, unchanged)
    if is_tv(value, "BoundingBoxes"):
        boxes, back = Boxes(value.as_subclass(torch.Tensor), value.format.value.lower()), _tv_points(value)
        # A picture without boxes gains those of others in the format that these have.
        return Read(boxes, lambda new, row: back(as_format(new, boxes.format), row))
    return None


def _read_keypoints(value: Any) -> Read | None:
    if isinstance(value, Keypoints):
        return Read(value, unchanged)
    if is_tv(value, "KeyPoints"):
        return Read(Keypoints(value.as_subclass(torch.Tensor).reshape(-1, 2)), _tv_points(value))
    return None


def _read_masks(value: Any) -> Read | None:
    if not is_tv(value, "Mask"):
        return None
    from torchvision import tv_tensors

    return Read(value.as_subclass(torch.Tensor), lambda new, row: tv_tensors.wrap(new, like=value))


def _read_named_masks(name: str, value: Any) -> Read | None:
    """Read masks in a field that is named after them: label maps, or one per box where the name is a plural."""
    held = read_instances(value) if name in INSTANCES else read_label_map(value)
    if held is None:
        return read_masks_as_labels(value) if name in INSTANCES else None
    labels, back = held
    return Read(labels, lambda new, _row: back(new))


def read_masks_as_labels(value: Any) -> Read | None:
    """Read a label map (H, W) in a field of the plural name."""
    held = None if isinstance(value, (list, tuple)) else read_label_map(value)
    return None if held is None else Read(held[0], lambda new, _row: held[1](new))


def _of_size(masks: Any, shape: Size) -> None:
    check_size(masks, shape)


def _tv_points(value: Any) -> Callable[[Any, torch.Tensor], Any]:
    """Restore boxes or keypoints of torchvision: dtype and device kept, canvas as the picture is now."""

    def restore(new: Any, row: torch.Tensor) -> Any:
        from torchvision import tv_tensors

        data = torch.as_tensor(np.asarray(new.data), device=value.device)
        data = data if value.is_floating_point() else data.round()
        shaped = data.to(value.dtype).reshape(-1, *value.shape[1:])
        return tv_tensors.wrap(shaped, like=value, canvas_size=(int(row.shape[-2]), int(row.shape[-1])))

    return restore


def _canvas(value: Any) -> Size | None:
    if is_tv(value, "Mask"):
        return tuple(value.shape[-2:])
    return tuple(value.canvas_size) if is_tv(value, "BoundingBoxes", "KeyPoints") else None


ALONG_BOXES: Final = (
    "labels",
    "label",
    "cls",
    "class",
    "classes",
    "class_ids",
    "class_labels",
    "class_names",
    "category",
    "categories",
    "category_id",
    "category_ids",
    "gt_labels",
    "gt_bboxes_labels",
    "gt_ignore_flags",
    "bbox_labels",
    "box_labels",
    "area",
    "areas",
    "iscrowd",
    "is_crowd",
    "scores",
    "score",
    "confidence",
    "confidences",
    "track_ids",
    "track_id",
    "instance_ids",
    "attributes",
    "difficult",
    "truncated",
    "occluded",
)
"""Usual names of what has one entry per box."""

BOXES: Final = TargetKind(
    "boxes",
    ("boxes", "bboxes", "bbox", "gt_bboxes", "bounding_boxes"),
    _read_boxes,
    "torchvision.tv_tensors.BoundingBoxes",
    Boxes,
    _canvas,
    row="box",
    along=ALONG_BOXES,
    must=("labels", "class_labels", "gt_labels", "gt_bboxes_labels", "area", "iscrowd", "scores"),
    plain=plain_boxes,
    fits=_boxes_fit,
)
MASKS: Final = TargetKind(
    "masks",
    ("masks", "mask", "segmentation_mask", "gt_masks", "segmentation", "gt_semantic_seg", "gt_seg_map", "label_map"),
    _read_masks,
    "torchvision.tv_tensors.Mask",
    size=_canvas,
    fits=_of_size,
    named=_read_named_masks,
)
KEYPOINTS: Final = TargetKind(
    "keypoints",
    ("keypoints", "gt_keypoints", "landmarks"),
    _read_keypoints,
    "torchvision.tv_tensors.KeyPoints",
    Keypoints,
    _canvas,
)
EVENTS: Final = TargetKind("events", ("events",), _own(Events), "augreg.Events", Events, row="event")
SPANS: Final = TargetKind("spans", ("spans",), _own(Spans), "augreg.Spans", Spans, row="span")
