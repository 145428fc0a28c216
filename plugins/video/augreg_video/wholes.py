"""Clips on the CPU whose frames are all treated alike: one plan for a clip, one block for its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeGuard

import cv2
import numpy as np
import torch
from augreg_image import patterns
from augreg_image.kernels.channels import MOST
from augreg_image.kernels.layout import to_hwc
from augreg_image.ops import ImageOp
from augreg_image.run_cpu import GeometryWork, Work, ready, run_steps
from augreg_image.stages.plan import LATTICE
from augreg_image.stages.stage import Stage

from augreg import BatchInfo
from augreg.kernel import LazyRow, for_each, in_memory
from augreg_video.cuts import BLANK, Ints
from augreg_video.gather import take_frames
from augreg_video.visits import treat

Array = np.ndarray[Any, Any]
Frame = Callable[[Array, Array], Array]
"""Treats a frame (H, W, C); the second array is memory for the result, and what comes back is where that is."""

Shape = tuple[tuple[int, ...], torch.dtype]
"""Of a frame: (C, H, W), and its dtype."""

_AT_ONCE = 8
"""Frames that one thread treats in a row."""

_PIECE = 1 << 19
"""Bytes that are mirrored at once: they stay in the cache from the copy to the turn."""


def suits(data: torch.Tensor | list[Any], index: Sequence[Ints | None]) -> TypeGuard[list[torch.Tensor | LazyRow]]:
    """Whether clips are such that they can be treated here: on the CPU, without gradients, without blank frames."""
    if not isinstance(data, list) or any(row is not None and (row == BLANK).any() for row in index):
        return False
    return all(len(clip) and (isinstance(clip, LazyRow) or _plain(clip)) for clip in data)


def _plain(clip: torch.Tensor) -> bool:
    return clip.device.type == "cpu" and not clip.requires_grad


def run_operator(
    op: ImageOp, clips: Sequence[torch.Tensor | LazyRow], index: Sequence[Ints | None], info: BatchInfo
) -> list[torch.Tensor]:
    """Carry out an operator on the chosen frames of clips, all frames of a clip alike.

    Args:
        op: its rows are the clips.
        clips: (T, C, H, W) each; not modified. Those that are not in memory are read frame by frame.
        index: which frames of each clip, None for all.
        info: the facts of one frame of each clip.

    """
    groups = patterns.split(op.stages, info)
    if groups is None:
        return _run(op.stages, clips, index, info)
    found: list[Any] = [None] * len(clips)
    for rows, stages in groups:
        done = _run(stages, [clips[i] for i in rows], [index[i] for i in rows], info.take(rows))
        for i, clip in zip(rows.tolist(), done, strict=True):
            found[i] = clip
    return found


def moved_targets(op: ImageOp, info: BatchInfo) -> dict[str, list[Any]]:
    """Return boxes, masks and keypoints of pictures after an operator that carries out the pixels elsewhere."""
    groups = patterns.split(op.stages, info)
    if groups is None:
        return _targets(op.stages, info)
    found = {name: list(entries) for name, entries in info.targets.items()}
    for rows, stages in groups:
        for name, entries in _targets(stages, info.take(rows)).items():
            for i, entry in zip(rows.tolist(), entries, strict=True):
                found[name][i] = entry
    return found


def _targets(stages: Sequence[Stage], info: BatchInfo) -> dict[str, list[Any]]:
    for stage in stages:
        work = ready(stage, info)
        if isinstance(work, GeometryWork):
            info = info.replace(targets={**info.targets, **work.targets(info)})
        info = stage.infer(info)
    return dict(info.targets)


def _run(
    stages: Sequence[Stage], clips: Sequence[torch.Tensor | LazyRow], index: Sequence[Ints | None], info: BatchInfo
) -> list[torch.Tensor]:
    works: list[Work] = []
    for stage in stages:
        works.append(ready(stage, info))
        info = stage.infer(info)
    shapes = [(tuple(info.shapes[i].tolist()), getattr(torch, info.dtypes[i])) for i in range(len(clips))]
    steps = [[work for work in works if not work.idle[i]] for i in range(len(clips))]
    shortcuts = {id(work): Shortcuts(work) for work in works if isinstance(work, GeometryWork)}
    found: list[Any] = [None] * len(clips)

    def one(i: int) -> None:
        clip, row, rest = clips[i], index[i], steps[i]
        if not rest:
            found[i] = in_memory(clip) if row is None else take_frames(clip, row)
        elif isinstance(clip, LazyRow):
            found[i] = _visited(clip, row, rest, i, shapes[i])
        elif len(rest) == 1 and id(rest[0]) in shortcuts:
            found[i] = shortcuts[id(rest[0])].run(clip, row, i)

    for_each(one, len(clips))
    left = [i for i in range(len(clips)) if found[i] is None]
    frames = [_through(steps[i], i) for i in left]
    done = _mapped([in_memory(clips[i]) for i in left], [index[i] for i in left], frames, [shapes[i] for i in left])
    for i, clip in zip(left, done, strict=True):
        found[i] = clip
    return found


def _visited(clip: LazyRow, index: Ints | None, steps: Sequence[Work], i: int, shape: Shape) -> torch.Tensor:
    order = np.arange(len(clip)) if index is None else index
    block = _block(len(order), *shape)
    treat(clip, order, steps, i, block)
    return torch.from_numpy(block).permute(0, 3, 1, 2)


def _through(steps: list[Work], i: int) -> Frame:
    return lambda image, slot: run_steps(steps, image, i, slot)


def _mapped(
    clips: Sequence[torch.Tensor], index: Sequence[Ints | None], frames: Sequence[Frame], shapes: Sequence[Shape]
) -> list[torch.Tensor]:
    """Return clips whose frames are made one by one; (T, H, W, C) in memory."""
    orders = [range(len(clip)) if row is None else row.tolist() for clip, row in zip(clips, index, strict=True)]
    blocks = [_block(len(order), *shape) for order, shape in zip(orders, shapes, strict=True)]
    sources = [_interleaved(clip) for clip in clips]
    parts = [(i, t) for i, order in enumerate(orders) for t in range(0, len(order), _AT_ONCE)]

    def one(k: int) -> None:
        i, first = parts[k]
        source, block, frame = sources[i], blocks[i], frames[i]
        for t, chosen in enumerate(orders[i][first : first + _AT_ONCE], first):
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
    """Return a clip as an array (T, H, W, C) if the channels of a pixel lie together in its memory, else None."""
    array: Array = clip.numpy().transpose(0, 2, 3, 1)
    channels, step = array.shape[3], array.itemsize
    return array if array.strides[3] == step and array.strides[2] == channels * step else None


class Shortcuts:
    """A geometry step that is all that happens to a clip, where it can be had without going through the frames."""

    def __init__(self, work: GeometryWork) -> None:
        # As lists, once for all clips: looking into arrays takes longer than many a clip.
        self.kinds = work.plan.kind.tolist()
        self.moves = np.rint(work.stage.matrix[:, :2]).tolist()
        self.canvas = work.stage.canvas.tolist()

    def run(self, clip: torch.Tensor, index: Ints | None, i: int) -> torch.Tensor | None:
        """Return the result for clip i: a cut-out of it, or the clip with its planes mirrored, else None.

        All rows of all planes are mirrored in one call, if they lie together.
        """
        if self.kinds[i] != LATTICE:
            return None
        height, width = clip.shape[-2:]
        (a, b, x), (c, d, y) = self.moves[i]
        rows, columns = self.canvas[i]
        top, left = int(-y), int(-x)
        if (a, b, c, d) == (1, 0, 0, 1) and min(top, left) >= 0 and top + rows <= height and left + columns <= width:
            found = clip if index is None else take_frames(clip, index)
            return found[..., top : top + rows, left : left + columns]
        mirrored = (a, b, x, c, d, y) == (-1, 0, width, 0, 1, 0) and (rows, columns) == (height, width)
        if not mirrored or index is not None or clip.dtype == torch.float16:
            return None
        if clip.is_contiguous():
            planes = clip.numpy()
            out = np.empty(planes.shape, planes.dtype)
            cv2.flip(planes.reshape(-1, width), 1, dst=out.reshape(-1, width))
            return torch.from_numpy(out)
        source = _interleaved(clip)
        if source is None or not source.flags.c_contiguous or source.shape[3] > MOST:
            return None
        return torch.from_numpy(_mirrored(source)).permute(0, 3, 1, 2)


def _mirrored(frames: Array) -> Array:
    """Return frames (T, H, W, C) mirrored: some rows at a time, copied and turned in place.

    The copy writes whole cache lines in order; OpenCV takes thrice as long to mirror pixels of several channels into
    memory that is not in the cache. (Planes it mirrors as quickly as they are copied.)
    """
    out = np.empty(frames.shape, frames.dtype)
    rows, made = frames.reshape(-1, *frames.shape[2:]), out.reshape(-1, *frames.shape[2:])
    step = max(1, _PIECE // max(1, rows[0].nbytes))
    for first in range(0, len(rows), step):
        part = made[first : first + step]
        np.copyto(part, rows[first : first + step])
        cv2.flip(part, 1, dst=part)
    return out
