"""A small process that imports everything once and forks workers, so that each is there in milliseconds.

It is a process of its own, with one thread: to fork the main one, which may draw a progress bar in another thread and
has whatever the caller has open, would not be safe. It and its workers are killed with the process that started it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import select
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Final

from augreg.jobs.engines.channel import Channel

PR_SET_PDEATHSIG: Final = 1
"""Linux: the signal that a process gets when the one that started it dies."""


def die_with_parent(parent: int) -> None:
    """Ask the system to kill this process when its parent dies; where it cannot, the closed socket tells."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the system was asked
        os._exit(1)


def main(number: int, parent: int, modules: Sequence[str] = ()) -> None:
    """Fork a worker for every socket that arrives, and report how each ended.

    Args:
        number: the socket over which those of workers arrive.
        parent: the process that started this one.
        modules: what the steps of the job are defined in.

    """
    die_with_parent(parent)
    control = socket.socket(fileno=number)
    _imports(modules)
    alive: set[int] = set()
    while True:
        ready, _, _ = select.select([control], [], [], 0.05 if alive else None)
        if ready:
            try:
                data, handles, _, _ = socket.recv_fds(control, 64, 1)
            except ConnectionError:
                return
            if not data:
                return
            alive.add(_fork(handles[0], control))
        for pid in list(alive):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                alive.discard(pid)
                with contextlib.suppress(OSError):
                    Channel(control).send({"pid": pid, "status": os.waitstatus_to_exitcode(status)})


def _imports(modules: Sequence[str]) -> None:
    """Import what every worker needs, without starting a thread: forked threads are lost."""
    import augreg.jobs.engines.worker  # noqa: F401  # for the workers, which are forked from here

    for module in modules:
        with contextlib.suppress(Exception):  # a worker that needs it will say what is wrong
            importlib.import_module(module)
    # The core needs no OpenCV; plugins bring it, and its threads would be lost in the workers.
    with contextlib.suppress(ImportError):
        importlib.import_module("cv2").setNumThreads(1)
    # A collection writes into the head of each object that it looks at, so that workers would have pages of their
    # own of what they were forked with: 50 MB each after 20,000 samples.
    gc.collect()
    gc.freeze()


def _fork(handle: int, control: socket.socket) -> int:
    """Start a worker on a socket; return its number. The worker never returns."""
    nursery = os.getpid()
    pid = os.fork()
    if pid:
        os.close(handle)
        return pid
    code = 1
    try:
        die_with_parent(nursery)
        control.close()
        from augreg.jobs.engines.worker import serve

        serve(socket.socket(fileno=handle))
        code = 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return 0


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
