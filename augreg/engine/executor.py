"""Carries out the program of one branch: draws for all samples at once, fuses what composes, runs group by group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch

from augreg.contract.augmenter import AugmenterBase
from augreg.contract.operator import Op, chooses
from augreg.data.batch import Batch, BatchInfo, concat
from augreg.data.params import Params
from augreg.engine.checks import check_step, leaves_range
from augreg.engine.noted import noted
from augreg.engine.store import Store, updated
from augreg.engine.tied import check_apart, check_tied
from augreg.engine.trace import Recorded
from augreg.errors import ConfigError, ContractError
from augreg.pipeline import Execution
from augreg.pipeline.levels import strengths
from augreg.pipeline.program import Fired
from augreg.random.rng import Rng
from augreg.registry import Registry

Kernel = Callable[[Batch, np.ndarray], Batch]
"""Runs a step on the batch of some samples; the second argument says which (positions in the store)."""


@dataclass(slots=True)
class _Pending:
    """Steps that are drawn and composed but not carried out: the identity outside ``mask``."""

    op: Op
    mask: np.ndarray
    steps: list[Execution]
    devices: frozenset[str]
    run_count: int


class Executor:
    """Runs executions over the rows of a store; what composes waits, until something needs the data.

    Samples never decide for each other: which operators a sample's data meets depends on its own steps alone,
    so its result does not depend on the batch it stands in.
    """

    def __init__(
        self, store: Store, rng: Rng, registry: Registry, device: torch.device | None, *, fuse: bool, record: bool
    ) -> None:
        self.store = store
        self.rng = rng
        self.registry = registry
        self.device = device
        self.fuse = fuse
        self.record = record
        self.recorded: list[Recorded] = []
        self.fallen_back: set[str] = set()
        """Labels of the executions that have no kernel for the wanted device and ran on the CPU."""
        self.tied: list[tuple[int, int]] = []
        """The rows of samples and of those of their records that are tied to them."""
        self.notes: dict[int, list[str]] = {}
        """Row -> why steps left it as it is, where that is not chance."""
        self._pending: list[_Pending] = []
        self._virtual: BatchInfo | None = None
        self._run_count = 0
        self._all = np.ones(len(store), dtype=bool)

    @property
    def info(self) -> BatchInfo:
        """The facts after everything that is pending, which is what ``draw`` sees."""
        return self.store.info if self._virtual is None else self._virtual

    def run(self, executions: Sequence[Execution], fires: Sequence[Fired], within: np.ndarray | None = None) -> None:
        """Draw and carry out every execution on the samples on which it fires; call :meth:`finish` at the end.

        ``within`` restricts everything to some samples (those of one field).
        """
        for execution, (drawn, level) in zip(executions, fires, strict=True):
            mask = drawn if within is None else drawn & within
            self.check(execution, within)
            if not mask.any():
                continue
            if execution.augmenter.declares.labels == "mixes":
                self._mix(execution, mask, None, level)
            else:
                self.step(execution, mask, None, level)

    def check(self, execution: Execution, within: np.ndarray | None = None) -> None:
        """Refuse samples that a step does not take, whether or not it fires on them."""
        info = self.info if within is None or within.all() else self.info.take(within.nonzero()[0])
        check_step(execution, info, self.store.modality)

    def finish(self) -> None:
        """Carry out everything that is pending."""
        self.flush(self._all)

    def replay(self, executions: Sequence[Execution], rows: Sequence[dict[int, dict[str, Any]]]) -> None:
        """Carry out recorded parameters: per execution, sample -> its row of parameters."""
        for execution, recorded in zip(executions, rows, strict=True):
            if not recorded:
                continue
            mask = np.zeros(len(self.store), dtype=bool)
            mask[list(recorded)] = True
            self.check(execution, mask)
            params = Params.from_rows([recorded[i] for i in sorted(recorded)])
            run = self._mix if execution.augmenter.declares.labels == "mixes" else self.step
            try:
                run(execution, mask, params)
            except KeyError as error:
                raise ConfigError(
                    f"the trace gives {execution.label} the parameters {list(params)}, but {error} is missing. "
                    "Replay with the pipeline and the plugin version that made the trace."
                ) from None

    def flush(self, mask: np.ndarray) -> None:
        """Carry out what is pending for some samples."""
        for pending in self._pending:
            self._run_pending(pending, pending.mask & mask)
        self._drop_empty()

    def _drop_empty(self) -> None:
        self._pending = [p for p in self._pending if p.mask.any()]
        if not self._pending:
            self._virtual = None

    def step(
        self, execution: Execution, mask: np.ndarray, params: Params | None, level: np.ndarray | None = None
    ) -> None:
        """Run one execution on the samples of a mask, with these parameters or freshly drawn ones.

        ``level`` holds the strengths that a policy drew, one for each sample of the store.
        """
        augmenter = execution.augmenter
        if augmenter.declares.reads:
            self.flush(mask)
        rows = mask.nonzero()[0]
        info = self.facts(rows, augmenter.declares.reads)
        if params is None:
            params = self._draw(execution, info, rows, level)
        if self.tied and execution.augmenter.declares.targets:
            check_tied(execution, self.store.modality, self.info, params, rows, self.tied)
        if self.record:
            self.recorded.append(Recorded(execution, rows, params, None if level is None else level[rows]))
            for i, reason in params.left.items():
                self.notes.setdefault(int(rows[i]), []).append(f"{execution.label}: {reason}")
        op = self._lower(execution, info, params, rows)
        if op is None:
            self.flush(mask)
            self._apply(execution, rows, params)
        else:
            self._push(execution, op, mask)
        if augmenter.declares.gives_tensor:
            self.store.give_tensors(mask)
        if leaves_range(augmenter.declares):
            self.store.leave_range(mask)

    def facts(self, rows: np.ndarray, reads: tuple[str, ...]) -> BatchInfo:
        """Return what ``draw`` sees of some samples."""
        info = self.info if len(rows) == len(self.store) else self.info.take(rows)
        return info.replace(data=self.store.rows(rows)) if "data" in reads else info

    def _draw(self, execution: Execution, info: BatchInfo, rows: np.ndarray, level: np.ndarray | None) -> Params:
        rng = (self.rng if len(rows) == len(self.store) else self.rng.take(rows)).at(execution.path)
        levels = strengths(execution.built.step.level, rng) if level is None else level[rows]
        try:
            params = execution.augmenter.draw(info, rng, levels)
        except Exception as error:
            raise noted(error, self.registry, [execution], f"while drawing for {len(rows)} samples") from None
        if not isinstance(params, Params) or params.n != len(rows):
            raise ContractError(f"{execution.built.name}: draw returned {params!r} for {len(rows)} samples.")
        return params

    def _lower(self, execution: Execution, info: BatchInfo, params: Params, rows: np.ndarray) -> Op | None:
        if not (self.fuse and execution.fuses):
            return None
        try:
            op = cast(AugmenterBase, execution.augmenter).lower(info, params)
        except Exception as error:
            raise noted(error, self.registry, [execution], f"while preparing {len(rows)} samples") from None
        if op is None or len(rows) == len(self.store):
            return op
        return op.expand(rows, self.info)

    def _apply(self, execution: Execution, rows: np.ndarray, params: Params) -> None:
        place = np.empty(len(self.store), dtype=np.int64)
        place[rows] = np.arange(len(rows))

        def kernel(batch: Batch, chosen: np.ndarray) -> Batch:
            taken = params if len(chosen) == params.n else params.take(place[chosen])
            return execution.augmenter.apply(batch, taken)

        augmenter = execution.augmenter
        self._run(
            rows,
            kernel,
            [execution],
            frozenset(augmenter.declares.devices),
            lists=takes_lists(augmenter),
            keep_lazy=bool(len(self.store.lazy_rows(rows))) and self._chooses(execution, params, rows),
        )

    def _chooses(self, execution: Execution, params: Params, rows: np.ndarray) -> bool:
        """Whether a step that runs by itself reads from samples not in memory, as its operator would."""
        if not execution.fuses:
            return False
        op = cast(AugmenterBase, execution.augmenter).lower(self.store.info.take(rows), params)
        return op is not None and chooses(op)

    def _push(self, execution: Execution, op: Op, mask: np.ndarray) -> None:
        """Compose with what is pending; what does not compose is carried out first, for these samples only."""
        before = self.info
        joins = [p for p in self._pending if p.op.then(op) is not None]
        for pending in self._pending:
            if not any(pending is p for p in joins):
                self._run_pending(pending, pending.mask & mask)
        taken = np.logical_or.reduce([p.mask for p in joins], initial=False) if joins else np.zeros_like(mask)
        free = mask & ~taken
        devices = frozenset(execution.augmenter.declares.devices)
        for pending in joins:
            mine = (pending.mask & mask) | free
            if mine.any():
                self._join(pending, op, mine, mask, before)
                pending.steps.append(execution)
                pending.devices &= devices
            free = np.zeros_like(mask)
        if not joins:
            self._pending.append(_Pending(op, mask.copy(), [execution], devices, self._run_count))
        self._drop_empty()
        self._virtual = op.infer(before)

    def _join(self, pending: _Pending, op: Op, mine: np.ndarray, mask: np.ndarray, info: BatchInfo) -> None:
        if pending.run_count != self._run_count:
            # Samples outside the mask may have changed their shape since: the identity there must know it.
            pending.op = _spread(pending.op, pending.mask, info)
            pending.run_count = self._run_count
        second = op if bool((mine == mask).all()) else _spread(op, mine, info)
        composed = pending.op.then(second)
        if composed is None:
            raise ContractError(f"{type(op).__name__}.then depends on the samples; it may depend on the kind only.")
        pending.op, pending.mask = composed, pending.mask | mine

    def _run_pending(self, pending: _Pending, mask: np.ndarray) -> None:
        rows = mask.nonzero()[0]
        if not len(rows):
            return
        op, n = self._choose(pending, rows), len(self.store)
        self._run(
            rows,
            lambda b, chosen: (op if len(chosen) == n else op.take(chosen)).run(b),
            pending.steps,
            pending.devices,
            lists=takes_lists(op),
            keep_lazy=self.store.lazy and chooses(op),
        )
        pending.mask = pending.mask & ~mask
        if pending.mask.any():
            pending.op = _spread(op, pending.mask, self.info)

    def _choose(self, pending: _Pending, rows: np.ndarray) -> Op:
        """Let an operator read from samples not in memory before it runs on a device; return what is left of it."""
        lazy, place = self.store.lazy_rows(rows), self._place(pending.devices)
        if not len(lazy) or not chooses(pending.op) or place is None or place.type == "cpu":
            return pending.op
        first, rest = pending.op.split(lazy)
        batch = Batch(self.store.stored(lazy), self.store.info.take(lazy))
        try:
            self.store.put(lazy, self._execute(lambda b, _: first.run(b), batch, lazy, pending.steps))
        except Exception as error:
            raise noted(error, self.registry, pending.steps, f"reading {len(lazy)} samples") from None
        return rest

    def _run(
        self,
        rows: np.ndarray,
        kernel: Kernel,
        steps: Sequence[Execution],
        devices: frozenset[str],
        *,
        lists: bool,
        keep_lazy: bool,
    ) -> None:
        """Run a kernel on groups of samples and store what it returns; see :meth:`Store.gather` for what it takes."""
        place = self._place(devices)
        if self.device is not None and place != self.device:
            self.fallen_back.update(e.label for e in steps)
        for chosen, batch in self.store.gather(rows, place, lists=lists, keep_lazy=keep_lazy):
            try:
                out = self._execute(kernel, batch, chosen, steps)
            except Exception as error:
                raise noted(error, self.registry, steps, f"batch of {len(batch)} on {batch.device}") from None
            self.store.put(chosen, out)
        self._run_count += 1
        if self._virtual is not None:
            known = self.store.info if len(rows) == len(self.store) else self.store.info.take(rows)
            self._virtual = updated(self._virtual, rows, known)

    def _execute(self, kernel: Kernel, batch: Batch, chosen: np.ndarray, steps: Sequence[Execution]) -> Batch:
        def compute(b: Batch) -> Batch:
            return _split_if_full(kernel, b, chosen)

        label = "+".join(dict.fromkeys(e.label for e in steps))
        if self.registry.has_execute_wrappers:
            out = self.registry.hook.augreg_execute(step=label, batch=batch, run=compute)
        else:
            out = compute(batch)
        if not isinstance(out, Batch) or len(out) != len(batch):
            raise ContractError(f"{label} returned {type(out).__name__} for a batch of {len(batch)} samples.")
        return out

    def _place(self, devices: frozenset[str]) -> torch.device | None:
        """Return the device to run on: the wanted one if there is a kernel for it, else the CPU; None: in place."""
        if self.device is not None:
            return self.device if self.device.type in devices else torch.device("cpu")
        kinds = {place.type for place in set(self.store.devices)}
        return None if kinds <= devices else torch.device("cpu")

    def _mix(
        self, execution: Execution, mask: np.ndarray, known: Params | None, level: np.ndarray | None = None
    ) -> None:
        """Run a step whose samples look at each other: on whole groups, keeping only the samples that fire.

        ``known`` holds recorded parameters of the samples that fire; the others only lend their data.
        """
        place = np.cumsum(mask) - 1
        self.flush(self._all)
        augmenter = execution.augmenter
        where = self._place(frozenset(augmenter.declares.devices))
        for chosen, batch in list(self.store.gather(np.arange(len(self.store)), where, mixing=True)):
            fired = np.flatnonzero(mask[chosen])
            if not len(fired):
                continue
            if self.tied:
                check_apart(execution, chosen, self.tied)
            if known is None:
                params = self._draw(execution, batch.info, chosen, level)
            else:
                params = known.take(np.where(mask[chosen], place[chosen], place[chosen[fired[0]]]))
            try:
                out = augmenter.apply(batch, params)
            except Exception as error:
                raise noted(error, self.registry, [execution], f"batch of {len(batch)} on {batch.device}") from None
            if self.record:
                drawn = None if level is None else level[chosen[fired]]
                self.recorded.append(Recorded(execution, chosen[fired], params.take(fired), drawn))
            self.store.put(chosen[fired], out if len(fired) == len(out) else out.take(fired))


def takes_lists(runs: object) -> bool:
    """Whether an operator or augmenter takes sounds as a list of rows, see :class:`augreg.Batch`."""
    return bool(getattr(runs, "lists", False))


def _spread(op: Op, mask: np.ndarray, info: BatchInfo) -> Op:
    """Return the operator on the samples of a mask, the identity elsewhere."""
    rows = mask.nonzero()[0]
    return op.take(rows).expand(rows, info)


def _split_if_full(kernel: Kernel, batch: Batch, chosen: np.ndarray) -> Batch:
    """Run a kernel; when the device's memory does not hold it, run it on halves."""
    try:
        return kernel(batch, chosen)
    except torch.cuda.OutOfMemoryError:
        if len(batch) < 2:
            raise
        torch.cuda.empty_cache()
    middle = len(batch) // 2
    halves = [np.arange(middle), np.arange(middle, len(batch))]
    return concat([_split_if_full(kernel, batch.take(half), chosen[half]) for half in halves])
