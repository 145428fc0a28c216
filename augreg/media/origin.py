"""What a reader tells about the file that a sample came from, so that a writer can do likewise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from augreg.data.samples import Sample

KEPT: Final = "kept"
"""The detail under which a file's metadata stands, where it is to be written again."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Facts of a media file that the sample does not hold.

    Args:
        path: the file.
        extension: that of its real format, judged by content, such as ".png" for a PNG named photo.jpg.
        notes: what the reader did that a user may want to know, such as "alpha composited on white".
        as_stored: whether the sample is what the file stores; False after turning, compositing, converting.
        details: facts that the writer of the same format uses (audio subtype, colour profile, byte order mark).

    """

    path: Path
    extension: str
    notes: tuple[str, ...] = ()
    as_stored: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A sample and where it came from."""

    sample: Sample
    origin: Origin
