"""Fields that look as if they belonged to a sample which steps move, and say nothing of it: these are refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import torch

from augreg.data.samples import Sample
from augreg.errors import SampleError
from augreg.intake.container import Unit
from augreg.intake.keys import KEY_FIELDS
from augreg.intake.samples import SampleReader
from augreg.modalities.base import spelled

DEEP: Final = 3
"""So many names deep a record is searched: data sets nest annotations in a field, VOC in a field of a field."""


class Suspect(NamedTuple):
    """What a value looks like: the name of the target, why, and the word of the role if that says more."""

    target: str
    why: str
    word: str = ""


def check_left(reader: SampleReader, left: Mapping[str, Any], units: Sequence[Unit], entry: int) -> None:
    """Refuse a field that nobody spoke of and that looks as if it belonged to a sample which steps move.

    Raises:
        SampleError: there is one; it says how to call it, and how to say that it does not belong to any sample.

    """
    if not reader.moving:
        return
    for path, value in _inside(left, "", DEEP):
        if path.rpartition(".")[2] in KEY_FIELDS or isinstance(value, Sample):
            continue
        for unit in units:
            found = _looks_like(path.rpartition(".")[2], value, unit)
            if found is not None and found.target in reader.moving:
                raise _refused(path, value, unit, found, entry)


def _inside(value: Mapping[str, Any], prefix: str, deep: int) -> Iterator[tuple[str, Any]]:
    """Yield all values of a record with their paths; of a list of dictionaries those of the first."""
    for name, inner in value.items():
        path = f"{prefix}{name}"
        yield path, inner
        first = inner[0] if type(inner) in (list, tuple) and inner else inner
        if deep > 1 and isinstance(first, Mapping):
            yield from _inside(first, f"{path}.", deep - 1)


def _looks_like(name: str, value: Any, unit: Unit) -> Suspect | None:
    """Return what a value looks like beside a sample: by the field's name, or by the value itself."""
    kind = next((kind for kind in unit.modality.targets if name in kind.fields), None)
    numbers = isinstance(value, (list, tuple, np.ndarray, torch.Tensor))
    seen = _seen(name, value, unit) if numbers or isinstance(value, (Mapping, int, np.integer)) else None
    if seen is not None:
        return seen
    if kind is not None:
        held = len(value) if numbers and np.ndim(value) else hasattr(value, "__array_interface__")  # as PIL's have it
        return Suspect(kind.name, "it is called so") if held else None
    if not numbers and not hasattr(value, "__array_interface__"):
        return None
    found = unit.modality.resembles(value, tuple(unit.wrapped.row.shape)) if _is_tensor(unit) else None
    return None if found is None else Suspect(*found)


def _seen(name: str, value: Any, unit: Unit) -> Suspect | None:
    """Return what a value can hardly help being, as the roles of the sample's modality know it."""
    row, rate = unit.wrapped.row, unit.wrapped.rate
    single = isinstance(value, (int, np.integer))
    for word in unit.modality.roles:
        if single:
            if name in word.numbers:
                return Suspect(word.target, "it is called so", word.word)
        elif word.looks is not None:
            shape = tuple(row.shape) if hasattr(row, "shape") else (len(row),)
            said = word.looks(value, shape, rate)
            if said is not None:
                return Suspect(word.target, said[1], said[0])
    return None


def _is_tensor(unit: Unit) -> bool:
    return isinstance(unit.wrapped.row, torch.Tensor)


def _refused(path: str, value: Any, unit: Unit, found: Suspect, entry: int) -> SampleError:
    kind = next(kind for kind in unit.modality.targets if kind.name == found.target)
    shape = f" of shape {tuple(value.shape)}" if hasattr(value, "shape") else ""
    word = found.word or unit.modality.role_word(kind.name)
    extra = path.partition(".")[0]
    plain = (
        f", or their format in the call, {kind.name}='xyxy'" if kind.plain is not None and path in kind.fields else ""
    )
    said, tie = f"'{word} of {unit.field}'", ""
    if kind.named is not None and kind.named(kind.fields[0], value) is None:  # no labels: a map of something else
        said = f"{{'role': {unit.modality.name!r}, 'tie': {unit.field!r}, 'interpolation': 'nearest'}}"
        tie = " (values move, and are not turned or scaled: flow and disparity stay true in crops and shifts only)"
    role = f"{{{unit.field!r}: {unit.modality.name!r}, {path!r}: {said}}}"
    sample = f"{spelled(unit.modality)}(data, {kind.name}=...)"
    wrap = f"wrap it: {kind.wrapper}, {sample}" if kind.wrapper else f"put it on the sample, {sample}"
    return SampleError(
        f"record {entry}: the pipeline moves {kind.name}, and {path!r} looks like {kind.name} of {unit.field!r} "
        f"({found.why}), but is a plain {type(value).__name__}{shape} and would stay behind. Say what it is: "
        f"schema={role}{tie}{plain}; or {wrap}. "
        f"If it does not belong to it: schema={{..., 'extra': [{extra!r}]}}."
    )
