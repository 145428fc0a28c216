"""Which samples go through which stages of a fused operator, so that none of them notices the others' stages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import Batch, BatchInfo
from augreg.kernel import gather_targets, routes
from augreg_image.stages.stage import Stage

Rows = NDArray[np.int64]


def idle_rows(stages: Sequence[Stage], info: BatchInfo) -> NDArray[np.bool_]:
    """Bool (stages, n): where a stage does nothing to a sample."""
    found = []
    for stage in stages:
        found.append(stage.identities(info))
        info = stage.infer(info)
    return np.stack(found)


def idles_between(stages: Sequence[Stage], info: BatchInfo) -> bool:
    """Whether a stage between two others does nothing to some sample."""
    for k, stage in enumerate(stages[:-1]):
        if k and True in stage.identities(info).tolist():
            return True
        info = stage.infer(info)
    return False


def join(first: Stage, second: Stage) -> Stage | None:
    """Return two stages as one, or None if they don't compose."""
    return first.then(second) if isinstance(second, type(first)) else None


@lru_cache(maxsize=1024)
def _may_join(kinds: tuple[type[Stage], ...]) -> bool:
    """Whether two stages of these kinds that others stand between may become one."""
    pairs = ((first, kinds[k + 2 :]) for k, first in enumerate(kinds) if first.then is not Stage.then)
    return any(issubclass(last, first) for first, rest in pairs for last in rest)


def split(stages: Sequence[Stage], info: BatchInfo) -> list[tuple[Rows, list[Stage]]] | None:
    """Return groups of samples with their stages, or None if one group will do, with the stages as they are.

    A stage between two others that does nothing to a sample would keep the two from becoming one for it: it would be
    interpolated or clipped twice because of its neighbors. See :func:`augreg.kernel.routes`.
    """
    if not _may_join(tuple(map(type, stages))) or not idles_between(stages, info):
        return None
    found = routes(stages, idle_rows(stages, info), join)
    if len(found) == 1 and len(found[0].stages) == len(stages):
        return None
    return [(rows, list(kept)) for rows, kept in found]


def gather(batch: Batch, parts: Sequence[tuple[Rows, Batch]]) -> Batch:
    """Put the results of groups of samples back in the order of the batch."""
    rows: list[Any] = [None] * len(batch)
    for chosen, done in parts:
        for k, i in enumerate(chosen.tolist()):
            rows[i] = done.data[k]
    targets = gather_targets(batch.info, [(chosen, done.info) for chosen, done in parts])
    alike = batch.stacked and len({(row.shape, row.dtype) for row in rows}) == 1
    return batch.replace(torch.stack(rows) if alike else rows, targets=targets)
