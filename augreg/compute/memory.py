"""Memory that is quick to write and to copy to."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Final

import numpy as np
import torch
from torch.utils.data import get_worker_info

from augreg.compute.ring import shared

PAGE: Final = 4096

LARGE: Final = 1 << 16
"""Bytes from which on the place of a buffer is worth choosing."""


def empty(shape: tuple[int, ...], dtype: torch.dtype, source: torch.Tensor | None = None) -> torch.Tensor:
    """Return an uninitialised CPU tensor whose memory numpy allocated, placed so that ``source`` is quick to copy.

    numpy asks the kernel for huge pages; a fresh large torch tensor page-faults on every 4 KiB. Where a copy's target
    lies less than 64 bytes behind its source, counted within pages, as malloc's blocks do by default, processors take
    their slow path for ``rep movs`` (320 KB rows: 2.8 ms per batch of 20 MB, else 1.1); so it lies half a page away.

    >>> import torch
    >>> from augreg.kernel import empty
    >>> empty((2, 3), torch.uint8).shape
    torch.Size([2, 3])

    """
    name = str(dtype).removeprefix("torch.")
    if name == "bfloat16":
        return torch.empty(shape, dtype=dtype)
    size = math.prod(shape) * dtype.itemsize
    if size < LARGE:
        return torch.from_numpy(np.empty(shape, dtype=name))
    memory = np.empty(size + PAGE, dtype=np.uint8)
    wanted = (source.data_ptr() & -64) + PAGE // 2 if source is not None else PAGE // 2
    start = (wanted - memory.__array_interface__["data"][0]) % PAGE
    return torch.from_numpy(memory[start : start + size].view(name).reshape(shape))


class _Here(threading.local):
    """What a thread knows of the batch that it is making."""

    stacks = False
    """Whether its results will be one stack."""

    def __init__(self) -> None:
        self.handed_out: deque[int] = deque(maxlen=8)
        """Where the memory lies that :func:`loader_memory` returned last: one for each view or field of a batch."""


_HERE: Final = _Here()


@contextmanager
def stacking() -> Iterator[None]:
    """Say that the results made within will be stacked, so that kernels may write them where the stack is to be."""
    _HERE.stacks = True
    try:
        yield
    finally:
        _HERE.stacks = False
        _HERE.handed_out.clear()


def loader_memory(shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor | None:
    """Return an uninitialised CPU tensor for a whole batch; None where nobody is about to collate one.

    A worker of a DataLoader has to bring its batches to memory that processes share in any case. Kernels that write a
    whole batch, and whoever stacks rows, spare it a copy: half a millisecond for a picture of 3 x 224 x 224 floats.
    Without workers it is ordinary memory, while :func:`augreg.collate` runs.

    >>> import torch
    >>> from augreg.kernel import loader_memory
    >>> loader_memory((2, 3), torch.uint8) is None
    True

    """
    if get_worker_info() is None:
        if not _HERE.stacks:
            return None
        found = empty(shape, dtype)
    else:
        found = shared(shape, dtype)
    _HERE.handed_out.append(found.data_ptr())
    return found


def already_stacked(rows: Sequence[torch.Tensor]) -> torch.Tensor | None:
    """Return rows as the stack that they are: all that one call of :func:`loader_memory` returned lately, in order.

    None otherwise.

    Other rows that happen to adjoin may be a data set's own memory, which a batch must not be.
    """
    first = rows[0]
    if first.data_ptr() not in _HERE.handed_out or not first.is_contiguous():
        return None
    step, strides = first.numel() * first.itemsize, first.stride()
    whole = first.untyped_storage().nbytes() == max(1, step * len(rows))
    at = [row.data_ptr() for row in rows]
    if not whole or at != [at[0] + k * step for k in range(len(rows))] or any(r.stride() != strides for r in rows):
        return None
    _HERE.handed_out.remove(first.data_ptr())
    return first.as_strided((len(rows), *first.shape), (first.numel(), *strides))


@cache
def keep_freed_memory() -> None:
    """Let glibc keep freed blocks of up to 32 MB for the next batch, instead of giving them back; once per process.

    A fresh batch page-faults on every 4 KiB: stacking 64 seconds of sound and scaling it took 5 ms, and 0.2 ms in
    memory that was touched before. glibc's threshold for giving memory back follows the largest mapped block that was
    freed so far (mallopt(3), M_MMAP_THRESHOLD), as in any program that once dropped a tensor of that size. So one such
    block is asked for and dropped, untouched. At most 64 MB stay; other allocators don't notice.
    """
    np.empty((32 << 20) - (8 << 10), dtype=np.uint8)
