"""Only regular files are read: a pipe would wait for ever, a device never ends."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from augreg.errors import MediaError

KINDS: Final = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def check_regular(path: str | os.PathLike[str]) -> None:
    """Refuse what is not a regular file, links followed, before it is opened.

    Raises:
        OSError: there is no such file, or it may not be looked at.
        MediaError: E_MISSING for a folder, E_FORMAT for a pipe, a device or a socket.

    """
    mode = Path(path).stat().st_mode
    if stat.S_ISDIR(mode):
        raise refused(path, IsADirectoryError())
    if not stat.S_ISREG(mode):
        kind = KINDS.get(stat.S_IFMT(mode), "something else")
        raise MediaError(path, f"it is {kind}, not a file. Write its content to a file first.", "E_FORMAT")


def refused(path: str | os.PathLike[str], error: OSError) -> MediaError:
    """Return the error for a file that the system does not let us read."""
    path = Path(path)
    if isinstance(error, FileNotFoundError):
        return MediaError(path, "there is no such file.", "E_MISSING")
    if isinstance(error, PermissionError):
        return MediaError(path, "it may not be read. Change its permissions.", "E_PERM")
    if isinstance(error, IsADirectoryError):
        reason = "it is a folder. Give one file of it, or run: augreg run PIPELINE FOLDER OUTPUT"
        return MediaError(path, reason, "E_MISSING")
    return MediaError(path, f"cannot be read: {error.strerror or error}. Check the path and the disk.", "E_MISSING")
