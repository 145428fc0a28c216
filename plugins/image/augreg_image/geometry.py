"""Flips, rotations and affine maps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from augreg import BatchInfo, Declaration, Level, Params, Rng, param
from augreg_image import matrices
from augreg_image.base import GeometricBase, WarpBase, geometric, parse_positive, sizes, whole_pixels
from augreg_image.kernels.resampling import NO_RESAMPLING
from augreg_image.ops import ImageOp

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class HFlip(GeometricBase):
    """Mirror left and right.

    Keypoints with ``swap`` pairs exchange left and right.
    """

    declares: ClassVar[Declaration] = whole_pixels(
        p=0.5, alters=frozenset({"chirality", "position", "legibility"}), memory=1.5
    )

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        return self.stage(matrices.hflip(info.shapes[:, -1]), info.shapes[:, -2:], NO_RESAMPLING)


@dataclass(frozen=True, kw_only=True)
class VFlip(GeometricBase):
    """Mirror top and bottom.

    Keypoints with ``swap`` pairs exchange left and right: the picture is mirrored, not turned.
    """

    declares: ClassVar[Declaration] = whole_pixels(
        p=0.5, alters=frozenset({"chirality", "position", "legibility"}), memory=1.5
    )

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        return self.stage(matrices.vflip(info.shapes[:, -2]), info.shapes[:, -2:], NO_RESAMPLING)


@dataclass(frozen=True, kw_only=True)
class Rotate(WarpBase):
    """Rotate about the middle by a random angle.

    Positive angles turn counter-clockwise, as in torchvision's ``rotate``.
    """

    degrees: tuple[float, float] = param.interval((-15.0, 15.0), "angle; x means -x to x", centre=0.0, unit="degrees")
    expand: bool = param.flag(False, "enlarge the canvas so that the whole picture stays visible")

    declares: ClassVar[Declaration] = geometric(
        keeps_shape=False,
        alters=frozenset({"completeness", "orientation", "position"}),
        level=Level("degrees", 0.0, 30.0, signed=True),
        memory=4.5,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.expand:
            # Only a larger canvas is another shape; what keeps it may be blended with the picture, and run on a part.
            object.__setattr__(self, "declares", replace(type(self).declares, keeps_shape=True))

    def draw(self, batch: BatchInfo, rng: Rng, level: NDArray[np.float64] | None = None) -> Params:
        """Draw an angle per sample."""
        return Params(len(batch), degrees=self.sample("degrees", rng, level))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        turn, canvas = matrices.rotation(params.array("degrees")), info.shapes[:, -2:]
        middle = canvas[:, ::-1] / 2
        if self.expand:
            height, width = sizes(info)
            c, s = np.abs(turn[:, 0, 0]), np.abs(turn[:, 0, 1])
            reach = np.stack([s * width + c * height, c * width + s * height], axis=1)
            canvas = np.ceil(reach - 1e-6).astype(np.int64)
        return self.stage(_with_middle(turn, middle, canvas[:, ::-1] / 2), canvas, self.resampling)


@dataclass(frozen=True, kw_only=True)
class Affine(WarpBase):
    """Rotate, scale, shear and move by random amounts.

    The middle of the picture stays in place but for the shift. Positive angles turn counter-clockwise (those of
    torchvision's ``affine`` turn clockwise).
    """

    degrees: tuple[float, float] = param.interval(
        (-10.0, 10.0), "angle, counter-clockwise; x means -x to x", centre=0.0, unit="degrees"
    )
    translate: tuple[float, float] = param.interval(
        (-0.1, 0.1),
        "shift along each axis, as a share of the side; x means -x to x",
        low=-1.0,
        high=1.0,
        centre=0.0,
        unit="fraction",
    )
    scale: tuple[float, float] = param.interval((0.8, 1.2), "enlargement", low=0.0, unit="ratio")
    shear: tuple[float, float] = param.interval(
        (-5.0, 5.0), "shear along each axis; x means -x to x", low=-89.0, high=89.0, centre=0.0, unit="degrees"
    )

    declares: ClassVar[Declaration] = geometric(
        alters=frozenset({"completeness", "orientation", "position", "proportions", "size"}), memory=4.5
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        parse_positive("scale", self.scale)

    def draw(self, batch: BatchInfo, rng: Rng, level: NDArray[np.float64] | None = None) -> Params:
        """Draw angle, enlargement (uniform in its logarithm), shears and shifts per sample."""
        return Params(
            len(batch),
            degrees=rng.uniform("degrees", *self.degrees),
            scale=rng.log_uniform("scale", *self.scale),
            shear_x=rng.uniform("shear_x", *self.shear),
            shear_y=rng.uniform("shear_y", *self.shear),
            translate_x=rng.uniform("translate_x", *self.translate),
            translate_y=rng.uniform("translate_y", *self.translate),
        )

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        turn = matrices.rotation(params.array("degrees")) @ matrices.shear(
            params.array("shear_x"), params.array("shear_y")
        )
        turn[:, :2, :2] *= params.array("scale")[:, None, None]
        size = info.shapes[:, :-3:-1]
        place = (0.5 + np.array([params.array("translate_x"), params.array("translate_y")]).T) * size
        return self.stage(_with_middle(turn, size / 2, place), info.shapes[:, -2:], self.resampling)


def _with_middle(linear: Floats, middle: Floats, place: Floats) -> Floats:
    """Return maps (n, 3, 3) with the linear parts given, which are changed, that bring the middle to a place.

    Both are x and y, (n, 2).
    """
    linear[:, :2, 2] = place - (linear[:, :2, 0] * middle[:, :1] + linear[:, :2, 1] * middle[:, 1:])
    return linear
