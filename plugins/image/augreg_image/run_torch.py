"""Running stages in batched torch: one call per stage and kind of sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import Batch
from augreg_image.kernels import values_torch, warp_torch
from augreg_image.run_cpu import ColourWork, GeometryWork, KernelWork, LookupWork, PointWork, ready
from augreg_image.stages.stage import Stage

Tensor = torch.Tensor


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
        facts += [info.shapes, np.array([name == "float32" for name in info.dtypes])[:, None]]
    _, member = np.unique(np.concatenate(facts, axis=1), axis=0, return_inverse=True)
    member = member.ravel()
    return [np.flatnonzero(member == k) for k in range(member.max() + 1)]


def _run(stages: Sequence[Stage], batch: Batch) -> Batch:
    images, info = batch.stack(), batch.info
    targets: dict[str, list[Any]] = {}
    for stage in stages:
        work = ready(stage, info)
        if isinstance(work, GeometryWork):
            targets |= work.targets(info)
            info = info.replace(targets={**info.targets, **targets})
            height, width = work.stage.canvas[0].tolist()
            images = warp_torch.warp(images, work.plan, (height, width), work.stage.resampling)
        else:
            images = _pointwise(images, work)
        info = stage.infer(info)
    return batch.replace(images, targets=targets)


def _pointwise(images: Tensor, work: PointWork) -> Tensor:
    busy = np.flatnonzero(~work.idle)
    if not len(busy):
        return images
    whole = len(busy) == len(images)
    index = None if whole else torch.as_tensor(busy, device=images.device)
    part = images if index is None else warp_torch.pick(images, index)
    if isinstance(work, ColourWork):
        gain, by_mean, offset = (m[busy] for m in work.maps)
        found = values_torch.colour(part, gain, by_mean, offset)
    elif isinstance(work, KernelWork):
        found = work.stage.augmenter.on_device(part, work.stage.drawn(busy))
    elif isinstance(work, LookupWork):
        found = values_torch.lookup(part, work.stage.take(busy))
    else:
        found = values_torch.normalise(part, work.stage)
    return found if index is None else warp_torch.put(images, index, found)
