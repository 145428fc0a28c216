"""Mappings of lists: is it one record or a batch of columns, and where are the keys of its rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from augreg.errors import ConfigError, SampleError, listing, nearest
from augreg.intake.keys import KEY_FIELDS, plain_key
from augreg.loaders.items import KeyOf, missing
from augreg.modalities.known import Modalities


def is_column(value: Any) -> bool:
    """Whether a value holds one entry per row: a list, an array, an Arrow or pandas column; no string, no scalar."""
    return not isinstance(value, (str, bytes, Mapping)) and hasattr(value, "__len__") and getattr(value, "ndim", 1) > 0


def check_fields(wanted: Collection[str], mapping: Mapping[Any, Any]) -> None:
    """Refuse a mapping without the fields that the schema names, before anything is said about its keys.

    Raises:
        SampleError: a field is not there; of "messages.content.text" the first part is looked for.

    """
    gone = [name for name in wanted if name not in mapping and name.partition(".")[0] not in mapping]
    if gone:
        first = min(gone)
        raise SampleError(
            f"there is no field {first!r}, which the schema names.{nearest(first, map(str, mapping))} "
            f"Fields: {listing(mapping)}. Where Hugging Face's Trainer took it away, say "
            "TrainingArguments(remove_unused_columns=False)."
        )


def reading(mapping: Mapping[Any, Any], given: Any, key: KeyOf, seed: int | None, known: Modalities) -> str:
    """Return whether a mapping is a "record" or "columns"; its key says it, one or a list of them.

    Raises:
        ConfigError: it has no key and there is a seed, or it has lists, of which both may be true.

    """
    found = given
    if found is None and isinstance(key, str):
        if key not in mapping:
            raise ConfigError(missing(mapping, key))
        found = mapping[key]
    if found is None and key is None:
        found = next((mapping[name] for name in KEY_FIELDS if _keys(mapping.get(name)) is not None), None)
    if found is not None:
        return "columns" if is_column(found) else "record"
    if seed is not None and key is None:
        raise ConfigError(missing(mapping))
    lists = [name for name, value in mapping.items() if isinstance(value, (list, tuple)) and known.owner(value) is None]
    if not lists:
        return "record" if callable(key) else "columns"  # whether an array is a stack is told by its axes
    raise ConfigError(
        f"the fields {', '.join(map(repr, lists))} hold lists, so this may be one record whose fields are lists, or "
        "columns with one entry per row, and no key says which. Say form='record' or form='columns'."
    )


def column_keys(columns: Mapping[Any, Any], key: KeyOf, seed: int | None) -> list[str | int] | None:
    """Return the keys of the rows of columns; None without a seed and without keys.

    Raises:
        ConfigError: there is a seed and no column of keys, or the named one is not there.
        SampleError: an entry of the named column is no key.

    """
    if callable(key):
        return [plain_key(key(row)) for row in _rows(columns)]
    if isinstance(key, str):
        if key not in columns:
            raise ConfigError(missing(columns, key))
        return [plain_key(value) for value in _listed(columns[key])]
    keys = next((found for name in KEY_FIELDS if (found := _keys(columns.get(name))) is not None), None)
    if keys is None and seed is not None and not _is_empty(columns):
        raise ConfigError(missing(columns))
    return keys if keys is None or isinstance(keys, list) else None


def _keys(value: Any) -> Any:
    """Return a key, or the list of a column's keys; None where the value is neither."""
    entries = _listed(value) if is_column(value) else [value]
    plain = [entry.item() if getattr(entry, "ndim", None) == 0 else entry for entry in entries]
    if not all(isinstance(entry, (str, int)) for entry in plain):
        return None
    return plain if is_column(value) else plain[0]


def _listed(column: Any) -> list[Any]:
    """Return the entries of a column as Python holds them."""
    for name in ("to_pylist", "tolist"):
        if hasattr(column, name):
            listed: list[Any] = getattr(column, name)()
            return listed
    return list(column)


def _rows(columns: Mapping[Any, Any]) -> list[dict[Any, Any]]:
    held = {name: value for name, value in columns.items() if is_column(value)}
    count = min((len(value) for value in held.values()), default=0)
    return [{name: value[i] for name, value in held.items()} for i in range(count)]


def _is_empty(columns: Mapping[Any, Any]) -> bool:
    return all(is_column(value) and not len(value) for value in columns.values())
