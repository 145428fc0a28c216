"""Crops and changes of size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from augreg import BatchInfo, Declaration, Params, Rng, param
from augreg_image import matrices
from augreg_image.base import GeometricBase, geometric, parse_positive, parse_size, sizes
from augreg_image.kernels.resampling import INTERPOLATIONS, resampling
from augreg_image.ops import ImageOp

Floats = NDArray[np.float64]

MAX_TRIES: Final = 10
"""Rectangles that are tried before the largest one in the middle is taken: as many as torchvision tries."""
FIRST_TRIES: Final = 4
"""Rectangles that are drawn for all samples: one block of random words, which nearly always hold one that fits."""

_SIDES: Final = ("top", "left", "height", "width")

Tries = Callable[[NDArray[np.int64] | None, int], tuple[Floats, Floats]]


@dataclass(frozen=True, kw_only=True)
class Resize(GeometricBase):
    """Scale to a fixed size.

    Where the picture shrinks, the filter widens (antialiasing, as PIL and torchvision do).
    """

    size: tuple[int, int] = param.value(doc="pixels of the result: one number for a square, or [height, width]")
    interpolation: str = param.choice("bilinear", "how to read between pixels", options=tuple(INTERPOLATIONS))

    declares: ClassVar[Declaration] = geometric(keeps_shape=False, alters=frozenset({"proportions"}), memory=1.5)
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"size": 64}, {"size": (48, 96)})

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "size", parse_size("size", self.size))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        height, width = sizes(info)
        matrix = matrices.scaling(self.size[1] / width, self.size[0] / height)
        how = resampling(interpolation=INTERPOLATIONS[self.interpolation])
        return self.stage(matrix, same_canvas(self.size, len(width)), how)


def crop_matrix(canvas: NDArray[np.int64], top: Any, left: Any, height: Any, width: Any) -> NDArray[np.float64]:
    """Return the matrices (n, 3, 3) that scale a rectangle of the source to the canvas."""
    zoom_x, zoom_y = canvas[:, 1] / width, canvas[:, 0] / height
    found = matrices.scaling(zoom_x, zoom_y)
    # What the product of both matrices is, whose other terms are 0.
    found[:, 0, 2], found[:, 1, 2] = 0.0 - zoom_x * left, 0.0 - zoom_y * top
    return found


def same_canvas(size: tuple[int, int], n: int) -> NDArray[np.int64]:
    """Return int64 (n, 2), one height and width for all samples."""
    canvas = np.empty((n, 2), np.int64)
    canvas[:] = size
    return canvas


def pick_rectangle(
    height: Floats, width: Floats, tries: Tries, limits: tuple[float, float]
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return heights and widths (n,) of the first rectangle that fits, and whether one of ten tries did.

    Elsewhere: the largest rectangle with proportions inside ``limits``. ``tries(rows, k)`` draws shares
    of the area and proportions of some samples, None for all, both (len(rows), k).
    """
    h, w, found = _first_fit(height, width, *tries(None, FIRST_TRIES))
    if False not in found.tolist():
        return h, w, found
    missed = (~found).nonzero()[0]
    # More tries extend the numbers of the first ones, so that drawing them late changes nothing.
    more = tries(missed, MAX_TRIES)
    h[missed], w[missed], found[missed] = _first_fit(height[missed], width[missed], *more)
    own = width / np.maximum(height, 1)
    wide = np.where(own > limits[1], np.rint(height * limits[1]), width)
    tall = np.where(own < limits[0], np.rint(width / limits[0]), height)
    return np.maximum(np.where(found, h, tall), 1.0), np.maximum(np.where(found, w, wide), 1.0), found


def place(rng: Rng, free: tuple[Floats, Floats], found: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Draw tops and lefts (n,) in whole pixels, given what is free beside a rectangle; the middle if none was found."""
    top, left = np.floor(rng.uniform("top") * (free[0] + 1)), np.floor(rng.uniform("left") * (free[1] + 1))
    if False not in found.tolist():
        return top, left
    return np.where(found, top, free[0] // 2), np.where(found, left, free[1] // 2)


def _first_fit(height: Floats, width: Floats, share: Floats, ratio: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    if len(height) == 1:
        tall, wide, fit = _first_of_one(float(height[0]), float(width[0]), share[0].tolist(), ratio[0].tolist())
        return np.array([tall]), np.array([wide]), np.array([fit])
    area = (height * width)[:, None] * share
    w, h = np.rint(np.sqrt(area * ratio)), np.rint(np.sqrt(area / ratio))
    fits = (w > 0) & (w <= width[:, None]) & (h > 0) & (h <= height[:, None])
    first, rows = fits.argmax(axis=1), np.arange(len(height))
    return h[rows, first], w[rows, first], fits[rows, first]


def _first_of_one(height: float, width: float, share: list[float], ratio: list[float]) -> tuple[float, float, bool]:
    """Return the same of one sample: the first try nearly always fits, and numpy would work out all of them."""
    w = h = 0.0
    for part, proportions in zip(share, ratio, strict=True):
        area = height * width * part
        w, h = float(round(sqrt(area * proportions))), float(round(sqrt(area / proportions)))
        if 0 < w <= width and 0 < h <= height:
            return h, w, True
    return h, w, False


@dataclass(frozen=True, kw_only=True)
class ResizedCrop(GeometricBase):
    """Cut out a random rectangle and scale it to a fixed size.

    Its area and proportions are drawn as in Szegedy et al., "Going Deeper with Convolutions", 2015, and
    torchvision's RandomResizedCrop: ten rectangles are tried, and where none fits, the largest one in the middle
    with permitted proportions is taken. ``hard`` keeps a rotation that follows from bringing in pixels from
    beyond the crop.
    """

    size: tuple[int, int] = param.value(224, "pixels of the result: one number for a square, or [height, width]")
    scale: tuple[float, float] = param.interval(
        (0.08, 1.0), "area of the rectangle, as a share of the picture", low=0.0, high=1.0, unit="fraction"
    )
    ratio: tuple[float, float] = param.interval(
        (3 / 4, 4 / 3), "width over height of the rectangle", low=0.0, unit="ratio"
    )
    interpolation: str = param.choice("bilinear", "how to read between pixels", options=tuple(INTERPOLATIONS))
    hard: bool = param.flag(False, "let nothing that follows see beyond the crop")

    declares: ClassVar[Declaration] = geometric(
        keeps_shape=False, alters=frozenset({"completeness", "position", "proportions", "size"}), memory=1.5
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "size", parse_size("size", self.size))
        parse_positive("scale", self.scale)
        parse_positive("ratio", self.ratio)

    def draw(self, batch: BatchInfo, rng: Rng, level: NDArray[np.float64] | None = None) -> Params:
        """Draw a rectangle of whole pixels per sample."""
        height, width = sizes(batch)

        def tries(rows: NDArray[np.int64] | None, count: int) -> tuple[Floats, Floats]:
            some = rng if rows is None else rng.take(rows)
            share = some.uniform("scale", *self.scale, size=count)
            return share, some.log_uniform("ratio", *self.ratio, size=count)

        h, w, found = pick_rectangle(height, width, tries, self.ratio)
        top, left = place(rng, (height - h, width - w), found)
        whole = np.array([top, left, h, w]).astype(np.int64)
        return Params(len(h), dict(zip(_SIDES, whole, strict=True)))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        canvas = same_canvas(self.size, params.n)
        matrix = crop_matrix(canvas, *map(params.array, _SIDES))
        how = resampling(interpolation=INTERPOLATIONS[self.interpolation])
        return self.stage(matrix, canvas, how, hard=self.hard)
