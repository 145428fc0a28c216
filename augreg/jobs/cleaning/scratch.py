"""Arrays of any number in one file on disk: what is kept of a million samples does not fit in memory."""

from __future__ import annotations

from io import FileIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class Scratch:
    """Keeps arrays of one dtype, each under a number; they are read back in any order."""

    def __init__(self, path: Path, dtype: str) -> None:
        self.dtype = np.dtype(dtype)
        self._file = FileIO(path, "w+")
        self._places: dict[int, tuple[int, int]] = {}
        self._end = 0

    def keep(self, number: int, values: NDArray[np.generic]) -> None:
        """Keep an array, flat."""
        raw = np.ascontiguousarray(values, self.dtype).tobytes()
        self._file.seek(self._end)
        self._file.write(raw)
        self._places[number] = self._end, values.size
        self._end += len(raw)

    def __getitem__(self, number: int) -> NDArray[np.generic]:
        at, size = self._places[number]
        self._file.seek(at)
        return np.frombuffer(self._file.read(size * self.dtype.itemsize), self.dtype)

    def close(self) -> None:
        """Close the file; whoever made its folder removes it."""
        self._file.close()
