"""Which samples of a call the steps of a branch reach: those of a modality, of a field, and those tied to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from augreg.engine.by_modality import follows_exactly
from augreg.intake.container import Container, Unit
from augreg.pipeline.program import Program
from augreg.pipeline.ties import FIELDS, follows_moves


class Reach:
    """The samples of a call, by modality in the order of their rows.

    Args:
        container: what was passed.
        members: modality -> places of its samples in the container.
        programs: the steps by branch.
        tie: the ties of the call.

    """

    def __init__(
        self,
        container: Container,
        members: Mapping[str, Sequence[int]],
        programs: Mapping[str, Program],
        tie: Mapping[str, str],
    ) -> None:
        self._container, self._members, self._programs, self._tie = container, members, programs, tie

    def _units(self, modality: str) -> list[Unit]:
        units = self._container.units
        return [units[m] for m in self._members[modality]]

    def pairs(self, modality: str) -> list[tuple[int, int]]:
        """Return the rows of samples and of those of their records that are tied to them."""
        places = [(unit.entry, unit.record_field or "") for unit in self._units(modality)]
        rows = {place: row for row, place in enumerate(places)}
        found = [(rows.get((entry, self._tie.get(field, ""))), row) for row, (entry, field) in enumerate(places)]
        return [(leader, row) for leader, row in found if leader is not None]

    def of(self, branch: str, modality: str) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Return which rows go through all steps of a branch, and which through those alone that move something.

        Both bool (n,); None: all rows, or none.
        """
        if branch == modality:
            return self._of_modality(modality)
        field = branch.removeprefix(FIELDS)
        follow = {f for f, leader in self._tie.items() if leader == field and follows_moves(self._programs, f, field)}
        fields = [unit.record_field for unit in self._units(modality)]
        moved = np.array([f in follow for f in fields], dtype=bool)
        return np.array([f == field for f in fields], dtype=bool), moved if moved.any() else None

    def _of_modality(self, modality: str) -> tuple[np.ndarray | None, np.ndarray | None]:
        units, leaders = self._units(modality), {row: leader for leader, row in self.pairs(modality)}
        moved = np.zeros(len(units), dtype=bool)
        for row, unit in enumerate(units):
            if unit.record_field in self._tie:
                leader = units[leaders[row]].wrapped if row in leaders else None
                moved[row] = follows_exactly(unit.modality, unit.wrapped, leader)
        return (~moved, moved) if moved.any() else (None, None)
