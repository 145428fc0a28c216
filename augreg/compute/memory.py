"""Memory that is quick to write and to copy to."""

from __future__ import annotations

import math
from functools import cache
from typing import Final

import numpy as np
import torch

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


@cache
def keep_freed_memory() -> None:
    """Let glibc keep freed blocks of up to 32 MB for the next batch, instead of giving them back; once per process.

    A fresh batch page-faults on every 4 KiB: stacking 64 seconds of sound and scaling it took 5 ms, and 0.2 ms in
    memory that was touched before. glibc's threshold for giving memory back follows the largest mapped block that was
    freed so far (mallopt(3), M_MMAP_THRESHOLD), as in any program that once dropped a tensor of that size. So one such
    block is asked for and dropped, untouched. At most 64 MB stay; other allocators don't notice.
    """
    np.empty((32 << 20) - (8 << 10), dtype=np.uint8)
