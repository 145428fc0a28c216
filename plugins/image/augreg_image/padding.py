"""Padding, and resizing that keeps the proportions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from augreg import BatchInfo, ConfigError, Declaration, Level, Params, Rng, param
from augreg_image import matrices
from augreg_image.base import GeometricBase, geometric, parse_size, sizes, whole_pixels
from augreg_image.kernels.resampling import BORDERS, INTERPOLATIONS, Resampling, parse_fill
from augreg_image.ops import ImageOp

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Pad(GeometricBase):
    """Add a margin.

    Either a fixed margin (``padding``), or as much as is needed for the sides to reach ``size`` and to be
    multiples of ``divisor``, shared out evenly.
    """

    padding: tuple[int, ...] = param.value(0, "pixels: one number, [x, y], or [left, top, right, bottom]")
    size: tuple[int, int] | None = param.value(
        None, "smallest size: one number for a square, or [height, width]", optional=True
    )
    divisor: int = param.integer(1, "sides become multiples of this", low=1, unit="px")
    border: str = param.choice("constant", "what lies in the margin", options=tuple(BORDERS))
    fill: tuple[float, ...] = param.value(0.0, "color of the margin, one share of white or one per channel")
    mask_fill: int = param.integer(0, "label of the margin, for masks")

    declares: ClassVar[Declaration] = whole_pixels(keeps_shape=False, alters=frozenset({"position"}), memory=2.5)
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"padding": (1, 2, 3, 4)}, {"size": 80, "divisor": 32})

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "padding", _margins(self.padding))
        object.__setattr__(self, "fill", parse_fill(self.fill))
        if self.size is not None:
            object.__setattr__(self, "size", parse_size("size", self.size))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        left, top, right, bottom = self.padding
        canvas = info.shapes[:, -2:] + np.array([top + bottom, left + right])
        wanted = canvas if self.size is None else np.maximum(canvas, self.size)
        wanted = -(-wanted // self.divisor) * self.divisor
        start = np.array([top, left]) + (wanted - canvas) // 2
        matrix = matrices.translation(start[:, 1].astype(float), start[:, 0].astype(float))
        return self.stage(matrix, wanted, Resampling(BORDERS[self.border], self.fill, self.mask_fill))


def _margins(value: Any) -> tuple[int, int, int, int]:
    numbers = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    whole = all(isinstance(v, (int, np.integer)) and not isinstance(v, bool) and v >= 0 for v in numbers)
    if len(numbers) not in (1, 2, 4) or not whole:
        raise ConfigError(
            f"padding={value!r} is not valid: expected pixels >= 0: one number, [x, y] or [left, top, right, bottom]."
        )
    left, top, right, bottom = (numbers * 4)[:4]
    return int(left), int(top), int(right), int(bottom)


@dataclass(frozen=True, kw_only=True)
class SideBase(GeometricBase):
    """Resizing by one factor for both sides."""

    interpolation: str = param.choice("bilinear", "how to read between pixels", options=tuple(INTERPOLATIONS))

    def scaled(self, info: BatchInfo, factor: Floats) -> ImageOp:
        """Return the operator that scales both sides by factors (n,), to whole pixels."""
        canvas = np.maximum(1, np.rint(info.shapes[:, -2:] * factor[:, None])).astype(np.int64)
        height, width = sizes(info)
        matrix = matrices.scaling(canvas[:, 1] / width, canvas[:, 0] / height)
        return self.stage(matrix, canvas, Resampling(interpolation=INTERPOLATIONS[self.interpolation]))


@dataclass(frozen=True, kw_only=True)
class Scale(SideBase):
    """Scale the picture, and its size with it, by a random factor.

    Where it shrinks, the filter widens. ``image.zoom`` keeps the canvas instead.
    """

    factor: tuple[float, float] = param.interval(
        (0.5, 2.0), "enlargement of both sides", low=0.01, high=16.0, unit="ratio"
    )

    declares: ClassVar[Declaration] = geometric(
        keeps_shape=False, alters=frozenset({"size"}), level=Level("factor", 1.0, 2.0, "log", signed=True), memory=1.5
    )

    @property
    def memory(self) -> float:
        """What is enlarged has more pixels."""
        return self.declares.memory * max(1.0, self.factor[1] ** 2)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a factor, uniform in its logarithm, per sample."""
        factor = rng.log_uniform("factor", *self.factor) if level is None else self.sample("factor", rng, level)
        return Params(len(batch), factor=factor)

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        return self.scaled(info, params.array("factor"))


@dataclass(frozen=True, kw_only=True)
class SizedBase(SideBase):
    """Resizing of one side to a length, or to a random one."""

    size: tuple[int, int] = param.interval(
        doc="pixels of that side: one number, or [from, to] for a random one", low=1, integral=True, unit="px"
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a length in pixels per sample."""
        return Params(len(batch), size=rng.integers("size", int(self.size[0]), int(self.size[1]) + 1))


@dataclass(frozen=True, kw_only=True)
class LongestSide(SizedBase):
    """Scale so that the longer side has a given length."""

    declares: ClassVar[Declaration] = geometric(keeps_shape=False, memory=1.5)
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"size": 60}, {"size": (70, 90)})

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        return self.scaled(info, params.array("size") / info.shapes[:, -2:].max(axis=1))


@dataclass(frozen=True, kw_only=True)
class SmallestSide(SizedBase):
    """Scale so that the shorter side has a given length."""

    max_size: int | None = param.integer(None, "most pixels of the longer side", low=1, optional=True, unit="px")

    declares: ClassVar[Declaration] = geometric(keeps_shape=False, memory=1.5)
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"size": 40}, {"size": (50, 90), "max_size": 100})

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        sides = info.shapes[:, -2:]
        factor = params.array("size") / sides.min(axis=1)
        if self.max_size is not None:
            factor = np.minimum(factor, self.max_size / sides.max(axis=1))
        return self.scaled(info, factor)


@dataclass(frozen=True, kw_only=True)
class Letterbox(GeometricBase):
    """Scale to fit into a fixed size, and fill up the rest evenly."""

    size: tuple[int, int] = param.value(doc="pixels of the result: one number for a square, or [height, width]")
    enlarge: bool = param.flag(True, "enlarge pictures that are smaller")
    interpolation: str = param.choice("bilinear", "how to read between pixels", options=tuple(INTERPOLATIONS))
    fill: tuple[float, ...] = param.value(0.0, "color of the margin, one share of white or one per channel")
    mask_fill: int = param.integer(0, "label of the margin, for masks")

    declares: ClassVar[Declaration] = geometric(keeps_shape=False, alters=frozenset({"position"}), memory=1.5)
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"size": 40}, {"size": (50, 90), "enlarge": False, "fill": 0.5})

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "size", parse_size("size", self.size))
        object.__setattr__(self, "fill", parse_fill(self.fill))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        sides, size = info.shapes[:, -2:], np.asarray(self.size)
        factor = (size / sides).min(axis=1)
        if not self.enlarge:
            factor = np.minimum(factor, 1.0)
        inner = np.clip(np.rint(sides * factor[:, None]), 1, size)
        start = (size - inner) // 2
        scale = inner / sides
        matrix = matrices.translation(start[:, 1], start[:, 0]) @ matrices.scaling(scale[:, 1], scale[:, 0])
        how = Resampling("constant", self.fill, self.mask_fill, INTERPOLATIONS[self.interpolation])
        return self.stage(matrix, np.tile(size, (len(info), 1)), how)
