"""What image augmenters share: declarations, resampling parameters, sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from augreg import EVERY, AugmenterBase, BatchInfo, ConfigError, Declaration, Params, UnsupportedError, param
from augreg.kernel import fuses
from augreg.modalities import PlaneMap
from augreg_image.kernels.resampling import BORDERS, INTERPOLATIONS, Resampling, parse_fill, resampling
from augreg_image.ops import ImageOp, plane_maps
from augreg_image.stages.geometry import Geometry

DTYPES: Final = ("uint8", "uint16", "float16", "float32")
TARGETS: Final = ("boxes", "masks", "keypoints")
DEVICES: Final = ("cpu", "cuda")
SHORTER_SIDE: Final = "shorter side"
"""Of what a level of blurs is a share, so that it does the same at every size of a picture."""
MAX_PIXELS: Final = 2**30
"""More pixels in a result, 3 GiB as RGB, are taken for a slip of the pen: size=50000 for size=500."""


_MOVES: Final = {"targets": TARGETS, "leaves": ("label",), "dtypes": DTYPES, "devices": DEVICES, "values": "any"}


def geometric(**facts: Any) -> Declaration:
    """Declare an operation that moves pixels, and every target with them."""
    return Declaration(**{**_MOVES, **facts})


def whole_pixels(**facts: Any) -> Declaration:
    """Declare an operation that moves whole pixels, missing ones (NaN) too: nothing is computed with them."""
    return geometric(nonfinite="passes", **facts)


def photometric(**facts: Any) -> Declaration:
    """Declare an operation that changes values only, so that every target stays true."""
    return Declaration(**{"leaves": EVERY, "dtypes": DTYPES, "devices": DEVICES, **facts})


@dataclass(frozen=True, kw_only=True)
class GeometricBase(AugmenterBase):
    """An operation that moves pixels: what happens to boxes that leave the picture."""

    min_area: float = param.number(1.0, "drop boxes with less than this area left", low=0.0, unit="px²")
    min_visibility: float = param.number(
        0.0, "drop boxes of which less than this share is left", low=0.0, high=1.0, unit="fraction"
    )

    def stage(
        self, matrix: NDArray[np.float64], canvas: NDArray[np.int64], resampling: Resampling, *, hard: bool = False
    ) -> ImageOp:
        """Return the operator of matrices (n, 3, 3) and canvases (n, 2)."""
        if np.maximum.reduce(canvas, axis=None, initial=0) > 1 << 15:
            self._check_canvas(canvas)
        return ImageOp((Geometry(matrix, canvas, resampling, self.min_area, self.min_visibility, hard),))

    @property
    def inverts(self) -> bool:
        """Whether predictions can be mapped back: where all pixels move by one matrix."""
        return fuses(self)

    def inverses(self, info: BatchInfo, params: Params) -> list[PlaneMap]:
        """Return for each picture the matrix by which it moved."""
        op = self.lower(info, params)
        if not isinstance(op, ImageOp):
            raise UnsupportedError(f"{type(self).__name__} moves pixels by no matrix, so nothing can be mapped back.")
        return plane_maps(op, info)

    def _check_canvas(self, canvas: NDArray[np.int64]) -> None:
        pixels = canvas.prod(axis=1, dtype=np.float64)
        if pixels.max() > MAX_PIXELS:
            tall, wide = canvas[pixels.argmax()].tolist()
            found = f"{type(self).__name__} would make a picture of {tall} x {wide}, more than 2**30 pixels"
            raise UnsupportedError(f"{found}. Ask for a smaller one.")


@dataclass(frozen=True, kw_only=True)
class WarpBase(GeometricBase):
    """An operation that reads between and beyond pixels."""

    interpolation: str = param.choice("bilinear", "how to read between pixels", options=tuple(INTERPOLATIONS))
    border: str = param.choice("constant", "what lies beyond the picture", options=tuple(BORDERS))
    fill: tuple[float, ...] = param.value(0.0, "color beyond the picture, one share of white or one per channel")
    mask_fill: int = param.integer(0, "label beyond the picture, for masks")

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "fill", parse_fill(self.fill))

    @property
    def resampling(self) -> Resampling:
        """Border and interpolation as the stages take them."""
        return resampling(BORDERS[self.border], self.fill, self.mask_fill, INTERPOLATIONS[self.interpolation])


@dataclass(frozen=True, kw_only=True)
class ColorBase(AugmenterBase):
    """An affine map of red, green and blue; other bands of pictures that name their channels stay, but for some."""

    by_name: ClassVar[bool] = True


def sizes(info: BatchInfo) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return heights and widths, float64 (n,)."""
    return info.shapes[:, -2].astype(np.float64), info.shapes[:, -1].astype(np.float64)


def parse_size(name: str, value: Any) -> tuple[int, int]:
    """Check a size: one number for a square, or (height, width)."""
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    whole = all(isinstance(v, (int, np.integer)) and not isinstance(v, bool) and v > 0 for v in pair)
    if len(pair) != 2 or not whole:
        raise ConfigError(f"{name}={value!r} is not valid: expected pixels >= 1, one number or [height, width].")
    if pair[0] * pair[1] > MAX_PIXELS:
        raise ConfigError(f"{name}={value!r} is not valid: expected at most 2**30 pixels in all, such as {name}=512.")
    return int(pair[0]), int(pair[1])


def parse_positive(name: str, pair: tuple[float, float]) -> None:
    """Refuse an interval that reaches 0."""
    if pair[0] <= 0:
        raise ConfigError(f"{name}={list(pair)} is not valid: expected a pair of numbers above 0.")
