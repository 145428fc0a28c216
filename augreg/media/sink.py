"""A file for encoders written in C to write to, which does not lose what went wrong with the disk.

libsndfile and FFmpeg report a full disk as a fault of the sound or the film, or not at all. Here their bytes pass
through Python, and the first error of the machine is kept and raised at the end.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

LEAST: Final = 1 << 20
"""Bytes that are collected before they are written, since encoders hand over a few at a time."""


class Sink:
    """A new file that takes writing and seeking; after an error it takes nothing more, and keeps the error."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: bytes | memoryview) -> int:
        """Write bytes and return how many: 0 after an error, which C callers take for a failure."""
        if self.error is None:
            try:
                return self._file.write(data)
            except OSError as error:
                self.error = error
        return 0

    def read(self, size: int = -1) -> bytes:
        """Read back what was written, as encoders do that complete their header at the end."""
        return b"" if self.error is not None else self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place; what was collected is written first, which may fail like a write."""
        if self.error is None:
            try:
                return self._file.seek(offset, whence)
            except OSError as error:
                self.error = error
        return offset

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Whether it can go back, which muxers ask."""
        return True

    def readable(self) -> bool:
        """Whether it can be read, which muxers ask."""
        return True

    def writable(self) -> bool:
        """Whether it can be written, which muxers ask."""
        return True


@contextmanager
def sink(path: Path) -> Iterator[Sink]:
    """Open a new file for an encoder.

    Raises:
        OSError: the file cannot be written, with the errno of the first failure; whatever the encoder made of it.

    """
    with path.open("w+b", buffering=LEAST) as file:
        found = Sink(file)
        try:
            yield found
        except Exception:
            if found.error is not None:
                raise found.error from None
            raise
        if found.error is not None:
            raise found.error


@contextmanager
def whole(path: Path) -> Iterator[None]:
    """Leave nothing half written: where the work fails, what it made of the file goes.

    A file that stood there before and was not touched yet stays.
    """
    real = Path(os.path.realpath(path))
    before = _state(real)
    try:
        yield
    except BaseException:
        if _state(real) not in (None, before):
            with suppress(OSError):  # the error that led here says more
                real.unlink()
        raise


def _state(path: Path) -> tuple[int, ...] | None:
    """Return what changes with a file's content; None where there is no regular file: a device is never removed."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None
