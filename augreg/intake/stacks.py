"""Stacks of samples: rows as one tensor, and results as the stack that came in, with as little copying as may be."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import torch

from augreg.compute.memory import already_stacked, empty, loader_memory
from augreg.compute.threads import for_each
from augreg.modalities.base import Modality
from augreg.modalities.foreign import is_tv


def whole(rows: list[torch.Tensor], modality: Modality) -> torch.Tensor | None:
    """Return the rows of a stack as one tensor; views of one buffer cost nothing."""
    return _adjoining(rows) if rows[0].device.type != "cpu" or modality.form.ragged else None


def stack_like(original: Any, results: list[Any] | torch.Tensor) -> Any:
    """Stack results as the input was; results of different shapes stay a list.

    A tensor is contiguous, or has its channels innermost if the stack that came in had: a layout that hung on which
    steps fired would make `x.view(n, -1)` fail on some batches only.
    """
    made_tensors = isinstance(results, list) and isinstance(results[0], torch.Tensor)  # by a step such as to_tensor
    if isinstance(original, np.ndarray) and not made_tensors:
        return _stacked_arrays(results)
    if isinstance(results, list) and len({tuple(r.shape) for r in results}) > 1:
        return results
    last = _channels_last(original)
    found = results if isinstance(results, torch.Tensor) else _adjoining(results, last)
    found = _laid_out(found, last)
    if is_tv(original, "Image", "Video"):
        from torchvision import tv_tensors

        return tv_tensors.wrap(found, like=original)
    return found


def _stacked_arrays(results: list[Any] | torch.Tensor) -> Any:
    if isinstance(results, torch.Tensor):
        return results.detach().cpu().numpy()
    return results if len({tuple(r.shape) for r in results}) > 1 else np.stack(results)


def _laid_out(stack: torch.Tensor, last: bool) -> torch.Tensor:
    """Return a stack contiguous, or with its channels innermost; itself where it has that layout."""
    fits = (stack.movedim(-3, -1) if last and stack.ndim >= 4 else stack).is_contiguous()
    if fits:
        return stack
    if stack.device.type == "cpu":
        return copied(list(stack), channels_last=last)
    return stack.movedim(-3, -1).contiguous().movedim(-1, -3) if last else stack.contiguous()


def _channels_last(stack: Any) -> bool:
    """Whether a stack (N, ..., C, H, W) has its channels innermost, and no other layout describes it as well."""
    if not isinstance(stack, torch.Tensor) or stack.ndim < 4 or stack.is_contiguous():
        return False
    return stack.movedim(-3, -1).is_contiguous()


def _adjoining(rows: list[torch.Tensor], last: bool = False) -> torch.Tensor:
    """Stack rows; rows that already lie one behind the other in one buffer are not copied."""
    first = rows[0]
    if len(rows) > 1 and not first.requires_grad:
        place, size = first.data_ptr(), first.itemsize
        step = rows[1].data_ptr() - place
        memory = first.untyped_storage()
        within = place + step * len(rows) <= memory.data_ptr() + memory.nbytes()  # so all lie in this buffer
        spaced = step > 0 and step % size == 0 and step >= first.numel() * size
        if within and spaced and [row.data_ptr() for row in rows] == list(range(place, place + step * len(rows), step)):
            strides = first.stride()
            if all(row.stride() == strides for row in rows):
                return first.as_strided((len(rows), *first.shape), (step // size, *strides), first.storage_offset())
    return copied(rows, channels_last=last)


def copied(rows: list[torch.Tensor], *, channels_last: bool = False) -> torch.Tensor:
    """Stack rows of one shape and dtype in new memory: contiguous, or with the channels of (..., C, H, W) innermost.

    torch takes two to five times as long to copy between the two layouts as numpy does, channel by channel.
    """
    first = rows[0]
    last = channels_last and first.ndim >= 3
    if not last and (stacked := already_stacked(rows)) is not None:
        return stacked
    plain = first.device.type == "cpu" and first.dtype != torch.bfloat16  # numpy knows no bfloat16
    if not plain or any(row.requires_grad for row in rows):
        stack = torch.stack(rows)
        return stack.movedim(-3, -1).contiguous().movedim(-1, -3) if last else stack.contiguous()
    interleaved = [_interleaved(row) for row in rows]
    if not last and not any(interleaved):
        room = loader_memory((len(rows), *first.shape), first.dtype)
        return torch.stack(rows).contiguous() if room is None else torch.stack(rows, out=room)
    *outer, channels, height, width = first.shape
    inner = (height, width, channels) if last else (channels, height, width)
    size = (len(rows), *outer, *inner)
    room = loader_memory(size, first.dtype)
    memory = empty(size, first.dtype, first) if room is None else room
    out = memory.movedim(-1, -3) if last else memory
    for_each(lambda i: _put(out[i], rows[i], turned=interleaved[i] != last), len(rows), light=True)
    return out


def _put(new: torch.Tensor, row: torch.Tensor, *, turned: bool) -> None:
    """Copy a row; channel by channel where its layout is the other one."""
    if not turned:
        new.copy_(row)
        return
    target, source = new.numpy(), row.numpy()
    opencv = sys.modules.get("cv2")  # where image kernels have run it is there, and four times as fast with bytes
    if opencv is not None and row.dtype is torch.uint8 and row.ndim == 3 and row.shape[0] <= 4 and _interleaved(row):
        opencv.split(source.transpose(1, 2, 0), list(target))
        return
    for c in range(new.shape[-3]):
        target[..., c, :, :] = source[..., c, :, :]


def _interleaved(row: torch.Tensor) -> bool:
    """Whether a picture or clip on the CPU has its channels innermost, as most kernels return it."""
    return row.ndim >= 3 and row.stride(-3) == 1 and row.shape[-3] > 1 and row.device.type == "cpu"
