"""Kernels that pick frames out of clips and put frames together to clips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from augreg import SampleError
from augreg.kernel import LazyRow, empty
from augreg_video.cuts import BLANK, Ints


def layout(clip: torch.Tensor) -> tuple[int, ...]:
    """Return the axes of one frame from the widest stride to the narrowest, as axes of the clip.

    (2, 3, 1) for a clip (T, C, H, W) whose memory is (T, H, W, C).
    """
    strides = clip.stride()
    return tuple(sorted(range(1, clip.ndim), key=lambda axis: -strides[axis]))


def take_frames(clip: torch.Tensor | LazyRow, index: Ints) -> torch.Tensor:
    """Return the frames of a clip (T, ...) at ``index``; BLANK is a frame of zeros.

    Evenly spaced frames come back as a view, others as a new tensor of the same memory layout. Of a clip that is not
    in memory only these frames are read.
    """
    if isinstance(clip, LazyRow):
        shown, place = np.unique(index[index != BLANK], return_inverse=True)
        renumbered = np.full(len(index), BLANK, dtype=np.int64)
        renumbered[index != BLANK] = place.reshape(-1)
        # Blank frames alone still need a frame to copy the size and the dtype of.
        clip, index = clip.take(shown if len(shown) else np.zeros(min(1, len(index)), dtype=np.int64)), renumbered
    steps = np.diff(index)
    if len(index) and index[0] != BLANK and (not len(steps) or (steps[0] > 0 and (steps == steps[0]).all())):
        return clip[int(index[0]) : int(index[-1]) + 1 : int(steps[0]) if len(steps) else 1]
    found = _select(clip, torch.as_tensor(np.maximum(index, 0), device=clip.device))
    blank = np.flatnonzero(index == BLANK)
    if len(blank):
        found[torch.as_tensor(blank, device=clip.device)] = 0
    return found


def _select(clip: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    if clip.device.type != "cpu" or clip.requires_grad or clip.ndim < 2:
        return clip.index_select(0, index)
    axes = (0, *layout(clip))
    found = empty((len(index), *(clip.shape[axis] for axis in axes[1:])), clip.dtype)
    torch.index_select(clip.permute(axes), 0, index, out=found)
    return found.permute(*np.argsort(axes).tolist())


def take_stacked(clips: torch.Tensor, index: Ints) -> torch.Tensor:
    """Return the frames of clips (B, T, ...) at ``index`` (B, T_out); BLANK is a frame of zeros."""
    at = torch.as_tensor(index, device=clips.device)
    rows = torch.arange(len(clips), device=clips.device)[:, None]
    found = clips[rows, at.clamp(min=0)]
    if (index == BLANK).any():
        found[at == BLANK] = 0
    return found


def assemble(frames: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return frames of one shape as a clip (T, ...).

    Frames that lie evenly spaced in one buffer are not copied. Others go to a new buffer of their layout.

    Raises:
        SampleError: the frames differ in shape.

    """
    if len({frame.shape for frame in frames}) > 1:
        sizes = sorted({tuple(frame.shape[-2:]) for frame in frames})
        raise SampleError(
            f"the frames of one clip came out with {len(sizes)} different sizes ({sizes[0]}, {sizes[1]}, ...). "
            "Use temporal='shared', or give the step a fixed output size."
        )
    return _in_place(frames) if _evenly_spaced(frames) else _stacked(frames)


def _evenly_spaced(frames: Sequence[torch.Tensor]) -> bool:
    first = frames[0]
    memory = first.untyped_storage().data_ptr()
    step = frames[1].data_ptr() - first.data_ptr() if len(frames) > 1 else first.element_size()
    if first.requires_grad or step <= 0 or step % first.element_size():
        return False
    return all(
        frame.data_ptr() == first.data_ptr() + i * step
        and frame.stride() == first.stride()
        and frame.untyped_storage().data_ptr() == memory
        for i, frame in enumerate(frames)
    )


def _in_place(frames: Sequence[torch.Tensor]) -> torch.Tensor:
    first = frames[0]
    step = (frames[1].data_ptr() - first.data_ptr()) // first.element_size() if len(frames) > 1 else first.numel()
    return first.as_strided((len(frames), *first.shape), (step, *first.stride()))


def _stacked(frames: Sequence[torch.Tensor]) -> torch.Tensor:
    first = frames[0]
    if first.device.type != "cpu" or any(frame.requires_grad for frame in frames):
        return torch.stack(list(frames))
    strides = first.stride()
    axes = sorted(range(first.ndim), key=lambda axis: -strides[axis])
    found = empty((len(frames), *(first.shape[axis] for axis in axes)), first.dtype)
    torch.stack([frame.permute(axes) for frame in frames], out=found)
    back = np.argsort(axes)
    return found.permute(0, *(int(axis) + 1 for axis in back))
