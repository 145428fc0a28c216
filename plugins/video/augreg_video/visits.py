"""Clips that are not in memory, on the CPU: frames are treated while they are decoded, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from augreg_image.kernels.layout import to_hwc
from augreg_image.run_cpu import GeometryWork, Work, run_steps
from augreg_image.stages.plan import LATTICE, RESIZE

from augreg.kernel import LazyRow, Window
from augreg_video.cuts import Ints

Array = np.ndarray[Any, Any]


def treat(clip: LazyRow, index: Ints, steps: Sequence[Work], i: int, block: Array) -> None:
    """Take the chosen frames of a clip through the steps of sample i.

    The clip is never in memory as a whole. Where the first step looks at a part of the picture only, as a crop does,
    no more than that is converted and copied.

    Args:
        clip: (T, C, H, W).
        index: the frames, at least one.
        steps: at least one.
        i: which sample of the steps.
        block: memory for the result, (len(index), h, w, C).

    """
    places: dict[int, list[int]] = {}
    for place, t in enumerate(index.tolist()):
        places.setdefault(t, []).append(place)
    window = seen(steps[0], i)
    # The step finds the part where it would be in the whole picture; what is around it is never written nor read.
    channels, height, width = clip.shape[1:]
    whole = np.empty((height, width, channels), str(clip.dtype).removeprefix("torch.")) if window else None
    for t, frame in clip.visit(index, window):
        image = to_hwc(frame)
        if whole is not None and window is not None:
            whole[window.slices] = image
            image = whole
        first, *others = places[t]
        slot = block[first]
        made = run_steps(steps, image, i, slot)
        if made is not slot:
            np.copyto(slot, made)
        for place in others:
            np.copyto(block[place], slot)


def seen(work: Work, i: int) -> Window | None:
    """Return the part of a picture that a step reads of sample i; None if that is all of it, or not known."""
    if not isinstance(work, GeometryWork):
        return None
    height, width = work.sizes[i].tolist()
    kind, inside = int(work.plan.kind[i]), bool(work.plan.inside[i])
    if kind == RESIZE:
        box = work.plan.source[i].tolist()
    elif kind == LATTICE:
        box = np.rint(work.plan.reach[i]).astype(np.int64).tolist() if inside else [0, 0, height, width]
    else:
        box = work.warp.reads.boxes[i]
    top, left, bottom, right = box
    found = Window(max(0, top), max(0, left), min(height, bottom), min(width, right))
    return found if 0 < (found.bottom - found.top) * (found.right - found.left) < height * width else None
