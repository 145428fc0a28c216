"""Running stages on the CPU: each image goes through all of them before the next one starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from augreg import Batch, BatchInfo
from augreg.kernel import LazyPicture, for_each, loader_memory
from augreg_image.kernels.layout import SMALL, Array, slots, small_to_hwc, to_chw, to_hwc
from augreg_image.stages.chain import busy_rows, busy_stages, prepare, run_stages
from augreg_image.stages.stage import PreparedStage, Stage


def run_cpu(stages: Sequence[Stage], batch: Batch) -> Batch:
    """Carry out stages on a list of images (C, H, W) and their targets."""
    prepared, after = prepare(stages, batch.info)
    if len(batch.data) == 1:
        return Batch([_only_image(prepared, batch.data[0], after)], after)
    return Batch(_images(prepared, batch, after), after)


def _only_image(prepared: Sequence[PreparedStage], row: torch.Tensor, after: BatchInfo) -> torch.Tensor:
    """Take the image of a batch of one through its stages; nothing is to be shared out among threads and blocks."""
    busy = prepared
    for stage in prepared:
        if stage.idle[0]:
            busy = [stage for stage in prepared if not stage.idle[0]]
            break
    if not busy:
        return row
    image, slot = _source(row), None
    if not busy[-1].brings_memory:
        [(channels, height, width)] = after.shapes.tolist()
        slot = np.empty((height, width, channels), after.dtypes[0])
    found = run_stages(busy, image, 0, slot)
    return row if found is image else to_chw(found)


def _source(row: torch.Tensor | LazyPicture) -> Array | LazyPicture:
    """Return what the first stage is given: pixels (H, W, C), or a picture that is not decoded yet."""
    return row if isinstance(row, LazyPicture) else to_hwc(row)


def _images(prepared: Sequence[PreparedStage], batch: Batch, after: BatchInfo) -> list[torch.Tensor]:
    rows = list(batch.data)
    busy = busy_rows(prepared).tolist()
    stages = busy_stages(prepared, busy)
    small = _small(batch.info, busy) and not any(isinstance(row, LazyPicture) for row in rows)
    images = small_to_hwc([rows[i] for i in busy]) if small else None
    if images is not None:
        for k, tensor in _ahead(stages, images, busy):
            rows[busy[k]] = tensor
    left = [k for k, some in enumerate(stages) if some]
    memory = _memory([stages[k] for k in left], after, [busy[k] for k in left])

    def one(j: int) -> None:
        k, (slot, tensor) = left[j], memory[j]
        i = busy[k]
        image = _source(rows[i]) if images is None else images[k]
        found = run_stages(stages[k], image, i, slot)
        if found is not image:  # a kernel may find that it has nothing to do
            rows[i] = tensor if found is slot else to_chw(found)

    for_each(one, len(left), light=True)
    return rows


def _small(info: BatchInfo, rows: list[int]) -> bool:
    """Whether some pictures are small, and of one shape and dtype."""
    if len(rows) < 2 or info.shapes[rows[0]].prod() > SMALL:
        return False
    shapes = info.shapes[rows]
    return bool((shapes == shapes[0]).all()) and len(set(info.dtypes)) == 1


def _ahead(
    stages: list[Sequence[PreparedStage]], images: list[Array], busy: list[int]
) -> list[tuple[int, torch.Tensor]]:
    """Take small pictures through their first stages where one call does for many; return what became of these."""
    done: list[tuple[int, torch.Tensor]] = []
    first_of: dict[int, list[int]] = {}
    for k, some in enumerate(stages):
        first_of.setdefault(id(some[0]), []).append(k)
    for places in first_of.values():
        first, place = stages[places[0]][0], {busy[k]: k for k in places}
        chosen = first.together(images[0], list(place)) if len(places) > 1 else []
        if len(chosen) < 2:
            continue
        at = [place[i] for i in chosen]
        found = first.run_together([images[k] for k in at], chosen)
        for k, image in zip(at, found, strict=True):
            images[k], stages[k] = image, stages[k][1:]
        done += zip(at, torch.from_numpy(found).permute(0, 3, 1, 2).unbind(0), strict=True)
    return done


def _memory(stages: Sequence[Sequence[PreparedStage]], after: BatchInfo, busy: list[int]) -> list[tuple[Any, Any]]:
    """Return memory for the results of busy samples, nothing where the last stage brings its own."""
    if len(busy) > 1 and all(some[-1].gives_planes for some in stages):
        found = _stack(after, busy)
        if found is not None:
            return found
    brings = [some[-1].brings_memory for some in stages]
    if all(brings):
        return [(None, None)] * len(busy)
    shapes = [(height, width, channels) for channels, height, width in after.shapes[busy].tolist()]
    dtypes = [after.dtypes[i] for i in busy]
    if not any(brings):
        return list(slots(shapes, dtypes))
    made = iter(
        slots(
            [shape for shape, own in zip(shapes, brings, strict=True) if not own],
            [dtype for dtype, own in zip(dtypes, brings, strict=True) if not own],
        )
    )
    return [(None, None) if own else next(made) for own in brings]


def _stack(after: BatchInfo, busy: list[int]) -> list[tuple[Any, Any]] | None:
    """Return memory for busy samples' tensors, as the stack that a loader's worker sends; None if they are none."""
    shapes, dtypes = after.shapes[busy], {after.dtypes[i] for i in busy}
    if len(dtypes) != 1 or not (shapes == shapes[0]).all():
        return None
    block = loader_memory((len(busy), *shapes[0].tolist()), getattr(torch, dtypes.pop()))
    if block is None:
        return None
    return list(zip(block.numpy().transpose(0, 2, 3, 1), block.unbind(0), strict=True))
