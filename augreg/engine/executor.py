"""Carries out the program of one branch: draws for all samples at once, fuses what composes, runs group by group."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, cast

import numpy as np
import torch

from augreg.contract.augmenter import AugmenterBase
from augreg.contract.operator import Op, chooses
from augreg.data.batch import Batch, BatchInfo
from augreg.data.params import Params
from augreg.engine.carrier import Carrier, Waiting, over_all, takes_lists
from augreg.engine.checks import check_step, leaves_range
from augreg.engine.drawn import Drawn, together
from augreg.engine.noted import noted
from augreg.engine.store import Store
from augreg.engine.tied import check_apart, check_tied
from augreg.engine.trace import Recorded
from augreg.errors import ConfigError, ContractError
from augreg.pipeline import Execution
from augreg.pipeline.levels import strengths
from augreg.pipeline.program import Fired
from augreg.random.rng import Rng
from augreg.registry import Registry


class Executor(Carrier):
    """Runs executions over the rows of a store; what composes waits, until something needs the data.

    Samples never decide for each other: which operators a sample's data meets depends on its own steps alone,
    so its result does not depend on the batch it stands in.
    """

    def __init__(
        self, store: Store, rng: Rng, registry: Registry, device: torch.device | None, *, fuse: bool, record: bool
    ) -> None:
        super().__init__(store, registry, device)
        self.rng = rng
        self.fuse = fuse
        self.record = record
        self.recorded: list[Recorded] = []
        self.tied: list[tuple[int, int]] = []
        """The rows of samples and of those of their records that are tied to them."""
        self.notes: dict[int, list[str]] = {}
        """Row -> why steps left it as it is, where that is not chance."""
        self._before: tuple[tuple[str, torch.device | None], list[tuple[np.ndarray, Batch]]] | None = None
        """What steps that mix lent last: for which slot of a policy, on which device, and the groups."""
        self._all = np.ones(len(store), dtype=bool)

    def run(self, executions: Sequence[Execution], fires: Sequence[Fired], within: np.ndarray | None = None) -> None:
        """Draw and carry out every execution on the samples on which it fires; call :meth:`finish` at the end.

        ``within`` restricts everything to some samples (those of one field).
        """
        for slot, group in groupby(zip(executions, fires, strict=True), lambda pair: pair[0].slot):
            fired = []
            for execution, (drawn, level) in group:
                mask = drawn if within is None else drawn & within
                self.check(execution, within)
                if mask.any():
                    fired.append((execution, mask, level))
            if slot and len(fired) > 1 and all(e.augmenter.declares.labels != "mixes" for e, _, _ in fired):
                self._run_slot(fired)
                continue
            for execution, mask, level in fired:
                if execution.augmenter.declares.labels == "mixes":
                    self._mix(execution, mask, None, level)
                else:
                    self.step(execution, mask, None, level)

    def _run_slot(self, fired: Sequence[tuple[Execution, np.ndarray, np.ndarray | None]]) -> None:
        """Run the executions of one slot of a policy, of which every sample meets one at most.

        As :meth:`step` for each, with the same results: only, what is pending and does not compose with what comes is
        carried out once for all samples of the slot, not for those of each execution.
        """
        ready = [self._draw_for(e, mask, None, level) for e, mask, level in fired if not e.augmenter.declares.reads]
        waiting = together(ready, self.info)
        self._clear_way(
            waiting,
            [mask for e, mask, _ in fired if e.augmenter.declares.reads] + [d.mask for d in ready if d.op is None],
        )
        for drawn in ready:
            self._note(drawn)
            if drawn.op is None:
                self._apply(drawn.execution, drawn.rows, drawn.params)
        for some in waiting:
            self._push(some)
        for execution, mask, level in fired:
            if execution.augmenter.declares.reads:
                self.step(execution, mask, None, level)

    def _clear_way(self, waiting: Sequence[Waiting], blocked: Sequence[np.ndarray]) -> None:
        """Carry out what is pending for samples whose next step does not compose with it, and for blocked ones."""
        for pending in self._pending:
            apart = [some.mask for some in waiting if pending.op.then(some.op) is None]
            if masks := [*blocked, *apart]:
                self._run_pending(pending, pending.mask & np.logical_or.reduce(masks))
        self._drop_empty()

    def check(self, execution: Execution, within: np.ndarray | None = None) -> None:
        """Refuse samples that a step does not take, whether or not it fires on them."""
        info = self.info if within is None or within.all() else self.info.take(within.nonzero()[0])
        check_step(execution, info, self.store.modality)

    def finish(self) -> None:
        """Carry out everything that is pending."""
        self._before = None
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

    def step(
        self, execution: Execution, mask: np.ndarray, params: Params | None, level: np.ndarray | None = None
    ) -> None:
        """Run one execution on the samples of a mask, with these parameters or freshly drawn ones.

        ``level`` holds the strengths that a policy drew, one for each sample of the store.
        """
        if execution.augmenter.declares.reads:
            self.flush(mask)
        self._carry_out(self._draw_for(execution, mask, params, level))

    def _draw_for(
        self, execution: Execution, mask: np.ndarray, params: Params | None, level: np.ndarray | None
    ) -> Drawn:
        rows = mask.nonzero()[0]
        info = self.facts(rows, execution.augmenter.declares.reads)
        if params is None:
            params = self._draw(execution, info, rows, level)
        op = self._lower(execution, info, params, rows)
        return Drawn(execution, mask, rows, info, params, op, None if level is None else level[rows])

    def _carry_out(self, drawn: Drawn) -> None:
        """Compose with what is pending, or run, what was drawn for some samples."""
        self._note(drawn)
        if drawn.op is None:
            self.flush(drawn.mask)
            self._apply(drawn.execution, drawn.rows, drawn.params)
        else:
            devices = frozenset(drawn.execution.augmenter.declares.devices)
            op = over_all(drawn.op, drawn.rows, self.info)
            self._push(Waiting(op, drawn.mask, [drawn.execution], devices))

    def _note(self, drawn: Drawn) -> None:
        """Check and note what was drawn for some samples, before it is carried out."""
        execution, mask, rows, info, params, _, level = drawn
        augmenter = execution.augmenter
        if self.tied and augmenter.declares.targets:
            check_tied(execution, self.store.modality, self.info, params, rows, self.tied)
        if self.record:
            facts = info.replace(targets={}, data=None)
            self.recorded.append(Recorded(execution, rows, params, facts, level))
            for i, reason in params.left.items():
                self.notes.setdefault(int(rows[i]), []).append(f"{execution.label}: {reason}")
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
        said = execution.built.step.level
        if level is not None:
            level = level[rows]
        elif said is not None:
            level = strengths(said, rng)
        try:
            params = execution.augmenter.draw(info, rng, level)
        except Exception as error:
            raise noted(error, self.registry, [execution], f"while drawing for {len(rows)} samples") from None
        if not isinstance(params, Params) or params.n != len(rows):
            raise ContractError(f"{execution.built.name}: draw returned {params!r} for {len(rows)} samples.")
        return params

    def _lower(self, execution: Execution, info: BatchInfo, params: Params, rows: np.ndarray) -> Op | None:
        if not (self.fuse and execution.fuses):
            return None
        try:
            return cast(AugmenterBase, execution.augmenter).lower(info, params)
        except Exception as error:
            raise noted(error, self.registry, [execution], f"while preparing {len(rows)} samples") from None

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

    def _mix(
        self, execution: Execution, mask: np.ndarray, known: Params | None, level: np.ndarray | None = None
    ) -> None:
        """Run a step whose samples look at each other: on whole groups, keeping only the samples that fire.

        ``known`` holds recorded parameters of the samples that fire; the others only lend their data.
        """
        place = np.cumsum(mask) - 1
        augmenter = execution.augmenter
        for chosen, batch in self._lent(execution):
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
                self.recorded.append(Recorded(execution, chosen[fired], params.take(fired), level=drawn))
            self.store.put(chosen[fired], out if len(fired) == len(out) else out.take(fired))

    def _lent(self, execution: Execution) -> list[tuple[np.ndarray, Batch]]:
        """Return all samples in groups that can be mixed with each other.

        Those steps that mix of which a policy draws one per sample get them as they were before the first of these:
        what becomes of a sample does not hang on which of them its partner drew.
        """
        self.flush(self._all)
        where = self._place(frozenset(execution.augmenter.declares.devices))
        if not execution.slot or self._before is None or self._before[0] != (execution.slot, where):
            groups = list(self.store.gather(np.arange(len(self.store)), where, mixing=True))
            self._before = (execution.slot, where), groups
        return self._before[1]
