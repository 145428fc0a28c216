"""Only regular files are read: a pipe would wait for ever, a device never ends."""

from __future__ import annotations

from pathlib import Path

from augreg.errors import MediaError
from augreg.param.files import kind_of


def check_regular(path: Path) -> None:
    """Refuse what is not a regular file, links followed, before it is opened.

    Raises:
        OSError: there is no such file, or it may not be looked at.
        MediaError: E_FORMAT for a pipe, a device or a socket.

    """
    if kind := kind_of(path):
        raise MediaError(path, f"it is {kind}, not a file. Write its content to a file first.", "E_FORMAT")


def refused(path: Path, error: OSError) -> MediaError:
    """Return the error for a file that the system does not let us read."""
    if isinstance(error, FileNotFoundError):
        return MediaError(path, "there is no such file.", "E_MISSING")
    if isinstance(error, PermissionError):
        return MediaError(path, "it may not be read. Change its permissions.", "E_PERM")
    if isinstance(error, IsADirectoryError):
        reason = "it is a folder. Give one file of it, or run: augreg run PIPELINE FOLDER OUTPUT"
        return MediaError(path, reason, "E_MISSING")
    return MediaError(path, f"cannot be read: {error.strerror or error}. Check the path and the disk.", "E_MISSING")
