"""Operations on the three color channels: all of them affine, so that they fuse."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from augreg import BatchInfo, Declaration, Level, Params, Rng, param
from augreg_image.base import ColorBase, photometric
from augreg_image.ops import ImageOp
from augreg_image.photometric import FactorBase, brightness_stage, contrast_stage, hue_stage, saturation_stage
from augreg_image.stages.color import Color

Floats = NDArray[np.float64]


def affine_stage(gain: Floats, offset: Floats | None = None) -> Color:
    """Return the stage of maps (n, 3, 3) and offsets (n, 3)."""
    n = len(gain)
    return Color(gain, np.zeros((n, 3, 3)), np.zeros((n, 3)) if offset is None else offset)


@dataclass(frozen=True, kw_only=True)
class Saturation(FactorBase):
    """Move colors away from or towards gray by a random factor."""

    declares: ClassVar[Declaration] = photometric(
        channels=(1, 3, 4), alters=frozenset({"saturation"}), level=Level("factor", 1.0, 1.9, signed=True), memory=1.5
    )

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the color operator."""
        return ImageOp((saturation_stage(params.array("factor")),))


@dataclass(frozen=True, kw_only=True)
class Hue(ColorBase):
    """Turn all hues by a random angle.

    A rotation of the chroma plane of YIQ, which keeps gray levels and luma and is linear, so that it fuses.
    torchvision turns HSV's hue instead, as ``image.hsv`` does, which keeps the largest and the smallest channel.
    """

    turn: tuple[float, float] = param.interval(
        (-0.1, 0.1), "share of a full turn; x means -x to x", low=-0.5, high=0.5, centre=0.0, unit="turns"
    )

    declares: ClassVar[Declaration] = photometric(
        channels=(1, 3, 4), alters=frozenset({"hue"}), level=Level("turn", 0.0, 0.3, signed=True), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a turn per sample."""
        return Params(len(batch), turn=self.sample("turn", rng, level))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the color operator."""
        return ImageOp((hue_stage(params.array("turn")),))


@dataclass(frozen=True, kw_only=True)
class Grayscale(ColorBase):
    """Take the color away.

    All three channels become the luma of ITU-R BT.601; their number stays.
    """

    declares: ClassVar[Declaration] = photometric(
        channels=(1, 3, 4), p=0.5, alters=frozenset({"hue", "saturation"}), memory=1.5
    )

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the color operator."""
        return ImageOp((saturation_stage(np.zeros(len(info))),))


@dataclass(frozen=True, kw_only=True)
class RGBShift(ColorBase):
    """Add a random number to each color channel."""

    shift: tuple[float, float] = param.interval(
        (-0.08, 0.08),
        "added to each channel, as a share of white; x means -x to x",
        low=-1.0,
        high=1.0,
        centre=0.0,
        unit="fraction",
    )

    declares: ClassVar[Declaration] = photometric(
        channels=(3, 4),
        alters=frozenset({"brightness", "hue", "saturation"}),
        level=Level("shift", 0.0, 0.3),
        memory=1.5,
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw three shifts per sample; a level sets their size, and each gets its own sign."""
        if level is None:
            return Params(len(batch), shift=rng.uniform("shift", *self.shift, size=3))
        return Params(len(batch), shift=self.sample("shift", rng, level)[:, None] * rng.sign("sign", size=3))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the color operator."""
        return ImageOp((affine_stage(np.tile(np.eye(3), (len(info), 1, 1)), params.array("shift")),))


@dataclass(frozen=True, kw_only=True)
class ChannelShuffle(ColorBase):
    """Put the color channels into a random order."""

    declares: ClassVar[Declaration] = photometric(channels=(3, 4), p=0.5, alters=frozenset({"hue"}), memory=1.5)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw an order of the three channels per sample."""
        return Params(len(batch), order=np.asarray(rng.permutation("order", 3)))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the color operator."""
        return ImageOp((affine_stage(np.eye(3)[params.array("order").reshape(-1, 3)]),))


@dataclass(frozen=True, kw_only=True)
class ChannelDropout(ColorBase):
    """Replace some color channels by a constant.

    At least one channel is replaced and at least one stays.
    """

    count: tuple[int, int] = param.interval((1, 1), "number of channels", low=1, high=2, integral=True)
    fill: float = param.number(
        0.0, "value of a replaced channel, as a share of white", low=0.0, high=1.0, unit="fraction"
    )

    declares: ClassVar[Declaration] = photometric(
        channels=(3, 4), p=0.5, alters=frozenset({"hue", "saturation"}), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw which channels to replace, as 0 and 1, int64 (n, 3), per sample."""
        order = np.asarray(rng.permutation("order", 3)).reshape(-1, 3)
        count = rng.integers("count", int(self.count[0]), int(self.count[1]) + 1)
        return Params(len(batch), dropped=(order < count[:, None]).astype(np.int64))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the color operator."""
        dropped = params.array("dropped").reshape(-1, 3)
        return ImageOp((affine_stage(np.eye(3) * (1.0 - dropped)[:, None, :], dropped * self.fill),))


@dataclass(frozen=True, kw_only=True)
class PhotometricDistort(ColorBase):
    """Change brightness, contrast, saturation, hue and the order of channels, each with a probability.

    Liu et al., "SSD: Single Shot MultiBox Detector", 2016; the ranges are torchvision's. One clip at the end.
    """

    brightness: tuple[float, float] = param.interval((0.875, 1.125), "factor", low=0.0, centre=1.0, unit="ratio")
    contrast: tuple[float, float] = param.interval((0.5, 1.5), "factor", low=0.0, centre=1.0, unit="ratio")
    saturation: tuple[float, float] = param.interval((0.5, 1.5), "factor", low=0.0, centre=1.0, unit="ratio")
    hue: tuple[float, float] = param.interval(0.05, "turn", low=-0.5, high=0.5, centre=0.0, unit="turns")
    chance: float = param.number(0.5, "probability of each change", low=0.0, high=1.0, unit="probability")

    declares: ClassVar[Declaration] = photometric(
        channels=(3, 4), alters=frozenset({"brightness", "contrast", "hue", "saturation"}), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw factors, 1 (or turn 0, or the usual order) where a change does not happen, per sample."""
        drawn: dict[str, Any] = {}
        for name, still in (("brightness", 1.0), ("contrast", 1.0), ("saturation", 1.0), ("hue", 0.0)):
            happens = rng.bernoulli(f"{name}.p", self.chance)
            drawn[name] = np.where(happens, rng.uniform(name, *getattr(self, name)), still)
        order = np.asarray(rng.permutation("order", 3)).reshape(-1, 3)
        drawn["order"] = np.where(rng.bernoulli("order.p", self.chance)[:, None], order, np.arange(3))
        return Params(len(batch), drawn)

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the color operator."""
        stage = brightness_stage(params.array("brightness")).then(contrast_stage(params.array("contrast")))
        stage = stage.then(saturation_stage(params.array("saturation"))).then(hue_stage(params.array("hue")))
        stage = stage.then(affine_stage(np.eye(3)[params.array("order").reshape(-1, 3)]))
        return ImageOp((replace(stage, bands=None),))  # as a whole it is for colors: other bands stay
