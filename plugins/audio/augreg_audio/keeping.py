"""What was read from files and is kept in memory: so many bytes of it, and only as long as the file stays the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path

import numpy as np

Array = np.ndarray
Stamp = tuple[int, int]


def stamp_of(path: str) -> Stamp:
    """Return what is another when a file was written anew: when that was, in nanoseconds, and its size in bytes.

    (0, 0) if there is no such file: whoever reads it says so.
    """
    try:
        found = Path(path).stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


class Kept:
    """Arrays by key, up to a number of bytes in all; those that were asked for longest ago go first.

    For any number of threads. An array that is larger than all of it is made anew each time.
    """

    def __init__(self, most: int) -> None:
        self.most, self.nbytes = most, 0
        self._arrays: OrderedDict[Hashable, Array] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._arrays)

    def get(self, key: Hashable, make: Callable[[], Array]) -> Array:
        """Return the array of a key, made now if it is not there, and read-only."""
        with self._lock:
            found = self._arrays.get(key)
            if found is not None:
                self._arrays.move_to_end(key)
                return found
        made = make()  # outside the lock: two threads may make the same, and neither waits for the other's file
        made.flags.writeable = False
        self._keep(key, made)
        return made

    def _keep(self, key: Hashable, made: Array) -> None:
        if made.nbytes > self.most:
            return
        with self._lock:
            before = self._arrays.pop(key, None)
            self.nbytes += made.nbytes - (0 if before is None else before.nbytes)
            self._arrays[key] = made
            while self.nbytes > self.most:
                self.nbytes -= self._arrays.popitem(last=False)[1].nbytes
