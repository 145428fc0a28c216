"""Where kernels run: device names, the thread pool for per-sample CPU work, and memory that is quick to write."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from time import perf_counter
from typing import Final

import numpy as np
import torch

from augreg.errors import ConfigError

DeviceLike = torch.device | str | None


def resolve(device: DeviceLike) -> torch.device | None:
    """Turn "cpu", "cuda", "auto" or None into a torch device; "auto" is CUDA when there is one.

    Raises:
        ConfigError: the name is unknown, or the device is not there.

    """
    if device is None:
        return None
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(device)
    except (RuntimeError, TypeError):
        raise ConfigError(f"device {device!r} is unknown. Valid: 'cpu', 'cuda', 'cuda:0', 'auto', None.") from None
    if found.type == "meta":
        raise ConfigError("device 'meta' holds no data. Valid: 'cpu', 'cuda', 'cuda:0', 'auto', None.")
    if found.type == "cuda" and not torch.cuda.is_available():
        raise ConfigError(f"device {str(device)!r} is not available on this machine. Use device='auto' or 'cpu'.")
    return found


def thread_count() -> int:
    """Threads for per-sample work: ``AUGREG_THREADS`` if set, else torch's; 1 inside DataLoader workers."""
    stated = os.environ.get("AUGREG_THREADS")
    if stated:
        if not stated.strip().isdecimal():
            raise ConfigError(f"AUGREG_THREADS={stated!r} is not a number of threads; set it to 1 or more.")
        return max(1, int(stated))
    return torch.get_num_threads()


@cache
def _pool(threads: int, _pid: int) -> ThreadPoolExecutor:
    # A pool does not survive fork, so its key holds the process.
    return ThreadPoolExecutor(threads, thread_name_prefix="augreg")


WORTH: Final = 350e-6
"""Seconds from which on work on one sample gains by threads: below, they mostly wait for each other and for the GIL."""


def for_each(work: Callable[[int], None], n: int, *, light: bool = False) -> None:
    """Call ``work(i)`` for i in 0..n-1 on the thread pool; the first exception is raised when all are done.

    Worth it for kernels that release the GIL (OpenCV, numpy, torch). With one thread it is a plain loop. ``light`` says
    that the work may be too short to gain: it begins in this thread, and goes to the pool with the first sample, after
    the one that warms up, that takes long.
    """
    threads = min(thread_count(), n)
    start = _begun(work, n) if light and threads > 1 else 0
    threads = min(threads, n - start)
    if threads <= 1:
        for i in range(start, n):
            work(i)
        return

    inference, gradients = torch.is_inference_mode_enabled(), torch.is_grad_enabled()

    def strided(first: int) -> None:
        # Both are matters of each thread.
        with torch.inference_mode(inference), torch.set_grad_enabled(gradients):
            for i in range(start + first, n, threads):
                work(i)

    for done in [_pool(threads, os.getpid()).submit(strided, first) for first in range(threads)]:
        done.result()


def _begun(work: Callable[[int], None], n: int) -> int:
    """Do the work one by one until a sample takes long; return how many are done."""
    for i in range(n):
        began = perf_counter()
        work(i)
        if i and perf_counter() - began > WORTH:
            return i + 1
    return n


PAGE: Final = 4096

LARGE: Final = 1 << 16
"""Bytes from which on the place of a buffer is worth choosing."""


def empty(shape: tuple[int, ...], dtype: torch.dtype, source: torch.Tensor | None = None) -> torch.Tensor:
    """Return an uninitialised CPU tensor whose memory numpy allocated, placed so that ``source`` is quick to copy.

    numpy asks the kernel for huge pages; a fresh large torch tensor page-faults on every 4 KiB. Where a copy's target
    lies less than 64 bytes behind its source, counted within pages, as malloc's blocks do by default, processors take
    their slow path for ``rep movs`` (320 KB rows: 2.8 ms per batch of 20 MB, else 1.1); so it lies half a page away.
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


def _keep_freed_memory() -> None:
    """Let glibc keep freed blocks of up to 32 MB for the next batch, instead of giving them back at once.

    A fresh batch page-faults on every 4 KiB: stacking 64 seconds of sound and scaling it took 5 ms, and 0.2 ms in
    memory that was touched before. glibc's threshold for giving memory back follows the largest mapped block that was
    freed so far (mallopt(3), M_MMAP_THRESHOLD), as in any program that once dropped a tensor of that size. So one such
    block is asked for and dropped, untouched. At most 64 MB stay; other allocators don't notice.
    """
    np.empty((32 << 20) - (8 << 10), dtype=np.uint8)


_keep_freed_memory()
