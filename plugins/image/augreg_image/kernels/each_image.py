"""Running a kernel image by image on the CPU, for augmenters that do not fuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from augreg import Batch
from augreg.kernel import for_each
from augreg_image.kernels.layout import Array, to_chw, to_hwc


def map_rows(batch: Batch, kernel: Callable[[Array, int], Array], **changes: Any) -> Batch:
    """Return the batch with ``kernel(image, i)`` applied to every image (H, W, C), on the thread pool.

    The kernel may return its input; it must not write into it. ``changes`` go to ``Batch.replace``.
    """
    stacked = isinstance(batch.data, torch.Tensor)
    rows = list(batch.data)
    kept = [True] * len(rows)

    def one(i: int) -> None:
        before = to_hwc(rows[i])
        after = kernel(before, i)
        if after is not before:
            rows[i] = to_chw(after)
            kept[i] = after.shape == before.shape and after.dtype == before.dtype

    if len(rows) == 1:
        one(0)  # nothing to share, so that nobody need ask for the number of threads
    else:
        for_each(one, len(rows), light=True)
    if stacked and rows and len({row.shape for row in rows}) == 1:
        return batch.replace(torch.stack(rows), **changes)
    if all(kept) and not changes:
        # Reading shapes and dtypes off tensors costs as much as a small kernel.
        return Batch(rows, batch.info)
    return batch.replace(rows, **changes)
