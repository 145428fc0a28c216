"""What timm's policies are made of: which operations, how often, and the tables of AutoAugment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

SubPolicy = tuple[tuple[str, float, float], ...]
"""Operations one after another, each with its probability and its magnitude of 10."""

_GEOMETRY: Final = ("ShearX", "ShearY", "TranslateXRel", "TranslateYRel")
_COLORS: Final = ("Color", "Contrast", "Brightness", "Sharpness")

PLAIN: Final = (
    *("AutoContrast", "Equalize", "Invert", "Rotate", "Posterize", "Solarize", "SolarizeAdd"),
    *_COLORS,
    *_GEOMETRY,
)
"""What RandAugment draws from where the string does not say inc1."""
INCREASING: Final = tuple(
    f"{name}Increasing" if name in ("Posterize", "Solarize", *_COLORS) else name for name in PLAIN
)
"""What it draws from with inc1."""
AUGMIX: Final = (
    "AutoContrast",
    *(f"{name}Increasing" for name in _COLORS),
    *("Equalize", "Rotate", "PosterizeIncreasing", "SolarizeIncreasing"),
    *_GEOMETRY,
)
"""What AugMix draws from."""
CHOICES: Final[Mapping[str, Sequence[str] | Mapping[str, float]]] = {
    "3a": ("SolarizeIncreasing", "Desaturate", "GaussianBlur"),
    "3aw": {
        "SolarizeIncreasing": 6,
        "Desaturate": 6,
        "GaussianBlur": 6,
        "Rotate": 3,
        "ShearX": 2,
        "ShearY": 2,
        "PosterizeIncreasing": 1,
        "AutoContrast": 1,
        "ColorIncreasing": 1,
        "SharpnessIncreasing": 1,
        "ContrastIncreasing": 1,
        "BrightnessIncreasing": 1,
        "Equalize": 1,
        "Invert": 1,
    },
    "weights": {
        "Rotate": 3,
        "ShearX": 2,
        "ShearY": 2,
        "TranslateXRel": 1,
        "TranslateYRel": 1,
        "ColorIncreasing": 0.25,
        "SharpnessIncreasing": 0.25,
        "AutoContrast": 0.25,
        "SolarizeIncreasing": 0.05,
        "SolarizeAdd": 0.05,
        "ContrastIncreasing": 0.05,
        "BrightnessIncreasing": 0.05,
        "Equalize": 0.05,
        "PosterizeIncreasing": 0.05,
        "Invert": 0.05,
    },
}
"""Name behind t -> what is drawn from, with weights where they are not alike."""

_ORIGINAL: Final = """
Posterize 0.4 8, Rotate 0.6 9
Solarize 0.6 5, AutoContrast 0.6 5
Equalize 0.8 8, Equalize 0.6 3
Posterize 0.6 7, Posterize 0.6 6
Equalize 0.4 7, Solarize 0.2 4
Equalize 0.4 4, Rotate 0.8 8
Solarize 0.6 3, Equalize 0.6 7
Posterize 0.8 5, Equalize 1 2
Rotate 0.2 3, Solarize 0.6 8
Equalize 0.6 8, Posterize 0.4 6
Rotate 0.8 8, Color 0.4 0
Rotate 0.4 9, Equalize 0.6 2
Equalize 0 7, Equalize 0.8 8
Invert 0.6 4, Equalize 1 8
Color 0.6 4, Contrast 1 8
Rotate 0.8 8, Color 1 2
Color 0.8 8, Solarize 0.8 7
Sharpness 0.4 7, Invert 0.6 8
ShearX 0.6 5, Equalize 1 9
Color 0.4 0, Equalize 0.6 3
Equalize 0.4 7, Solarize 0.2 4
Solarize 0.6 5, AutoContrast 0.6 5
Invert 0.6 4, Equalize 1 8
Color 0.6 4, Contrast 1 8
Equalize 0.8 8, Equalize 0.6 3
"""
_V0: Final = """
Equalize 0.8 1, ShearY 0.8 4
Color 0.4 9, Equalize 0.6 3
Color 0.4 1, Rotate 0.6 8
Solarize 0.8 3, Equalize 0.4 7
Solarize 0.4 2, Solarize 0.6 2
Color 0.2 0, Equalize 0.8 8
Equalize 0.4 8, SolarizeAdd 0.8 3
ShearX 0.2 9, Rotate 0.6 8
Color 0.6 1, Equalize 1 2
Invert 0.4 9, Rotate 0.6 0
Equalize 1 9, ShearY 0.6 3
Color 0.4 7, Equalize 0.6 0
Posterize 0.4 6, AutoContrast 0.4 7
Solarize 0.6 8, Color 0.6 9
Solarize 0.2 4, Rotate 0.8 9
Rotate 1 7, TranslateYRel 0.8 9
ShearX 0 0, Solarize 0.8 4
ShearY 0.8 0, Color 0.6 4
Color 1 0, Rotate 0.6 2
Equalize 0.8 4, Equalize 0 8
Equalize 1 4, AutoContrast 0.6 2
ShearY 0.4 7, SolarizeAdd 0.6 7
Posterize 0.8 2, Solarize 0.6 10
Solarize 0.6 8, Equalize 0.6 1
Color 0.8 6, Rotate 0.4 5
"""


def _read(table: str, posterize: str) -> tuple[SubPolicy, ...]:
    """Return a table, in which operations are written "name probability magnitude", with a posterize of some kind."""
    return tuple(tuple(_one(entry, posterize) for entry in row.split(", ")) for row in table.strip().splitlines())


def _one(entry: str, posterize: str) -> tuple[str, float, float]:
    name, p, magnitude = entry.split()
    return posterize if name == "Posterize" else name, float(p), float(magnitude)


TABLES: Final[Mapping[str, tuple[SubPolicy, ...]]] = {
    "original": _read(_ORIGINAL, "PosterizeOriginal"),
    "originalr": _read(_ORIGINAL, "PosterizeIncreasing"),
    "v0": _read(_V0, "Posterize"),
    "v0r": _read(_V0, "PosterizeIncreasing"),
    "3a": ((("Solarize", 1.0, 5.0),), (("Desaturate", 1.0, 10.0),), (("GaussianBlurRand", 1.0, 10.0),)),
}
"""First section of a string -> its sub-policies, each as likely."""
