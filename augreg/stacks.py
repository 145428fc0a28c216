"""Stacks of samples: rows as one tensor, and results as the stack that came in, with as little copying as may be."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from augreg import devices
from augreg.modalities import Modality
from augreg.modalities.image import is_tv


def whole(rows: list[torch.Tensor], modality: Modality) -> torch.Tensor | None:
    """Return the rows of a stack as one tensor; views of one buffer cost nothing."""
    return _adjoining(rows) if rows[0].device.type != "cpu" or modality.name == "audio" else None


def stack_like(original: Any, results: list[Any]) -> Any:
    """Stack results as the input was; results of different shapes stay a list."""
    if len({tuple(r.shape) for r in results}) > 1:
        return results
    if isinstance(original, np.ndarray):
        return np.stack(results)
    stacked = _adjoining(results)
    if is_tv(original, "Image", "Video"):
        from torchvision import tv_tensors

        return tv_tensors.wrap(stacked, like=original)
    return stacked


def _adjoining(rows: list[torch.Tensor]) -> torch.Tensor:
    """Stack rows; rows that already lie one behind the other in one buffer are not copied."""
    first = rows[0]
    if len(rows) > 1 and not first.requires_grad:
        step = rows[1].storage_offset() - first.storage_offset()
        same = all(
            r.untyped_storage().data_ptr() == first.untyped_storage().data_ptr()
            and r.stride() == first.stride()
            and r.storage_offset() == first.storage_offset() + i * step
            for i, r in enumerate(rows)
        )
        if same and step >= first.numel():
            return first.as_strided((len(rows), *first.shape), (step, *first.stride()), first.storage_offset())
    interleaved = [_interleaved(row) for row in rows]
    return _stacked(rows, interleaved) if any(interleaved) else torch.stack(rows)


def _interleaved(row: torch.Tensor) -> bool:
    """Whether a picture on the CPU has its channels innermost, as most kernels return it."""
    return row.ndim == 3 and row.stride(0) == 1 and row.shape[0] > 1 and row.device.type == "cpu"


def _stacked(rows: list[torch.Tensor], interleaved: list[bool]) -> torch.Tensor:
    """Stack pictures (C, H, W) in the memory layout that most of them have; the rest is copied channel by channel.

    torch takes tens of times as long to copy between the two layouts as to copy within one.
    """
    first = rows[0]
    if first.dtype == torch.bfloat16 or any(row.requires_grad for row in rows):
        return torch.stack(rows)  # numpy knows no bfloat16
    channels, height, width = first.shape
    last = 2 * sum(interleaved) >= len(rows)
    shape = (len(rows), height, width, channels) if last else (len(rows), channels, height, width)
    memory = devices.empty(shape, first.dtype)
    out = memory.permute(0, 3, 1, 2) if last else memory
    for new, row, inner in zip(out, rows, interleaved, strict=True):
        if inner == last:
            new.copy_(row)
        else:
            for c in range(channels):
                new[c].numpy()[...] = row[c].numpy()
    return out
