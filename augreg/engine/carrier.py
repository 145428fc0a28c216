"""Composes operators that wait, and runs kernels on groups of samples: what an executor does with what it has drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from augreg.contract.operator import Op, chooses
from augreg.data.batch import Batch, BatchInfo, concat
from augreg.engine.noted import noted
from augreg.engine.store import Store, updated
from augreg.errors import ContractError
from augreg.pipeline import Execution
from augreg.registry import Registry

Kernel = Callable[[Batch, np.ndarray], Batch]
"""Runs a step on the batch of some samples; the second argument says which (positions in the store)."""


class Waiting(NamedTuple):
    """Steps that are drawn for the samples of a mask, as one operator over all samples of the store."""

    op: Op
    mask: np.ndarray
    steps: list[Execution]
    devices: frozenset[str]


@dataclass(slots=True)
class Pending:
    """Steps that are drawn and composed but not carried out: the identity outside ``mask``."""

    op: Op
    mask: np.ndarray
    steps: list[Execution]
    devices: frozenset[str]
    run_count: int


class Carrier:
    """Holds operators back as long as they compose, and carries them out group by group."""

    def __init__(self, store: Store, registry: Registry, device: torch.device | None) -> None:
        self.store = store
        self.registry = registry
        self.device = device
        self.fallen_back: set[str] = set()
        """Labels of the executions that have no kernel for the wanted device and ran on the CPU."""
        self._pending: list[Pending] = []
        self._virtual: BatchInfo | None = None
        self._run_count = 0

    @property
    def info(self) -> BatchInfo:
        """The facts after everything that is pending, which is what ``draw`` sees."""
        return self.store.info if self._virtual is None else self._virtual

    def flush(self, mask: np.ndarray) -> None:
        """Carry out what is pending for some samples."""
        for pending in self._pending:
            self._run_pending(pending, pending.mask & mask)
        self._drop_empty()

    def _drop_empty(self) -> None:
        self._pending = [p for p in self._pending if p.mask.any()]
        if not self._pending:
            self._virtual = None

    def _push(self, waiting: Waiting) -> None:
        """Compose with what is pending; what does not compose is carried out first, for these samples only."""
        before, (op, mask, steps, devices) = self.info, waiting
        joins: list[tuple[Pending, Op]] = []
        for pending in self._pending:
            both = pending.op.then(op)
            if both is None:
                self._run_pending(pending, pending.mask & mask)
            else:
                joins.append((pending, both))
        taken = np.logical_or.reduce([p.mask for p, _ in joins], initial=False) if joins else np.zeros_like(mask)
        free = mask & ~taken
        for pending, both in joins:
            mine = (pending.mask & mask) | free
            if mine.any():
                self._join(pending, op, both, mine, mask, before)
                pending.steps += steps
                pending.devices &= devices
            free = np.zeros_like(mask)
        if not joins:
            self._pending.append(Pending(op, mask.copy(), list(steps), devices, self._run_count))
        self._drop_empty()
        self._virtual = op.infer(before)

    def _join(self, pending: Pending, op: Op, both: Op, mine: np.ndarray, mask: np.ndarray, info: BatchInfo) -> None:
        """Add an operator to what is pending; ``both`` is the two composed, as they were before."""
        whole = bool((mine == mask).all())
        if whole and pending.run_count == self._run_count:
            pending.op, pending.mask = both, pending.mask | mine
            return
        if pending.run_count != self._run_count:
            # Samples outside the mask may have changed their shape since: the identity there must know it.
            pending.op = _spread(pending.op, pending.mask, info)
            pending.run_count = self._run_count
        second = op if whole else _spread(op, mine, info)
        composed = pending.op.then(second)
        if composed is None:
            raise ContractError(f"{type(op).__name__}.then depends on the samples; it may depend on the kind only.")
        pending.op, pending.mask = composed, pending.mask | mine

    def _run_pending(self, pending: Pending, mask: np.ndarray) -> None:
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
            keep_lazy=self.store.lazy and (chooses(op) or takes_lazy(op)),
        )
        pending.mask = pending.mask & ~mask
        if pending.mask.any():
            pending.op = _spread(op, pending.mask, self.info)

    def _choose(self, pending: Pending, rows: np.ndarray) -> Op:
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


def takes_lists(runs: object) -> bool:
    """Whether an operator or augmenter takes sounds as a list of rows, see :class:`augreg.Batch`."""
    return bool(getattr(runs, "lists", False))


def takes_lazy(runs: object) -> bool:
    """Whether an operator takes pictures that are not decoded yet, see :class:`augreg.kernel.LazyPicture`."""
    return bool(getattr(runs, "takes_lazy", False))


def over_all(op: Op, rows: np.ndarray, info: BatchInfo) -> Op:
    """Return an operator over some samples spread over all those of ``info``."""
    return op if len(rows) == len(info) else op.expand(rows, info)


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
