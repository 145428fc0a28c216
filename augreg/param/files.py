"""Files that parameters name: a pipeline file may come from anyone, so they are looked at before they are read."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

MOST: Final = 256 * 2**20
"""Bytes of a table of words, forms or keys that is read whole. The largest that people use have about 100 MB."""

KINDS: Final = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def kind_of(path: str | os.PathLike[str]) -> str | None:
    """Return what stands at a path that is neither a regular file nor a folder, links followed; None if it is one.

    Raises:
        OSError: nothing is there, or it may not be looked at.

    """
    mode = Path(path).stat().st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    return KINDS.get(stat.S_IFMT(mode), "no file")


def check_file(path: str | os.PathLike[str], most: int = MOST) -> int:
    """Make sure, before it is opened, that a file is a regular one and not too large; return its size in bytes.

    A pipe would be waited for without end, and a device such as /dev/zero never ends.

    Raises:
        OSError: it is not, or it is not there. Catch it and say which parameter names the file, as a ConfigError.

    >>> from pathlib import Path
    >>> from augreg.kernel import check_file
    >>> _ = Path("words.txt").write_text("fox dog")
    >>> check_file("words.txt")
    7

    """
    kind = kind_of(path)
    if kind is not None:
        raise OSError(errno.EINVAL, f"it is {kind}, not a file", str(path))
    found = Path(path).stat()
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if found.st_size > most:
        raise OSError(errno.EFBIG, f"its {found.st_size:_} bytes are more than the {most:_} that are read", str(path))
    return found.st_size


def read_file(path: str | os.PathLike[str], most: int = MOST) -> bytes:
    """Read a regular file of up to ``most`` bytes.

    Raises:
        OSError: see :func:`check_file`.

    >>> from pathlib import Path
    >>> from augreg.kernel import read_file
    >>> _ = Path("words.txt").write_text("fox dog")
    >>> read_file("words.txt").split()
    [b'fox', b'dog']

    """
    check_file(path, most)
    with Path(path).open("rb") as file:
        return file.read(most)
