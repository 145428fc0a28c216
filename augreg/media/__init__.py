"""Reading and writing media files: limits before decoding, no silent damage, stable error codes."""

from __future__ import annotations

from augreg.media.formats import check, format_of, load, read, readers, write, writers
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
    "read",
    "readers",
    "write",
    "writers",
]
