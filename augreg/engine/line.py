"""One sample through the steps of its modality, as data sets and transforms ask for it.

A call on one sample makes the same draws and runs the same operators and kernels as a batch, so its result has the
same bits. What tells the samples of a batch apart (masks of rows, groups, places in a store) is left out: it took
longer than the work itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import torch

from augreg.contract.operator import Op
from augreg.data.batch import Batch, BatchInfo, dtype_name
from augreg.data.lazy import LazyPicture, in_memory
from augreg.data.params import Params
from augreg.engine.noted import noted
from augreg.engine.turn import Turn
from augreg.errors import ContractError
from augreg.modalities.base import AS_TENSOR, CHANNELS, LEFT, Modality, Result, Wrapped, bare
from augreg.pipeline import Execution, Program
from augreg.pipeline.levels import strengths
from augreg.pipeline.ties import Moving
from augreg.random.keys import Keys
from augreg.random.one import OneRng
from augreg.registry import Registry

CPU: Final = torch.device("cpu")

Kernel = Callable[..., Batch]
"""Takes a batch, and what was drawn where that is not part of it."""

UNCHANGED: Final = object()
"""What :meth:`Line.run` returns where no step fired: the sample is the object that came in."""


class _Turns(NamedTuple):
    """The steps of a program, and the kinds of sample that all of them were found to take."""

    program: Program | Moving
    turns: list[Turn]
    fit: set[Hashable]


class Line:
    """The steps that samples of one modality (in records: of one field) go through, one sample at a time.

    It holds nothing of a sample, so that threads may share it.
    """

    def __init__(self, modality: Modality, programs: Sequence[Program | Moving], registry: Registry) -> None:
        self.modality, self.registry = modality, registry
        self._programs = [
            _Turns(program, [Turn(e, modality) for e in program.executions], set()) for program in programs
        ]

    @staticmethod
    def takes(wrapped: Wrapped) -> bool:
        """Whether a sample can go this way: it lies in memory, and on the CPU."""
        row = wrapped.row
        return row.device.type == "cpu" if isinstance(row, torch.Tensor) else isinstance(row, (str, LazyPicture))

    def run(self, wrapped: Wrapped, rng: OneRng) -> Any:
        """Return the sample in the user's kind, or :data:`UNCHANGED`."""
        passage = _Passage(self, wrapped, rng)
        for program, turns, fit in self._programs:
            levels: Sequence[Any] | None = None
            if program.gates is None:
                fired, levels = program.fires_on_one(rng)
            else:
                fired = rng.fire(*program.gates)
            kinds, first = set[Hashable](), 0
            for i in [i for i, on in enumerate(fired) if on]:
                kinds.add(passage.check(turns[first : i + 1], fit))
                passage.step(turns[i], None if levels is None else levels[i])
                first = i + 1
            if first < len(turns):
                kinds.add(passage.check(turns[first:], fit))
            if len(kinds) == 1:
                fit |= kinds
        op = passage.op
        if op is not None:
            passage.carry_out(op)
        return passage.result(wrapped) if passage.changed else UNCHANGED


class _Passage:
    """A sample on its way: its batch of one, and what is drawn and composed but not carried out.

    Every function here is called for every sample of a training, so there are few.
    """

    __slots__ = (
        *("_ahead", "_axis", "_names", "batch", "changed", "info"),
        *("kind", "lazy", "left", "line", "op", "pending", "rng", "tensor", "unseen"),
    )

    def __init__(self, line: Line, wrapped: Wrapped, rng: OneRng) -> None:
        self.line, self.rng = line, rng
        self.op: Op | None = None
        self.pending: list[Execution] = []
        self._ahead: Op | None = None
        self.unseen = True
        """Whether the facts are not known yet: where no step follows, nobody asks for them."""
        self.changed = False
        self.tensor = self.left = False
        self._axis, self._names = line.modality.channel_axis, (*wrapped.targets, wrapped.extras.get(CHANNELS))
        self.info = _facts(line.modality, wrapped, rng.keys)
        self.batch = Batch([wrapped.row], self.info)
        self.lazy = isinstance(wrapped.row, LazyPicture)
        self.kind: Hashable = None

    def look(self) -> None:
        """Find out the facts after everything that is pending. What a step takes hangs on ``kind`` alone."""
        info = self.info if self._ahead is None else self._ahead.infer(self.info)
        self.info, self._ahead, self.unseen = info, None, False
        self.kind = (info.dtypes[0], None if self._axis is None else info.shapes.item(0, self._axis), self._names)

    def check(self, turns: Sequence[Turn], fit: set[Hashable]) -> Hashable:
        """Refuse the sample if it is none for some steps, whether or not they fire; return its kind.

        Kinds that are known to fit are asked for no more: of a policy, most steps do not fire.
        """
        if self.unseen:
            self.look()
        if self.kind not in fit:
            for turn in turns:
                if self.kind not in turn.checked:
                    turn.check(self.kind, self.info)
        return self.kind

    def step(self, turn: Turn, level: np.ndarray | None) -> None:
        """Draw, and compose with what is pending or run."""
        if turn.reads and self.op is not None:
            self.flush()
        if self.lazy and "data" in turn.reads:
            self.read()
        info = self.info.replace(data=self.batch.rows()) if "data" in turn.reads else self.info
        augmenter = turn.augmenter
        try:
            rng = self.rng.at(turn.path)
            levels = strengths(turn.level, rng) if level is None and turn.level is not None else level
            params = augmenter.draw(info, rng, levels)
        except Exception as error:
            raise noted(error, self.line.registry, [turn.execution], "while drawing for 1 sample") from None
        if not isinstance(params, Params) or params.n != 1:
            raise ContractError(f"{turn.execution.built.name}: draw returned {params!r} for 1 samples.")
        self.tensor |= turn.tensor
        self.left |= turn.leaves
        try:
            op = None if turn.lower is None else turn.lower(info, params)
        except Exception as error:
            raise noted(error, self.line.registry, [turn.execution], "while preparing 1 sample") from None
        if op is not None:
            self._push(turn, op)
            return
        if self.op is not None:
            self.flush()
        if self.lazy:
            self.read()
        self.run(augmenter.apply, (params,), [turn.execution], lists=turn.lists)

    def _push(self, turn: Turn, op: Op) -> None:
        before, joined = self.info, op
        if self.op is None:
            self.pending = []
        else:
            both = self.op.then(op)
            if both is None:
                self.flush()
                self.pending = []
            else:
                joined = both
        self.op = joined
        self.pending.append(turn.execution)
        self.info, self._ahead, self.unseen = before, op, True

    def flush(self) -> None:
        """Carry out what is pending."""
        op, self.op = self.op, None
        if op is not None:
            self.carry_out(op)

    def carry_out(self, op: Op) -> None:
        """Run an operator; a picture that is not decoded yet is, unless the operator takes it so."""
        if self.lazy and not getattr(op, "takes_lazy", False):
            self.read()
        self.run(op.run, (), self.pending, lists=getattr(op, "lists", False))

    def read(self) -> None:
        """Decode a picture that is not yet."""
        self.batch = Batch([in_memory(row) for row in self.batch.data], self.batch.info)
        self.lazy = False

    def run(self, kernel: Kernel, more: tuple[Params, ...], steps: Sequence[Execution], *, lists: bool) -> None:
        """Carry out a step, or several that were composed."""
        batch = self.batch
        if not lists and isinstance(batch.data, list):
            data = self.line.modality.collate(batch.data, CPU)
            if isinstance(data, torch.Tensor):
                batch = Batch(data, batch.info)
        try:
            out = kernel(batch, *more)
        except Exception as error:
            raise noted(error, self.line.registry, steps, "batch of 1 on cpu") from None
        if not isinstance(out, Batch) or len(out.info.keys) != 1:
            label = "+".join(dict.fromkeys(e.label for e in steps))
            raise ContractError(f"{label} returned {type(out).__name__} for a batch of 1 samples.")
        self.batch = out if out.info.data is None else Batch(out.data, out.info.replace(data=None))
        self.changed = True
        self.info, self._ahead, self.unseen = self.batch.info, None, True

    def result(self, wrapped: Wrapped) -> Any:
        """Return the sample in the user's kind."""
        info, data = self.batch.info, self.batch.data
        row = data[0] if isinstance(data, list) and not info.form.ragged else self.batch.row(0)
        if self.lazy:
            row = in_memory(row)
        if self.tensor:
            row = row.contiguous()
        if wrapped.restore is bare:
            return row
        targets = {name: info.targets[name][0] for name in wrapped.targets} if wrapped.targets else {}
        extras = {name: info.extras[name][0] for name in wrapped.extras} if wrapped.extras else {}
        if self.tensor:
            extras[AS_TENSOR] = True
        if self.left:
            extras[LEFT] = True
        return wrapped.restore(Result(row, targets, info.rates.item(), extras))


def _facts(modality: Modality, wrapped: Wrapped, keys: Keys) -> BatchInfo:
    row = wrapped.row
    tensor = isinstance(row, (torch.Tensor, LazyPicture))
    return BatchInfo(
        modality.name,
        keys,
        np.array([tuple(row.shape)] if tensor else [(len(row),)], dtype=np.int64),
        np.array([wrapped.rate], dtype=np.float64),
        (dtype_name(row.dtype) if tensor else "str",),
        {name: [wrapped.targets[name]] for name in sorted(wrapped.targets)} if wrapped.targets else {},
        None,
        {name: [entry] for name, entry in wrapped.extras.items()} if wrapped.extras else {},
        modality.form,
    )
