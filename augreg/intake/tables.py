"""Columns and tables of other libraries (pandas, Arrow, arrays of strings or objects), read without importing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from augreg.errors import SampleError, UnknownModalityError


@dataclass(slots=True)
class Table:
    """A column as a list, or a table as a dict of lists, and what gives its kind back.

    Args:
        columns: the list, or name -> list.
        restored: takes what became of it.
        names: of the columns; None where it is one column.

    """

    columns: Any
    restored: Callable[[Any], Any]
    names: Sequence[str] | None = None


def table_of(obj: Any) -> Table | None:
    """Return what a column or table of pandas or Arrow holds, None for anything else.

    pandas gives back pandas, with the index that came in. Arrow, whose cells cannot hold pictures, gives back lists.
    """
    library, kind = type(obj).__module__.partition(".")[0], type(obj).__name__
    if library == "pandas" and kind == "Series":
        return Table(_cells(obj), lambda new: _series(obj, new))
    if library == "pandas" and kind == "DataFrame":
        columns = {name: _cells(obj[name]) for name in obj.columns}
        return Table(columns, lambda new: _frame(obj, columns, new), list(columns))
    if library == "pyarrow" and kind in ("Table", "RecordBatch"):
        return Table(obj.to_pydict(), _same, list(obj.column_names))
    if library == "pyarrow" and hasattr(obj, "to_pylist"):
        return Table(obj.to_pylist(), _same)
    return None


def columns_as_lists(mapping: Mapping[str, Any]) -> tuple[Mapping[str, Any], dict[str, Table]]:
    """Return a dict of columns with those of other libraries as lists, and what gives these back."""
    tables = {
        name: found
        for name, value in mapping.items()
        if type(value).__module__.startswith(("pandas", "pyarrow")) and (found := table_of(value)) is not None
    }
    return ({**mapping, **{name: table.columns for name, table in tables.items()}} if tables else mapping), tables


def array_table(array: np.ndarray) -> Table:
    """Return what an array of strings or objects holds.

    Raises:
        SampleError: it has not one axis.
        UnknownModalityError: it holds bytes.

    """
    if array.dtype.kind == "S":
        raise UnknownModalityError(
            "an array of bytes says no encoding; decode it first: np.char.decode(array, 'utf-8')."
        )
    if array.ndim != 1:
        raise SampleError(
            f"an array of dtype {array.dtype} and shape {array.shape} is no list of samples. "
            "Give it one axis: array.ravel()."
        )
    cells = array.tolist()
    return Table(cells, lambda new: array if _untouched(cells, new) else array_like(array, new))


def array_like(original: np.ndarray, values: Sequence[Any]) -> np.ndarray:
    """Return an array of objects or strings as the one that came in; strings get the width of the longest."""
    if original.dtype.kind != "O":
        return np.asarray(values, dtype=None if original.dtype.kind == "U" else original.dtype)
    found = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        found[i] = value  # at once, numpy would make one array of arrays of one shape
    return found


def _same(new: Any) -> Any:
    return new


def _untouched(old: Sequence[Any], new: Sequence[Any]) -> bool:
    return all(a is b for a, b in zip(old, new, strict=True))


def _cells(series: Any) -> list[Any]:
    """Return the cells of a pandas column as Python objects, with None for what is missing."""
    missing = series.isna().tolist()
    return [None if gone is True else cell for cell, gone in zip(series.tolist(), missing, strict=True)]


def _series(series: Any, new: Sequence[Any]) -> Any:
    """Return a pandas column with new cells; one of strings stays one."""
    texts = all(cell is None or isinstance(cell, str) for cell in new)
    if texts and series.dtype != object:
        return type(series)(list(new), index=series.index, name=series.name, dtype=series.dtype)
    cells = array_like(np.empty(0, dtype=object), new)
    return type(series)(cells, index=series.index, name=series.name, dtype=object)


def _frame(frame: Any, old: Mapping[str, Sequence[Any]], new: Mapping[str, Any]) -> Any:
    """Return a pandas table in which the columns that changed are new."""
    changed = {name: values for name, values in new.items() if not _untouched(old[name], values)}
    found = frame.copy(deep=False)
    for name, values in changed.items():
        numbers = all(isinstance(value, (int, float)) for value in values)
        found[name] = type(frame[name])(list(values), index=frame.index) if numbers else _series(frame[name], values)
    return found
