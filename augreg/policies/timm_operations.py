"""timm's operations under augreg's names, at a magnitude or at magnitudes that are drawn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from statistics import NormalDist
from typing import Any, Final, NamedTuple

from augreg.errors import ConfigError
from augreg.policies.published import BRIGHTEST, FARTHEST, GEOMETRY, STEEPEST, named

Way = tuple[Mapping[str, Any], ...]
"""The parameters that moving pictures takes; drawn alike where there are several."""

SHIFT: Final = 0.45
"""Share of the side that timm moves pictures at most."""
SLANT: Final = 0.3
"""Tangent of timm's steepest shear."""
RARE: Final = 1e-12
"""What is drawn less often than this is left out."""
FALLING: Final = ("Posterize", "PosterizeOriginal", "Solarize", "Color", "Contrast", "Brightness", "Sharpness")
BLURRED: Final = ("Desaturate", "GaussianBlur", "GaussianBlurRand")


class Noise(NamedTuple):
    """How strong timm's operations are: magnitudes divided by 10."""

    level: float
    spread: float = 0.0
    """Standard deviation of normal noise, cut off at 0 and 1."""
    even: bool = False
    """Whether strengths are drawn evenly from 0 to ``level`` instead."""

    @property
    def fixed(self) -> bool:
        """Whether all are of one strength."""
        return not self.spread and not (self.even and self.level)

    @property
    def ends(self) -> tuple[float, float]:
        """Which of timm's strengths the strengths 0 and 1 of the policy are."""
        return (self.level, self.level) if self.fixed else (0.0, self.level if self.even else 1.0)

    def below(self, strength: float) -> float:
        """Return the probability of strengths below one, which is above 0."""
        if self.fixed:
            return float(self.level < strength)
        if self.even:
            return min(strength / self.level, 1.0)
        return NormalDist(self.level, self.spread).cdf(strength)


def entries(config: str, name: str, noise: Noise, ways: Way, weight: float) -> Iterator[dict[str, Any]]:
    """Yield what is drawn for one of timm's operations, as policies take it: together as often as ``weight``.

    Raises:
        ConfigError: the operation's strength is drawn, and none of augreg's runs as it does.

    """
    if not noise.fixed and name in (*FALLING, *BLURRED):
        raise ConfigError(
            f"{config!r}: {name} with mstd cannot be carried over, for no strength here runs as it does."
            + (" Write inc1, or leave mstd out." if name in FALLING else " Leave mstd out.")
        )
    base = name.removesuffix("Increasing").removesuffix("Original").removesuffix("Rel")
    if base == "Posterize":
        for bits, share in _bits(name, noise):
            # Without bits all is black, for which there is no posterize.
            black = {"image.brightness": {"factor": (0.0, 0.0)}}
            yield _with(black if bits == 0 else {"image.posterize": {"bits": (bits, bits)}}, "own", weight * share)
    elif base in GEOMETRY:
        of = named(base, config)
        kept = {key: value for key, value in of.params.items() if key != "whole"}
        for way in ways:
            yield _with({of.name: {**kept, **way}}, _moved(base, noise), weight / len(ways))
    elif name.endswith("Increasing"):
        yield _with({named(base, config).name: {}}, _rising(base, noise), weight)
    else:
        yield _with(*_still(config, name, noise), weight)


def _with(step: Mapping[str, Mapping[str, Any]], level: Any, weight: float) -> dict[str, Any]:
    ((name, params),) = step.items()
    return {name: {**params, "level": level, **({} if weight == 1.0 else {"weight": weight})}}


def _bits(name: str, noise: Noise) -> Iterator[tuple[int, float]]:
    """Yield how many bits may be kept, and how often."""
    if name != "PosterizeIncreasing":
        yield int(noise.level * 4) + (4 if name.endswith("Original") else 0), 1.0
        return
    edges = [0.0, *(noise.below(quarter / 4) for quarter in range(1, 5)), 1.0]
    for lost in range(5):
        share = edges[lost + 1] - edges[lost]
        if share > RARE:
            yield 4 - lost, share


def _moved(base: str, noise: Noise) -> tuple[float, float]:
    low, high = noise.ends
    if base == "Rotate":
        return low, high
    if base.startswith("Translate"):
        return low * SHIFT / FARTHEST, high * SHIFT / FARTHEST
    if noise.fixed:
        return _slanted(low), _slanted(high)
    # A straight line through the strengths that are drawn nearly always: two standard deviations on either side.
    first = 0.0 if noise.even else max(noise.level - 2 * noise.spread, 0.0)
    last = noise.level if noise.even else min(noise.level + 2 * noise.spread, 1.0)
    slope = (_slanted(last) - _slanted(first)) / (last - first)
    start = _slanted(first) - slope * first
    return _share(start + slope * low), _share(start + slope * high)


def _slanted(strength: float) -> float:
    return math.degrees(math.atan(SLANT * strength)) / STEEPEST


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _rising(base: str, noise: Noise) -> tuple[float, float]:
    low, high = noise.ends
    if base != "Solarize":
        return low, high
    # timm inverts from 256 - 256 s of 255 on.
    return _share(1 - (1 - low) * 256 / 255 / BRIGHTEST), _share(1 - (1 - high) * 256 / 255 / BRIGHTEST)


def _still(config: str, name: str, noise: Noise) -> tuple[dict[str, dict[str, Any]], Any]:
    """Return an operation that has no strength, or is of one strength and is configured so."""
    at = noise.level
    if name == "SolarizeAdd":
        if not noise.fixed:
            return {"image.solarize_add": {}}, noise.ends
        return {"image.solarize_add": {"add": (int(at * 110) / 255,) * 2}}, "own"
    if name == "Solarize":
        return {"image.solarize": {"threshold": (min(256, int(at * 256)) / 255,) * 2}}, "own"
    if name == "Desaturate":
        return {"image.saturation": {"factor": (0.5 - 0.5 * at,) * 2}}, "own"
    if name in BLURRED:
        widest = 2.0 * at if name == "GaussianBlurRand" else 0.1 + 1.9 * at
        return {"image.gaussian_blur": {"sigma": (0.1 if name == "GaussianBlurRand" else widest, widest)}}, "own"
    of = named(name, config)
    return {of.name: {of.parameter: (0.1 + 1.8 * at,) * 2} if of.parameter else {}}, "own"
