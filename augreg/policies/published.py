"""The operations of AutoAugment and its heirs under augreg's names, and their magnitudes as strengths."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from augreg.errors import ConfigError, listing, nearest

FARTHEST: Final = 150 / 331
"""Share of the side that AutoAugment moves pictures at most."""
STEEPEST: Final = 17.0
"""Degrees of ``image.shear`` at strength 1."""
BRIGHTEST: Final = 1.01
"""Threshold of ``image.solarize`` at strength 0, as a share of white: above all values."""
ROUNDING: Final = 1e-6
"""By how much single precision may be off the ends."""


class Named(NamedTuple):
    """What an operation is called in augreg, with the parameters that make it the published one."""

    name: str
    params: Mapping[str, Any]
    parameter: str = ""
    """Which parameter the magnitude sets; "" where it sets none."""
    signed: bool = False


_CORNER: Final = {"pivot": "corner"}
NAMES: Final[Mapping[str, Named]] = {
    "ShearX": Named("image.shear", {"axis": "x", **_CORNER}, "degrees", True),
    "ShearY": Named("image.shear", {"axis": "y", **_CORNER}, "degrees", True),
    "TranslateX": Named("image.translate", {"axis": "x", "whole": True}, "x", True),
    "TranslateY": Named("image.translate", {"axis": "y", "whole": True}, "y", True),
    "Rotate": Named("image.rotate", {}, "degrees", True),
    "Brightness": Named("image.brightness", {}, "factor", True),
    "Color": Named("image.saturation", {}, "factor", True),
    "Contrast": Named("image.contrast", {}, "factor", True),
    "Sharpness": Named("image.sharpen", {}, "factor", True),
    "Posterize": Named("image.posterize", {}, "bits"),
    "Solarize": Named("image.solarize", {}, "threshold"),
    "AutoContrast": Named("image.autocontrast", {}),
    "Equalize": Named("image.equalize", {}),
    "Invert": Named("image.invert", {}),
    "Identity": Named("image.brightness", {"factor": [1.0, 1.0]}),
}
"""Published name -> augreg's. Brightness by a factor of 1 changes nothing, as Identity."""
GEOMETRY: Final = ("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate")


def named(name: str, where: str) -> Named:
    """Return what a published operation is called here.

    Raises:
        ConfigError: augreg knows none of this name.

    """
    if name not in NAMES:
        raise ConfigError(
            f"{where}: no operation {name!r} is known.{nearest(name, NAMES)} Known: {listing(NAMES, 20)}."
        )
    return NAMES[name]


def value(name: str, magnitude: float) -> float:
    """Return what the parameter is at a magnitude as torchvision counts it, without sign.

    Shears are tangents there, shares of the side the shifts, changes of a factor the colors; thresholds count to 255.

    >>> from augreg.policies.published import value
    >>> value("Solarize", 51.0), value("Contrast", 0.5), value("Posterize", 4)
    (0.2, 1.5, 4)

    """
    if name.startswith("Shear"):
        return math.degrees(math.atan(magnitude))
    if name in ("Brightness", "Color", "Contrast", "Sharpness"):
        return 1.0 + magnitude
    return magnitude / 255.0 if name == "Solarize" else magnitude


def strength(name: str, magnitude: float) -> float | None:
    """Return the strength 0..1 that gives this magnitude, as torchvision counts it; None for what has none.

    Raises:
        ConfigError: the magnitude is beyond what strengths reach.

    >>> from augreg.policies.published import strength
    >>> strength("Rotate", 15.0), round(strength("ShearX", 0.3), 3), strength("Invert", 0.0)
    (0.5, 0.982, None)

    """
    if not NAMES[name].parameter:
        return None
    at = value(name, magnitude)
    found = {
        "Rotate": at / 30.0,
        "Posterize": (8 - at) / 7.0,
        "Solarize": 1.0 - at / BRIGHTEST,
    }.get(name)
    if found is None:
        found = {"S": at / STEEPEST, "T": at / FARTHEST}[name[0]] if name in GEOMETRY else (at - 1.0) / 0.9
    if not -ROUNDING <= found <= 1.0 + ROUNDING:
        raise ConfigError(f"{name} of magnitude {magnitude:g} is stronger than {NAMES[name].name} at level 1.")
    return min(max(found, 0.0), 1.0)
