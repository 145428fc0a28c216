"""Several stages on the same samples, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from augreg import BatchInfo
from augreg.kernel import LazyPicture
from augreg.modalities import ALPHA
from augreg_image.kernels.layout import Array, to_hwc
from augreg_image.stages import beside_alpha
from augreg_image.stages.stage import PreparedStage, Stage


def prepare(stages: Sequence[Stage], info: BatchInfo) -> tuple[list[PreparedStage], BatchInfo]:
    """Return stages ready to run on samples of these facts, and the facts and targets after them."""
    prepared: list[PreparedStage] = []
    for stage in stages:
        plain = ALPHA not in info.extras and info.shapes[0, -3] != 4  # all of a batch have as many channels
        ready = stage.prepare(info) if plain else beside_alpha.prepared(stage, info)
        if info.targets:
            info = ready.move_targets(info)
        info = stage.infer(info)
        prepared.append(ready)
    prepared[-1].last = True
    return prepared, info


def busy_stages(prepared: Sequence[PreparedStage], rows: Sequence[int]) -> list[Sequence[PreparedStage]]:
    """Return the stages that do something to each of some samples."""
    for stage in prepared:
        if True in stage.idle.tolist():
            break
    else:
        return [prepared] * len(rows)
    found, known = [], dict[tuple[bool, ...], Sequence[PreparedStage]]()
    patterns = list(zip(*(stage.idle.tolist() for stage in prepared), strict=True))
    for i in rows:
        pattern = patterns[i]
        if pattern not in known:
            known[pattern] = [stage for stage, still in zip(prepared, pattern, strict=True) if not still]
        found.append(known[pattern])
    return found


def busy_rows(prepared: Sequence[PreparedStage]) -> NDArray[np.int64]:
    """Return the samples to which any of the stages does something."""
    idle = prepared[0].idle
    for stage in prepared[1:]:
        idle = idle & stage.idle
    found: NDArray[np.int64] = (~idle).nonzero()[0]
    return found


def run_stages(prepared: Sequence[PreparedStage], image: Array | LazyPicture, i: int, dst: Array | None) -> Array:
    """Take image i (H, W, C) through stages on the CPU; the result lies in ``dst`` where that suits the last.

    One that is not decoded yet is decoded by the first stage, which knows what it needs of it.
    """
    # What lies between two stages is thrown away at once, so that its memory is still in the cache for the next image.
    # The final memory is not: it is written once.
    last = len(prepared) - 1
    for k, stage in enumerate(prepared):
        place = dst if k == last else None
        image = stage.run_lazy(image, i, place) if isinstance(image, LazyPicture) else stage.run(image, i, place)
    return to_hwc(image.read()) if isinstance(image, LazyPicture) else image
