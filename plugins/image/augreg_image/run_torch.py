"""Running stages in batched torch: one call per stage and kind of sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg import Batch
from augreg_image.stages.chain import prepare
from augreg_image.stages.stage import Stage

DTYPES: Final = ("uint8", "uint16", "float16", "bfloat16", "float32", "float64")
"""What pictures may hold."""


def run_torch(stages: Sequence[Stage], batch: Batch) -> Batch:
    """Carry out stages on images of one shape and one dtype, on any device, and on their targets.

    The result is stacked, or a list where the canvases differ.
    """
    parts = _parts(stages, batch)
    if len(parts) == 1:
        return _run(stages, Batch(batch.stack(), batch.info))
    rows: list[Any] = [None] * len(batch)
    targets: dict[str, list[Any]] = {name: list(batch.info.target(name)) for name in batch.info.targets}
    for part in parts:
        done = _run([stage.take(part) for stage in stages], _stacked(batch.take(part)))
        for k, i in enumerate(part.tolist()):
            rows[i] = done.data[k]
            for name, entries in targets.items():
                entries[i] = done.info.target(name)[k]
    return batch.replace(rows, targets=targets)


def _stacked(batch: Batch) -> Batch:
    return Batch(batch.stack(), batch.info)


def _parts(stages: Sequence[Stage], batch: Batch) -> list[NDArray[np.int64]]:
    """Find samples that share every canvas and dtype on their way."""
    info, facts = batch.info, [np.asarray(batch.info.shapes)]
    for stage in stages:
        info = stage.infer(info)
        facts += [info.shapes, np.array([DTYPES.index(name) for name in info.dtypes])[:, None]]
    _, member = np.unique(np.concatenate(facts, axis=1), axis=0, return_inverse=True)
    member = member.ravel()
    return [np.flatnonzero(member == k) for k in range(member.max() + 1)]


def _run(stages: Sequence[Stage], batch: Batch) -> Batch:
    images = batch.stack()
    prepared, after = prepare(stages, batch.info)
    for stage in prepared:
        images = stage.run_on_device(images)
    return Batch(images, after)
