"""Runs joint steps: draws per record, hands each field's share to the executor of its modality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from augreg.contract.augmenter import Augmenter
from augreg.contract.joint import JointAugmenter, JointInfo, PartialParams
from augreg.data.batch import BatchInfo
from augreg.data.params import Params
from augreg.engine.executor import Executor
from augreg.engine.tied import refused
from augreg.errors import SampleError
from augreg.intake.container import Container
from augreg.pipeline import Execution, Pipeline
from augreg.pipeline.levels import strengths
from augreg.random.keys import hash_keys
from augreg.random.rng import Rng

Places = list[dict[str, list[int]]]
"""Per record: role -> the rows of its fields in that modality's store, ascending; one, unless a step takes several."""


class JointRunner:
    """Runs the joint steps of a pipeline over the records of a container."""

    def __init__(self, container: Container, members: Mapping[str, Sequence[int]], executors: Mapping[str, Executor]):
        self.container = container
        self.executors = executors
        self._tie = container.tie
        self._rows = {unit: row for found in members.values() for row, unit in enumerate(found)}
        self.notes: dict[int, list[str]] = {}
        """Unit -> why steps left it as it is, where that is not chance."""
        self._by_entry: list[list[int]] = [[] for _ in range(container.entries)]
        for number, unit in enumerate(container.units):
            self._by_entry[unit.entry].append(number)

    def run(self, pipeline: Pipeline, tie: Mapping[str, str], stream: tuple[int, int, int]) -> None:
        """Draw and carry out every joint step; ``stream``: seed, epoch and copy."""
        self._tie = tie
        seed, epoch, copy = stream
        keys = hash_keys([self._key(units, i) for i, units in enumerate(self._by_entry)])
        rng = Rng(seed, keys, epoch=epoch, copy=copy)
        if self.container.levels:
            rng = rng.with_fields(self.container.levels)
        masks = [fired.mask for fired in pipeline.programs["record"].fires(rng)]
        for (execution, members), mask in zip(pipeline.joint, masks, strict=True):
            groups: dict[tuple[str, ...], list[int]] = {}
            places = [self._places(execution, entry) for entry in range(len(keys))]
            for entry, found in enumerate(places):
                if found:
                    groups.setdefault(tuple(sorted(found)), []).append(entry)
            for roles, entries in groups.items():
                self._check(members, roles, places, entries)
                fired = np.asarray([e for e in entries if mask[e]], dtype=np.int64)
                if len(fired):
                    self._draw(execution, members, rng, roles, places, fired)

    def _key(self, units: Sequence[int], entry: int) -> str | int:
        """Return the key of a record: that of its fields; should samples bring several, that of the first by name."""
        first = min(units, key=lambda u: self.container.units[u].field or "", default=None)
        return entry if first is None else self.container.units[first].key

    def _check(
        self, members: Mapping[str, Execution], roles: tuple[str, ...], places: Places, entries: list[int]
    ) -> None:
        for role in roles:
            within = np.zeros(len(self.executors[role].store), dtype=bool)
            held = [(e, row) for e in entries for row in places[e][role]]
            within[[row for _, row in held]] = True
            if role in members:
                within[[tied for e, row in held for tied in self._tied(members[role], role, e, row)]] = True
                self.executors[role].check(members[role], within)

    def _draw(
        self,
        execution: Execution,
        members: Mapping[str, Execution],
        rng: Rng,
        roles: tuple[str, ...],
        places: Places,
        fired: np.ndarray,
    ) -> None:
        augmenter = cast(Any, execution.augmenter)
        rows = {role: np.asarray([row for e in fired for row in places[e][role]]) for role in roles}
        owners = {role: np.repeat(np.arange(len(fired)), [len(places[e][role]) for e in fired]) for role in roles}
        info = JointInfo(rng.keys[fired], {role: self._facts(augmenter, role, rows[role]) for role in roles}, owners)
        at = rng.take(fired).at(execution.path)
        said = execution.built.step.level
        level = None if said is None else strengths(said, at)
        drawn = cast(JointAugmenter, augmenter).draw_joint(info, at, level)
        for role, params in drawn.items():
            share = params if isinstance(params, PartialParams) else PartialParams(np.arange(len(rows[role])), params)
            if len(share.rows):
                whose = fired[owners[role][share.rows]]
                self._step(members[role], role, whose, rows[role][share.rows], share.params)
            for i, reason in share.left.items():
                self._note(execution, role, int(fired[owners[role][i]]), int(rows[role][i]), reason)

    def _note(self, execution: Execution, role: str, entry: int, row: int, reason: str) -> None:
        unit = next(u for u in self._by_entry[entry] if self._is(u, role) and self._rows[u] == row)
        self.notes.setdefault(unit, []).append(f"{execution.label}: {reason}")

    def _is(self, unit: int, role: str) -> bool:
        return self.container.units[unit].modality.name == role

    def _step(self, member: Execution, role: str, entries: np.ndarray, rows: np.ndarray, params: Params) -> None:
        """Carry a step out on a field of some records, and on the fields that are tied to it."""
        executor = self.executors[role]
        found = [self._tied(member, role, e, r) for e, r in zip(entries.tolist(), rows.tolist(), strict=True)]
        runs = [(rows, params)]
        for k in range(max(map(len, found), default=0)):
            chosen = np.asarray([i for i, tied in enumerate(found) if len(tied) > k])
            runs.append((np.asarray([found[i][k] for i in chosen]), params.take(chosen)))
            if len(params):
                self._same_size(member, role, rows[chosen], runs[-1][0])
        for at, drawn in runs:
            mask = np.zeros(len(executor.store), dtype=bool)
            mask[at] = True
            # Rows of a store stand in the order of the records, so the parameters are in its order already.
            executor.step(member, mask, drawn)

    def _same_size(self, member: Execution, role: str, rows: np.ndarray, tied: np.ndarray) -> None:
        """Refuse a tied field of another size: numbers drawn for one size mean something else in another."""
        shapes, channels = self.executors[role].info.shapes, self.executors[role].store.modality.channel_axis
        mine, theirs = shapes[rows], shapes[tied]
        differ = mine != theirs
        if channels is not None:
            differ[:, channels] = False
        for i in np.flatnonzero(differ.any(axis=1)).tolist():
            raise refused(member, mine[i].tolist(), theirs[i].tolist())

    def _tied(self, member: Execution, role: str, entry: int, row: int) -> list[int]:
        """Return the rows of the fields that are tied to one, if the step moves what is in it.

        A step that changes values only, such as colours, is not for what is tied to a picture, such as a depth.
        """
        if not self._tie or not member.augmenter.declares.targets:
            return []
        units = [u for u in self._by_entry[entry] if self._is(u, role)]
        leader = next(self.container.units[u].field for u in units if self._rows[u] == row)
        return [self._rows[u] for u in units if self._tie.get(self.container.units[u].field or "") == leader]

    def _facts(self, augmenter: Augmenter, role: str, rows: np.ndarray) -> BatchInfo:
        executor = self.executors[role]
        reads = ("data",) if role in augmenter.declares.reads else ()
        if reads:
            mask = np.zeros(len(executor.store), dtype=bool)
            mask[rows] = True
            executor.flush(mask)
        return executor.facts(rows, reads)

    def _places(self, execution: Execution, entry: int) -> dict[str, list[int]]:
        """Return role -> rows for one record; nothing if the record has none of the roles."""
        declares = execution.augmenter.declares
        named = execution.built.step.fields or {}
        found: dict[str, list[int]] = {}
        for role in (*declares.joint, *declares.joint_optional):
            units = [u for u in self._by_entry[entry] if self._is(u, role)]
            if role in named:
                units = [
                    u for u in units if named[role] in (self.container.units[u].field, self.container.units[u].outer)
                ]
            elif self._tie:
                fields = {self.container.units[u].field for u in units}
                units = [u for u in units if self._tie.get(self.container.units[u].field or "") not in fields]
            if len(units) > 1 and not declares.several:
                self._ambiguous(execution, role, units, entry)
            if units:
                found[role] = sorted(self._rows[u] for u in units)
        missing = [role for role in declares.joint if role not in found]
        if missing and set(missing) <= self.container.missing.get(entry, frozenset()):
            return {}  # it is None there, and the record stays as it is
        if found and missing and self.container.records:
            has = " and ".join(found)
            raise SampleError(
                f"{execution.built.name} needs {' and '.join(declares.joint)}, but record {self._name(entry)} has only "
                f"{has}. Give it a {' and a '.join(missing)}, leave the step out, or name the fields in the schema."
            )
        return {} if missing else found

    def _name(self, entry: int) -> str:
        """Return what a record is called: its key if that is a word, else its place."""
        key = self.container.units[self._by_entry[entry][0]].key
        return repr(key) if isinstance(key, str) else str(entry)

    def _ambiguous(self, execution: Execution, role: str, units: Sequence[int], entry: int) -> None:
        fields = [self.container.units[u].field for u in units]
        listed = ", ".join(map(repr, fields))
        raise SampleError(
            f"{execution.built.name}: record {self._name(entry)} has several {role} fields ({listed}). "
            f"Say which: {{{execution.built.name}: {{fields: {{{role}: {fields[0]}}}}}}}."
        )
