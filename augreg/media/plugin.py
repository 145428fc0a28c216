"""The file formats of augreg itself, offered as a plugin offers its own. Facts only; nothing heavy is imported."""

from __future__ import annotations

from typing import Final

from augreg.registry.hookspecs import hookimpl
from augreg.registry.spec import FormatSpec

JPEG: Final = (".jpg", ".jpeg")
IMAGES: Final = (JPEG, (".png",), (".webp",), (".bmp",), (".tiff", ".tif"))
SOUNDS: Final = ((".wav",), (".flac",), (".aiff", ".aif"), (".ogg", ".oga"), (".opus",), (".mp3",))
CLIPS: Final = ((".mp4", ".m4v"), (".mov",), (".mkv",), (".webm",))
TEXTS: Final = ((".txt",),)
HERE: Final = "augreg.media"


@hookimpl
def augreg_readers() -> list[FormatSpec]:
    """Return the formats that are read: GIF and bare AAC too, which are written as PNG and M4A."""
    return [
        *map(_picture, (*IMAGES, (".gif",))),
        *(FormatSpec(names, "audio", f"{HERE}.sounds:read", by_content=True) for names in SOUNDS),
        *(FormatSpec((name,), "audio", f"{HERE}.avsound:read", by_content=True) for name in (".m4a", ".aac")),
        *(_container(names) for names in CLIPS),
        *(FormatSpec(names, "text", f"{HERE}.texts:read") for names in TEXTS),
    ]


def _picture(names: tuple[str, ...]) -> FormatSpec:
    lazy = f"{HERE}.picturefile:open" if names == JPEG else ""
    opened, fast = (f"{lazy}_exact", f"{lazy}_fast") if lazy else ("", "")
    return FormatSpec(names, "image", f"{HERE}.images:read", by_content=True, opened=opened, fast=fast)


def _container(names: tuple[str, ...]) -> FormatSpec:
    return FormatSpec(
        names,
        "video",
        f"{HERE}.clips:read",
        by_content=True,
        on_demand=f"{HERE}.clips:read_on_demand",
        also=("audio",),
        modality_of=f"{HERE}.clips:modality_of",
    )


@hookimpl
def augreg_writers() -> list[FormatSpec]:
    """Return the formats that are written."""
    return [
        *(FormatSpec(names, "image", f"{HERE}.images:write") for names in IMAGES),
        *(FormatSpec(names, "audio", f"{HERE}.sounds:write") for names in SOUNDS),
        FormatSpec((".m4a",), "audio", f"{HERE}.encode:write"),
        *(FormatSpec(names, "video", f"{HERE}.encode:write", also=("audio",), takes_sound=True) for names in CLIPS),
        *(FormatSpec(names, "text", f"{HERE}.texts:write") for names in TEXTS),
    ]
