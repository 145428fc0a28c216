"""Reads the strings by which timm names its automatic augmentations: ``rand-m9-mstd0.5-inc1`` and their like."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from itertools import product
from typing import Any, Final

from augreg.contract.policy import Policy
from augreg.errors import ConfigError, listing, nearest
from augreg.policies.augmix import AugMix
from augreg.policies.rand import Rand
from augreg.policies.sub import Sub
from augreg.policies.timm_operations import Noise, Way, entries
from augreg.policies.timm_tables import AUGMIX, CHOICES, INCREASING, PLAIN, TABLES
from augreg.policies.uniform import Uniform

MOST: Final = 10.0
"""Up to here timm counts magnitudes."""
UNIFORM: Final = 100.0
"""Above this much noise timm draws magnitudes of RandAugment evenly from 0 on instead."""
FILL: Final = 128 / 255
"""Gray, with which timm fills."""
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "rand": ("m", "n", "mstd", "inc", "p", "t"),
    "augmix": ("m", "w", "d", "a", "b", "mstd"),
    **dict.fromkeys(TABLES, ("mstd",)),
}
"""First section -> the sections that may follow."""
WHOLE: Final = ("m", "n", "inc", "w", "d", "b")
WAYS: Final = ("random", "nearest", "bilinear", "bicubic")
GONE: Final[Mapping[str, str]] = {
    "mmax": "magnitudes beyond 10 are stronger than anything here. Leave it out",
    "w": "timm took choice weights out of that section. Write tweights",
}


def from_timm(config: str, *, interpolation: str = "random", fill: float | tuple[float, ...] = FILL) -> Policy:
    """Return the automatic augmentation that timm makes of a string: the same operations, as strong, as often.

    Gray levels and magnitudes are the same but where timm cuts off fractions and augreg rounds. Under noise (``mstd``,
    and AugMix) shears are even in degrees, not in tangents: a difference of less than a fifth of a degree.

    Args:
        config: as ``timm.create_transform(auto_augment=...)`` takes it: ``rand-...``, ``augmix-...``, ``original``,
            ``originalr``, ``v0``, ``v0r`` or ``3a``.
        interpolation: "random", which is bilinear or bicubic, as timm does by default; or nearest, bilinear, bicubic.
        fill: what is beyond the edges, as a share of white, or one per channel. timm's ``img_mean`` divided by 255.

    Returns:
        A Policy; use it as a step: ``augreg.Pipeline({"image": [policy]})``.

    Raises:
        ConfigError: no such string, or one with a section that cannot be carried over as it is, which is named.

    >>> import augreg
    >>> policy = augreg.policies.from_timm("rand-m9-mstd0.5-inc1")
    >>> (policy.n, policy.p, policy.level, policy.spread)
    (2, 0.5, 0.9, 0.05)

    """
    kind, given = _sections(config)
    if interpolation not in WAYS:
        raise ConfigError(f"interpolation={interpolation!r} is none of: {listing(WAYS)}.")
    more = {"fill": fill}
    ways = ("bilinear", "bicubic") if interpolation == "random" else (interpolation,)
    geometry = tuple({"interpolation": way, **more} for way in ways)
    if kind == "rand":
        return _rand(config, given, geometry)
    return _augmix(config, given, geometry) if kind == "augmix" else _table(config, kind, given, geometry)


def _sections(config: str) -> tuple[str, dict[str, Any]]:
    """Return the first section, and the value of each that follows."""
    if not isinstance(config, str):
        raise ConfigError(f"{config!r} is no config string of timm, such as 'rand-m9-mstd0.5-inc1'.")
    kind, *sections = config.split("-")
    if kind not in KEYS:
        raise ConfigError(
            f"{config!r}: timm has no policy {kind!r} that can be read.{nearest(kind, KEYS)} Read are: {listing(KEYS)}."
        )
    given: dict[str, Any] = {}
    for section in sections:
        key, value = _section(config, section, KEYS[kind])
        if key in given:
            raise ConfigError(f"{config!r} says {key} twice. Take one of them out.")
        given[key] = value
    return kind, given


def _section(config: str, section: str, keys: Collection[str]) -> tuple[str, Any]:
    if "t" in keys and section.startswith("t"):
        return "t", section[1:]
    found = re.fullmatch(r"([a-z]+)(\d+(?:\.\d+)?)", section)
    key = found[1] if found else section
    if key in GONE and key not in keys:
        raise ConfigError(f"{config!r}: {section} cannot be carried over; {GONE[key]}.")
    if found is None or key not in keys:
        raise ConfigError(
            f"{config!r}: {section!r} is no section that can be read.{nearest(key, keys)} Read are: {listing(keys)}, "
            "each with a number behind it."
        )
    if key in WHOLE and not found[2].isdigit():
        raise ConfigError(f"{config!r}: {section} is no whole number. Write {key}{int(float(found[2]))}.")
    return key, int(found[2]) if key in WHOLE else float(found[2])


def _rand(config: str, given: Mapping[str, Any], geometry: Way) -> Policy:
    spread, increasing = given.get("mstd", 0.0), bool(given.get("inc", 0))
    level, even = _level(config, given.get("m", 10), spread), spread > UNIFORM
    choice = given.get("t")
    if choice is not None and choice not in CHOICES:
        raise ConfigError(
            f"{config!r}: t{choice} names no choice of transforms.{nearest(choice, CHOICES)} Known: {listing(CHOICES)}."
        )
    names: Any = CHOICES[choice] if choice else INCREASING if increasing else PLAIN
    weighted = isinstance(names, Mapping)
    if weighted and len(geometry) > 1:
        raise ConfigError(
            f"{config!r}: t{choice} draws different transforms, which random interpolation would make two of one each. "
            "Say interpolation='bilinear' or 'bicubic'."
        )
    if weighted and spread:
        raise ConfigError(f"{config!r}: t{choice} with mstd cannot be carried over. Leave one of them out.")
    noise = Noise(level, 0.0 if even else spread / MOST, even)
    weights = names if weighted else dict.fromkeys(names, 1.0)
    operations = tuple(o for name, weight in weights.items() for o in entries(config, name, noise, geometry, weight))
    n, p = given.get("n", 2), given.get("p", 0.5)
    if p > 1 or n < 1:
        raise ConfigError(f"{config!r}: p is a probability from 0 to 1, and n at least 1.")
    if even:
        return Uniform(n=n, p=p, operations=operations)
    return Rand(n=n, level=level, spread=noise.spread, p=p, distinct=weighted, operations=operations)


def _level(config: str, magnitude: float, spread: float) -> float:
    if spread and magnitude > MOST:
        raise ConfigError(f"{config!r}: m{magnitude:g} with mstd lies beyond 10, where timm cuts off. Write m10.")
    if MOST < spread <= UNIFORM:
        raise ConfigError(f"{config!r}: mstd{spread:g} is more than 10, over which there is nothing. Write less.")
    return float(min(magnitude, MOST) / MOST)


def _augmix(config: str, given: Mapping[str, Any], geometry: Way) -> AugMix:
    if given.get("b"):
        raise ConfigError(
            f"{config!r}: b{given['b']} blends chain by chain, which cannot be carried over. Leave it out."
        )
    if given.get("mstd"):
        raise ConfigError(f"{config!r}: mstd{given['mstd']:g} cannot be carried over to AugMix. Leave it out.")
    top, depth = _level(config, given.get("m", 3), 0.0), given.get("d", 0)
    even = "mstd" not in given
    noise = Noise(top, 0.0, even)
    operations = tuple(o for name in AUGMIX for o in entries(config, name, noise, geometry, 1.0))
    return AugMix(
        width=given.get("w", 3),
        depth=(depth, depth) if depth else (1, 3),
        # Up to which strength stands with each operation.
        level=(0.0, 1.0),
        alpha=given.get("a", 1.0),
        operations=operations,
    )


def _table(config: str, kind: str, given: Mapping[str, Any], geometry: Way) -> Sub:
    if given.get("mstd"):
        raise ConfigError(
            f"{config!r}: mstd{given['mstd']:g} cannot be carried over, for no strength here runs as timm's Color and "
            "Posterize do. Leave it out."
        )
    policies, weights = [], []
    for sub in TABLES[kind]:
        each = [[_entry(o, p) for o in entries(config, name, Noise(m / MOST), geometry, 1.0)] for name, p, m in sub]
        found = list(product(*each))
        policies += found
        weights += [1.0 / len(found)] * len(found)
    return Sub(policies=tuple(policies), weights=None if len(set(weights)) == 1 else tuple(weights))


def _entry(operation: Mapping[str, Any], p: float) -> tuple[Any, float, float | None]:
    ((name, params),) = operation.items()
    rest = {key: value for key, value in params.items() if key not in ("level", "weight")}
    level = params["level"]
    return {name: rest}, p, None if level == "own" else level[0]
