"""Rows of numbers as people hold them (tensors, arrays, lists, lists of dictionaries), and results in the same kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch

from augreg.data.plain import check_plain
from augreg.errors import SampleError, listing

ENTRIES: Final = "\0entries"
"""A column of targets on their way back: the dictionaries that the rows came from."""

Names = Sequence[tuple[str, ...]]


def rows_of(value: Any, names: Names = ()) -> np.ndarray:
    """Return rows of numbers as float64 (n, k).

    Args:
        value: a tensor or array (n, k), a list of rows, each a list, a tuple, a tensor, an array or a dictionary of
            numbers; None for no rows.
        names: the names that the numbers of a dictionary may have; one name: it holds all of them.

    Raises:
        SampleError: it is nothing of the kind.

    >>> from augreg.modalities.plain_rows import rows_of
    >>> rows_of([{"start": 0.5, "end": "2"}], [("start", "end")])
    array([[0.5, 2. ]])

    """
    if value is None:
        return np.zeros((0, 0))
    check_plain(value, "it")
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    elif isinstance(value, (list, tuple)):
        value = [_row(each, names) for each in value]
    try:
        found = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise SampleError(f"it holds no rows of numbers: {str(value)[:80]}.") from None
    return np.zeros((0, 0)) if not found.size else found


def _row(each: Any, names: Names) -> Any:
    if isinstance(each, Mapping):
        keys = keys_of(each, names)
        return each[keys[0]] if len(keys) == 1 else [float(each[key]) for key in keys]
    return each.detach().cpu().numpy() if isinstance(each, torch.Tensor) else each


def says_more(entry: Any) -> bool:
    """Whether an entry holds more than its numbers: names, a label behind them, a list around them."""
    if isinstance(entry, (list, tuple)):
        return any(not isinstance(each, (int, float, np.number)) for each in entry)
    return isinstance(entry, Mapping)


def keys_of(row: Mapping[str, Any], names: Names) -> tuple[str, ...]:
    """Return which names the numbers of a dictionary have.

    Raises:
        SampleError: none of those that are known.

    """
    found = next((keys for keys in names if all(key in row for key in keys)), None)
    if found is None:
        valid = "; ".join(" and ".join(keys) for keys in names)
        raise SampleError(f"it holds dictionaries with {listing(row)}; give numbers, or the names {valid}.")
    return found


def packed(original: Any, rows: np.ndarray, names: Names = (), entries: Sequence[Any] | None = None) -> Any:
    """Return rows in the kind that the original has: dtype, device and lists or tuples included.

    ``entries`` are the dictionaries that the rows came from, where they were such; whole numbers stay whole in tensors
    and arrays, and strings stay strings.
    """
    if isinstance(original, torch.Tensor):
        data = torch.as_tensor(rows, device=original.device)
        data = data.reshape(-1, *original.shape[1:]) if not rows.size and original.ndim > 1 else data
        return (data if original.is_floating_point() else data.round()).to(original.dtype)
    if isinstance(original, np.ndarray) and original.dtype.kind in "iufb":
        return (rows if original.dtype.kind == "f" else np.rint(rows)).astype(original.dtype)
    if entries is not None and any(isinstance(each, Mapping) for each in entries):
        whole: list[Any] = [_filled(each, row, names) for each, row in zip(entries, rows.tolist(), strict=True)]
    else:
        kind = next((type(each) for each in original or () if isinstance(each, (list, tuple))), list)
        like = next((each for each in original or () if isinstance(each, (torch.Tensor, np.ndarray))), None)
        whole = [kind(row) if like is None else packed(like, np.asarray(row)) for row in rows.tolist()]
    return tuple(whole) if isinstance(original, tuple) else whole


def _filled(entry: Mapping[str, Any], row: Sequence[float], names: Names) -> dict[str, Any]:
    """Return a dictionary with other numbers, each in the kind that it was."""
    keys = keys_of(entry, names)
    if len(keys) == 1:
        return {**entry, keys[0]: _numbers(entry[keys[0]], row)}
    return {**entry, **{key: _number(entry[key], value) for key, value in zip(keys, row, strict=True)}}


def _numbers(was: Any, row: Sequence[float]) -> Any:
    """Return numbers in the kind of a list, a tuple, an array, or of one row in a list."""
    if isinstance(was, (list, tuple)):
        inner = bool(was) and not isinstance(was[0], (int, float, np.number))
        return type(was)([_numbers(was[0], row)] if inner else row)
    return packed(was, np.asarray(row))


def _number(was: Any, value: float) -> Any:
    if isinstance(was, str):
        return f"{value:.6f}".rstrip("0").rstrip(".") if "." in was else str(round(value))
    return type(was)(round(value)) if isinstance(was, (int, np.integer)) else value
