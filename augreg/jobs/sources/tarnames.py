"""Which tars a user names: a path, a folder of them, a glob, a brace range, or several of these with commas."""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path
from typing import Final

from augreg.errors import ConfigError, listing
from augreg.jobs.sources.braces import expand, split
from augreg.jobs.sources.places import Place, Remote, absolute, is_address, open_place

COMPRESSED: Final = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tar.lz4")
"""Tars in which no member can be sought: they would be unpacked from the start for every one."""

_MAGIC: Final = re.compile(r"[*?\[{]")


def patterns_of(given: str) -> list[str]:
    """Return the parts of what a user names; what is there under its plain name is that, whatever signs it has."""
    if not is_address(given) and os.path.lexists(given):
        return [given]
    parts = [piece for part in split(given, "::") for piece in split(part, ",")]
    return [absolute(part) if not is_address(part) else part for part in parts if part]


def root_of(given: str) -> str:
    """Return the folder, or address, that all parts lie in, told by their names alone."""
    patterns = patterns_of(given)
    if len(patterns) == 1 and not is_address(patterns[0]) and Path(patterns[0]).is_dir():
        return absolute(patterns[0])
    folders = [posixpath.dirname(_MAGIC.split(pattern)[0]) for pattern in patterns]
    schemes = {folder.partition("://")[0] if is_address(folder + "/") else "" for folder in folders}
    if len(schemes) > 1:
        raise ConfigError(f"{given!r} names several kinds of places. Give tars of one kind.")
    scheme = schemes.pop() if schemes else ""
    if not scheme:
        return os.path.commonpath([absolute(folder) for folder in folders])
    paths = [folder.partition("://")[2] for folder in folders]
    return f"{scheme}://{os.path.commonpath(paths) if all(paths) else ''}"


def tars_of(given: str, place: Place) -> list[str]:
    """Return the names of the tars within their place, in order.

    Raises:
        ConfigError: one is not there, is compressed, or is named twice.

    """
    names: list[str] = []
    for pattern in patterns_of(given):
        within = _within(pattern, place)
        if within == "" or _is_folder(within, place):
            found = [name for name in place.glob(f"{within}/**/*.tar".lstrip("/")) if _shown(name)]
            if not found:
                raise ConfigError(f"there is no tar in {pattern!r}. Give a folder of tars, or their names.")
        else:
            there = not isinstance(place, Remote) and (Path(place.root) / within).exists()
            found = [name for piece in ([within] if there else expand(within)) for name in _glob(piece, pattern, place)]
        names.extend(found)
    if len(names) != len(set(names)):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise ConfigError(f"tar {twice!r} is named twice in {given!r}. Name each once.")
    return names


def _shown(name: str) -> bool:
    return not any(part.startswith(".") for part in name.split("/"))


def _within(pattern: str, place: Place) -> str:
    whole = pattern if is_address(pattern) else absolute(pattern)
    if whole.rstrip("/") == place.root.rstrip("/"):
        return ""
    root = place.root if place.root.endswith("/") else place.root + "/"
    return whole.removeprefix(root)


def _is_folder(name: str, place: Place) -> bool:
    if isinstance(place, Remote):
        return not _MAGIC.search(name) and not name.endswith(".tar") and not name.endswith(COMPRESSED)
    return (Path(place.root) / name).is_dir()


def _glob(name: str, pattern: str, place: Place) -> list[str]:
    found = [name]
    literal = not isinstance(place, Remote) and (Path(place.root) / name).exists()
    if re.search(r"[*?\[]", name) and not literal:
        found = place.glob(name)
        if not found:
            raise ConfigError(f"no file fits {pattern!r}. Put quotes around it, and look at its folder.")
    if packed := [name for name in found if name.lower().endswith(COMPRESSED)]:
        raise ConfigError(
            f"{packed[0]!r} is a compressed tar, in which members cannot be sought. Unpack it: gunzip -k {packed[0]}"
        )
    if other := [name for name in found if not name.lower().endswith(".tar")]:
        raise ConfigError(f"{listing(other, 3)} of {pattern!r} is no tar by its name. Give names that end in .tar.")
    for name in found:
        try:
            place.stat(name)
        except OSError as error:
            raise ConfigError(f"tar {name!r} of {pattern!r} cannot be read: {error.strerror or error}.") from None
    return found


def open_tars(given: str, root: str | None) -> Place:
    """Return the place of what a user names."""
    return open_place(root_of(given) if root is None else root)
