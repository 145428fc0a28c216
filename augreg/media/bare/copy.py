"""Copies a file without its metadata, or tells that this cannot be done without encoding it anew."""

from __future__ import annotations

import mmap
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from augreg.media.bare import films, pictures, sounds, tiff
from augreg.media.bare.pieces import Buffer, MustEncodeError, Pieces
from augreg.media.formats import canonical, format_of
from augreg.registry import Registry

BARE: Final[dict[str, Callable[[Buffer], Pieces]]] = {
    ".jpg": pictures.jpeg,
    ".png": pictures.png,
    ".webp": pictures.webp,
    ".gif": pictures.gif,
    ".tiff": tiff.tiff,
    ".wav": sounds.wav,
    ".aiff": sounds.aiff,
    ".flac": sounds.flac,
    ".mp3": sounds.mpeg,
    ".aac": sounds.mpeg,
    ".ogg": sounds.ogg,
    ".opus": sounds.ogg,
    ".mp4": films.mp4,
    ".m4v": films.mp4,
    ".mov": films.mp4,
    ".m4a": films.mp4,
    ".mkv": films.matroska,
    ".webm": films.matroska,
}
"""Format -> what takes its metadata out."""

NOTHING: Final = (".txt", ".bmp")
"""Formats that have no place for metadata."""


def copy_bare(path: Path, target: Path, registry: Registry | None = None) -> tuple[str, ...]:
    """Copy a file without its metadata and return notes, one if something was left out.

    Raises:
        MustEncodeError: it has to be encoded anew, as a picture that its metadata turns.
        MediaError: it cannot be read.

    """
    extension = canonical(format_of(path, registry))
    bare = BARE.get(extension)
    if bare is None:
        shutil.copyfile(path, target)
        return () if extension in NOTHING else (f"what {extension} says besides is not known, and was kept",)
    removed = _written(bare, _mapped(path, extension), target)
    return (f"metadata removed: {', '.join(removed)}",) if removed else ()


def metadata_of(path: Path, extension: str) -> list[str]:
    """Return what metadata a file has, as far as that is known."""
    if extension not in BARE:
        return []
    try:
        return BARE[extension](_mapped(path, extension)).removed
    except MustEncodeError as reason:
        return [str(reason)]


def _mapped(path: Path, extension: str) -> Buffer:
    """Return the bytes of a file. JPEG is searched byte by byte, which bytes do quickest; films stay on the disk.

    The mapping goes with the last piece of it.
    """
    with path.open("rb") as file:
        if extension == ".jpg":
            return memoryview(file.read())
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _written(bare: Callable[[Buffer], Pieces], data: Buffer, target: Path) -> list[str]:
    """Write the pieces of a file and return what was left out."""
    found = bare(data)
    with target.open("wb") as new:
        new.writelines(found.parts)
    return found.removed
