"""Target fields of a record (boxes, masks, keypoints, events, spans): they travel with the sample they belong to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from augreg.errors import SampleError
from augreg.modalities import Result
from augreg.modalities.image import is_tv
from augreg.samples import Boxes, Events, Keypoints, Spans

if TYPE_CHECKING:
    from augreg.containers import Unit

HOSTS: Final[dict[str, tuple[str, ...]]] = {
    "boxes": ("image",),
    "masks": ("image", "video"),
    "keypoints": ("image",),
    "events": ("audio", "video"),
    "spans": ("text",),
}
"""Which modality a target field belongs to; the first that the record has exactly once."""

RAW_NAMES: Final = {
    **dict.fromkeys(("boxes", "bboxes", "bbox"), "boxes"),
    **dict.fromkeys(("masks", "mask", "segmentation_mask"), "masks"),
    "keypoints": "keypoints",
}
"""Usual names of fields that hold targets."""

LABEL_FIELDS: Final = ("labels", "label", "classes")


@dataclass(slots=True)
class Attached:
    """A target field of one record and, after the run, its new value."""

    field: str
    value: Any = None
    changed: bool = False


def attach(fields: Mapping[str, Any], units: Sequence[Unit], entry: int, moving: frozenset[str]) -> list[Attached]:
    """Hand target fields to the units they belong to; return where their new values will stand.

    A field ``labels`` with one entry per box is filtered along with the boxes. ``moving`` are the targets that the
    pipeline moves: plain numbers under such a name would silently go stale, and are refused.

    Raises:
        SampleError: no unit, or several, could own a target; or a target is given as plain numbers.

    """
    found: list[Attached] = []
    media = {unit.field for unit in units}
    for name, value in fields.items():
        read = None if name in media else _read(value)
        if read is None:
            if name not in media:
                _check_raw(name, value, moving, entry)
            continue
        target, inner, back = read
        unit = _host(target, name, units, entry)
        if unit is None:
            continue
        if target in unit.wrapped.targets:
            raise SampleError(f"record {entry} has {target} in field {name!r} and again; keep one of them.")
        slots = [Attached(name)]
        if target == "boxes" and inner.labels is None:
            inner, label_slot = _with_labels(inner, fields)
            slots += label_slot
        _hook(unit, target, inner, back, slots)
        found += slots
    return found


def _check_raw(name: str, value: Any, moving: frozenset[str], entry: int) -> None:
    target = RAW_NAMES.get(name)
    if target not in moving or not isinstance(value, (list, tuple, np.ndarray, torch.Tensor)) or len(value) == 0:
        return
    wrapper = {"boxes": "BoundingBoxes", "masks": "Mask", "keypoints": "KeyPoints"}[target]
    raise SampleError(
        f"record {entry}: the pipeline moves {target}, but {name!r} holds plain numbers ({type(value).__name__}) and "
        f"would stay behind. Wrap it: torchvision.tv_tensors.{wrapper}, or augreg.Image(data, {target}=...); "
        "or pass a schema that says what to augment, and the rest passes as it is."
    )


def _read(value: Any) -> tuple[str, Any, Callable[[Any, torch.Tensor], Any]] | None:
    """Return the target's name, its inner form, and what restores its kind given the sample's new data."""
    for kind, name in ((Boxes, "boxes"), (Keypoints, "keypoints"), (Events, "events"), (Spans, "spans")):
        if isinstance(value, kind):
            return name, value, lambda new, row: new
    if is_tv(value, "BoundingBoxes"):
        return "boxes", Boxes(value.as_subclass(torch.Tensor), value.format.value.lower()), _tv_back(value)
    if is_tv(value, "KeyPoints"):
        flat = value.as_subclass(torch.Tensor).reshape(-1, 2)
        return "keypoints", Keypoints(flat), _tv_back(value)
    if is_tv(value, "Mask"):
        from torchvision import tv_tensors

        return "masks", value.as_subclass(torch.Tensor), lambda new, row: tv_tensors.wrap(new, like=value)
    return None


def _tv_back(value: Any) -> Callable[[Any, torch.Tensor], Any]:
    """Restore boxes or keypoints of torchvision: dtype and device kept, canvas as the picture is now."""

    def back(new: Any, row: torch.Tensor) -> Any:
        from torchvision import tv_tensors

        data = torch.as_tensor(np.asarray(new.data), device=value.device)
        data = data if value.is_floating_point() else data.round()
        shaped = data.to(value.dtype).reshape(-1, *value.shape[1:])
        size = (int(row.shape[-2]), int(row.shape[-1]))
        return tv_tensors.wrap(shaped, like=value, canvas_size=size)

    return back


def _host(target: str, name: str, units: Sequence[Unit], entry: int) -> Unit | None:
    for modality in HOSTS[target]:
        owners = [u for u in units if u.modality.name == modality]
        if len(owners) > 1:
            fields = " and ".join(repr(u.field) for u in owners)
            raise SampleError(
                f"record {entry}: {target} in field {name!r} may belong to {fields}. "
                f"Put them on the sample itself, e.g. augreg.{modality.capitalize()}(data, {target}=...)."
            )
        if owners:
            return owners[0]
    return None


def _with_labels(boxes: Boxes, fields: Mapping[str, Any]) -> tuple[Boxes, list[Attached]]:
    for name in LABEL_FIELDS:
        labels = fields.get(name)
        if isinstance(labels, (list, tuple, torch.Tensor, np.ndarray)) and len(labels) == len(boxes):
            return replace(boxes, labels=labels), [Attached(name)]
    return boxes, []


def _hook(unit: Unit, target: str, inner: Any, back: Callable[[Any, torch.Tensor], Any], slots: list[Attached]) -> None:
    """Give the target to the unit, and take its new value off the result before the unit restores its own kind."""
    unit.wrapped.targets[target] = inner
    restore = unit.wrapped.restore

    def restored(result: Result) -> Any:
        new = result.targets.pop(target)
        slots[0].value, slots[0].changed = back(new, result.row), new is not inner
        if len(slots) > 1:
            slots[1].value, slots[1].changed = new.labels, new is not inner
        return restore(result)

    unit.wrapped.restore = restored
