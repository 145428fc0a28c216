"""Target fields of a record (boxes, masks, events, what else its modalities carry) follow the sample they belong to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import torch

from augreg.data.targets import Boxes
from augreg.errors import SampleError
from augreg.intake.container import Unit
from augreg.modalities.base import Modality, Result, spelled
from augreg.modalities.target_kinds import Read, TargetKind, unchanged

LABEL_FIELDS: Final = ("labels", "label", "classes")
"""Usual names of the classes of boxes."""

CLASS_FIELDS: Final = ("label", "labels", "class", "target", "y")
"""Usual names of the class of a whole sample."""

ALONG_BOXES: Final = ("area", "iscrowd")
"""Fields of detection records with one entry per box, which leave with their boxes."""

SCALARS: Final = (str, int, float, bool, bytes, type(None))
"""Values that are no targets, unless their field is called like one: most fields of a record."""

NESTED: Final = ("objects", "annotations")
"""Fields in which data sets nest boxes and what belongs to them."""


@dataclass(slots=True)
class Follower:
    """A target field of one record and, after the run, its new value; ``column`` names it among those of the boxes."""

    field: str
    value: Any = None
    changed: bool = False
    column: str = ""


def follow(
    fields: Mapping[str, Any],
    units: Sequence[Unit],
    entry: int,
    moving: frozenset[str],
    mixing: frozenset[str] = frozenset(),
    order: Sequence[str] = (),
    boxes: str | None = None,
) -> list[Follower]:
    """Hand target fields to the units they belong to; return where their new values will stand.

    A field ``labels`` with one entry per box is filtered along with the boxes. ``moving`` are the targets that the
    pipeline moves: plain numbers under such a name would silently go stale, and are refused. ``mixing`` are the
    modalities of which it mixes samples with their labels: there the record's class is the sample's label. Where
    several modalities of the record carry a target, the first in ``order`` gets it. ``boxes`` is the format of plain
    numbers in fields named after boxes.

    Raises:
        SampleError: no unit, or several, could own a target; or a target is given as plain numbers, or does not fit.

    """
    found: list[Follower] = []
    media = {unit.field for unit in units}
    if order and len(units) > 1:
        units = sorted(units, key=lambda unit: order.index(unit.modality.name))
    carried = _carried(tuple(unit.modality for unit in units))
    for name, value in fields.items():
        if name in media or (isinstance(value, SCALARS) and name not in carried.named):
            continue
        read = _read(value, name, carried)
        if read is None and boxes is not None:
            read = _read_plain(value, name, carried, boxes, entry)
        if read is None:
            _check_raw(name, value, units, moving, entry)
            continue
        kind, (inner, restore) = read
        unit = _host(kind, name, units, entry)
        if kind.name in unit.wrapped.targets:
            raise SampleError(f"record {entry} has {kind.name} in field {name!r} and again; keep one of them.")
        _check_size(kind, name, value, unit, entry)
        try:
            kind.fits(inner, tuple(unit.wrapped.row.shape))
        except SampleError as error:
            raise SampleError(f"record {entry}, field {name!r}: {error}") from None
        followers = [Follower(name)]
        if kind.columns:
            inner, more = _with_columns(inner, fields)
            followers += more
        _hand_over(unit, kind.name, inner, restore, followers)
        found += followers
    taken = media | {each.field for each in found}
    return found + _follow_class({k: v for k, v in fields.items() if k not in taken}, units, entry, mixing)


class _Carried(NamedTuple):
    """The kinds of target that some modalities carry, and by which names of fields they go."""

    kinds: tuple[TargetKind, ...]
    named: Mapping[str, TargetKind]


@lru_cache(maxsize=64)
def _carried(modalities: tuple[Modality, ...]) -> _Carried:
    kinds = {kind.name: kind for modality in modalities for kind in modality.targets}
    return _Carried(tuple(kinds.values()), {name: kind for kind in kinds.values() for name in kind.fields})


def _read(value: Any, name: str, carried: _Carried) -> tuple[TargetKind, Read] | None:
    """Return what a value is as a target of the record's modalities; the one that the field is named after first."""
    first = carried.named.get(name)
    for kind in carried.kinds if first is None else (first, *carried.kinds):
        read = kind.read_field(name, value)
        if read is not None:
            return kind, read
    return None


def _read_plain(value: Any, name: str, carried: _Carried, form: str, entry: int) -> tuple[TargetKind, Read] | None:
    """Return plain numbers in a field named after a target, where the caller said their form."""
    kind = carried.named.get(name)
    if kind is None or kind.plain is None or not isinstance(value, (list, tuple, np.ndarray, torch.Tensor)):
        return None
    try:
        return kind, kind.plain(value, form)
    except SampleError as error:
        raise SampleError(f"record {entry}, field {name!r}: {error}") from None


def _follow_class(
    fields: Mapping[str, Any], units: Sequence[Unit], entry: int, mixing: frozenset[str]
) -> list[Follower]:
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
    follower, value = Follower(name), fields[name]
    plain = value.item() if isinstance(value, (torch.Tensor, np.ndarray)) and value.ndim == 0 else value
    _hand_over(hosts[0], "label", plain, unchanged, [follower])
    return [follower]


def _is_class(value: Any) -> bool:
    """Whether a value is a class: its number or name, or weights of all classes."""
    if isinstance(value, (torch.Tensor, np.ndarray)):
        floats = value.is_floating_point() if isinstance(value, torch.Tensor) else value.dtype.kind == "f"
        return value.ndim == 1 if floats else value.ndim == 0
    return isinstance(value, (int, np.integer, str)) and not isinstance(value, bool)


def _check_raw(name: str, value: Any, units: Sequence[Unit], moving: frozenset[str], entry: int) -> None:
    """Refuse plain numbers that would stay behind while the sample moves."""
    inside = _nested(value) if name in NESTED else ()
    for at, one in ((name, value), *((f"{name}.{inner}", inner_value) for inner, inner_value in inside)):
        found = _named(at.rpartition(".")[2], units)
        if found is None or found[0].name not in moving:
            continue
        numbers = isinstance(one, (list, tuple, np.ndarray, torch.Tensor))
        if not (len(one) if numbers else hasattr(one, "__array_interface__")):  # as PIL's pictures have it
            continue
        kind, unit = found
        what = "numbers" if numbers else "values"
        said = f"or say their format, {kind.name}='xyxy'; " if numbers and kind.plain is not None else ""
        flat = "a field of the record itself: " if inside else ""
        raise SampleError(
            f"record {entry}: the pipeline moves {kind.name}, but {at!r} holds plain {what} ({type(one).__name__}) "
            f"and would stay behind. Wrap it: {flat}{kind.wrapper}, or {_on_sample(kind, unit)}; "
            f"{said}or pass a schema that says what to augment, and the rest passes as it is."
        )


def _named(name: str, units: Sequence[Unit]) -> tuple[TargetKind, Unit] | None:
    """Return the kind of target that a field is named after, with a sample that carries such."""
    return next(((kind, unit) for unit in units for kind in unit.modality.targets if name in kind.fields), None)


def _on_sample(kind: TargetKind, unit: Unit) -> str:
    """Return how a target is put on the sample itself."""
    return f"{spelled(unit.modality)}(data, {kind.name}=...)"


def _nested(value: Any) -> list[tuple[str, Any]]:
    """Return what a field holds inside: of a mapping its entries, of a list of mappings those of the first."""
    first = value[0] if isinstance(value, (list, tuple)) and value else value
    return list(first.items()) if isinstance(first, Mapping) else []


def _check_size(kind: TargetKind, name: str, value: Any, unit: Unit, entry: int) -> None:
    """Refuse boxes, keypoints and masks that say that they belong to a sample of another size."""
    theirs = kind.size(value)
    if theirs is None:
        return
    size = tuple(int(side) for side in unit.wrapped.row.shape[-len(theirs) :])
    if theirs != size:
        raise SampleError(
            f"record {entry}: {name!r} is for a sample of {' x '.join(map(str, theirs))}, but {unit.field!r} has "
            f"{' x '.join(map(str, size))}. Make both alike, or mend the size that {name!r} states."
        )


def _host(kind: TargetKind, name: str, units: Sequence[Unit], entry: int) -> Unit:
    """Return the sample that a target belongs to: that of the first modality which carries such targets."""
    bearers = [unit for unit in units if any(own.name == kind.name for own in unit.modality.targets)]
    owners = [unit for unit in bearers if unit.modality is bearers[0].modality]
    if len(owners) > 1:
        fields = " and ".join(repr(unit.field) for unit in owners)
        raise SampleError(
            f"record {entry}: {kind.name} in field {name!r} may belong to {fields}. "
            f"Put them on the sample itself, e.g. {_on_sample(kind, owners[0])}."
        )
    return owners[0]


def _with_columns(boxes: Boxes, fields: Mapping[str, Any]) -> tuple[Boxes, list[Follower]]:
    """Return boxes with the fields that have one entry per box: their classes, areas and crowd flags."""
    followers = []
    if boxes.labels is None:
        name = next((n for n in LABEL_FIELDS if _per_row(fields.get(n), len(boxes))), None)
        if name is not None:
            boxes = replace(boxes, labels=fields[name])
            followers.append(Follower(name, column="labels"))
    more = {n: fields[n] for n in ALONG_BOXES if n not in boxes.columns and _per_row(fields.get(n), len(boxes))}
    if more:
        boxes = replace(boxes, columns={**boxes.columns, **more})
        followers += [Follower(name, column=name) for name in more]
    return boxes, followers


def _per_row(column: Any, n: int) -> bool:
    sized = isinstance(column, (list, tuple)) or (isinstance(column, (torch.Tensor, np.ndarray)) and column.ndim > 0)
    return sized and len(column) == n


def _hand_over(
    unit: Unit, target: str, inner: Any, back: Callable[[Any, Any], Any], followers: Sequence[Follower]
) -> None:
    """Give the target to the unit, and take its new value off the result before the unit restores its own kind."""
    unit.wrapped.targets[target] = inner
    restore = unit.wrapped.restore

    def restored(result: Result) -> Any:
        new = result.targets.pop(target)
        followers[0].value, followers[0].changed = back(new, result.row), new is not inner
        for each in followers[1:]:
            each.value = new.labels if each.column == "labels" else new.columns.get(each.column)
            each.changed = new is not inner
        return restore(result)

    unit.wrapped.restore = restored
