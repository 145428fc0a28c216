"""Which samples go through which stages of a fused operator, so that none of them notices the others' stages."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import Batch, BatchInfo
from augreg_image.stages.stage import Stage

Rows = NDArray[np.int64]


def idle_rows(stages: Sequence[Stage], info: BatchInfo) -> NDArray[np.bool_]:
    """Bool (stages, n): where a stage does nothing to a sample."""
    found = []
    for stage in stages:
        found.append(stage.identities(info))
        info = stage.infer(info)
    return np.stack(found)


def split(stages: Sequence[Stage], info: BatchInfo) -> list[tuple[Rows, list[Stage]]] | None:
    """Return groups of samples with the stages that do something to them, or None if one group will do.

    A stage between two others that does nothing to a sample would keep the two from becoming one for it, which
    they do where the sample stands alone: it would be interpolated or clipped twice because of its neighbours.
    Samples of which no two stages would become one stay together: each stage skips those that it leaves alone.
    """
    if len(stages) < 3:
        return None
    idle = idle_rows(stages, info)
    if not idle[1:-1].any():
        return None
    patterns, member = np.unique(idle.T, axis=0, return_inverse=True)
    joins = np.array([_joins(stages, pattern) for pattern in patterns.tolist()])
    if not joins.any():
        return None
    # One number for every pattern that needs stages of its own, and one for all others.
    member = np.where(joins, np.arange(len(patterns)), -1)[member.ravel()]
    groups: list[tuple[Rows, list[Stage]]] = []
    for k in np.unique(member).tolist():
        rows = np.flatnonzero(member == k)
        left = [stage for j, stage in enumerate(stages) if k < 0 or not patterns[k, j]]
        groups.append((rows, [stage.take(rows) for stage in left]))
    return groups


def _joins(stages: Sequence[Stage], idle: Sequence[bool]) -> bool:
    """Whether two neighbours among the stages that are left are of one kind, so that they may become one."""
    left = [(j, type(stage)) for j, (stage, still) in enumerate(zip(stages, idle, strict=True)) if not still]
    # Neighbours from the start did not compose, whatever their kind.
    return any(
        after > before + 1 and kind is following and kind.composes
        for (before, kind), (after, following) in pairwise(left)
    )


def gather(batch: Batch, parts: Sequence[tuple[Rows, Batch]]) -> Batch:
    """Put the results of groups of samples back in the order of the batch."""
    rows: list[Any] = [None] * len(batch)
    targets: dict[str, list[Any]] = {name: list(batch.info.target(name)) for name in batch.info.targets}
    for chosen, done in parts:
        for k, i in enumerate(chosen.tolist()):
            rows[i] = done.data[k]
            for name, entries in targets.items():
                entries[i] = done.info.target(name)[k]
    alike = batch.stacked and len({(row.shape, row.dtype) for row in rows}) == 1
    return batch.replace(torch.stack(rows) if alike else rows, targets=targets)
