"""One record, or a dict of columns: which of both a mapping is, and columns as rows and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from augreg.errors import SampleError
from augreg.intake.container import Container
from augreg.intake.fields import Record, holds_several
from augreg.intake.keys import KEY_FIELDS, own_key
from augreg.intake.padding import Padded, length_names, padded_axis
from augreg.intake.records import read_list, read_record
from augreg.intake.samples import SampleReader
from augreg.intake.tables import array_like, columns_as_lists
from augreg.intake.tags import says_words
from augreg.modalities.base import Modality
from augreg.modalities.layouts import is_stack
from augreg.modalities.rates import rate_of


def read_mapping(reader: SampleReader, mapping: Record) -> Container:
    """Read one record, or a dict of columns (every field that holds samples holds a list of them)."""
    plain, tables = columns_as_lists(mapping)
    names = _columns(reader, plain)
    if not tables:
        return read_columns(reader, plain, names) if names else read_record(reader, plain)
    inner = read_columns(reader, plain, names or list(tables))
    build = inner.build

    def restored(results: list[Any]) -> Any:
        new = build(results)
        same = {name: mapping[name] for name in tables if new[name] is plain[name]}
        return {**new, **{name: t.restored(new[name]) for name, t in tables.items() if name not in same}, **same}

    inner.build = restored
    return inner


def read_columns(reader: SampleReader, mapping: Record, names: Sequence[str]) -> Container:
    """Read a dict of columns; ``names`` are those that hold samples."""
    n = len(mapping[names[0]])
    for name in names:
        if len(mapping[name]) != n:
            raise SampleError(f"column {name!r} has {len(mapping[name])} entries, {names[0]!r} has {n}.")
    padded = {name: found for name in names if (found := _padded(reader, mapping, name)) is not None}
    along = [k for k, v in mapping.items() if _length(v) == n]
    named = [name for modality in reader.known for name in modality.rate_fields]
    rates = {k: mapping[k] for k in named if mapping.get(k) is not None and k not in along}
    parts = {k: padded[k][1].rows if k in padded else mapping[k] for k in along}
    given = [{**{k: parts[k][i] for k in along}, **rates} for i in range(n)]
    inner = read_list(reader, given)
    if not n:
        return Container([], 0, lambda results: dict(mapping), records=True)

    def build(results: list[Any]) -> Any:
        rows = inner.build(results)
        changed = {k for old, new in zip(given, rows, strict=True) for k in old if new[k] is not old[k]}
        new = {k: _column(mapping[k], [row[k] for row in rows]) for k in along if k in changed and k not in padded}
        for name, (lengths, stack) in padded.items():
            new[name], new[lengths] = stack.restored([row[name] for row in rows])
        new.update({k: _one_rate(k, [row[k] for row in rows]) for k in rates})
        return {k: new.get(k, v) for k, v in mapping.items()}

    return Container(inner.units, n, build, records=True, missing=inner.missing)


def _one_rate(name: str, rates: Sequence[Any]) -> Any:
    """Return what the rows say of the field that states one rate for all; what is no rate, no row changed."""
    numbers = {number for rate in rates if (number := rate_of(rate)) is not None}
    if len(numbers) > 1:
        raise SampleError(
            f"steps gave the samples rates of {sorted(numbers)} Hz, and {name!r} states one for all. Give it one per "
            "row."
        )
    return rates[0]


def _length(column: Any) -> int | None:
    if isinstance(column, (torch.Tensor, np.ndarray)):
        return len(column) if column.ndim else None
    return len(column) if isinstance(column, (list, tuple)) else None


def _padded(reader: SampleReader, mapping: Record, name: str) -> tuple[str, Padded] | None:
    """Return the lengths' column and the stack of a padded column, if there are lengths."""
    stack = mapping[name]
    modality = _modality(reader, name)
    axis = None if modality is None or not isinstance(stack, (torch.Tensor, np.ndarray)) else padded_axis(modality)
    lengths = None if axis is None else _lengths_of(mapping, name)
    if modality is None or axis is None or lengths is None:
        return None
    layout = reader.sample_layout(modality) or modality.usual(stack)
    axis = layout.index("T") if stack.ndim == len(layout) + 1 else axis - (len(layout) + 1 - stack.ndim)
    return lengths, Padded(stack, mapping[lengths], axis, lengths)


def _lengths_of(mapping: Record, name: str) -> str | None:
    found = [each for each in length_names(name) if _length(mapping.get(each)) == len(mapping[name])]
    return found[0] if found else None


def _modality(reader: SampleReader, name: str) -> Modality | None:
    said = (reader.schema or {}).get(name, reader.hints.modality)
    return None if said is None else reader.known[said]


def _columns(reader: SampleReader, mapping: Record) -> list[str]:
    """Return the fields of a dict of columns that hold samples; none if the mapping is one record."""
    if own_key(mapping) is not None:
        return []  # one key: one record, though some of its fields may be lists
    keyed = next((_length(mapping[name]) for name in KEY_FIELDS if name in mapping), None)
    if reader.schema:
        given = [name for name in reader.schema if mapping.get(name) is not None]
        found = [name for name in given if _is_column(reader, name, mapping, keyed)]
        return found if len(found) == len(given) else []
    return [name for name, value in mapping.items() if _holds(reader, name, value, keyed)]


def _holds(reader: SampleReader, name: str, column: Any, keyed: int | None) -> bool:
    """Whether a field is a column of samples by their type."""
    objects = isinstance(column, np.ndarray) and column.dtype.kind == "O" and column.ndim == 1
    if name in KEY_FIELDS or not (objects or isinstance(column, (list, tuple))) or reader.is_sample(column):
        return False
    first = next((value for value in column if value is not None), None)
    if first is None:
        return False
    return reader.is_typed(first) or (keyed == len(column) and isinstance(first, (list, Mapping)))


def _is_column(reader: SampleReader, name: str, mapping: Record, keyed: int | None) -> bool:
    """Whether a field that the schema names is a column.

    Raises:
        SampleError: it may be one sample or a column, and nothing says which.

    """
    value, modality = mapping[name], reader.known[(reader.schema or {})[name]]
    if isinstance(value, (torch.Tensor, np.ndarray)) and not (
        isinstance(value, np.ndarray) and value.dtype.kind in "OUST"
    ):
        return _is_stack(reader, name, mapping, keyed)
    if not holds_several(reader, value):
        return False
    if name in reader.roles.words:
        return not all(isinstance(word, str) for word in value)
    if modality.word_roles and keyed is None:
        _check_words(name, value, mapping)
    return True


def _check_words(name: str, value: Any, mapping: Record) -> None:
    """Refuse words of one text that may as well be a column of texts."""
    if (
        name in ("tokens", "words")
        and all(isinstance(word, str) for word in value)
        and says_words(name, value, mapping, 0)
    ):
        raise SampleError(
            f"the dict may be one record, whose {name!r} are words with tags, or columns of {len(value)} texts. "
            "Pass [record] for one record, or give it a key."
        )


def _is_stack(reader: SampleReader, name: str, mapping: Record, keyed: int | None) -> bool:
    array, modality = mapping[name], _modality(reader, name)
    assert modality is not None
    if not modality.array_dims:
        return False
    layout = reader.hints.layout if reader.hints.layout in modality.layouts else None
    if layout is not None:
        axes = len(layout) if is_stack(layout) else len(layout) + 1
        return bool(array.ndim == axes)
    if array.ndim > max(modality.array_dims):
        return True
    if array.ndim - 1 not in modality.array_dims:
        return False
    if keyed == len(array) or (padded_axis(modality) is not None and _lengths_of(mapping, name) is not None):
        return True
    reader.check_readings(modality, array, f"field {name!r}")
    return False


def _column(original: Any, values: list[Any]) -> Any:
    tensors = all(isinstance(v, torch.Tensor) for v in values)
    if isinstance(original, np.ndarray) and original.dtype.kind in "OUST":
        return array_like(original, values)
    if tensors and isinstance(original, (torch.Tensor, np.ndarray)) and len({tuple(v.shape) for v in values}) == 1:
        stacked = torch.stack(values)
        numbers = isinstance(original, np.ndarray) and original.ndim == 1  # classes that became weights stay an array
        return stacked.cpu().numpy() if numbers else stacked
    if isinstance(original, torch.Tensor) and all(isinstance(v, (int, float)) for v in values):
        return torch.tensor(values, dtype=original.dtype, device=original.device)
    if isinstance(original, np.ndarray) and not any(isinstance(v, Mapping) for v in values):
        return np.stack(values) if len({np.shape(v) for v in values}) == 1 else values
    return tuple(values) if isinstance(original, tuple) else values
