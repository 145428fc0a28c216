"""Reads torchvision's AutoAugment, RandAugment and TrivialAugmentWide as policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from augreg.contract.policy import Policy
from augreg.errors import ConfigError, listing
from augreg.policies.published import GEOMETRY, Named, named, strength, value
from augreg.policies.rand import Rand
from augreg.policies.sub import Sub

AUTOAUGMENT_BINS: Final = 10
"""Into so many magnitudes AutoAugment's tables count."""
READ: Final = ("AutoAugment", "RandAugment", "TrivialAugmentWide")

Space = Mapping[str, tuple[Any, bool]]
"""Operation -> (its magnitudes, whether they get a sign), as torchvision's ``_augmentation_space`` returns it."""


def from_torchvision(transform: Any, *, size: tuple[int, int] | None = None) -> Policy:
    """Return one of torchvision's automatic augmentations as a policy: the same operations, as strong, as often.

    Pictures move by whole pixels, rounded, where torchvision cuts off.

    Args:
        transform: an AutoAugment, RandAugment or TrivialAugmentWide of ``torchvision.transforms`` or its ``v2``.
        size: (height, width) of the pictures, for TrivialAugmentWide, which moves them by pixels.

    Returns:
        A Policy; use it as a step: ``augreg.Pipeline({"image": [policy]})``.

    Raises:
        ConfigError: another transform, one of a subclass, or an interpolation or operation that augreg does not have.

    >>> import augreg
    >>> from torchvision.transforms import RandAugment  # doctest: +SKIP
    >>> pipe = augreg.Pipeline({"image": [augreg.policies.from_torchvision(RandAugment(2, 9))]})  # doctest: +SKIP

    """
    kind, module = type(transform).__name__, type(transform).__module__
    if kind not in READ or not module.startswith("torchvision.transforms"):
        raise ConfigError(f"{module}.{kind} is no policy that can be read from torchvision. Read are: {listing(READ)}.")
    more = _geometry(transform)
    if kind == "AutoAugment":
        return _auto(transform, more)
    return _rand(transform, more) if kind == "RandAugment" else _trivial(transform, more, size)


def _auto(transform: Any, more: Mapping[str, Any]) -> Sub:
    # Shares of a picture of one pixel: torchvision's magnitudes of shifts are multiples of the sides.
    space = _space(transform, AUTOAUGMENT_BINS, (1, 1))
    table = getattr(transform, "policies", None) or transform._policies

    def entry(name: str, p: float, bin_: int | None) -> tuple[Any, float, float | None]:
        magnitude = 0.0 if bin_ is None else float(space[name][0][bin_])
        return _step(name, more), float(p), strength(name, magnitude)

    return Sub(policies=tuple(tuple(entry(*one) for one in sub) for sub in table))


def _rand(transform: Any, more: Mapping[str, Any]) -> Rand:
    space = _space(transform, transform.num_magnitude_bins, (1, 1))
    operations = []
    for name, (magnitudes, _) in space.items():
        at = strength(name, float(magnitudes[transform.magnitude]) if magnitudes.ndim else 0.0)
        # The strength is the operation's own, so that shears are even in their tangents, as published.
        operations.append(_leveled(name, more, "own" if at is None else (at, at)))
    return Rand(n=transform.num_ops, level=0.0, spread=0.0, distinct=False, operations=tuple(operations))


def _trivial(transform: Any, more: Mapping[str, Any], size: tuple[int, int] | None) -> Sub:
    if size is None:
        raise ConfigError(
            "TrivialAugmentWide moves pictures by up to 32 pixels: say how large they are, size=(224, 224)."
        )
    space = _space(transform, transform.num_magnitude_bins, None)
    policies, weights = [], []
    for name, (magnitudes, signed) in space.items():
        found = list(_wide(named(name, "TrivialAugmentWide"), name, magnitudes, signed, size, more))
        policies += [((entry, 1.0, None),) for entry in found]
        weights += [1.0 / len(found)] * len(found)
    return Sub(policies=tuple(policies), weights=tuple(weights))


def _wide(
    of: Named, name: str, magnitudes: Any, signed: bool, size: tuple[int, int], more: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield every configuration that is drawn alike: its ranges go beyond what strengths here reach."""
    side = {"TranslateX": size[1], "TranslateY": size[0]}.get(name, 1)
    for magnitude in magnitudes.tolist() if magnitudes.ndim else [None]:
        for sign in (1.0, -1.0) if signed else (1.0,):
            step = _step(name, more)
            if magnitude is not None:
                at = _signed(name, magnitude / side, sign)
                step[of.name] = {**step[of.name], of.parameter: (at, at)}
            yield step


def _signed(name: str, magnitude: float, sign: float) -> float:
    color = name not in GEOMETRY
    at = value(name, magnitude)
    return 1.0 + sign * magnitude if color and sign < 0 else at if color else sign * at


def _space(transform: Any, bins: int, size: tuple[int, int] | None) -> Space:
    """Return torchvision's table; v2 has it as an attribute of functions of the bins and the size."""
    read: Callable[..., Any] | None = getattr(transform, "_augmentation_space", None)
    if callable(read):
        found: Space = read(bins) if size is None else read(bins, size)
        return found
    table = transform._AUGMENTATION_SPACE
    height, width = size or (1, 1)
    return {name: (_magnitudes(name, function(bins, height, width)), sign) for name, (function, sign) in table.items()}


def _magnitudes(name: str, found: Any) -> Any:
    """Return magnitudes of v2 as those before it: a number for none, and thresholds that count to 255."""
    import torch

    if found is None:
        return torch.tensor(0.0)
    return found * 255.0 if name == "Solarize" else found


def _step(name: str, more: Mapping[str, Any]) -> dict[str, Any]:
    of = named(name, "torchvision")
    return {of.name: {**of.params, **(more if name in GEOMETRY else {})}}


def _leveled(name: str, more: Mapping[str, Any], level: Any) -> dict[str, Any]:
    ((listed, params),) = _step(name, more).items()
    return {listed: {**params, "level": level}}


def _geometry(transform: Any) -> dict[str, Any]:
    """Return interpolation and fill as parameters of steps."""
    way = getattr(transform.interpolation, "value", transform.interpolation)
    if way not in ("nearest", "bilinear", "bicubic"):
        raise ConfigError(f"interpolation={way!r} is none that augreg has. Give nearest, bilinear or bicubic.")
    fill = getattr(transform, "fill", None)
    if isinstance(fill, Mapping):
        raise ConfigError(f"fill={fill!r} by the kind of sample cannot be read. Give a number, or one per channel.")
    if fill is None:
        return {"interpolation": way}
    shares = [float(v) / 255.0 for v in (fill if isinstance(fill, (list, tuple)) else [fill])]
    return {"interpolation": way, "fill": shares[0] if len(shares) == 1 else tuple(shares)}
