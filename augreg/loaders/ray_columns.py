"""Columns of Ray's batches: which can be read, and how results become one again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from augreg.errors import ConfigError, listing


def check_readable(name: str, modality: str, batch: Mapping[str, Any], rates: Sequence[str]) -> None:
    """Refuse a column that no step could read, whatever its rows hold.

    Args:
        name: of the column.
        modality: what the schema says that it is.
        batch: all columns.
        rates: names under which such samples have their rate.

    Raises:
        ConfigError: it holds encoded files, dictionaries, single numbers; or there is no column of rates.

    """
    column = np.asarray(batch[name])
    entries = [entry for entry in column if entry is not None]
    if not entries:
        return
    kind = type(entries[0])
    texts = modality == "text"
    if issubclass(kind, bytes):
        raise _refused(name, modality, "encoded files (bytes)", "Decode them first: ray.data.read_images does.")
    if issubclass(kind, Mapping):
        raise _refused(name, modality, "dictionaries", "Put what is in them into columns of their own.")
    if texts != issubclass(kind, str) or not (texts or issubclass(kind, np.ndarray)):
        wanted = "Give strings." if texts else "Give arrays, e.g. (H, W, C) for each picture."
        raise _refused(name, modality, f"values such as {kind.__name__}", wanted)
    if modality == "audio" and not any(rate in batch for rate in rates):
        raise ConfigError(f"column {name!r} is audio, and no column has its rate in Hz. Give one: {listing(rates)}.")


def _refused(name: str, modality: str, held: str, advice: str) -> ConfigError:
    return ConfigError(f"column {name!r} holds {held}, which cannot be read as {modality}. {advice}")


def column_of(before: Any, old: Sequence[Any], values: Sequence[Any]) -> Any:
    """Return values as a column: one array where all have one shape, else an object array of arrays.

    Args:
        before: what the column was; it is returned itself where no value changed.
        old, values: what each row had, and has now.

    """
    if all(new is was for new, was in zip(values, old, strict=True)) or not len(values):
        return before
    arrays = [value for value in values if isinstance(value, np.ndarray) and value.ndim]
    if len(arrays) == len(values):
        # A row that failed keeps what it had, in the type of the others: a column has one.
        dtype = np.result_type(*{array.dtype for array in arrays})
        if len({array.shape for array in arrays}) == 1:
            return np.stack([array.astype(dtype, copy=False) for array in arrays])
        return _objects([np.ascontiguousarray(array, dtype=dtype) for array in arrays])
    if all(isinstance(value, (int, float, np.number)) for value in values):
        return np.asarray(values)
    return _objects(values)


def _objects(values: Sequence[Any]) -> Any:
    found = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        found[i] = value
    return found
