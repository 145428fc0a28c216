"""Stretches of time or of characters as data sets hold them: pairs, rows with a label, dictionaries, columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, Final, NamedTuple

import numpy as np
import torch

from augreg.errors import SampleError
from augreg.modalities.plain_rows import ENTRIES, keys_of, packed, rows_of

NAMES: Final = (
    ("start", "end"),
    ("onset", "offset"),
    ("begin", "end"),
    ("start_time", "end_time"),
    ("begin_time", "end_time"),
    ("start", "stop"),
    ("start_offset", "end_offset"),
    ("start_char", "end_char"),
    ("char_start", "char_end"),
    ("from", "to"),
    ("timestamp",),
    ("offsets",),
    ("span",),
)
"""Names of both numbers where a stretch is a dictionary; one name: of the pair. Of Audacity, Praat, CTM readers, TIMIT,
doccano, spaCy, SemEval, Whisper, BigBIO, in this order where a dictionary has several."""

LASTING: Final = (("onset", "duration"), ("start", "duration"), ("start_time", "duration"), ("begin", "duration"))
"""The same of a begin and a duration, as lhotse's supervisions and CTM files have them."""

QUOTES: Final = ("text", "word", "surface", "mention", "term", "token", "phrase", "quote", "value")
"""Names under which dictionaries repeat the characters of their span."""

QUOTED: Final = "\0quoted"
"""A column of spans on their way through the steps: the names under which each quotes the text."""

Names = Sequence[tuple[str, ...]]


class Stretches(NamedTuple):
    """Rows (n, 2), float64, and the further columns of a dictionary of columns."""

    rows: np.ndarray
    columns: Mapping[str, Any]


def read_stretches(value: Any, names: Names) -> Stretches:
    """Read pairs of numbers from whatever holds them.

    Args:
        value: an array (n, 2); a list of pairs, of rows such as (start, end, "PER"), of dictionaries; a dictionary of
            columns, as Hugging Face makes it of a list of dictionaries; None.
        names: the names that both numbers may have in dictionaries.

    Raises:
        SampleError: it is nothing of the kind.

    >>> from augreg.modalities.stretches import NAMES, read_stretches
    >>> read_stretches([(0, 12, "PER")], NAMES).rows
    array([[ 0., 12.]])
    >>> read_stretches({"start": [0], "end": [12], "label": ["PER"]}, NAMES).columns
    {'label': ['PER']}

    """
    if isinstance(value, Mapping):
        return _of_columns(value, names)
    if isinstance(value, (list, tuple)) and any(_labelled(row) for row in value):
        value = [row[:2] if _labelled(row) else row for row in value]
    rows = rows_of(value, names)
    if rows.ndim < 2 or (rows.size and (rows.shape[-1] != 2 or rows.size != 2 * len(rows))):
        raise SampleError(
            f"its numbers have the shape {rows.shape}, and one row for each start and end is wanted. Give pairs, such "
            "as [[0, 5], [7, 12]]; of a stretch with gaps, the whole or each part as a row."
        )
    return Stretches(rows.reshape(-1, 2), {})


def _labelled(row: Any) -> bool:
    """Whether a row says more after its two numbers, as spaCy's and doccano's do."""
    return isinstance(row, (list, tuple)) and len(row) > 2 and all(map(_number, row[:2])) and isinstance(row[2], str)


def _number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_))


def _of_columns(value: Mapping[str, Any], names: Names) -> Stretches:
    keys = keys_of(value, names)
    counts = {name: len(column) if _is_column(column) else None for name, column in value.items()}
    number = counts[keys[0]]
    if number is None:
        raise SampleError(f"it is one dictionary, with a number in {keys[0]!r}. Put it in a list.")
    wrong = next((name for name, count in counts.items() if count != number or count is None), None)
    if wrong is not None:
        raise SampleError(
            f"it is a dictionary of columns, of which {keys[0]!r} has {number} entries and {wrong!r} has "
            f"{'no list' if counts[wrong] is None else counts[wrong]}. Give lists of one length, or a list of "
            "dictionaries."
        )
    if len(keys) == 1:
        rows = read_stretches(value[keys[0]], ()).rows
    else:
        rows = np.stack([rows_of(value[key]).reshape(-1) for key in keys], axis=1)
    return Stretches(rows, {name: column for name, column in value.items() if name not in keys})


def _is_column(value: Any) -> bool:
    return isinstance(value, (list, tuple)) or (isinstance(value, (torch.Tensor, np.ndarray)) and value.ndim > 0)


def stretches_back(value: Any, rows: np.ndarray, names: Names, columns: Mapping[str, Any], *, whole: bool) -> Any:
    """Return rows in the kind that the original has.

    Args:
        value: what they were read from.
        rows: where they are now.
        names: the names that dictionaries may have.
        columns: those of the target afterwards: what came from a dictionary of columns, and the entries of a list.
        whole: whether they are characters. Seconds that came as whole numbers become fractions where they are such.

    """
    fractions = not whole and not np.array_equal(rows, np.rint(rows))
    if fractions:
        value = _as_floats(value)
    if isinstance(value, Mapping):
        return _columns_back(value, rows, names, columns)
    entries = columns.get(ENTRIES)
    if entries is not None and not any(isinstance(entry, Mapping) for entry in entries):
        return type(value)(_row_back(entry, row) for entry, row in zip(entries, rows.tolist(), strict=True))
    if entries is not None and fractions:
        entries = [_in_fractions(entry, names) for entry in entries]
    if whole and entries is None and isinstance(value, (list, tuple)):
        kind = next((type(each) for each in value if isinstance(each, (list, tuple))), tuple)
        return type(value)(kind(pair) for pair in rows.tolist())
    return packed(value, rows, names, entries)


def _as_floats(value: Any) -> Any:
    """Return what holds whole numbers as what holds fractions: an array's dtype."""
    if isinstance(value, torch.Tensor):
        return value if value.is_floating_point() else value.to(torch.float64)
    if isinstance(value, np.ndarray):
        return value.astype(np.float64) if value.dtype.kind in "iu" else value
    return value


def _in_fractions(entry: Any, names: Names) -> Any:
    """Return a dictionary whose numbers may become fractions, "3" and 3 among them."""
    if not isinstance(entry, Mapping):
        return entry
    found: dict[str, Any] = {}
    for key in keys_of(entry, names):
        number = entry[key]
        if isinstance(number, str):
            found[key] = number if "." in number else f"{number}.0"
        else:
            found[key] = float(number) if isinstance(number, (int, np.integer)) else _as_floats(number)
    return {**entry, **found}


def _row_back(entry: Any, row: Sequence[float]) -> Any:
    """Return a row with other numbers; what it says behind them stays."""
    if _labelled(entry):
        return type(entry)([*row, *entry[2:]])
    if isinstance(entry, (list, tuple)) and entry and isinstance(entry[0], (list, tuple)):
        return type(entry)([type(entry[0])(row)])
    return type(entry)(row) if isinstance(entry, (list, tuple)) else packed(entry, np.asarray(row))


def _columns_back(
    value: Mapping[str, Any], rows: np.ndarray, names: Names, columns: Mapping[str, Any]
) -> dict[str, Any]:
    keys = keys_of(value, names)
    found = {keys[0]: rows} if len(keys) == 1 else dict(zip(keys, rows.T, strict=True))
    new = {name: _column_back(value[name], numbers) for name, numbers in found.items()}
    return {name: new[name] if name in new else columns[name] for name in value}


def _column_back(was: Any, numbers: np.ndarray) -> Any:
    if not isinstance(was, (torch.Tensor, np.ndarray)):
        return type(was)(numbers.tolist())
    return packed(was if np.array_equal(numbers, np.rint(numbers)) else _as_floats(was), numbers)


def quotes_of(value: Any, spans: np.ndarray, text: str) -> list[tuple[str, ...]]:
    """Return under which names each span repeats its characters."""
    if isinstance(value, Mapping):
        columns = [name for name in QUOTES if _is_column(value.get(name))]
        entries: Sequence[Any] = [{name: value[name][i] for name in columns} for i in range(len(spans))]
    else:
        entries = value if isinstance(value, (list, tuple)) else [None] * len(spans)
    found = []
    for entry, (start, end) in zip(entries, spans.tolist(), strict=False):
        said = entry if isinstance(entry, Mapping) else {}
        found.append(tuple(name for name in QUOTES if name in said and _quoted(said[name]) == text[start:end]))
    return found


def _quoted(value: Any) -> Any:
    """Return a quotation; BigBIO has a list of one for each part of a span."""
    return value[0] if isinstance(value, (list, tuple)) and len(value) == 1 else value


def requoted(found: Any, spans: np.ndarray, text: str, quoted: Sequence[tuple[str, ...]] | None) -> Any:
    """Return spans that were given back with the characters which they cover now, where they repeat them."""
    if quoted is None or not any(quoted):
        return found
    now = [text[start:end] for start, end in spans.tolist()]
    if isinstance(found, Mapping):
        new = {}
        for name in sorted(set().union(*quoted)):
            column = [n if name in q else was for n, q, was in zip(now, quoted, found[name], strict=True)]
            new[name] = np.array(column, dtype=object) if isinstance(found[name], np.ndarray) else column
        return {**found, **new}
    return type(found)(
        {**each, **{name: _like_quote(each[name], n) for name in q}}
        for each, n, q in zip(found, now, quoted, strict=True)
    )


def _like_quote(was: Any, now: str) -> Any:
    return type(was)([now]) if isinstance(was, (list, tuple)) else now
