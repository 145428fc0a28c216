"""Tone curves: lookups that fuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import AugmenterBase, BatchInfo, Declaration, Level, Params, Rng, param
from augreg_image.base import parse_positive, photometric
from augreg_image.kernels.tone_curves import Curve
from augreg_image.ops import ImageOp
from augreg_image.stages.lookup import Lookup

Floats = NDArray[np.float64]


def curve_op(curve: Curve, params: Floats, still: NDArray[np.bool_]) -> ImageOp:
    """Return the operator of one curve with parameters (n, k); ``still`` samples are left alone."""
    return ImageOp((Lookup((curve,), (params,), (~still,)),))


def power(values: Any, params: Any) -> Any:
    """Raise values to a power."""
    return values ** params[0]


def inverse(values: Any, _: Any) -> Any:
    """Exchange black and white."""
    return 1.0 - values


def solarized(values: Any, params: Any) -> Any:
    """Invert values from a threshold on."""
    return values + (values >= params[0] - 1e-9) * (1.0 - 2.0 * values)


def lifted(values: Any, params: Any) -> Any:
    """Add to values below a threshold, up to white."""
    added = (values + params[1]).clip(0.0, 1.0)
    return values + (values < params[0] - 1e-9) * (added - values)


def posterized(values: Any, params: Any) -> Any:
    """Keep the highest bits of eight, rounding down."""
    step = 2.0 ** (8.0 - params[0])
    # Dividing by a power of two is exact; numpy's // takes twenty times as long.
    floor = torch.floor if isinstance(values, torch.Tensor) else np.floor
    return floor((values * 255.0 + 1e-6) / step) * step / 255.0


def bezier(values: Any, params: Any) -> Any:
    """Follow a cubic Bezier curve from black to white by the heights of its two inner points."""
    low, high = params[0], params[1]
    rest = 1.0 - values
    return values * (3.0 * rest * (rest * low + values * high) + values * values)


@dataclass(frozen=True, kw_only=True)
class Gamma(AugmenterBase):
    """Raise values, as shares of white, to a random power.

    Powers above 1 darken the middle tones, powers below 1 brighten them.
    """

    gamma: tuple[float, float] = param.interval((0.8, 1.25), "power", low=0.0, high=100.0)

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"brightness", "contrast", "saturation"}),
        level=Level("gamma", 1.0, 2.5, "log", signed=True),
        memory=1.5,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        parse_positive("gamma", self.gamma)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a power, uniform in its logarithm, per sample."""
        gamma = rng.log_uniform("gamma", *self.gamma) if level is None else self.sample("gamma", rng, level)
        return Params(len(batch), gamma=gamma)

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the lookup operator."""
        gamma = params.array("gamma")
        return curve_op(power, gamma[:, None], gamma == 1.0)


@dataclass(frozen=True, kw_only=True)
class Invert(AugmenterBase):
    """Exchange black and white."""

    declares: ClassVar[Declaration] = photometric(p=0.5, alters=frozenset({"brightness", "hue"}), memory=1.5)

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the lookup operator."""
        return curve_op(inverse, np.zeros((len(info), 1)), np.zeros(len(info), dtype=bool))


@dataclass(frozen=True, kw_only=True)
class Solarize(AugmenterBase):
    """Invert all values from a threshold on."""

    threshold: tuple[float, float] = param.interval(
        (0.5, 0.5),
        "values from here on are inverted, as a share of white; above 1: none",
        low=0.0,
        high=1.01,
        unit="fraction",
    )

    declares: ClassVar[Declaration] = photometric(
        p=0.5, alters=frozenset({"brightness", "hue"}), level=Level("threshold", 1.01, 0.0), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a threshold per sample."""
        return Params(len(batch), threshold=self.sample("threshold", rng, level))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the lookup operator."""
        threshold = params.array("threshold")
        return curve_op(solarized, threshold[:, None], threshold > 1.0)


@dataclass(frozen=True, kw_only=True)
class SolarizeAdd(AugmenterBase):
    """Add to all values below a threshold, which lightens them.

    What is brighter stays, so that dark parts may end up above it, as in AutoAugment's and RandAugment's SolarizeAdd.
    """

    add: tuple[float, float] = param.interval(
        (0.2, 0.2), "what is added, as a share of white; negative darkens", low=-1.0, high=1.0, unit="fraction"
    )
    threshold: float = param.number(
        0.5, "values from here on stay, as a share of white", low=0.0, high=1.01, unit="fraction"
    )

    # 110 of 255, as far as the published policies go.
    declares: ClassVar[Declaration] = photometric(
        p=0.5, alters=frozenset({"brightness", "contrast"}), level=Level("add", 0.0, 110 / 255), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw what is added per sample."""
        return Params(len(batch), add=self.sample("add", rng, level))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the lookup operator."""
        add = params.array("add")
        return curve_op(lifted, np.stack([np.full_like(add, self.threshold), add], axis=1), add == 0.0)


@dataclass(frozen=True, kw_only=True)
class Posterize(AugmenterBase):
    """Keep only the highest bits of every value.

    Counted in the eight bits of an ordinary picture, whatever the dtype.
    """

    bits: tuple[int, int] = param.interval((3, 5), "bits kept, of 8", low=1, high=8, integral=True, unit="bits")

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"contrast", "hue", "saturation"}), level=Level("bits", 8, 1, "integer"), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a number of bits per sample."""
        if level is not None:
            return Params(len(batch), bits=self.sample("bits", rng, level).astype(np.int64))
        return Params(len(batch), bits=rng.integers("bits", int(self.bits[0]), int(self.bits[1]) + 1))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the lookup operator."""
        kept = params.array("bits")
        return curve_op(posterized, kept[:, None].astype(np.float64), kept >= 8)


@dataclass(frozen=True, kw_only=True)
class ToneCurve(AugmenterBase):
    """Bend the tone curve: lift or lower dark and light tones by random amounts.

    A cubic Bezier curve whose two inner points move up or down, as albumentations' RandomToneCurve. Black and white
    stay.
    """

    amount: tuple[float, float] = param.interval(
        (0.05, 0.25), "largest move of an inner point, as a share of white", low=0.0, high=0.333, unit="fraction"
    )

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"brightness", "contrast", "saturation"}), level=Level("amount", 0.0, 0.333), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the moves of the two points, float64 (n, 2), per sample."""
        return Params(
            len(batch), moves=self.sample("amount", rng, level)[:, None] * rng.uniform("moves", -1, 1, size=2)
        )

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the lookup operator."""
        moves = params.array("moves").reshape(-1, 2)
        bent: NDArray[np.bool_] = np.any(moves, axis=1)
        return curve_op(bezier, moves + np.array([1 / 3, 2 / 3]), ~bent)
