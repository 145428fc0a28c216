"""Steps that keep a sound's shape, run as one: each row goes through all of them while it is in the processor's cache.

A chain does to a row, in order and bit for bit, what its steps do one after another; neighboring linear filters
become one filter, for every row those that meet on it. What is saved is memory traffic: one pass over the batch instead
of one per step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
import torch

import augreg
from augreg.kernel import DrawnStage, Route, append_stages, gather_targets, routes
from augreg_audio import timemap
from augreg_audio.linear import LinearFilter
from augreg_audio.waveform import Array, RowWork, by_row, dtype_of, from_float, map_rows, to_float


class Stepping(augreg.Augmenter, Protocol):
    """What a chain needs of an augmenter; see :class:`augreg_audio.base.RowAugmenter`."""

    inplace: ClassVar[bool]

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> RowWork:
        """Return the function that does one row on the CPU."""
        ...

    def time_map(self, info: augreg.BatchInfo, params: augreg.Params) -> Sequence[timemap.TimeMap | None] | None:
        """Return the time map of every row."""
        ...


@dataclass(frozen=True, eq=False)
class Step(DrawnStage[Stepping]):
    """One augmenter with its parameters."""

    @property
    def inplace(self) -> bool:
        """Whether ``work`` may be given one array for both of its arguments."""
        return self.augmenter.inplace

    def work(self, info: augreg.BatchInfo) -> RowWork:
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
        if len(self.place) == 1 == self.params.n and self.place.item() == 0:
            return self.place, info, self.params
        on = np.flatnonzero(~self.idle)
        return on, info if len(on) == len(info) else info.take(on), self.drawn(on)


Stage = Step | LinearFilter


@dataclass(frozen=True)
class Chain:
    """Operator over n rows: steps one after another; ``devices`` are those on which every one has a kernel."""

    stages: tuple[Stage, ...]
    devices: frozenset[str]

    lists: ClassVar[bool] = True

    def take(self, rows: Array) -> Chain:
        """Return the operator of some samples."""
        return Chain(tuple(p.take(rows) for p in self.stages), self.devices)

    def expand(self, rows: Array, info: augreg.BatchInfo) -> Chain:
        """Spread over all samples of ``info``, the identity elsewhere."""
        return Chain(tuple(p.expand(rows, info) for p in self.stages), self.devices)

    def then(self, other: augreg.Op) -> Chain | None:
        """Append a chain for the same devices; None for other operators.

        A step without a kernel for a device would take its neighbors off that device.
        """
        if not isinstance(other, Chain) or other.devices != self.devices:
            return None
        return Chain(append_stages(self.stages, other.stages, _join), self.devices)

    def infer(self, info: augreg.BatchInfo) -> augreg.BatchInfo:
        """Return the facts unchanged: neither length nor rate moves."""
        return info

    def run(self, batch: augreg.Batch) -> augreg.Batch:
        """Run all steps on data and targets."""
        if len(batch) == 0:
            return batch
        if len(self.stages) == 1 or not by_row(batch):
            for stage in self.stages:
                batch = stage.run(batch)
            return batch
        found = routes(self.stages, np.stack([stage.idle for stage in self.stages]), _join)
        data = map_rows(batch, _routed(found, batch))
        return batch.replace(data, shapes=batch.info.shapes, targets=_moved(found, batch.info))


def _join(first: Stage, second: Stage) -> Stage | None:
    """Return two filters as one: they are rounded once, as they are where no step stands between them."""
    return first.then(second) if isinstance(first, LinearFilter) and isinstance(second, LinearFilter) else None


def _routed(found: list[Route[Stage]], batch: augreg.Batch) -> RowWork:
    """Return one function for all rows."""
    dtype = dtype_of(batch)
    settle = None if dtype in (torch.float32, torch.float64) else lambda x: _as_stored(x, dtype)
    works = []
    for rows, stages in found:
        info = batch.info if len(found) == 1 else batch.info.take(rows)
        works.append(_joined([_RowStage(stage.work(info), stage.idle, stage.inplace) for stage in stages], settle))
    if len(works) == 1:
        return works[0]
    route, place = np.empty(len(batch), dtype=np.int64), np.empty(len(batch), dtype=np.int64)
    for k, (rows, _) in enumerate(found):
        route[rows], place[rows] = k, np.arange(len(rows))
    return lambda i, x, out: works[route[i]](int(place[i]), x, out)


def _moved(found: list[Route[Stage]], info: augreg.BatchInfo) -> dict[str, list[Any]]:
    """Return the targets after all steps."""
    if not info.targets:
        return {}
    after = []
    for rows, stages in found:
        mine = info if len(found) == 1 else info.take(rows)
        for stage in stages:
            moved = stage.targets(mine)
            mine = mine if moved is None else mine.replace(targets={**mine.targets, **moved})
        after.append((rows, mine))
    return gather_targets(info, after)


class _RowStage(NamedTuple):
    work: RowWork
    idle: Array
    inplace: bool


def _joined(stages: list[_RowStage], settle: Callable[[Array], None] | None) -> RowWork:
    """Return one function for all stages; ``settle`` rounds what a stage hands on as a batch would have held it."""

    def row(i: int, x: Array, out: Array) -> None:
        todo = [stage for stage in stages if not stage.idle[i]]
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
