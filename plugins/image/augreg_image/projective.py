"""Shear, translation, zoom and perspective, each by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from augreg import BatchInfo, Declaration, Level, Params, Rng, param
from augreg_image import matrices
from augreg_image.base import WarpBase, geometric, parse_positive, sizes
from augreg_image.ops import ImageOp

Floats = NDArray[np.float64]

_CORNERS: Final = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
_INWARDS: Final = 1.0 - 2.0 * _CORNERS
_FARTHEST: Final = 150 / 331
"""How far AutoAugment moves pictures: 150 pixels of the 331 that its networks for ImageNet took."""


@dataclass(frozen=True, kw_only=True)
class Shear(WarpBase):
    """Slant the picture by a random angle.

    Parallels stay parallel. AutoAugment and its heirs, as torchvision has them, slant about the corner.
    """

    degrees: tuple[float, float] = param.interval(
        (-10.0, 10.0), "angle; x means -x to x", low=-89.0, high=89.0, centre=0.0, unit="degrees"
    )
    axis: str = param.choice("x", "side along which rows or columns slide", options=("x", "y"))
    pivot: str = param.choice(
        "middle", "what stays in place: the middle, or the upper left corner", options=("middle", "corner")
    )

    declares: ClassVar[Declaration] = geometric(
        alters=frozenset({"completeness", "position", "proportions"}),
        level=Level("degrees", 0.0, 17.0, signed=True),
        memory=4.5,
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw an angle per sample."""
        return Params(len(batch), degrees=self.sample("degrees", rng, level))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        height, width = sizes(info)
        degrees = params.array("degrees")
        still = np.zeros_like(degrees)
        slant = matrices.shear(*((degrees, still) if self.axis == "x" else (still, degrees)))
        x, y = (width / 2, height / 2) if self.pivot == "middle" else (still, still)
        return self.stage(matrices.about(slant, x, y), info.shapes[:, -2:], self.resampling)


@dataclass(frozen=True, kw_only=True)
class Translate(WarpBase):
    """Move the picture by random shares of its sides."""

    x: tuple[float, float] = param.interval(
        (-0.1, 0.1),
        "shift to the right, as a share of the width; x means -x to x",
        low=-1.0,
        high=1.0,
        centre=0.0,
        unit="fraction",
    )
    y: tuple[float, float] = param.interval(
        (-0.1, 0.1),
        "shift down, as a share of the height; x means -x to x",
        low=-1.0,
        high=1.0,
        centre=0.0,
        unit="fraction",
    )
    axis: str = param.choice(
        "both", "along which sides it moves; the other interval is idle", options=("both", "x", "y")
    )
    whole: bool = param.flag(False, "move by whole pixels, so that nothing is interpolated")

    declares: ClassVar[Declaration] = geometric(
        alters=frozenset({"completeness", "position"}), level=Level("x", 0.0, _FARTHEST, signed=True), memory=4.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a shift along each axis per sample; a level sets both, with signs of their own."""
        x = self.sample("x", rng, level)
        y = rng.uniform("y", *self.y) if level is None else np.abs(x) * rng.sign("y.sign")
        still = np.zeros_like(x)
        return Params(len(batch), x=still if self.axis == "y" else x, y=still if self.axis == "x" else y)

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        height, width = sizes(info)
        x, y = params.array("x") * width, params.array("y") * height
        if self.whole:
            x, y = np.rint(x), np.rint(y)
        return self.stage(matrices.translation(x, y), info.shapes[:, -2:], self.resampling)


@dataclass(frozen=True, kw_only=True)
class Zoom(WarpBase):
    """Enlarge or shrink the picture on its canvas by a random factor.

    Shrinking averages over the right area and shows the border; boxes that zoom out of view are dropped.
    """

    scale: tuple[float, float] = param.interval((0.8, 1.25), "enlargement", low=0.0, high=20.0, unit="ratio")

    declares: ClassVar[Declaration] = geometric(
        alters=frozenset({"completeness", "position", "size"}), level=Level("scale", 1.0, 1.5, "log", signed=True)
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        parse_positive("scale", self.scale)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a factor, uniform in its logarithm, per sample."""
        scale = rng.log_uniform("scale", *self.scale) if level is None else self.sample("scale", rng, level)
        return Params(len(batch), scale=scale)

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        height, width = sizes(info)
        scale = params.array("scale")
        zoom = matrices.about(matrices.scaling(scale, scale), width / 2, height / 2)
        return self.stage(zoom, info.shapes[:, -2:], self.resampling)


@dataclass(frozen=True, kw_only=True)
class Perspective(WarpBase):
    """Look at the picture from a random angle.

    Every corner moves inwards by its own random shares of half the sides, as in torchvision's RandomPerspective.
    """

    distortion: tuple[float, float] = param.interval(
        (0.1, 0.4), "largest move of a corner, as a share of half the side", low=0.0, high=0.95, unit="fraction"
    )

    declares: ClassVar[Declaration] = geometric(
        alters=frozenset({"completeness", "position", "proportions"}), level=Level("distortion", 0.0, 0.6), memory=4.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the moves of the four corners, float64 (n, 4, 2), per sample."""
        most = self.sample("distortion", rng, level)
        return Params(len(batch), corners=rng.uniform("corners", size=(4, 2)) * most[:, None, None] / 2)

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        side = info.shapes[:, None, :-3:-1].astype(np.float64)
        source = _CORNERS * side
        matrix = matrices.homography(source, source + _INWARDS * params.array("corners") * side)
        return self.stage(matrix, info.shapes[:, -2:], self.resampling)
