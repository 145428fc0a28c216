"""Which samples go through which stages of a fused operator, so that none of them notices the others' stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from augreg.batch import Batch, BatchInfo
from augreg_image.stages.geometry import Geometry

Rows = NDArray[np.int64]


def idle_rows(stages: Sequence[Any], info: BatchInfo) -> NDArray[np.bool_]:
    """Bool (stages, n): where a stage does nothing to a sample."""
    found = []
    for stage in stages:
        found.append(_still(stage, info.shapes) if isinstance(stage, Geometry) else stage.identities())
        info = stage.infer(info)
    return np.stack(found)


def _still(stage: Geometry, shapes: NDArray[np.int64]) -> NDArray[np.bool_]:
    upright = (stage.matrix == np.eye(3)).all(axis=(1, 2))
    return np.asarray(upright & (stage.canvas == shapes[:, -2:]).all(axis=1))


def split(stages: Sequence[Any], info: BatchInfo) -> list[tuple[Rows, list[Any]]] | None:
    """Return groups of samples with the stages that do something to them, or None if all share every inner stage.

    A stage between two others that does nothing to a sample would keep the two from becoming one for it, which
    they do where the sample stands alone: it would be interpolated or clipped twice because of its neighbours.
    """
    if len(stages) < 3:
        return None
    idle = idle_rows(stages, info)
    if not idle[1:-1].any():
        return None
    patterns, member = np.unique(idle.T, axis=0, return_inverse=True)
    member = member.ravel()
    groups = []
    for k, pattern in enumerate(patterns):
        rows = np.flatnonzero(member == k)
        groups.append((rows, [stage.take(rows) for stage, still in zip(stages, pattern, strict=True) if not still]))
    return groups


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
