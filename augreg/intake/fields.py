"""Finds the samples of a record: in its fields, in lists and messages within them, and at the paths of a schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from augreg.data.samples import Sample
from augreg.errors import SampleError, listing, nearest
from augreg.intake.nested import Place, at_path, spelled, walk
from augreg.intake.nothing import arrays_in, nothing
from augreg.intake.samples import SampleReader
from augreg.intake.tags import says_words
from augreg.intake.word_lists import find_words
from augreg.modalities.base import Modality
from augreg.modalities.encoded import is_encoded
from augreg.pipeline.schema import Schema

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A sample of a record: where it stands, what it is; of words, the fields that hold a tag for each."""

    place: Place
    value: Any
    modality: Modality
    tags: tuple[str, ...] | None = None


@dataclass(slots=True)
class Found:
    """The samples of a record, and the fields that hold None where a sample may be, with its modality if known."""

    leaves: list[Leaf] = field(default_factory=list)
    missing: dict[str, str | None] = field(default_factory=dict)


def find(reader: SampleReader, schema: Schema, fields: Record, entry: int, forced: str | None = None) -> Found:
    """Return what there is to augment in a record; ``forced`` is the only field, where the schema names none.

    Raises:
        SampleError: a field that the schema names is not there.
        UnknownModalityError: nothing says what to augment.

    """
    if schema.samples and forced is None:
        return _by_schema(reader, schema, fields, entry)
    if forced is not None:
        return Found([Leaf((forced,), fields[forced], _owner(reader, fields[forced], forced, entry))])
    found = _by_type(reader, schema, fields, entry)
    if not found.leaves and not found.missing:
        found.leaves = [
            Leaf((name,), value, modality, tags)
            for name, value, tags, modality in find_words(reader.known, fields, entry)
        ]
    if not found.leaves and not found.missing:
        raise nothing(fields, entry, reader.known)
    return found


def _owner(reader: SampleReader, value: Any, name: str, entry: int) -> Modality:
    return reader.owner(value, f"field {name!r} of record {entry}")


def _by_type(reader: SampleReader, schema: Schema, fields: Record, entry: int) -> Found:
    found, maybe = Found(), list[Leaf]()
    for name, value in fields.items():
        if name in schema.roles or name in schema.extra:
            continue
        if value is None:
            found.missing[name] = None
        elif reader.is_typed(value):
            leaf = Leaf((name,), value, _owner(reader, value, name, entry))
            (maybe if reader.is_target(name, value) else found.leaves).append(leaf)
        elif type(value) in (list, tuple, dict) and name not in reader.known.target_fields:
            inside = walk(value, (name,), reader.is_typed, reader.known.target_fields)
            found.leaves += [Leaf(place, inner, _owner(reader, inner, name, entry)) for place, inner in inside]
    there = {leaf.modality.name for leaf in found.leaves}
    # A picture called "mask" belongs to another picture; without one it is a picture.
    found.leaves += [leaf for leaf in maybe if leaf.modality.name not in there]
    _check_names(reader, found, entry)
    return found


def _check_names(reader: SampleReader, found: Found, entry: int) -> None:
    """Refuse a sample that is called like a target of another one: a picture "mask" beside a picture.

    Raises:
        SampleError: it would be augmented by itself, with numbers of its own.

    """
    for leaf in found.leaves:
        name = str(leaf.place[-1])
        others = [other for other in found.leaves if other is not leaf and other.modality is leaf.modality]
        if others and reader.moving and leaf.modality.belongs_beside(leaf.value, [other.value for other in others]):
            raise _beside(leaf, others[0], entry)
        if name not in reader.known.target_fields or isinstance(leaf.value, Sample):
            continue
        other = next((o for o in found.leaves if o is not leaf and o.modality is leaf.modality), None)
        kind = next((k for k in leaf.modality.targets if name in k.fields), None)
        if other is not None and kind is not None:
            field, first, modality = spelled(leaf.place), spelled(other.place), leaf.modality.name
            raise SampleError(
                f"record {entry}: {field!r} is called like {kind.name} of {first!r}, but holds a "
                f"{type(leaf.value).__name__}, which by itself is another {modality}. Wrap it: {kind.wrapper}; "
                f"or say that it is one, schema={{{first!r}: {modality!r}, {field!r}: {modality!r}}}."
            )


def _words(name: str, value: Any, tags: tuple[str, ...], modality: Modality, fields: Record, entry: int) -> Leaf:
    """Return the words of one text, as the schema says, with the fields that hold a tag for each.

    Raises:
        SampleError: it is no list of words, or tags are missing or as many as something else.

    """
    held = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(held, (list, tuple)) or not all(isinstance(word, str) for word in held):
        raise SampleError(f"record {entry}: {name!r} is words, the schema says, and holds a {type(value).__name__}.")
    for tag in tags:
        if tag not in fields:
            raise SampleError(f"record {entry} has no field {tag!r}, which the schema names.{nearest(tag, fields)}")
        n = len(fields[tag]) if hasattr(fields[tag], "__len__") else 1
        if n != len(held):
            raise SampleError(
                f"record {entry}: {tag!r} is tags of {name!r} and holds {n} entries for {len(held)} words."
            )
    return Leaf((name,), value, modality, tags)


def _beside(leaf: Leaf, other: Leaf, entry: int) -> SampleError:
    field, first, modality = spelled(leaf.place), spelled(other.place), leaf.modality.name
    return SampleError(
        f"record {entry}: {field!r} has one channel and the size of {first!r}, and would move on its own. "
        f"Say what it is: schema={{{first!r}: {modality!r}, {field!r}: 'mask of {first}'}} for labels, {{'role': "
        f"{modality!r}, 'tie': {first!r}, 'interpolation': 'nearest'}} for depth, or {modality!r} if it goes alone."
    )


def _by_schema(reader: SampleReader, schema: Schema, fields: Record, entry: int) -> Found:
    found = Found()
    for name, modality in schema.samples.items():
        known = reader.known[modality]
        if name in fields:
            if fields[name] is None:
                found.missing[name] = modality
            elif name in schema.words:
                found.leaves.append(_words(name, fields[name], schema.tags.get(name, ()), known, fields, entry))
            else:
                inside = list(_within(reader, (name,), fields[name], known, fields, entry))
                if not inside:
                    _check_told(name, fields[name], known, entry)
                found.leaves += inside
            continue
        outer, *path = name.split(".")
        if not path or outer not in fields:
            hint = nearest(name, map(str, fields))
            raise SampleError(
                f"record {entry} has no field {name!r}, which the schema names.{hint} Fields: {listing(fields)}."
            )
        held = list(at_path(fields[outer], (outer,), path))
        if not held:
            _check_path(fields[outer], outer, path, entry)
        inside = [
            leaf
            for place, value in held
            if value is not None
            for leaf in _within(reader, place, value, known, fields, entry)
        ]
        if not inside:
            for _place, value in held:
                _check_told(name, value, known, entry)
        found.leaves += inside
    return found


def _check_told(name: str, value: Any, modality: Modality, entry: int) -> None:
    """Refuse dictionaries with strings in a field of samples that bare strings may be, or may not: a path says which.

    Without such types nothing is wrong: a conversation may be without pictures.
    """
    held = value if isinstance(value, (list, tuple)) else [value]
    names = list(dict.fromkeys(k for inner in held if isinstance(inner, Mapping) for k in inner))
    if names and modality.unsure:
        raise SampleError(
            f"record {entry}, field {name!r} holds dictionaries with {listing(names)}, and which of these hold "
            f"{modality.name} is not said. Name the field within, e.g. "
            f"schema={{'{name}.{names[-1]}': {modality.name!r}}}."
        )


def _check_path(value: Any, outer: str, path: Sequence[str], entry: int) -> None:
    """Refuse a path that finds nothing where a name is nearly one that is there; elsewhere there is no such sample."""
    for step, name in enumerate(path):
        holders = [found for _, found in at_path(value, (), path[:step]) if isinstance(found, Mapping)]
        there = list(dict.fromkeys(str(key) for found in holders for key in found))
        if there and name not in there and (hint := nearest(name, there)):
            written = ".".join((outer, *path))
            raise SampleError(
                f"record {entry}: {written!r} in the schema finds nothing: no {name!r} in {outer!r}.{hint}"
            )


def _within(
    reader: SampleReader, place: Place, value: Any, modality: Modality, fields: Record, entry: int
) -> Iterator[Leaf]:
    """Yield the samples of a field that the schema names: itself, or those of a list."""
    if isinstance(value, Mapping) and reader.known.owner(value) is None and not is_encoded(value):
        inside = list(
            walk(value, place, lambda inner: reader.is_typed(inner) and reader.known.owner(inner) is modality)
        )
        if not inside and len(place) == 1:
            likely = next(iter((*arrays_in(value), *value)), "name")
            raise SampleError(
                f"record {entry}, field {place[0]!r} holds no {modality.name}, but a {type(value).__name__} with "
                f"{listing(value)}. Name the field within: {place[0]}.{likely}."
            )
        yield from (Leaf(at, inner, modality) for at, inner in inside)
        return
    if not holds_several(reader, value):
        yield Leaf(place, value, modality)
        return
    if modality.word_roles and len(place) == 1:
        tags = says_words(str(place[0]), value, fields, entry)
        if tags is not None:
            yield Leaf(place, value, modality, tags)
            return
    for i, inner in enumerate(value):
        if inner is not None:
            yield from _within(reader, (*place, i), inner, modality, fields, entry)


def holds_several(reader: SampleReader, value: Any) -> bool:
    """Whether a field's value is a list of samples; a list of numbers is one array."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "OUT" and value.ndim == 1
    return isinstance(value, (list, tuple)) and not reader.is_sample(value) and not _numbers(value)


def _numbers(value: Any) -> bool:
    """Whether nested lists hold numbers."""
    while isinstance(value, (list, tuple)):
        if not value:
            return False
        value = value[0]
    return isinstance(value, (int, float, complex, np.number))
