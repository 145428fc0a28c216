"""What is drawn for some samples, and operators of a slot of a policy that become one, since each sample meets one."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple, cast

import numpy as np

from augreg.contract.operator import Gathering, Op, gathers
from augreg.data.batch import BatchInfo
from augreg.data.params import Params
from augreg.engine.carrier import Waiting, over_all
from augreg.pipeline import Execution


class Drawn(NamedTuple):
    """A step that is drawn for the samples of a mask, which are ``rows``."""

    execution: Execution
    mask: np.ndarray
    rows: np.ndarray
    info: BatchInfo
    params: Params
    op: Op | None
    """What it lowered to, over these samples alone; None for what runs by itself."""
    level: np.ndarray | None
    """How strong, one number for each of the rows, where a policy said it."""


def together(drawn: Sequence[Drawn], info: BatchInfo) -> list[Waiting]:
    """Return what lowered to operators, spread over all samples, of which each meets one at most.

    Those of one family are gathered: composing them one after another would take, each time, the work of all samples.
    ``info`` holds the facts of all samples before.
    """
    families: dict[Hashable, list[Drawn]] = {}
    for place, one in enumerate(drawn):
        if one.op is not None:
            family = one.op.family if gathers(one.op) else None
            alike = type(one.op), family, one.execution.augmenter.declares.devices
            families.setdefault(place if family is None else alike, []).append(one)
    found = []
    for members in families.values():
        found.append(_gathered(members, info))
        # Where the next one leaves a sample alone, it must know the shape that it has by then.
        info = found[-1].op.infer(info)
    return found


def _gathered(members: Sequence[Drawn], info: BatchInfo) -> Waiting:
    first, steps = members[0], [one.execution for one in members]
    devices = frozenset(first.execution.augmenter.declares.devices)
    op = cast(Op, first.op)
    if len(members) == 1:
        return Waiting(over_all(op, first.rows, info), first.mask, steps, devices)
    parts = [(one.rows, cast(Gathering, one.op)) for one in members]
    mask = np.logical_or.reduce([one.mask for one in members])
    return Waiting(cast(Gathering, op).gathered(parts, info), mask, steps, devices)
