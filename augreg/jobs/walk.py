"""Walks an input folder: every regular file once, in one order on every machine, and never out of the folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from augreg.errors import ConfigError, MediaError

Found = tuple[str, MediaError | None, os.stat_result | None]


def walk(root: Path) -> Iterator[Found]:
    """Yield the path of every file relative to ``root`` ("/" between parts), why it must not be read, and its facts.

    Files come sorted by name, those of a sub-folder where the folder's own name stands. Hidden files, links to folders,
    and what is no file (sockets, pipes, devices) are left out. A link to a file is followed while it stays within
    ``root``.

    Raises:
        ConfigError: a folder cannot be listed: which inputs it holds would be left out unnoticed.

    """
    # A stack in place of recursion: folders may be nested deeper than Python calls.
    stack = [("", iter(_listed(root)))]
    while stack:
        folder, entries = stack[-1]
        entry = next(entries, None)
        if entry is None:
            stack.pop()
        elif not entry.name.startswith("."):
            relative = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                stack.append((relative, iter(_listed(root / relative))))
            else:
                yield from _file(root, relative, entry)


def _file(root: Path, relative: str, entry: os.DirEntry[str]) -> Iterator[Found]:
    if entry.is_symlink():
        # Path.is_dir, unlike that of the entry, is False for links that lead round in a circle.
        if not Path(entry.path).is_dir():
            fault = _link_fault(root, Path(entry.path))
            yield relative, fault, None if fault else Path(entry.path).stat()
    elif stat.S_ISREG((status := entry.stat(follow_symlinks=False)).st_mode):
        yield relative, None, status


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise ConfigError(
            f"input folder {str(folder)!r} cannot be listed: {error.strerror}. Change its permissions, or move it away."
        ) from None


def _link_fault(root: Path, path: Path) -> MediaError | None:
    try:
        target = path.resolve()
    except (OSError, RuntimeError):  # RuntimeError before Python 3.13
        return MediaError(path, "it is a link that leads round in a circle. Remove it.", "E_MISSING")
    if not target.is_relative_to(root.resolve()):
        return MediaError(path, "it is a link that leads out of the input folder. Copy the file there.", "E_OUTSIDE")
    if not target.is_file():
        return MediaError(path, "it is a link to nothing that can be read.", "E_MISSING")
    return None


def key_of(relative: str) -> str:
    r"""Return the sample key of a file: its relative path; bytes of a name that are not UTF-8 as ``\xe9``."""
    return os.fsencode(relative).decode("utf-8", "backslashreplace")
