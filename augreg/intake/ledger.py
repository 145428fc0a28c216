"""Which row of a target came from which field of which record: steps may drop rows, reorder them, or mix records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np

from augreg.intake.nested import Place
from augreg.intake.slots import Slot
from augreg.modalities.roles import Role, RoleWord, Shape
from augreg.modalities.target_kinds import Read

UID: Final = "\0uid"
"""The column of a target, on its way through the steps, that says which row of the ledger each of its rows is."""


@dataclass(slots=True)
class Column:
    """What has one entry per row of a table.

    Args:
        slot, role, word: where it stands and what it is.
        entries: one per row; None where a row lacks it.
        sets: of what moves as points: the number of each entry's set of points, -1 for none.
        sizes: how many points each entry has; 0 for none.

    """

    slot: Slot
    role: Role
    word: RoleWord
    entries: Sequence[Any]
    sets: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """The rows that one field of one record gives to a target, and the columns that follow them."""

    slot: Slot
    role: Role
    word: RoleWord
    read: Read
    shape: Shape
    columns: list[Column] = field(default_factory=list)
    uids: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    entries: Sequence[Any] | None = None
    """The rows as they were given, where they are a list."""
    number: int = -1
    """Of keypoints, which stay together: the number of their set."""
    beside: Sequence[str] = ()
    """Fields with as many entries of which nobody says that they follow the rows."""


@dataclass(slots=True)
class Follower:
    """A place in a record that steps may change, and after the run its new value."""

    place: Place
    value: Any = None
    changed: bool = False


class Origin(NamedTuple):
    """A row of a table."""

    table: Table
    row: int


class Ledger:
    """The rows of one call, by number."""

    def __init__(self) -> None:
        self._rows: list[Origin] = []
        self._sets: list[tuple[Table, Any]] = []
        self.pictured = False
        """Whether segments of some record are run lengths, which go through the steps as masks."""
        self.outlined: list[Callable[[], None]] = []
        """Give masks, in which nothing is, to samples of which all segments are polygons."""

    def settle(self) -> None:
        """Make samples that steps mix alike: where one has masks of its objects, all have.

        A polygon's mask is empty, for the polygon itself goes through the steps, as points.
        """
        if self.pictured:
            for give in self.outlined:
                give()

    def enter(self, table: Table, n: int) -> np.ndarray:
        """Give n rows of a table their numbers, int64 (n,)."""
        start = len(self._rows)
        self._rows += [Origin(table, i) for i in range(n)]
        return np.arange(start, start + n)

    def origin(self, uid: int) -> Origin:
        """Return the row with a number."""
        return self._rows[uid]

    def enter_set(self, table: Table, labels: Any = None) -> int:
        """Give a set of points its number."""
        self._sets.append((table, labels))
        return len(self._sets) - 1

    def owner(self, number: int) -> tuple[Table, Any]:
        """Return the table of a set of points, and the labels that these came with."""
        return self._sets[number]
