"""What ``draw`` returns: a table with one row per sample, plain enough for JSON, enough to repeat the augmentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Protocol, Self, runtime_checkable

import numpy as np

from augreg.errors import ContractError


@runtime_checkable
class Rows(Protocol):
    """A column in a form of its own, such as rows of uneven length laid flat. A row of it is plain data."""

    def __len__(self) -> int: ...

    def __getitem__(self, i: int, /) -> Any: ...

    def take(self, rows: np.ndarray, /) -> Rows:
        """Return the column of some samples, in the order of ``rows`` (integer indices)."""
        ...


Column = np.ndarray | list[Any] | Rows

NOBODY: Final[Mapping[int, str]] = MappingProxyType({})


class Params(Mapping[str, Column]):
    """Named columns with one entry per sample.

    A column is an array whose first axis is the sample, or a list with one entry per sample when the entries
    differ in length or are not numbers, or anything that keeps rows in a form of its own (:class:`Rows`). Rows
    of numbers are arrays in both cases, so ``params["x"][i]`` reads the same way. A row survives JSON:
    ``Params.from_rows([params.row(i)])`` holds the same values bit for bit.

    Args:
        n: number of samples.
        columns: the table; scalars are not allowed, repeat them.

    Raises:
        ContractError: a column has another length than ``n``.

    """

    __slots__ = ("_columns", "left", "n")

    def __init__(self, n: int, columns: Mapping[str, Column | Sequence[Any]] | None = None, /, **more: Any) -> None:
        self.n = n
        self.left: Mapping[int, str] = NOBODY
        """Why samples stay as they are, where that is not chance: their row -> a reason, which the trace keeps."""
        self._columns: dict[str, Column] = {}
        for name, column in {**(columns or {}), **more}.items():
            # Python 3.11 takes longer to check for Rows than most draws take, so only its mark is looked for.
            whole = isinstance(column, (np.ndarray, list)) or hasattr(column, "take")
            kept: Any = column if whole else list(column)
            if len(kept) != n:
                raise ContractError(f"column {name!r} has {len(kept)} entries for {n} samples; draw one per sample.")
            self._columns[name] = kept

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        return f"Params(n={self.n}, columns={sorted(self._columns)})"

    def leaving(self, left: Mapping[int, str]) -> Self:
        """Say of some samples why the augmenter can do nothing for them; return self.

        >>> import augreg
        >>> params = augreg.Params(2, edits=[[], [[0, 1, "b"]]]).leaving({0: "nothing is known of its script"})
        >>> params.left[0]
        'nothing is known of its script'

        """
        self.left = left or NOBODY
        return self

    def array(self, name: str) -> np.ndarray:
        """Return a column that is an array."""
        column = self._columns[name]
        return column if isinstance(column, np.ndarray) else np.asarray(column)

    def take(self, rows: np.ndarray) -> Params:
        """Return the table of some samples, in the order of ``rows`` (integer indices)."""
        return Params(len(rows), {k: _take(v, rows) for k, v in self._columns.items()})

    def row(self, i: int) -> dict[str, Any]:
        """Return one sample's entries as numbers, strings and lists."""
        return {name: plain(column[i]) for name, column in self._columns.items()}

    @classmethod
    def from_rows(cls, rows: Sequence[Mapping[str, Any]]) -> Params:
        """Rebuild the table from what ``row`` gave for each sample."""
        names = list(rows[0]) if rows else []
        for row in rows:
            if set(row) != set(names):
                raise ContractError(f"parameters {sorted(row)} and {names} do not make one table; rows must agree.")
        return cls(len(rows), {name: _column([row[name] for row in rows]) for name in names})


def plain(entry: Any) -> Any:
    """Return a value as JSON writes it: numpy scalars and arrays become numbers and lists, tuples lists."""
    if isinstance(entry, (np.ndarray, np.generic)):
        return entry.tolist()
    if isinstance(entry, (list, tuple)):
        return [plain(e) for e in entry]
    if isinstance(entry, Mapping):
        return {k: plain(v) for k, v in entry.items()}
    return entry


def _take(column: Column, rows: np.ndarray) -> Column:
    if isinstance(column, np.ndarray):
        return np.asarray(column[rows])
    if isinstance(column, list):
        return [column[i] for i in rows]
    return column.take(rows)


def _column(entries: list[Any]) -> Column:
    """Arrays where all entries are rectangular numbers; lists of arrays where their shapes differ."""
    arrays = [_numbers(entry) for entry in entries]
    found = [a for a in arrays if a is not None]
    if len(found) != len(entries):
        return entries
    dtype = np.result_type(*(a.dtype for a in found if a.size)) if any(a.size for a in found) else np.dtype(float)
    if len({a.shape for a in found}) == 1:
        return np.stack(found).astype(dtype, copy=False)
    return [a.astype(dtype, copy=False) for a in found]


def _numbers(entry: Any) -> np.ndarray | None:
    if isinstance(entry, str) or entry is None or isinstance(entry, Mapping):
        return None
    try:
        array = np.asarray(entry)
    except ValueError:
        return None
    return array if array.dtype.kind in "biuf" else None
