"""Reading and writing media files: limits before decoding, no silent damage, stable error codes.

A plugin adds formats by the hooks `augreg_readers` and `augreg_writers`, which return `FormatSpec`s. The functions
that these name are called as

    read(path: Path, extension: str, limits: Limits) -> Loaded
    write(sample: Sample, path: Path, extension: str, like: Origin | None) -> tuple[str, ...]    # notes

and raise `MediaError` with one of the codes of `augreg.media.codes`.
"""

from __future__ import annotations

from augreg.media.films import read_film
from augreg.media.formats import check, format_of, load, load_clip, read, readers, write, writers
from augreg.media.limits import DEFAULT, Limits
from augreg.media.origin import Loaded, Origin

__all__ = [
    "DEFAULT",
    "Limits",
    "Loaded",
    "Origin",
    "check",
    "format_of",
    "load",
    "load_clip",
    "read",
    "read_film",
    "readers",
    "write",
    "writers",
]
