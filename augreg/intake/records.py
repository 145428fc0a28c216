"""Records: mappings of named fields, as a list of dicts, one dict, or a dict of columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from augreg.errors import SampleError, UnknownModalityError, listing, nearest
from augreg.intake.container import Container, Unit
from augreg.intake.keys import own_key
from augreg.intake.rows import check_row, row_fields
from augreg.intake.samples import SampleReader, wrapped_by
from augreg.intake.targets import Follower, follow
from augreg.modalities.base import Modality

Record = Mapping[str, Any]


def read_list(reader: SampleReader, records: Sequence[Any]) -> Container:
    """Read a list of records."""
    reader.check_keys(len(records))
    units: list[Unit] = []
    finishers: list[Callable[[list[Any]], Any]] = []
    for i, record in enumerate(records):
        own, finish = _record_units(reader, record, i)
        finishers.append(_slice(finish, len(units), len(own)))
        units += own
    kind: Callable[[Any], Any] = tuple if isinstance(records, tuple) else list
    return Container(units, len(records), lambda results: kind(f(results) for f in finishers), records=True)


def read_mapping(reader: SampleReader, mapping: Record) -> Container:
    """Read one record, or a dict of columns (every field that holds samples holds a list of them)."""
    columns = _column_fields(reader, mapping)
    if not columns:
        reader.check_keys(1)
        units, finish = _record_units(reader, mapping, 0)
        return Container(units, 1, finish, records=True)
    n = len(mapping[columns[0]])
    for name in columns:
        if len(mapping[name]) != n:
            raise SampleError(f"column {name!r} has {len(mapping[name])} entries, {columns[0]!r} has {n}.")
    along = [k for k, v in mapping.items() if _length(v) == n]
    given = [{k: mapping[k][i] for k in along} for i in range(n)]
    inner = read_list(reader, given)
    if not n:
        return Container([], 0, lambda results: dict(mapping), records=True)

    def build(results: list[Any]) -> Any:
        rows = inner.build(results)
        moved = {k for old, new in zip(given, rows, strict=True) for k in along if new[k] is not old[k]}
        changed = {unit.field for unit in inner.units} | moved
        return {k: _column(v, [r[k] for r in rows]) if k in changed else v for k, v in mapping.items()}

    return Container(inner.units, n, build, records=True)


def _length(column: Any) -> int | None:
    if isinstance(column, (torch.Tensor, np.ndarray)):
        return len(column) if column.ndim else None
    return len(column) if isinstance(column, (list, tuple)) else None


def read_row(reader: SampleReader, row: tuple[Any, ...]) -> Container:
    """Read one tuple of fields."""
    reader.check_keys(1)
    units, finish = _record_units(reader, row, 0)
    return Container(units, 1, finish, records=True)


def pair_unit(reader: SampleReader, pair: tuple[Any, Record], entry: int) -> Unit:
    """Read torchvision's (image, targets) pair as one sample."""
    (unit,), finish = _record_units(reader, pair, entry)
    original = unit.wrapped.restore
    unit.wrapped.restore = lambda result: finish([original(result)])
    unit.field, unit.original = None, pair
    return unit


def _slice(finish: Callable[[list[Any]], Any], start: int, count: int) -> Callable[[list[Any]], Any]:
    return lambda results: finish(results[start : start + count])


def _record_units(reader: SampleReader, record: Any, entry: int) -> tuple[list[Unit], Callable[[list[Any]], Any]]:
    """Return the units of one record, and what puts their results back into it."""
    pair = isinstance(record, tuple) and len(record) == 2 and isinstance(record[-1], Mapping)
    first = _pair_field(reader, record, entry) if pair else None
    fields: Record = row_fields(reader, record, entry) if first is None else {first: record[0], **record[1]}
    media = _media_fields(reader, fields, entry, set() if first is None else {first})
    key = reader.key(entry, own_key(fields))
    units = []
    for name, modality in media.items():
        try:
            stated = modality.name if reader.schema else reader.hints.modality
            hints = reader.hints_for(modality.name, stated, _rate_hint(reader, modality, fields), name)
            wrapped = wrapped_by(modality, fields[name], hints)
        except SampleError as error:
            raise SampleError(f"record {entry}, field {name!r}: {error}") from None
        units.append(Unit(modality, wrapped, entry, key, name, fields[name]))
    if isinstance(record, tuple) and not pair:
        check_row(reader, units)
    followers = follow(
        fields, units, entry, frozenset() if reader.schema else reader.moving, reader.mixing, reader.known.names
    )
    names = list(media)

    def finish(results: list[Any]) -> Any:
        changed = dict(zip(names, results, strict=True))
        full: dict[Any, Any] = {**fields, **changed, **_restored(followers)}
        if first is not None:
            return full[first], {k: full[k] for k in record[1]}
        return full if type(record) is dict else _same_kind(record, full)

    return units, finish


def _restored(followers: Sequence[Follower]) -> dict[str, Any]:
    return {each.field: each.value for each in followers if each.changed}


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


def _media_fields(reader: SampleReader, fields: Record, entry: int, forced: set[str]) -> dict[str, Modality]:
    """Return the fields that hold samples, with their modality."""
    if reader.schema:
        found = {}
        for name, modality in reader.schema.items():
            if name not in fields:
                hint = nearest(name, map(str, fields))
                raise SampleError(
                    f"record {entry} has no field {name!r}, which the schema names.{hint} Fields: {listing(fields)}."
                )
            if fields[name] is not None:
                found[name] = reader.known[modality]
        return found
    found = {
        name: reader.owner(value, f"field {name!r} of record {entry}")
        for name, value in fields.items()
        if name in forced or (not forced and reader.is_typed(value) and not reader.is_target(name, value))
    }
    if not found:
        kinds = listing(f"{name!r}: {type(value).__name__}" for name, value in fields.items())
        raise UnknownModalityError(
            f"nothing in record {entry} says what to augment ({kinds}). "
            "Pass schema={field: modality}, e.g. schema={'image': 'image', 'caption': 'text'}."
        )
    return found


def _rate_hint(reader: SampleReader, modality: Modality, fields: Record) -> float | None:
    if reader.hints.sample_rate is not None:
        return reader.hints.sample_rate
    return next((fields[k] for k in modality.rate_fields if isinstance(fields.get(k), (int, float))), None)


def _column_fields(reader: SampleReader, mapping: Record) -> list[str]:
    """Return the fields of a dict of columns that hold samples; none if the mapping is one record."""
    if reader.schema:
        return [k for k, m in reader.schema.items() if k in mapping and _is_column(reader, mapping[k], m)]
    return [
        k for k, v in mapping.items() if isinstance(v, (list, tuple)) and not reader.is_sample(v) and _holds(reader, v)
    ]


def _holds(reader: SampleReader, column: Sequence[Any]) -> bool:
    first = next((v for v in column if v is not None), None)
    return first is not None and reader.is_typed(first)


def _is_column(reader: SampleReader, value: Any, modality: str) -> bool:
    if isinstance(value, (torch.Tensor, np.ndarray)):
        dims = reader.known[modality].array_dims
        return value.ndim > max(dims, default=value.ndim)
    return isinstance(value, (list, tuple)) and not reader.is_sample(value)


def _column(original: Any, values: list[Any]) -> Any:
    tensors = all(isinstance(v, torch.Tensor) for v in values)
    if tensors and isinstance(original, (torch.Tensor, np.ndarray)) and len({tuple(v.shape) for v in values}) == 1:
        stacked = torch.stack(values)
        numbers = isinstance(original, np.ndarray) and original.ndim == 1  # classes that became weights stay an array
        return stacked.cpu().numpy() if numbers else stacked
    if isinstance(original, np.ndarray) and not any(isinstance(v, Mapping) for v in values):
        return np.stack(values) if len({np.shape(v) for v in values}) == 1 else values
    return tuple(values) if isinstance(original, tuple) else values
