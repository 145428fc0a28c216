"""Some rows at a time: what one call of numpy does to four short rows takes hardly longer than what it does to one.

For kernels that treat every value on its own; then a row comes out alike whatever stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import torch

import augreg
from augreg import devices
from augreg_audio.waveform import Array, by_row, dtype_of

CACHE: Final = 256 << 10
"""Bytes of one group: what is read and what is written stay in the second level of the processor's cache."""

Group = Callable[[slice, Array, Array], None]


def alike(batch: augreg.Batch) -> bool:
    """Whether the batch is one stack of float32 or float64 on the CPU, none of its rows padded."""
    data = batch.data
    if not isinstance(data, torch.Tensor) or not by_row(batch):
        return False
    whole = bool((batch.lengths == data.shape[-1]).all())
    return whole and data.shape[-1] > 0 and dtype_of(batch) in (torch.float32, torch.float64)


def map_groups(batch: augreg.Batch, work: Group) -> torch.Tensor:
    """Return a batch that is :func:`alike`, made some rows at a time.

    ``work(rows, x, out)`` reads x (k, channels, frames) and fills out, of the same shape; ``rows`` says which they are.
    """
    source = batch.stack().numpy()
    made = devices.empty(source.shape, dtype_of(batch))
    target, count = made.numpy(), max(1, CACHE // source[0].nbytes)

    def one(k: int) -> None:
        rows = slice(k * count, (k + 1) * count)
        work(rows, source[rows], target[rows])

    devices.for_each(one, -(-len(batch) // count))
    return made


def per_row(values: Array) -> Array:
    """Return one number per row (n,) as an array (n, 1, 1)."""
    return np.reshape(values, (-1, 1, 1))
