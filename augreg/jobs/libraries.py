"""Which libraries the bytes of outputs hang on, and in which versions they are here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from typing import Any, Final

import av
import soundfile

DISTRIBUTIONS: Final = {
    "numpy": ("numpy",),
    "torch": ("torch",),
    "scipy": ("scipy",),
    "pillow": ("pillow",),
    "opencv": ("opencv-python-headless", "opencv-python", "opencv-contrib-python"),
    "soundfile": ("soundfile",),
    "av": ("av",),
}
"""Library -> the distributions that bring it. They are asked by their metadata: none is imported for it."""


def libraries() -> dict[str, str]:
    """Return library -> version, of those that are installed; FFmpeg by its codecs, which encode and decode."""
    found = {name: _version(names) for name, names in DISTRIBUTIONS.items()}
    found["libsndfile"] = str(soundfile.__libsndfile_version__)
    found["libavcodec"] = ".".join(str(part) for part in av.library_versions["libavcodec"])
    return {name: version for name, version in found.items() if version}


def changed(before: Mapping[str, Any]) -> list[str]:
    """Return how the versions here differ from those of a record, in words; [] where it has none, or the same."""
    known, here = before.get("libraries") or {}, libraries()
    return [
        f"{name} {known.get(name, 'not there')} -> {here.get(name, 'not there')}"
        for name in sorted({*known, *here})
        if known and known.get(name) != here.get(name)
    ]


def _version(names: tuple[str, ...]) -> str:
    for name in names:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return ""
