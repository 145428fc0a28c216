"""Everything that belongs to the samples of one record: found, read, and handed to them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import torch

from augreg.errors import SampleError
from augreg.intake.classes import follow_class, hand_class
from augreg.intake.container import Unit
from augreg.intake.follow import Belongings
from augreg.intake.keys import KEY_FIELDS
from augreg.intake.ledger import Follower, Table
from augreg.intake.planned import Planned, by_name, by_schema, per_row, word_of
from augreg.intake.samples import SampleReader
from augreg.intake.slots import Slot
from augreg.intake.suspects import check_left
from augreg.modalities.base import Modality, spelled
from augreg.modalities.roles import LABEL, Role, words_of
from augreg.modalities.target_kinds import Read, TargetKind
from augreg.pipeline.schema import Schema

SCALARS: Final = (str, int, float, bool, bytes, type(None))
"""Values that are no targets, unless their field is called like one: most fields of a record."""


def follow(
    reader: SampleReader, schema: Schema, fields: Mapping[str, Any], units: Sequence[Unit], done: Collection[str]
) -> list[Follower]:
    """Hand what belongs to the samples of a record to them; return where new values will stand.

    Args:
        reader: says what steps move, and the format of plain boxes.
        schema: what the fields are: the caller's, or that of a layout that was recognized.
        fields: the record.
        units: its samples.
        done: fields that are seen to already: the samples, tags of words.

    Raises:
        SampleError: no sample, or several, could own something; it is not what its role says; or a field looks as if
            it belonged to a sample that steps move, and nothing says that it does.

    """
    if len(units) > 1:
        order = {name: i for i, name in enumerate(reader.known.names)}
        units = sorted(units, key=lambda unit: order[unit.modality.name])
    entry = units[0].entry
    said = list(by_schema(schema.roles, schema.owners, fields, units))
    spoken = {str(planned.slot.place[0]) for planned in said} | {name.partition(".")[0] for name in schema.extra}
    taken = {*done, *schema.extra, *schema.roles, *spoken}
    typed = list(_by_type(reader, fields, units, taken, entry))
    found = [_per_row(planned, (*said, *typed)) for planned in typed]
    if not said and not found and not reader.moving and not reader.mixing:
        return []
    own: dict[int, Belongings] = {}
    for unit in units if said or found else ():
        mixed = unit.modality.name in reader.mixing
        own[id(unit)] = Belongings(unit, reader.ledger, reader.mirrored, mixed=mixed)
    tables: dict[str, tuple[Planned, Table]] = {}
    paths = {planned.slot.path for planned in (*said, *found)}
    classes: list[Planned] = []
    for planned in (*said, *found):
        if planned.word.word == LABEL and not planned.word.per:
            classes.append(planned)
        elif not planned.word.per:
            table = own[id(planned.unit)].add(planned)
            if table is not None:
                tables[planned.slot.path] = planned, table
    for planned in (*said, *found):
        if planned.word.per:
            _add_column(own, tables, planned, entry)
    for of, table in tables.values():
        kind = next((kind for kind in of.unit.modality.targets if kind.name == of.word.target), None)
        along = () if kind is None else kind.along
        must = () if kind is None or kind.name not in reader.moving else kind.must
        if of.word.rows:
            for column in by_name(
                of, fields, {*paths, *schema.extra, *taken - spoken}, len(table.read.target), along, must
            ):
                own[id(of.unit)].add_column(table, column)
                paths.add(column.slot.path)
    followers = [follower for each in own.values() for follower in each.hand()]
    followers += [
        hand_class(p.unit, p.slot.place, p.slot.value) for p in classes if p.unit.modality.name in reader.mixing
    ]
    seen = taken | {str(follower.place[0]) for follower in followers}
    left = {name: value for name, value in fields.items() if name not in seen}
    followers += follow_class(left, units, entry, reader.mixing)
    unsaid = {k: v for k, v in left.items() if k not in schema.extra}
    check_left(reader, unsaid, units, entry)
    for of, table in tables.values():
        if of.word.rows:
            n = len(table.uids)
            table.beside = [name for name in unsaid if name not in KEY_FIELDS and per_row(unsaid[name], n)]
    return followers


def _per_row(planned: Planned, others: Sequence[Planned]) -> Planned:
    """Return what a field is that stands beside rows: one for each of them, if its value or its name say so."""
    words = (word for word in words_of(planned.unit.modality) if word.target == planned.word.target)
    named, value = planned.slot.path, planned.slot.value
    word = next((word for word in words if word.of_rows is not None and word.of_rows(named, value)), None)
    rows = (each for each in others if each.unit is planned.unit and word is not None and each.word.rows == word.per)
    of = next(rows, None)
    return planned if word is None or of is None else replace(planned, role=Role(word.word, of.slot.path), word=word)


def _add_column(
    own: Mapping[int, Belongings], tables: Mapping[str, tuple[Planned, Table]], planned: Planned, entry: int
) -> None:
    of = str(planned.role.of)
    if of not in tables:
        raise SampleError(
            f"record {entry}: {planned.slot.path!r} is {planned.word.word} of {of!r}, which the record has not. "
            "Leave both out, or give both."
        )
    own[id(planned.unit)].add_column(tables[of][1], planned)


class _Carried(NamedTuple):
    """The kinds of target that some modalities carry, and by which names of fields they go."""

    kinds: tuple[TargetKind, ...]
    named: Mapping[str, TargetKind]


@lru_cache(maxsize=64)
def _carried(modalities: tuple[Modality, ...]) -> _Carried:
    kinds = {kind.name: kind for modality in modalities for kind in modality.targets}
    return _Carried(tuple(kinds.values()), {name: kind for kind in kinds.values() for name in kind.fields})


def _by_type(
    reader: SampleReader, fields: Mapping[str, Any], units: Sequence[Unit], taken: Collection[str], entry: int
) -> Iterator[Planned]:
    """Yield the fields whose values say by their type, or by the caller's word for plain boxes, what they are."""
    carried = _carried(tuple(unit.modality for unit in units))
    for name, value in fields.items():
        if name in taken or (isinstance(value, SCALARS) and name not in carried.named):
            continue
        read = _read(value, name, carried)
        if read is None and reader.hints.boxes is not None:
            read = _read_plain(value, name, carried, reader.hints.boxes, entry)
        if read is None:
            continue
        kind, inner = read
        unit = host(kind, name, units, entry)
        _check_size(kind, name, value, unit, entry)
        try:
            kind.fits(inner.target, tuple(unit.wrapped.row.shape))
        except SampleError as error:
            raise SampleError(f"record {entry}, field {name!r}: {error}") from None
        word = word_of(unit.modality, kind)
        yield Planned(Slot(name, (name,), (), value), Role(word.word, unit.field), word, unit, inner)


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


def host(kind: TargetKind, name: str, units: Sequence[Unit], entry: int) -> Unit:
    """Return the sample that a target belongs to: that of the first modality which carries such targets.

    Raises:
        SampleError: several samples of it may be meant.

    """
    bearers = [unit for unit in units if any(own.name == kind.name for own in unit.modality.targets)]
    owners = [unit for unit in bearers if unit.modality is bearers[0].modality]
    if len(owners) > 1:
        fields = " and ".join(repr(unit.field) for unit in owners)
        raise SampleError(
            f"record {entry}: {kind.name} in field {name!r} may belong to {fields}. Say of which: "
            f"schema={{..., {name!r}: '{kind.name} of {owners[0].field}'}}, or put them on the sample itself, "
            f"e.g. {spelled(owners[0].modality)}(data, {kind.name}=...)."
        )
    return owners[0]
