"""What belongs to a sample goes through the steps with it, and its rows take along what belongs to each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
import torch

from augreg.data.targets import Keypoints
from augreg.errors import SampleError
from augreg.intake.container import Unit
from augreg.intake.handed_back import MASKS, POINTS, Back
from augreg.intake.ledger import UID, Column, Follower, Ledger, Table
from augreg.intake.planned import Planned
from augreg.modalities.roles import LABEL
from augreg.modalities.target_kinds import Read

T = TypeVar("T")


class Belongings:
    """What belongs to one sample of a record: read, handed to its targets, and given back."""

    def __init__(self, unit: Unit, ledger: Ledger, mirrored: Mapping[str, str], *, mixed: bool = False) -> None:
        row = unit.wrapped.row
        self.unit, self.ledger, self.mirrored, self.mixed = unit, ledger, mirrored, mixed
        self.shape = tuple(row.shape) if isinstance(row, torch.Tensor) else (len(row),)
        self.tables: dict[str, list[Table]] = {}
        self.points: list[tuple[int, Keypoints]] = []
        self.masks: tuple[Planned, Read] | None = None
        self.plain: list[tuple[Planned, Read]] = []
        self.run_lengths: tuple[Column, torch.Tensor] | None = None

    def add(self, planned: Planned) -> Table | None:
        """Read a field that belongs to the sample itself; return its rows, if it is a table of such.

        Raises:
            SampleError: it is not what its role says.

        """
        word = planned.word
        if planned.slot.value is None and not word.rows and word.target != POINTS:
            return None  # this record has none; of rows, None is no rows, so that it may gain some
        if word.target == MASKS:
            self._add_masks(planned)
            return None
        value = planned.slot.entries() if planned.slot.spread else planned.slot.value
        read = self._read(planned, value)
        table = Table(planned.slot, planned.role, word, read, self.shape)
        table.entries = value if isinstance(value, (list, tuple)) else None
        if hasattr(read.target, "columns"):
            self._note_extras(planned, read)
        if isinstance(read.target, Keypoints):
            table.number = self.ledger.enter_set(table, read.target.labels)
            self.points.append((table.number, read.target))
        elif hasattr(read.target, "columns"):
            table.uids = self.ledger.enter(table, len(read.target))
        else:
            self._add_plain(planned, read)
            return None
        self.tables.setdefault(word.target, []).append(table)
        return table

    def _add_plain(self, planned: Planned, read: Read) -> None:
        """Note what has no rows, and what it says of the sample.

        Raises:
            SampleError: it stands in many dictionaries, or contradicts the sample.

        """
        slot, word = planned.slot, planned.word
        if slot.spread:
            raise SampleError(
                f"record {self.unit.entry}: {slot.path!r} stands in each dictionary of a list, and {word.word} are one "
                f"list. Give it a field of its own."
            )
        self._note_extras(planned, read)
        self.plain.append((planned, read))

    def _note_extras(self, planned: Planned, read: Read) -> None:
        """Note what a role says of the sample itself; it may refuse what does not fit.

        Raises:
            SampleError: it does, or contradicts the sample.

        """
        slot, wrapped, extras = planned.slot, self.unit.wrapped, planned.word.extras
        if extras is not None:
            said = self._named(planned, lambda: extras(read.target, planned.role, self.shape, wrapped.rate))
            for name, value in said.items():
                if wrapped.extras.get(name) not in (None, value):
                    raise SampleError(
                        f"record {self.unit.entry}: the schema says {name}={value!r} for {slot.path!r}, and "
                        f"{self.unit.field!r} says {name}={wrapped.extras[name]!r}. Make both alike."
                    )
                wrapped.extras[name] = value

    def _read(self, planned: Planned, value: Any) -> Read:
        if planned.read is not None:
            return planned.read
        read = planned.word.read
        assert read is not None
        about = self.unit.wrapped.row if planned.word.whole else self.shape
        return self._named(planned, lambda: read(value, planned.role, about))

    def _named(self, planned: Planned, read: Callable[[], T]) -> T:
        try:
            return read()
        except SampleError as error:
            raise SampleError(f"record {self.unit.entry}, field {planned.slot.path!r}: {error}") from None

    def _add_masks(self, planned: Planned) -> None:
        if self.run_lengths is not None:
            raise self._two_masks(self.run_lengths[0].slot.path, planned.slot.path, planned.slot.path)
        read = self._read(planned, planned.slot.value)
        if self.masks is not None:
            (first, held), path = self.masks, planned.slot.path
            raise self._two_masks(first.slot.path, path, path if held.target.ndim == 3 else first.slot.path)
        self.masks = planned, read

    def _two_masks(self, first: str, second: str, labels: str) -> SampleError:
        """Return the error for masks in two fields; the one that is most likely no masks of objects can be tied."""
        own, modality = self.unit.field, self.unit.modality.name
        tied = {labels: {"role": modality, "tie": own, "interpolation": "nearest"}}
        return SampleError(
            f"record {self.unit.entry} has masks in {first!r} and {second!r}, and a sample has one. Say that a label "
            f"map is a picture of its own, which moves as {own!r} does: schema={{{own!r}: {modality!r}, "
            f"{str(tied)[1:-1]}, ...}}."
        )

    def add_column(self, table: Table, planned: Planned) -> None:
        """Read what has one entry per row of a table.

        Raises:
            SampleError: it has another number of entries.

        """
        slot, word = planned.slot, planned.word
        n, of = len(table.read.target), table.slot.path
        entries = slot.entries() if slot.spread else slot.value
        if slot.spread and slot.place != table.slot.place:
            raise SampleError(
                f"record {self.unit.entry}: {slot.path!r} and {of!r} stand in two lists, and which entries belong "
                "together is not known. Put both in one."
            )
        many = len(entries) if hasattr(entries, "__len__") else None
        if many != n:
            held = f"{many} entries" if many is not None else f"a {type(entries).__name__}"
            raise SampleError(
                f"record {self.unit.entry}: {slot.path!r} is {word.word} of {of!r} and holds {held} for {n} rows. "
                "Give one each."
            )
        if word.target == MASKS:
            self._add_masks(planned)
            return
        column = Column(slot, planned.role, word, entries)
        if word.take is not None:
            self._take(table, column, planned)
        table.columns.append(column)

    def _take(self, table: Table, column: Column, planned: Planned) -> None:
        """Read the points of every row; run lengths become masks."""
        take, picture = planned.word.take, planned.word.picture
        assert take is not None
        pictured = {i for i, e in enumerate(column.entries) if picture is not None and isinstance(e, Mapping)}
        for i, entry in enumerate(column.entries):
            if entry is None or i in pictured:
                column.sets.append(-1)
                column.sizes.append(0)
                continue
            points = self._named(planned, partial(take, entry, planned.role, self.shape))
            self._check_sides(planned, len(points))
            column.sets.append(self.ledger.enter_set(table))
            column.sizes.append(len(points))
            self.points.append((column.sets[-1], points))
        if pictured and picture is not None:
            if self.masks is not None:
                path = self.masks[0].slot.path
                raise self._two_masks(path, column.slot.path, path)
            stack = torch.zeros((len(column.entries), *self.shape[-2:]), dtype=torch.bool)
            for i in sorted(pictured):
                stack[i] = torch.from_numpy(self._named(planned, partial(picture, column.entries[i], self.shape)))
            self.run_lengths = column, stack

    def _check_sides(self, planned: Planned, count: int) -> None:
        """Refuse points of which nobody said which are left and right, where a step mirrors them.

        Raises:
            SampleError: a left eye would become a right one.

        """
        role, sides, path = planned.role, planned.word.sides, planned.slot.path
        step = self.mirrored.get(planned.word.target)
        if not sides or sides in role.options or count < 2 or step is None:
            return
        said = {path: {**role.plain(), sides: [[1, 2]]}}
        raise SampleError(
            f"record {self.unit.entry}: {step} mirrors {path!r}, {count} {role.word} for each, and which of them are "
            f"left and right of each other is not said: a left one would become a right one. Say the pairs, "
            f"schema={{..., {str(said)[1:-1]}}}, or {sides!r}: [] for {role.word} that have no sides."
        )

    def hand(self) -> list[Follower]:
        """Put everything on the sample as its targets; return where new values will stand.

        Raises:
            SampleError: the sample has such targets already.

        """
        given = {name: self._joined(tables) for name, tables in self.tables.items() if name != POINTS}
        if self.points:
            given[POINTS] = joined_points(self.points)
        if self.run_lengths is not None:
            given[MASKS] = self.run_lengths[1]
            self.ledger.pictured = True
        elif self.masks is None and self.mixed and (rows := self._rows_with_segments()) is not None:
            self.ledger.outlined.append(partial(self._give_empty_masks, given, rows))
        back = Back(self.unit.entry, self.ledger, self.tables, given)
        for planned, read in (*self.plain, *([self.masks] if self.masks is not None else [])):
            if not planned.word.target:
                back.add_fact(planned.slot.place, read.restore)
                continue
            given[planned.word.target] = read.target
            back.add(planned.word.target, planned.slot.place, read.restore)
        wrapped = self.unit.wrapped
        for name, target in given.items():
            if name in wrapped.targets:
                raise SampleError(
                    f"record {self.unit.entry} has {name} in {back.named(name)!r} and again; keep one of them."
                )
            wrapped.targets[name] = target
        wrapped.restore = back.around(wrapped.restore)
        return list(back.places.values())

    def _rows_with_segments(self) -> int | None:
        """Return how many objects there are, if a column says their segments; None if none does."""
        for tables in self.tables.values():
            if any(column.word.picture is not None for table in tables for column in table.columns):
                return sum(len(table.read.target) for table in tables)
        return None

    def _give_empty_masks(self, given: dict[str, Any], rows: int) -> None:
        """Give the sample masks after all, and have them taken off again with the rest."""
        given[MASKS] = self.unit.wrapped.targets[MASKS] = torch.zeros((rows, *self.shape[-2:]), dtype=torch.bool)

    def _joined(self, tables: Sequence[Table]) -> Any:
        """Return one target with the rows of all tables, each with its number.

        Raises:
            SampleError: two fields hold boxes of different formats.

        """
        first = tables[0].read.target
        rows = np.concatenate([table.uids for table in tables])
        if len(tables) == 1:
            labels = first.labels
            if labels is None:
                labels = next((c.entries for c in tables[0].columns if c.word.word == LABEL), None)
            return replace(first, labels=labels, columns={**first.columns, UID: rows})
        formats = [getattr(table.read.target, "format", None) for table in tables]
        if len(set(formats)) > 1:
            raise SampleError(
                f"record {self.unit.entry}: {tables[0].slot.path!r} and {tables[1].slot.path!r} hold boxes of "
                f"different formats ({', '.join(map(str, formats))}). Give all in one."
            )
        data = np.concatenate([table.read.target.data for table in tables])
        return replace(first, data=data, labels=None, columns={UID: rows})


def joined_points(sets: Sequence[tuple[int, Keypoints]]) -> Keypoints:
    """Return all sets of points as one, each point with the number of its set."""
    numbers = np.concatenate([np.full(len(points), number) for number, points in sets])
    flags = [points.flags for _, points in sets]
    if not all(each.dtype == bool for each in flags):
        flags = [each * 2 if each.dtype == bool else each for each in flags]  # a visible point is a 2 in COCO
    starts = np.cumsum([0, *(len(points) for _, points in sets)]).tolist()
    pairs = [(a + k, b + k) for k, (_, points) in zip(starts, sets, strict=False) for a, b in points.swap or ()]
    data = np.concatenate([points.data for _, points in sets])
    return Keypoints(data, np.concatenate(flags), numbers, pairs or None)
