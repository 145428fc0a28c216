"""Target fields of a record (boxes, masks, keypoints, events, spans): they travel with the sample they belong to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from augreg.data.samples import Boxes, Events, Keypoints, Spans
from augreg.errors import SampleError
from augreg.modalities import Result
from augreg.modalities.image import is_tv

if TYPE_CHECKING:
    from augreg.intake.reader import Unit

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
    "events": "events",
    "spans": "spans",
}
"""Usual names of fields that hold targets."""

LABEL_FIELDS: Final = ("labels", "label", "classes")
"""Usual names of the classes of boxes."""

CLASS_FIELDS: Final = ("label", "labels", "class", "target", "y")
"""Usual names of the class of a whole sample."""

ALONG_BOXES: Final = ("area", "iscrowd")
"""Fields of detection records with one entry per box, which leave with their boxes."""

NESTED: Final = ("objects", "annotations")
"""Fields in which data sets nest boxes and what belongs to them."""


@dataclass(slots=True)
class Attached:
    """A target field of one record and, after the run, its new value; ``column`` names it among those of the boxes."""

    field: str
    value: Any = None
    changed: bool = False
    column: str = ""


def attach(
    fields: Mapping[str, Any],
    units: Sequence[Unit],
    entry: int,
    moving: frozenset[str],
    mixing: frozenset[str] = frozenset(),
) -> list[Attached]:
    """Hand target fields to the units they belong to; return where their new values will stand.

    A field ``labels`` with one entry per box is filtered along with the boxes. ``moving`` are the targets that the
    pipeline moves: plain numbers under such a name would silently go stale, and are refused. ``mixing`` are the
    modalities of which it mixes samples with their labels: there the record's class is the sample's label.

    Raises:
        SampleError: no unit, or several, could own a target; or a target is given as plain numbers, or does not fit.

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
        _check_size(name, value, unit, entry)
        slots = [Attached(name)]
        if target == "boxes":
            inner, more = _with_columns(inner, fields)
            slots += more
        _hook(unit, target, inner, back, slots)
        found += slots
    taken = media | {slot.field for slot in found}
    return found + _attach_class({k: v for k, v in fields.items() if k not in taken}, units, entry, mixing)


def _attach_class(
    fields: Mapping[str, Any], units: Sequence[Unit], entry: int, mixing: frozenset[str]
) -> list[Attached]:
    """Hand the record's class to the sample that steps mix with others."""
    hosts = [unit for unit in units if unit.modality.name in mixing and "label" not in unit.wrapped.targets]
    positions = all(name.isdecimal() for name in map(str, fields))  # a tuple: what stands beside the sample
    names = [n for n in fields if not isinstance(fields[n], str)] if positions else CLASS_FIELDS
    name = next((n for n in names if n in fields and _is_class(fields[n])), None)
    if name is None or not hosts:
        return []
    if len(hosts) > 1:
        several = " and ".join(repr(unit.field) for unit in hosts)
        raise SampleError(
            f"record {entry}: steps mix {several}, and the class in field {name!r} can follow one of them only. "
            "Put it on the sample itself, e.g. augreg.Image(data, label=...)."
        )
    slot, value = Attached(name), fields[name]
    plain = value.item() if isinstance(value, (torch.Tensor, np.ndarray)) and value.ndim == 0 else value
    _hook(hosts[0], "label", plain, lambda new, row: new, [slot])
    return [slot]


def _is_class(value: Any) -> bool:
    """Whether a value is a class: its number or name, or weights of all classes."""
    if isinstance(value, (torch.Tensor, np.ndarray)):
        floats = value.is_floating_point() if isinstance(value, torch.Tensor) else value.dtype.kind == "f"
        return value.ndim == 1 if floats else value.ndim == 0
    return isinstance(value, (int, np.integer, str)) and not isinstance(value, bool)


def _check_raw(name: str, value: Any, moving: frozenset[str], entry: int) -> None:
    """Refuse plain numbers that would stay behind while the sample moves."""
    inside = _nested(value) if name in NESTED else ()
    for at, one in ((name, value), *((f"{name}.{inner}", inner_value) for inner, inner_value in inside)):
        target = RAW_NAMES.get(at.rpartition(".")[2])
        if target not in moving or not isinstance(one, (list, tuple, np.ndarray, torch.Tensor)) or len(one) == 0:
            continue
        kind = {"boxes": "BoundingBoxes", "masks": "Mask", "keypoints": "KeyPoints"}.get(target)
        wrapper = f"torchvision.tv_tensors.{kind}" if kind else f"augreg.{target.capitalize()}"
        sample = {"events": "Audio", "spans": "Text"}.get(target, "Image")
        flat = "a field of the record itself: " if inside else ""
        raise SampleError(
            f"record {entry}: the pipeline moves {target}, but {at!r} holds plain numbers ({type(one).__name__}) and "
            f"would stay behind. Wrap it: {flat}{wrapper}, or augreg.{sample}(data, {target}=...); "
            "or pass a schema that says what to augment, and the rest passes as it is."
        )


def _nested(value: Any) -> list[tuple[str, Any]]:
    """Return what a field holds inside: of a mapping its entries, of a list of mappings those of the first."""
    first = value[0] if isinstance(value, (list, tuple)) and value else value
    return list(first.items()) if isinstance(first, Mapping) else []


def _check_size(name: str, value: Any, unit: Unit, entry: int) -> None:
    """Refuse boxes, keypoints and masks that say that they belong to a picture of another size."""
    size = tuple(int(side) for side in unit.wrapped.row.shape[-2:])
    if is_tv(value, "Mask"):
        theirs = tuple(value.shape[-2:])
    elif is_tv(value, "BoundingBoxes", "KeyPoints"):
        theirs = tuple(value.canvas_size)
    else:
        return
    if theirs != size:
        raise SampleError(
            f"record {entry}: {name!r} is for pictures of {theirs[0]} x {theirs[1]} (height x width), but "
            f"{unit.field!r} has {size[0]} x {size[1]}. Resize both alike, or mend the canvas_size."
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


def _with_columns(boxes: Boxes, fields: Mapping[str, Any]) -> tuple[Boxes, list[Attached]]:
    """Return boxes with the fields that have one entry per box: their classes, areas and crowd flags."""
    slots = []
    if boxes.labels is None:
        name = next((n for n in LABEL_FIELDS if _per_row(fields.get(n), len(boxes))), None)
        if name is not None:
            boxes = replace(boxes, labels=fields[name])
            slots.append(Attached(name, column="labels"))
    more = {n: fields[n] for n in ALONG_BOXES if n not in boxes.columns and _per_row(fields.get(n), len(boxes))}
    if more:
        boxes = replace(boxes, columns={**boxes.columns, **more})
        slots += [Attached(name, column=name) for name in more]
    return boxes, slots


def _per_row(column: Any, n: int) -> bool:
    sized = isinstance(column, (list, tuple)) or (isinstance(column, (torch.Tensor, np.ndarray)) and column.ndim > 0)
    return sized and len(column) == n


def _hook(unit: Unit, target: str, inner: Any, back: Callable[[Any, torch.Tensor], Any], slots: list[Attached]) -> None:
    """Give the target to the unit, and take its new value off the result before the unit restores its own kind."""
    unit.wrapped.targets[target] = inner
    restore = unit.wrapped.restore

    def restored(result: Result) -> Any:
        new = result.targets.pop(target)
        slots[0].value, slots[0].changed = back(new, result.row), new is not inner
        for slot in slots[1:]:
            slot.value = new.labels if slot.column == "labels" else new.columns.get(slot.column)
            slot.changed = new is not inner
        return restore(result)

    unit.wrapped.restore = restored
