"""Records: mappings of named fields, and tuples whose fields are positions, one by one or as a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from augreg.errors import SampleError
from augreg.intake.belongs import follow
from augreg.intake.container import Container, Unit
from augreg.intake.fields import Found, Leaf, Record, find
from augreg.intake.keys import own_key
from augreg.intake.ledger import Follower
from augreg.intake.nested import spelled, with_value
from augreg.intake.nothing import nothing
from augreg.intake.rates import Rates
from augreg.intake.rows import check_row, check_row_fields, fields_of
from augreg.intake.samples import SampleReader, wrapped_by
from augreg.intake.tags import follow_words
from augreg.modalities.base import Result
from augreg.modalities.words import Words
from augreg.pipeline.schema import NO_SCHEMA, Schema, parse_schema

Finish = Callable[[list[Any]], Any]


class RecordParts(NamedTuple):
    """The samples of one record, what puts their results back into it, and what it lacks."""

    units: list[Unit]
    finish: Finish
    found: Found


def read_list(reader: SampleReader, records: Sequence[Any]) -> Container:
    """Read a list of records; None among them stays."""
    reader.check_keys(len(records))
    units: list[Unit] = []
    finishers: list[Finish] = []
    founds: dict[int, Found] = {}
    for i, record in enumerate(records):
        if record is None:
            finishers.append(_none)
            continue
        own, finish, found = record_units(reader, record, i)
        if found.missing:
            founds[i] = found
        finishers.append(_slice(finish, len(units), len(own)))
        units += own
    kind: Callable[[Any], Any] = tuple if isinstance(records, tuple) else list
    missing = _missing(reader, records, units, founds) if founds else None
    return Container(
        units, len(records), lambda results: kind(f(results) for f in finishers), records=True, missing=missing
    )


def read_record(reader: SampleReader, record: Record) -> Container:
    """Read one record by itself."""
    reader.check_keys(1, alone=True)
    units, finish, found = record_units(reader, record, 0)
    missing = _missing(reader, [record], units, {0: found}) if found.missing else None
    whole = Container(units, 1, finish, records=True, missing=missing)
    whole.alone = True
    return whole


def _none(_results: list[Any]) -> None:
    return None


def _missing(
    reader: SampleReader, records: Sequence[Any], units: Sequence[Unit], founds: Mapping[int, Found]
) -> dict[int, frozenset[str]]:
    """Return which modalities the records with None in fields lack; without a schema other records tell.

    Raises:
        UnknownModalityError: a record holds nothing to augment, and no other says what its fields that are None are.

    """
    elsewhere = {unit.record_field: unit.modality.name for unit in units}
    lacking = {}
    for entry, found in founds.items():
        named = {name: said or elsewhere.get(name) for name, said in found.missing.items()}
        if not found.leaves and not any(named.values()):
            raise nothing(fields_of(records[entry]), entry, reader.known)
        lacking[entry] = frozenset(modality for modality in named.values() if modality is not None)
    return lacking


def read_row(reader: SampleReader, row: tuple[Any, ...]) -> Container:
    """Read one tuple of fields."""
    reader.check_keys(1, alone=True)
    units, finish, _ = record_units(reader, row, 0)
    whole = Container(units, 1, finish, records=True)
    whole.alone = True
    return whole


def pair_unit(reader: SampleReader, pair: tuple[Any, Record], entry: int) -> Unit:
    """Read torchvision's (image, targets) pair as one sample."""
    (unit,), finish, _ = record_units(reader, pair, entry)
    original = unit.wrapped.restore
    unit.wrapped.restore = lambda result: finish([original(result)])
    unit.field = None
    unit.original = pair if unit.wrapped.unchanged is None else finish([unit.wrapped.unchanged])
    return unit


def _slice(finish: Finish, start: int, count: int) -> Finish:
    return lambda results: finish(results[start : start + count])


def record_units(reader: SampleReader, record: Any, entry: int) -> RecordParts:
    """Return the samples of one record, and what puts their results back into it."""
    pair = isinstance(record, tuple) and len(record) == 2 and isinstance(record[-1], Mapping)
    first = _pair_field(reader, record, entry) if pair else None
    fields: Record = fields_of(record) if first is None else {first: record[0], **record[1]}
    schema = reader.roles or recognized(reader, fields)
    if first is None and not schema:
        check_row_fields(reader, record, fields, entry)
    found = find(reader, schema, fields, entry, first)
    own = own_key(fields)
    units, rates = [], Rates(entry, fields, schema.extra)
    followers: list[Follower] = []
    for leaf in found.leaves:
        unit = _unit(reader, schema, leaf, fields, entry, own, rates)
        units.append(unit)
        if leaf.tags is not None:
            followers += _follow_tags(unit, leaf.tags, fields, entry)
    if isinstance(record, tuple) and not pair and not schema:
        check_row(reader, units)
    if units:
        done = {str(leaf.place[0]) for leaf in found.leaves} | {str(each.place[0]) for each in followers}
        followers += follow(reader, schema, fields, units, done)
        if reader.levels is not None:
            moved = {str(each.place[0]) for each in followers}
            reader.levels.note(fields, units, {*done, *moved, *schema.roles})

    def finish(results: list[Any]) -> Any:
        full: dict[Any, Any] = dict(fields)
        for leaf, result in zip(found.leaves, results, strict=True):
            name = leaf.place[0]
            if len(leaf.place) == 1:
                full[name] = result
            elif result is not leaf.value:
                full[name] = with_value(full[name], leaf.place[1:], result)
        for each in followers:
            if each.changed:
                name, *rest = each.place
                full[name] = with_value(full.get(name), tuple(rest), each.value)
        for place, value in rates.new():
            full[place[0]] = with_value(full[place[0]], place[1:], value)
        if first is not None:
            return full[first], {k: full[k] for k in record[1]}
        return full if type(record) is dict else _same_kind(record, full)

    return RecordParts(units, finish, found)


def _unit(
    reader: SampleReader,
    schema: Schema,
    leaf: Leaf,
    fields: Record,
    entry: int,
    own: str | int | None,
    rates: Rates,
) -> Unit:
    modality, value = leaf.modality, leaf.value
    name = leaf.place[0] if len(leaf.place) == 1 else spelled(leaf.place)
    rate = rates.hint(reader, modality, leaf.place)
    try:
        stated = modality.name if schema.samples else reader.hints.modality
        outer = str(leaf.place[0])
        hints = reader.hints_for(modality.name, stated, rate, outer)
        if leaf.tags is None:
            wrapped = wrapped_by(modality, value, hints)
        else:
            wrapped = modality.wrap_words(value, [list(fields[tag]) for tag in leaf.tags])
    except SampleError as error:
        raise SampleError(f"record {entry}, field {name!r}: {error}") from None
    rates.follow(modality, wrapped, leaf.place)
    original = value if wrapped.unchanged is None else wrapped.unchanged
    key = reader.key(entry, wrapped.key if own is None else own)
    return Unit(modality, wrapped, entry, key, str(name), original, None if len(leaf.place) == 1 else outer)


def _follow_tags(unit: Unit, tags: Sequence[str], fields: Record, entry: int) -> list[Follower]:
    """Let the tags of words follow them."""
    followers = [Follower((name,)) for name in tags]
    inner = unit.wrapped.restore

    def restore(result: Result) -> list[str] | tuple[str, ...]:
        found: Words = inner(result)
        for each in followers:
            each.value = follow_words(fields[str(each.place[0])], found, str(each.place[0]), entry)
            each.changed = True
        return tuple(found.words) if isinstance(unit.original, tuple) else found.words

    unit.wrapped.restore = restore
    return followers


def recognized(reader: SampleReader, fields: Record) -> Schema:
    """Return the schema of a layout that some modality knows as a whole, if the record has one."""
    if len(fields) > 1:
        for layout in reader.known.records:
            if all(name in fields for name in layout.fields) and (found := layout.schema(fields)) is not None:
                return parse_schema(found, reader.known)
    return NO_SCHEMA


def _pair_field(reader: SampleReader, pair: tuple[Any, Record], entry: int) -> str:
    """Return the field that the first of an (image, targets) pair would be in a record: it is named as its modality."""
    if reader.schema:
        return next((name for name in reader.schema if name not in pair[1]), next(iter(reader.schema)))
    return reader.owner(pair[0], f"field '0' of record {entry}").name


def _same_kind(record: Any, full: dict[str, Any]) -> Any:
    if isinstance(record, tuple):
        return type(record)(*full.values()) if hasattr(record, "_fields") else tuple(full.values())
    try:
        return type(record)(full)
    except TypeError:
        return full
