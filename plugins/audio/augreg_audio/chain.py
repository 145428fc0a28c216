"""Steps that keep a sound's shape, run as one: each row goes through all of them while it is in the processor's cache.

A chain does to a row, in order and bit for bit, what its steps do one after another; neighbouring linear filters
become one filter, for every row those that meet on it. What is saved is memory traffic: one pass over the batch instead
of one per step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
import torch

import augreg
from augreg_audio import timemap
from augreg_audio.linear import LinearFilter
from augreg_audio.waveform import Array, Work, by_row, dtype_of, from_float, map_rows, to_float


class Stepping(augreg.Augmenter, Protocol):
    """What a chain needs of an augmenter; see :class:`augreg_audio.base.RowAugmenter`."""

    inplace: ClassVar[bool]

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> Work:
        """Return the function that does one row on the CPU."""
        ...

    def time_map(self, info: augreg.BatchInfo, params: augreg.Params) -> Sequence[timemap.TimeMap | None] | None:
        """Return the time map of every row."""
        ...


@dataclass(frozen=True)
class Step:
    """One augmenter with its parameters; row i of the batch has the parameters ``place[i]``, or is left alone at -1."""

    augmenter: Stepping
    params: augreg.Params
    place: Array

    def take(self, rows: Array) -> Step:
        """Return the step of some rows."""
        return Step(self.augmenter, self.params, self.place[rows])

    def expand(self, rows: Array, info: augreg.BatchInfo) -> Step:
        """Spread over all rows of ``info``."""
        place = np.full(len(info), -1, dtype=np.int64)
        place[rows] = self.place
        return Step(self.augmenter, self.params, place)

    @property
    def touches(self) -> Array:
        """Which rows it fires on, bool (n,)."""
        result: Array = self.place >= 0
        return result

    @property
    def inplace(self) -> bool:
        """Whether ``work`` may be given one array for both of its arguments."""
        return self.augmenter.inplace

    def work(self, info: augreg.BatchInfo) -> Work:
        """Return the function for the rows on which the step fires."""
        on, facts, params = self._fired(info)
        inner = self.augmenter.work(facts, params)
        if len(on) == len(info):
            return inner
        index = {int(i): k for k, i in enumerate(on)}
        return lambda i, x, out: inner(index[i], x, out)

    def targets(self, info: augreg.BatchInfo) -> dict[str, list[Any]] | None:
        """Return the moved targets, or None if nothing moves."""
        if not info.targets:
            return None
        on, facts, params = self._fired(info)
        found = self.augmenter.time_map(facts, params)
        if found is None:
            return None
        maps: list[timemap.TimeMap | None] = [None] * len(info)
        for i, one in zip(on.tolist(), found, strict=True):
            maps[i] = one
        return timemap.move_targets(info, maps)

    def run(self, batch: augreg.Batch) -> augreg.Batch:
        """Run on the rows on which the step fires, on any device."""
        on, _, params = self._fired(batch.info)
        if len(on) == len(batch):
            return self.augmenter.apply(batch, params)
        made = self.augmenter.apply(batch.take(on), params)
        data = batch.stack().index_copy(0, torch.as_tensor(on, device=batch.device), made.stack())
        return batch.replace(data, shapes=batch.info.shapes, targets=self.targets(batch.info))

    def _fired(self, info: augreg.BatchInfo) -> tuple[Array, augreg.BatchInfo, augreg.Params]:
        on = np.flatnonzero(self.place >= 0)
        rows = self.place[on]
        whole = len(rows) == self.params.n and bool((rows == np.arange(len(rows))).all())
        params = self.params if whole else self.params.take(rows)
        return on, info if len(on) == len(info) else info.take(on), params


Part = Step | LinearFilter


@dataclass(frozen=True)
class Chain:
    """Operator over n rows: steps one after another; ``devices`` are those on which every one has a kernel."""

    parts: tuple[Part, ...]
    devices: frozenset[str]

    lists: ClassVar[bool] = True

    def take(self, rows: Array) -> Chain:
        """Return the operator of some samples."""
        return Chain(tuple(p.take(rows) for p in self.parts), self.devices)

    def expand(self, rows: Array, info: augreg.BatchInfo) -> Chain:
        """Spread over all samples of ``info``, the identity elsewhere."""
        return Chain(tuple(p.expand(rows, info) for p in self.parts), self.devices)

    def then(self, other: augreg.Op) -> Chain | None:
        """Append a filter or a chain for the same devices; None for other operators.

        A step without a kernel for a device would take its neighbours off that device.
        """
        devices = LINEAR if isinstance(other, LinearFilter) else getattr(other, "devices", None)
        if devices != self.devices or not isinstance(other, (LinearFilter, Chain)):
            return None
        behind = (other,) if isinstance(other, LinearFilter) else other.parts
        last, first = self.parts[-1], behind[0]
        if isinstance(last, LinearFilter) and isinstance(first, LinearFilter):
            return Chain((*self.parts[:-1], last.merged(first), *behind[1:]), self.devices)
        return Chain((*self.parts, *behind), self.devices)

    def infer(self, info: augreg.BatchInfo) -> augreg.BatchInfo:
        """Return the facts unchanged: neither length nor rate moves."""
        return info

    def run(self, batch: augreg.Batch) -> augreg.Batch:
        """Run all steps on data and targets."""
        if len(batch) == 0:
            return batch
        if len(self.parts) == 1 or not by_row(batch):
            for part in self.parts:
                batch = part.run(batch)
            return batch
        ways = self._ways(len(batch))
        data = map_rows(batch, _routed(ways, batch))
        return batch.replace(data, shapes=batch.info.shapes, targets=_moved(ways, batch.info))

    def _ways(self, n: int) -> list[_Way]:
        """Return which rows go through which parts.

        Two filters become one for the rows that no step between them touches, as they do where those steps are not
        there at all: what fires on a neighbour must not change how a row is rounded.
        """
        places = [k for k, part in enumerate(self.parts) if isinstance(part, LinearFilter)]
        if len(places) < 2:
            return [_Way(None, self.parts)]
        between = [self.parts[first + 1 : last] for first, last in pairwise(places)]
        apart = np.stack([np.logical_or.reduce([p.touches for p in steps]) for steps in between], axis=1)
        kinds, which = np.unique(apart, axis=0, return_inverse=True)
        if len(kinds) == 1:
            return [_Way(None, _merged(self.parts, kinds[0].tolist()))]
        chosen = [np.flatnonzero(which.ravel() == k) for k in range(len(kinds))]
        return [
            _Way(rows, _merged([p.take(rows) for p in self.parts], kind.tolist()))
            for rows, kind in zip(chosen, kinds, strict=True)
        ]


class _Way(NamedTuple):
    """Some rows of a batch, ascending, or all (None), and the parts through which they go."""

    rows: Array | None
    parts: Sequence[Part]


def _merged(parts: Sequence[Part], apart: list[bool]) -> list[Part]:
    """Return the parts with every filter joined to the one before it, unless a step keeps both ``apart``."""
    found: list[Part] = []
    fences, last = iter(apart), -1
    for part in parts:
        if isinstance(part, LinearFilter):
            before = found[last] if last >= 0 else None
            if isinstance(before, LinearFilter) and not next(fences):
                found[last] = before.merged(part)
                continue
            last = len(found)
        found.append(part)
    return found


def _routed(ways: list[_Way], batch: augreg.Batch) -> Work:
    """Return one function for all rows."""
    dtype = dtype_of(batch)
    settle = None if dtype in (torch.float32, torch.float64) else lambda x: _as_stored(x, dtype)
    works = []
    for rows, parts in ways:
        info = batch.info if rows is None else batch.info.take(rows)
        works.append(_joined([_Stage(part.work(info), part.touches, part.inplace) for part in parts], settle))
    if len(works) == 1:
        return works[0]
    way, place = np.empty(len(batch), dtype=np.int64), np.empty(len(batch), dtype=np.int64)
    for k, (rows, _) in enumerate(ways):
        assert rows is not None
        way[rows], place[rows] = k, np.arange(len(rows))
    return lambda i, x, out: works[way[i]](int(place[i]), x, out)


def _moved(ways: list[_Way], info: augreg.BatchInfo) -> dict[str, list[Any]]:
    """Return the targets after all steps."""
    found = {name: list(column) for name, column in info.targets.items()}
    for rows, parts in ways if found else ():
        mine = info if rows is None else info.take(rows)
        for part in parts:
            moved = part.targets(mine)
            mine = mine if moved is None else mine.replace(targets={**mine.targets, **moved})
        for name, column in mine.targets.items():
            for i, entry in zip(range(len(info)) if rows is None else rows.tolist(), column, strict=True):
                found[name][i] = entry
    return found


LINEAR = frozenset({"cpu", "cuda"})
"""Where linear filters run."""


class _Stage(NamedTuple):
    work: Work
    touches: Array
    inplace: bool


def _joined(stages: list[_Stage], settle: Callable[[Array], None] | None) -> Work:
    """Return one function for all stages; ``settle`` rounds what a stage hands on as a batch would have held it."""

    def row(i: int, x: Array, out: Array) -> None:
        todo = [stage for stage in stages if stage.touches[i]]
        if not todo:
            out[...] = x
            return
        # The first stage must not write into x; later ones may write over what they read. The last writes to out.
        moves = sum(k == 0 or not stage.inplace for k, stage in enumerate(todo))
        spare = np.empty_like(out) if moves > 1 else out
        source = x
        for k, stage in enumerate(todo):
            if k == 0 or not stage.inplace:
                moves -= 1
                target = spare if moves % 2 else out
                stage.work(i, source, target)
                source = target
            else:
                stage.work(i, source, source)
            if settle is not None and k + 1 < len(todo):
                settle(source)

    return row


def _as_stored(x: Array, dtype: torch.dtype) -> None:
    x[...] = to_float(from_float(torch.from_numpy(x), dtype)).numpy()
