"""Metadata that goes from a file into what was made of it, as far as the writers can: where the user asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import soundfile
from PIL import Image as Pillow
from PIL import PngImagePlugin

from augreg.media.bare import copy
from augreg.media.formats import canonical
from augreg.media.images import FORMATS as PICTURES
from augreg.media.images import ORIENTATION
from augreg.media.origin import KEPT, Origin
from augreg.media.sounds import FORMATS as SOUNDS
from augreg.media.sounds import TAGS
from augreg.media.streams import opened

EXIF: Final = ("JPEG", "PNG", "WEBP", "TIFF")
"""Formats into which PIL writes Exif."""


def with_metadata(origin: Origin) -> tuple[Origin, tuple[str, ...]]:
    """Return where a sample came from with the metadata that its writer can take, and notes on what it cannot.

    Of Exif the orientation goes, which was applied, and the thumbnail, which shows another picture.
    """
    extension = canonical(origin.extension)
    kept: Mapping[str, Any] = {}
    if extension in PICTURES:
        kept = _quietly(lambda: _of_picture(origin.path, PICTURES[extension]))
    elif extension in SOUNDS:
        kept = _quietly(lambda: _of_sound(origin.path))
    elif extension in copy.BARE:
        kept = _quietly(lambda: _of_film(origin.path, extension))
    there = copy.metadata_of(origin.path, extension)
    if not there and not kept:
        return origin, ()
    said = f"metadata kept: {', '.join(kept) or 'none'}; of what the file has: {', '.join(there) or 'not known'}"
    return replace(origin, details={**origin.details, KEPT: kept}), (said,)


def _quietly(read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Read metadata; what is damaged is none."""
    try:
        return read()
    except Exception:
        return {}


def _of_picture(path: Path, name: str) -> dict[str, Any]:
    with Pillow.open(path, formats=[name]) as picture:
        found: dict[str, Any] = {}
        exif = picture.getexif()
        for part in (0x8769, 0x8825):  # the lists of Exif and GPS
            if name == "TIFF":
                exif.pop(part, None)  # libtiff, which compresses, cannot write them
            elif part in exif:
                exif.get_ifd(part)  # read, so that they are written
        exif.pop(ORIENTATION, None)
        if len(exif) and name in EXIF:
            found["exif"] = exif.tobytes()
        if name == "JPEG" and picture.info.get("comment"):
            found["comment"] = picture.info["comment"]
        if name == "PNG" and (texts := getattr(picture, "text", None)):
            found["pnginfo"] = PngImagePlugin.PngInfo()
            for key, value in texts.items():
                found["pnginfo"].add_itxt(key, str(value))
        return found


def _of_sound(path: Path) -> dict[str, Any]:
    with soundfile.SoundFile(str(path)) as file:
        return {name: text for name, text in file.copy_metadata().items() if name in TAGS and text}


def _of_film(path: Path, extension: str) -> dict[str, Any]:
    with opened(path, extension) as container:
        technical = ("major_brand", "minor_version", "compatible_brands", "encoder")
        tags = {key: value for key, value in container.metadata.items() if key not in technical}
        return {"tags": tags} if tags else {}
