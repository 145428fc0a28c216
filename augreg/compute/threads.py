"""The thread pool for work on samples, one by one, on the CPU."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from time import perf_counter
from typing import Final

import torch

from augreg.errors import ConfigError


def thread_count() -> int:
    """Threads for per-sample work: ``AUGREG_THREADS`` if set, else torch's; 1 inside DataLoader workers.

    >>> import os
    >>> from augreg.kernel import thread_count
    >>> os.environ["AUGREG_THREADS"] = "2"
    >>> thread_count()
    2
    >>> del os.environ["AUGREG_THREADS"]

    """
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

    >>> from augreg.kernel import for_each
    >>> squares = [0] * 4
    >>> def work(i):
    ...     squares[i] = i * i
    >>> for_each(work, 4)
    >>> squares
    [0, 1, 4, 9]

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
