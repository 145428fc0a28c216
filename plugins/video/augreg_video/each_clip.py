"""Running a kernel clip by clip, for augmenters that do not fuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from augreg import Batch
from augreg.kernel import for_each


def map_clips(batch: Batch, kernel: Callable[[torch.Tensor, int], torch.Tensor]) -> Batch:
    """Return the batch with ``kernel(clip, i)`` applied to every clip (T, C, H, W), on the thread pool.

    The kernel may return its input; it must not write into it. Clips keep their shapes.
    """
    rows: list[Any] = list(batch.data)

    def one(i: int) -> None:
        rows[i] = kernel(rows[i], i)

    for_each(one, len(rows))
    return batch.replace(torch.stack(rows) if batch.stacked else rows)
