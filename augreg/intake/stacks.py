"""Stacks of samples: rows as one tensor, and results as the stack that came in, with as little copying as may be."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from augreg.compute.memory import empty
from augreg.modalities.base import Modality
from augreg.modalities.tv import is_tv


def whole(rows: list[torch.Tensor], modality: Modality) -> torch.Tensor | None:
    """Return the rows of a stack as one tensor; views of one buffer cost nothing."""
    return _adjoining(rows) if rows[0].device.type != "cpu" or modality.form.ragged else None


def stack_like(original: Any, results: list[Any] | torch.Tensor) -> Any:
    """Stack results as the input was; results of different shapes stay a list."""
    if isinstance(results, torch.Tensor):
        return results.detach().cpu().numpy() if isinstance(original, np.ndarray) else results
    if len({tuple(r.shape) for r in results}) > 1:
        return results
    if isinstance(original, np.ndarray) and not isinstance(results[0], torch.Tensor):
        return np.stack(results)
    found = _adjoining(results)
    if is_tv(original, "Image", "Video"):
        from torchvision import tv_tensors

        return tv_tensors.wrap(found, like=original)
    return found


def _adjoining(rows: list[torch.Tensor]) -> torch.Tensor:
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
    return copied(rows)


def copied(rows: list[torch.Tensor]) -> torch.Tensor:
    """Stack rows of one shape and dtype in new memory."""
    interleaved = [_interleaved(row) for row in rows]
    return _copied(rows, interleaved) if any(interleaved) else torch.stack(rows)


def _interleaved(row: torch.Tensor) -> bool:
    """Whether a picture or clip on the CPU has its channels innermost, as most kernels return it."""
    return row.ndim >= 3 and row.stride(-3) == 1 and row.shape[-3] > 1 and row.device.type == "cpu"


def _copied(rows: list[torch.Tensor], interleaved: list[bool]) -> torch.Tensor:
    """Stack (..., C, H, W) in the memory layout that most rows have; the rest is copied channel by channel.

    torch takes tens of times as long to copy between the two layouts as to copy within one.
    """
    first = rows[0]
    if first.dtype == torch.bfloat16 or any(row.requires_grad for row in rows):
        return torch.stack(rows)  # numpy knows no bfloat16
    *outer, channels, height, width = first.shape
    last = 2 * sum(interleaved) >= len(rows)
    inner = (height, width, channels) if last else (channels, height, width)
    memory = empty((len(rows), *outer, *inner), first.dtype, first)
    out = memory.movedim(-1, -3) if last else memory
    for new, row, mixed in zip(out, rows, interleaved, strict=True):
        if mixed == last:
            new.copy_(row)
        else:
            for c in range(channels):
                new.select(-3, c).numpy()[...] = row.select(-3, c).numpy()
    return out
