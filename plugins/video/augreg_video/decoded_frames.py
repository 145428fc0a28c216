"""Clips that are not in memory, on the CPU: frames are treated while they are decoded, one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
from augreg_image import PreparedOp, to_hwc

from augreg.kernel import LazyRow
from augreg_video.cuts import Ints

Array = np.ndarray[Any, Any]


def run_decoded(clip: LazyRow, index: Ints, op: PreparedOp, i: int, block: Array) -> None:
    """Take the chosen frames of a clip through row i of an operator.

    The clip is never in memory as a whole. Where the operator looks at a part of the picture only, as a crop does,
    no more than that is converted and copied.

    Args:
        clip: (T, C, H, W).
        index: the frames, at least one.
        op: does something to this clip.
        i: the clip's row of it.
        block: memory for the result, (len(index), h, w, C).

    """
    places: dict[int, list[int]] = {}
    for place, t in enumerate(index.tolist()):
        places.setdefault(t, []).append(place)
    window = op.window(i)
    # The operator finds the part where it would be in the whole picture; what is around it is never written nor read.
    channels, height, width = clip.shape[1:]
    whole = np.empty((height, width, channels), str(clip.dtype).removeprefix("torch.")) if window else None
    for t, frame in clip.visit(index, window):
        image = to_hwc(frame)
        if whole is not None and window is not None:
            whole[window.slices] = image
            image = whole
        first, *others = places[t]
        slot = block[first]
        made = op.run(image, i, slot)
        if made is not slot:
            np.copyto(slot, made)
        for place in others:
            np.copyto(block[place], slot)
