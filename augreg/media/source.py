"""Sounds for libsndfile to read: from a file object that loses no error, and straight on, without seeking."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import soundfile

from augreg.errors import MediaError


class _Straight(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """Reads on from where it is.

    soundfile seeks after every read, to where it is already; but in MP3, where a frame uses bits of the ones before,
    what comes after a seek is damaged. It also cuts what it reads at the length that the header claims.
    """

    def seekable(self) -> bool:
        return False


class _Source:
    """A file; a place that a damaged header sends to is not found rather than an error printed by cffi."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def read(self, size: int = -1) -> bytes:
        """Return bytes, none after an error of the disk, which is kept."""
        try:
            return self._file.read(size)
        except OSError as error:
            self.error = self.error or error
            return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place, or stay where a damaged header leads before the beginning or beyond all files."""
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return self._file.seek(0, os.SEEK_END)

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()


@contextmanager
def straight(path: Path) -> Iterator[Any]:
    """Open a sound for reading block by block; a `soundfile.SoundFile` that must not seek.

    Raises:
        MediaError: E_CORRUPT.
        OSError: the disk failed.

    """
    with path.open("rb") as raw:
        source = _Source(raw)
        try:
            with _Straight(source) as file:
                yield file
        except (soundfile.LibsndfileError, ValueError, TypeError) as error:
            if source.error is not None:
                raise source.error from None
            said = getattr(error, "error_string", None) or f"{error}."
            raise MediaError(path, f"cannot be decoded: {said} Fetch it again.", "E_CORRUPT") from None
        if source.error is not None:
            raise source.error
