"""What belongs to a sample after the steps: the values of every row go back into the fields of its record."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Final

import numpy as np
import torch

from augreg.data.box_corners import corners
from augreg.data.targets import Keypoints, take_along
from augreg.errors import RowsWarning, SampleError, outside
from augreg.intake.ledger import UID, Column, Follower, Ledger, Origin, Table
from augreg.intake.slots import with_inner
from augreg.modalities.base import Result
from augreg.modalities.plain_rows import ENTRIES, says_more
from augreg.modalities.roles import LABEL, RowNow, Shape

POINTS: Final = "keypoints"
MASKS: Final = "masks"


@dataclass(slots=True)
class After:
    """One sample after the steps.

    Args:
        new: its targets, by name.
        row: its data.
        sets: of its points, the places of each set among them, by the set's number.

    """

    new: Mapping[str, Any]
    row: Any
    sets: Mapping[int, np.ndarray]

    @property
    def shape(self) -> Shape:
        """The shape of its data."""
        return tuple(self.row.shape) if isinstance(self.row, torch.Tensor) else ()


def sets_of(points: Keypoints | None) -> dict[int, np.ndarray]:
    """Return the places of every set of points, by its number."""
    if points is None or points.labels is None:
        return {}
    numbers = np.asarray(points.labels)
    return {int(n): np.flatnonzero(numbers == n) for n in np.unique(numbers)}


class Back:
    """Takes the targets of one sample off its result and puts their values back into the fields of its record."""

    def __init__(self, entry: int, ledger: Ledger, tables: Mapping[str, list[Table]], given: Mapping[str, Any]) -> None:
        self.entry, self.ledger, self.tables, self.given = entry, ledger, tables, given
        self.whole: dict[str, tuple[tuple[Any, ...], Callable[[Any, Any], Any]]] = {}
        """Of targets that are no rows (masks): where they stand, and what gives their kind back."""
        self.facts: list[tuple[tuple[Any, ...], Callable[[Any, Any], Any]]] = []
        """What says something of the sample itself, such as its size: where it stands, and its new value."""
        self.places: dict[tuple[Any, ...], Follower] = {}
        for table in (table for named in tables.values() for table in named):
            for place in (table.slot.place, *(column.slot.place for column in table.columns)):
                self.places.setdefault(place, Follower(place))

    def add(self, name: str, place: tuple[Any, ...], restore: Callable[[Any, Any], Any]) -> None:
        """Note where a target stands that is no table of rows."""
        self.whole[name] = place, restore
        self.places.setdefault(place, Follower(place))

    def add_fact(self, place: tuple[Any, ...], restore: Callable[[Any, Any], Any]) -> None:
        """Note where something stands that says what the sample is like."""
        self.facts.append((place, restore))
        self.places.setdefault(place, Follower(place))

    def named(self, name: str) -> str:
        """Return the field that holds a target, as the schema writes it."""
        if name in self.whole:
            return ".".join(map(str, self.whole[name][0]))
        return next((table.slot.path for table in self.tables.get(name, ())), name)

    def around(self, restore: Callable[[Result], Any]) -> Callable[[Result], Any]:
        """Return what restores the sample, after what belongs to it was taken off."""

        def restored(result: Result) -> Any:
            new = {name: result.targets.pop(name) for name in self.given}
            for place, restore_fact in self.facts:
                self._put(place, restore_fact(None, result.row))
            if any(new[name] is not target for name, target in self.given.items()):
                self._take(After(new, result.row, sets_of(new.get(POINTS))))
            return restore(result)

        return restored

    def _take(self, after: After) -> None:
        for name, (place, restore) in self.whole.items():
            if after.new[name] is not self.given[name]:
                self._put(place, restore(after.new[name], after.row))
        for name, tables in self.tables.items():
            for table in tables:
                if name == POINTS:
                    self._put(table.slot.place, self._points(table, after))
                else:
                    self._rows(table, after.new[name], after)

    def _put(self, place: tuple[Any, ...], value: Any) -> None:
        follower = self.places[place]
        follower.value, follower.changed = value, True

    def _points(self, table: Table, after: After) -> Any:
        """Return the keypoints of a field: its own, and those of the same field of records that were mixed in."""
        path, new, first = table.slot.path, after.new[POINTS], table.read.target
        owners = {number: self.ledger.owner(number) for number in after.sets}
        chosen = [n for n, (owner, _) in owners.items() if owner.number == n and owner.slot.path == path]
        rows = np.concatenate([after.sets[n] for n in chosen]) if chosen else np.zeros(0, dtype=np.int64)
        labels = [label for n in chosen for label in (owners[n][1] if owners[n][1] is not None else ())]
        flags = new.flags[rows]
        visible = None if first.visible is None and flags.all() else flags
        pairs = first.swap if len(rows) == len(first) else None
        return table.read.restore(Keypoints(new.data[rows], visible, labels or None, pairs), after.row)

    def _rows(self, table: Table, new: Any, after: After) -> None:
        """Give the rows of a field back, and what has one entry for each."""
        origins = [self.ledger.origin(uid) for uid in np.asarray(new.columns[UID]).tolist()]
        at = [i for i, origin in enumerate(origins) if origin.table.slot.path == table.slot.path]
        kept = new if len(at) == len(origins) else new.keep(np.asarray(at, dtype=np.int64))
        if len(at) != len(table.uids) and table.beside:
            _say_left(table, len(at))
        rows = Rows(self, table, kept, [origins[i] for i in at], at, after)
        value, columns = table.read.restore(rows.bare(), after.row), rows.columns()
        if table.slot.spread:
            self._put(table.slot.place, rows.elements(value, columns))
            return
        self._put(table.slot.place, value)
        for column, entries in columns:
            if entries is not column.entries:
                self._put(column.slot.place, entries)


_said: Final[set[tuple[str, str]]] = set()
"""Fields of which this process said already that they stay."""


def _say_left(table: Table, now: int) -> None:
    of, was = table.slot.path, len(table.uids)
    for name in table.beside:
        if (of, name) in _said:
            continue
        _said.add((of, name))
        warnings.warn(
            f"{of!r} went from {was} to {now} entries, and {name!r}, which has {was} too, stays as it was: nobody says "
            f"that they belong together. If they do, say it in the schema: {name!r}: 'per {table.word.rows} of {of}'; "
            f"if not: 'extra': [{name!r}].",
            RowsWarning,
            stacklevel=outside(),
        )


@dataclass(slots=True)
class Rows:
    """The rows of one table that are left, some of them perhaps those of other records.

    Args:
        back: what gives them back.
        table: the sample's own table.
        kept: the rows.
        origins: the rows that they were.
        at: their places among all rows of the target.
        after: the sample.

    """

    back: Back
    table: Table
    kept: Any
    origins: list[Origin]
    at: list[int]
    after: After

    def bare(self) -> Any:
        """Return the rows without what is of no concern to their field."""
        columns = {name: column for name, column in self.kept.columns.items() if name != UID}
        values = [origin.table.entries[origin.row] for origin in self.origins if origin.table.entries is not None]
        if any(map(says_more, values)):
            columns[ENTRIES] = values
        labels = self.kept.labels if self.table.read.target.labels is not None else None
        return replace(self.kept, labels=labels, columns=columns)

    def columns(self) -> list[tuple[Column, Any]]:
        """Return the entries of every column for the rows that are left; a column that is as it was, the same object.

        Columns that derive from others come last: they need what these measure.
        """
        measured: list[dict[str, tuple[float, float]]] = [{} for _ in self.origins]
        same = [(o.table is self.table, o.row) for o in self.origins] == [
            (True, i) for i in range(len(self.table.uids))
        ]
        found: list[tuple[Column, Any]] = []
        for column in sorted(self.table.columns, key=lambda c: c.word.derived is not None):
            if column.word.take is None and column.word.derived is None:
                found.append((column, column.entries if same else self._chosen(column)))
            else:
                entries = [self._entry(column, k, measured[k]) for k in range(len(self.origins))]
                new = like(column.entries, entries)
                as_old = column.word.as_old
                found.append((column, new if as_old is None else as_old(column.entries, new, self.after.shape)))
        return found

    def _chosen(self, column: Column) -> Any:
        if all(origin.table is self.table for origin in self.origins):
            return take_along(column.entries, np.asarray([origin.row for origin in self.origins], dtype=np.int64))
        return like(column.entries, [self._theirs(column, o).entries[o.row] for o in self.origins])

    def _theirs(self, column: Column, origin: Origin) -> Column:
        """Return the column of the same field in the record that a row comes from.

        Raises:
            SampleError: that record has none.

        """
        found = next((c for c in origin.table.columns if c.slot.path == column.slot.path), None)
        if found is None:
            raise SampleError(
                f"a step mixed an object into record {self.back.entry} that has no {column.slot.path!r}. Give every "
                "record that field, or leave it out of all."
            )
        return found

    def _entry(self, column: Column, k: int, measured: dict[str, tuple[float, float]]) -> Any:
        origin = self.origins[k]
        theirs = self._theirs(column, origin)
        entry = theirs.entries[origin.row]
        if entry is None:
            return None
        if theirs.word.derived is None:
            return self._moved(theirs, k, entry, measured)
        old = origin.table.read.target
        was, now = (_format(old), old.data[origin.row]), (_format(self.kept), self.kept.data[k])
        return theirs.word.derived(entry, RowNow(was, now, measured))

    def _moved(self, column: Column, k: int, entry: Any, measured: dict[str, tuple[float, float]]) -> Any:
        """Return what moves with a row where it is now, in the kind of its entry; note what it measures.

        Raises:
            SampleError: a step brought the row, but not what moves with it.

        """
        origin, word = self.origins[k], column.word
        number = column.sets[origin.row]
        if number < 0:
            return self._pictured(column, k, entry, measured)
        if number not in self.after.sets:
            raise self._left_behind(column)
        points, rows = self.after.new[POINTS], self._places(column, k)
        now = Keypoints(points.data[rows], points.flags[rows])
        assert word.give is not None
        assert word.take is not None
        old, shape = origin.table.shape, self.after.shape
        new = word.give(entry, now, column.role, shape)
        if word.measures is not None:
            name, measure = word.measures
            before = measure(entry, word.take(entry, column.role, old))
            measured[name] = before, measure(new, word.take(new, column.role, shape))
        return new

    def _places(self, column: Column, k: int) -> np.ndarray:
        """Return the places of the points of row k among all points.

        A step may show a sample several times, as a mosaic does: rows and points of each time stand in one order, and
        of a time whose row was dropped only the points are left.
        """
        origin = self.origins[k]
        found, size = self.after.sets[column.sets[origin.row]], column.sizes[origin.row]
        if len(found) <= size:
            return found
        times = found.reshape(-1, size)
        rows = [i for i, each in enumerate(self.origins) if each.table is origin.table and each.row == origin.row]
        if len(rows) == len(times):
            return np.asarray(times[rows.index(k)])
        assert column.word.take is not None
        said = column.word.take(column.entries[origin.row], column.role, origin.table.shape).flags != 0
        points, times = self.after.new[POINTS].data, times[:, said] if said.any() else times
        far = np.array([[_distance(points[time], _ends(self.kept, i)) for time in times] for i in rows])
        ways = combinations(range(len(times)), len(rows))
        chosen = min(ways, key=lambda some: float(far[np.arange(len(rows)), some].sum()))
        return np.asarray(found.reshape(-1, size)[chosen[rows.index(k)]])

    def _pictured(self, column: Column, k: int, entry: Any, measured: dict[str, tuple[float, float]]) -> Any:
        """Return run lengths of the mask that one row has now."""
        if MASKS not in self.after.new:
            raise self._left_behind(column)
        word, mask = column.word, self.after.new[MASKS][self.at[k]].numpy(force=True)
        assert word.pictured is not None
        assert word.picture is not None
        if word.measures is not None:
            measured[word.measures[0]] = (
                float(word.picture(entry, self.origins[k].table.shape).sum()),
                float(mask.sum()),
            )
        return word.pictured(entry, mask)

    def _left_behind(self, column: Column) -> SampleError:
        return SampleError(
            f"a step mixed an object into record {self.back.entry} without its {column.word.word} "
            f"({column.slot.path!r}), which it does not move. Give masks of the objects, or leave the step out."
        )

    def elements(self, value: Sequence[Any], columns: Sequence[tuple[Column, Any]]) -> Any:
        """Return the dictionaries of a list that are left, with their new values."""
        found = []
        for k, origin in enumerate(self.origins):
            element = with_inner(origin.table.slot.value[origin.row], self.table.slot.inner, value[k])
            for column, entries in columns:
                if column.word.word != LABEL and entries[k] is not None:
                    element = with_inner(element, column.slot.inner, entries[k])
            found.append(element)
        return type(self.table.slot.value)(found)


def _ends(rows: Any, i: int) -> np.ndarray:
    """Return the lowest and the highest x and y of one row, (2, 2)."""
    points = corners(rows.keep(np.asarray([i])))[0]
    return np.stack([points.min(axis=0), points.max(axis=0)])


def _distance(points: np.ndarray, ends: np.ndarray) -> float:
    """Return how far points lie from a rectangle, on average."""
    return float(np.hypot(*(points - points.clip(*ends)).T).mean())


def _format(rows: Any) -> str:
    return str(getattr(rows, "format", ""))


def like(original: Any, entries: list[Any]) -> Any:
    """Return entries as the kind of column that the original is: a tensor, an array, a tuple or a list."""
    if isinstance(original, torch.Tensor):
        if not entries:
            return original[:0]
        return torch.stack([torch.as_tensor(e, dtype=original.dtype, device=original.device) for e in entries])
    if isinstance(original, np.ndarray):
        if original.dtype.kind == "O":
            found = np.empty(len(entries), dtype=object)
            found[:] = entries
            return found
        return (
            np.asarray(entries, dtype=None if original.dtype.kind in "US" else original.dtype)
            if entries
            else original[:0]
        )
    return tuple(entries) if isinstance(original, tuple) else list(entries)
