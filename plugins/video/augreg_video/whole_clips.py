"""Clips on the CPU whose frames are all treated alike: one plan for a clip, one block for its result."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeGuard

import cv2
import numpy as np
import torch
from augreg_image import OPENCV_MAX_CHANNELS, SMALL, PreparedOp, stack_to_hwc, to_hwc

from augreg.kernel import LazyRow, for_each, in_memory
from augreg_video.cuts import BLANK, Ints
from augreg_video.decoded_frames import run_decoded
from augreg_video.gather import take_frames

Array = np.ndarray[Any, Any]
Frame = Callable[[Array, Array], Array]
"""Treats a frame (H, W, C); the second array is memory for the result, and what comes back is where that is."""

Shape = tuple[tuple[int, ...], torch.dtype]
"""Of a frame: (C, H, W), and its dtype."""

_FRAMES_PER_TASK = 8
"""Frames that one thread treats in a row."""

_VALUES_AT_ONCE = 1 << 22
"""Values of a clip of small frames up to which all are treated at once, which takes thrice its memory for a moment."""

_MIRRORED_BYTES = 1 << 19
"""Bytes that are mirrored at once: they stay in the cache from the copy to the turn."""


def suits(data: torch.Tensor | list[Any], index: Sequence[Ints | None]) -> TypeGuard[list[torch.Tensor | LazyRow]]:
    """Whether clips are such that they can be treated here: on the CPU, without gradients, without blank frames."""
    if not isinstance(data, list) or any(row is not None and (row == BLANK).any() for row in index):
        return False
    return all(len(clip) and (isinstance(clip, LazyRow) or _plain(clip)) for clip in data)


def _plain(clip: torch.Tensor) -> bool:
    return clip.device.type == "cpu" and not clip.requires_grad


def run_on_clips(
    op: PreparedOp, clips: Sequence[torch.Tensor | LazyRow], index: Sequence[Ints | None]
) -> list[torch.Tensor]:
    """Carry out an operator on the chosen frames of clips, all frames of a clip alike.

    Args:
        op: its rows are the clips.
        clips: (T, C, H, W) each; not modified. Those that are not in memory are read frame by frame.
        index: which frames of each clip, None for all.

    """
    shapes = [(tuple(op.after.shapes[i].tolist()), getattr(torch, op.after.dtypes[i])) for i in range(len(clips))]
    found: list[Any] = [None] * len(clips)

    def one(i: int) -> None:
        clip, row = clips[i], index[i]
        if op.idle(i):
            found[i] = in_memory(clip) if row is None else take_frames(clip, row)
        elif isinstance(clip, LazyRow):
            found[i] = _visited(clip, row, op, i, shapes[i])
        else:
            found[i] = _shortcut(clip, row, op, i)

    for_each(one, len(clips))
    rest = [(i, clip) for i, clip in enumerate(clips) if found[i] is None and isinstance(clip, torch.Tensor)]
    small = [(i, clip) for i, clip in rest if clip[0].numel() <= SMALL]

    def at_once(j: int) -> None:
        i, clip = small[j]
        found[i] = _at_once(clip, index[i], op, i)

    for_each(at_once, len(small))
    left = [i for i in range(len(clips)) if found[i] is None]
    frames = [partial(_treated, op, i) for i in left]
    done = _mapped([in_memory(clips[i]) for i in left], [index[i] for i in left], frames, [shapes[i] for i in left])
    for i, clip in zip(left, done, strict=True):
        found[i] = clip
    return found


def _at_once(clip: torch.Tensor, index: Ints | None, op: PreparedOp, i: int) -> torch.Tensor | None:
    """Return what row i makes of a clip of small frames, None where it is no quicker to take them together."""
    frames = _interleaved(clip) if clip.numel() <= _VALUES_AT_ONCE else None
    if frames is None:
        return None
    made = op.run_all(frames if index is None else frames[index], i)
    return None if made is None else torch.from_numpy(made).permute(0, 3, 1, 2)


def _visited(clip: LazyRow, index: Ints | None, op: PreparedOp, i: int, shape: Shape) -> torch.Tensor:
    order = np.arange(len(clip)) if index is None else index
    clip.check_room(len(order) * math.prod(shape[0]) * shape[1].itemsize)
    block = _block(len(order), *shape)
    run_decoded(clip, order, op, i, block)
    return torch.from_numpy(block).permute(0, 3, 1, 2)


def _treated(op: PreparedOp, i: int, image: Array, slot: Array) -> Array:
    return op.run(image, i, slot)


def _mapped(
    clips: Sequence[torch.Tensor], index: Sequence[Ints | None], frames: Sequence[Frame], shapes: Sequence[Shape]
) -> list[torch.Tensor]:
    """Return clips whose frames are made one by one; (T, H, W, C) in memory."""
    orders = [range(len(clip)) if row is None else row.tolist() for clip, row in zip(clips, index, strict=True)]
    blocks = [_block(len(order), *shape) for order, shape in zip(orders, shapes, strict=True)]
    sources = [_interleaved(clip) for clip in clips]
    parts = [(i, t) for i, order in enumerate(orders) for t in range(0, len(order), _FRAMES_PER_TASK)]

    def one(k: int) -> None:
        i, first = parts[k]
        source, block, frame = sources[i], blocks[i], frames[i]
        for t, chosen in enumerate(orders[i][first : first + _FRAMES_PER_TASK], first):
            slot = block[t]
            made = frame(to_hwc(clips[i][chosen]) if source is None else source[chosen], slot)
            if made is not slot:
                np.copyto(slot, made)  # it is in the cache now, and one clip lies together

    for_each(one, len(parts))
    return [torch.from_numpy(block).permute(0, 3, 1, 2) for block in blocks]


def _block(frames: int, shape: tuple[int, ...], dtype: torch.dtype) -> Array:
    channels, height, width = shape
    return np.empty((frames, height, width, channels), str(dtype).removeprefix("torch."))


def _interleaved(clip: torch.Tensor) -> Array | None:
    """Return a clip as an array (T, H, W, C) where the channels of a pixel lie together.

    That is its own memory, or for small frames a copy; None for others.
    """
    array: Array = clip.numpy().transpose(0, 2, 3, 1)
    channels, step = array.shape[3], array.itemsize
    if array.strides[3] == step and array.strides[2] == channels * step:
        return array
    return stack_to_hwc(clip) if array[0].size <= SMALL else None


def _shortcut(clip: torch.Tensor, index: Ints | None, op: PreparedOp, i: int) -> torch.Tensor | None:
    """Return what row i makes of a clip if it can be had without going through the frames, else None."""
    window = op.cut_out(i)
    if window is not None:
        found = clip if index is None else take_frames(clip, index)
        return found[(..., *window.slices)]
    if index is not None or clip.dtype == torch.float16 or not op.mirrors(i):
        return None
    return _mirrored_clip(clip)


def _mirrored_clip(clip: torch.Tensor) -> torch.Tensor | None:
    """Return a clip with all rows of all planes mirrored in one call, None where they do not lie together."""
    if clip.is_contiguous():
        planes = clip.numpy()
        out = np.empty(planes.shape, planes.dtype)
        cv2.flip(planes.reshape(-1, planes.shape[-1]), 1, dst=out.reshape(-1, planes.shape[-1]))
        return torch.from_numpy(out)
    source = _interleaved(clip)
    if source is None or not source.flags.c_contiguous or source.shape[3] > OPENCV_MAX_CHANNELS:
        return None
    return torch.from_numpy(_mirrored(source)).permute(0, 3, 1, 2)


def _mirrored(frames: Array) -> Array:
    """Return frames (T, H, W, C) mirrored: some rows at a time, copied and turned in place.

    The copy writes whole cache lines in order; OpenCV takes thrice as long to mirror pixels of several channels into
    memory that is not in the cache. (Planes it mirrors as quickly as they are copied.)
    """
    out = np.empty(frames.shape, frames.dtype)
    rows, made = frames.reshape(-1, *frames.shape[2:]), out.reshape(-1, *frames.shape[2:])
    step = max(1, _MIRRORED_BYTES // max(1, rows[0].nbytes))
    for first in range(0, len(rows), step):
        part = made[first : first + step]
        np.copyto(part, rows[first : first + step])
        cv2.flip(part, 1, dst=part)
    return out
