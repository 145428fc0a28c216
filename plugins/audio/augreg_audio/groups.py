"""Some rows at a time: what one call of numpy does to four short rows takes hardly longer than what it does to one.

For kernels with which a row comes out alike whatever stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import torch

import augreg
from augreg.kernel import empty, for_each
from augreg_audio.waveform import Array, arrays, by_row, dtype_of, from_float, to_float

GROUP_BYTES: Final = 256 << 10
"""Bytes of one group: what is read and what is written stay in the second level of the processor's cache."""

GroupWork = Callable[[slice, Array, Array], None]
ListWork = Callable[[list[int], list[Array], list[Array]], None]


def is_unpadded_stack(batch: augreg.Batch) -> bool:
    """Whether the batch is one stack of float32 or float64 on the CPU, none of its rows padded."""
    data = batch.data
    if not isinstance(data, torch.Tensor) or not by_row(batch):
        return False
    whole = bool((batch.lengths == data.shape[-1]).all())
    return whole and data.shape[-1] > 0 and dtype_of(batch) in (torch.float32, torch.float64)


def map_groups(batch: augreg.Batch, work: GroupWork) -> torch.Tensor:
    """Return a batch that is :func:`is_unpadded_stack`, made some rows at a time.

    ``work(rows, x, out)`` reads x (k, channels, frames) and fills out, of the same shape; ``rows`` says which they are.
    """
    stack = batch.stack()
    made = empty(tuple(stack.shape), stack.dtype, stack)
    source, target = stack.numpy(), made.numpy()
    count = max(1, GROUP_BYTES // source[0].nbytes)

    def one(k: int) -> None:
        rows = slice(k * count, (k + 1) * count)
        work(rows, source[rows], target[rows])

    for_each(one, -(-len(batch) // count), light=True)
    return made


def per_row(values: Array) -> Array:
    """Return one number per row (n,) as an array (n, 1, 1)."""
    return np.reshape(values, (-1, 1, 1))


def map_lists(batch: augreg.Batch, lists: list[list[int]], work: ListWork) -> torch.Tensor:
    """Return a batch of the same shape on the CPU, made one list of rows after the other; each row is in one of them.

    ``work(rows, xs, outs)`` reads sounds (channels, frames) as float32 or float64, and fills outs. It is not given
    rows without frames.
    """
    dtype, lengths = dtype_of(batch), batch.lengths.tolist()
    direct = dtype in (torch.float32, torch.float64)
    room = batch.data.shape[-1] if isinstance(batch.data, torch.Tensor) else max(lengths)
    made = empty((len(batch), batch.data[0].shape[0], room), dtype, batch.data[0])
    sources, target, rows = (arrays(batch), made.numpy(), []) if direct else ([], np.empty(0), batch.rows())

    def on_floats(k: int) -> None:
        heard = [i for i in lists[k] if lengths[i]]
        if heard:
            work(heard, [sources[i] for i in heard], [target[i, :, : lengths[i]] for i in heard])
        for i in lists[k]:
            if lengths[i] < room:
                target[i, :, lengths[i] :] = 0.0

    def on_others(k: int) -> None:
        heard = [i for i in lists[k] if lengths[i]]
        xs = [to_float(rows[i]).numpy() for i in heard]
        outs = [np.empty(x.shape, dtype=x.dtype) for x in xs]
        if heard:
            work(heard, xs, outs)
        for i, out in zip(heard, outs, strict=True):
            made[i, :, : lengths[i]] = from_float(torch.from_numpy(out), dtype)
        for i in lists[k]:
            made[i, :, lengths[i] :] = 0

    for_each(on_floats if direct else on_others, len(lists), light=True)
    return made
