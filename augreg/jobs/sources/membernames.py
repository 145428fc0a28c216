"""Names that strangers wrote, as members of tars or paths in lists: which of them may become names of files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{i}" for i in range(1, 10)), *(f"lpt{i}" for i in range(1, 10))}
)
"""What Windows takes for devices, whatever suffix follows."""

LONGEST: Final = 36
"""Bytes of what follows the key of a member: with the longest name of a file it stays under the 255 of file systems."""


def unsafe(name: str) -> str:
    """Return why a name must not become that of a file on any system, "" if it may."""
    parts = name.split("/")
    if name.startswith("/"):
        return "it is an absolute path"
    if ".." in parts:
        return "it leads out of its folder by '..'"
    if "\0" in name or any(ord(sign) < 32 for sign in name):
        return "it has control characters"
    if "\\" in name:
        return "it has a backslash, which is a folder's sign on Windows"
    if re.search(r"(^|/)[A-Za-z]:", name) or ":$" in name:
        return "it names a drive or a stream of Windows"
    if any(part in ("", ".") for part in parts):
        return "it has empty parts"
    if reserved := next((part for part in parts if part.partition(".")[0].strip().lower() in RESERVED), None):
        return f"{reserved!r} is a device on Windows"
    return ""


def split_name(name: str) -> tuple[str, str]:
    """Return key and extension as webdataset tells them: the file's name ends its key at the first dot.

    Both are "" for names without either, and for those that webdataset takes for its own (``__index__/...``).

    >>> split_name("cat.v1/001.left.PNG")
    ('cat.v1/001', 'left.png')

    """
    found = re.fullmatch(r"((?:.*/|)[^./]+)[.]([^/]+)", name, re.DOTALL)
    if found is None or re.match(r"__[^/]*__($|/)", name):
        return "", ""
    return found[1], found[2].lower()


def last_suffix(extension: str) -> str:
    """Return the suffix that tells the format: ".png" of "left.png"."""
    return PurePosixPath(f"_.{extension}").suffix
