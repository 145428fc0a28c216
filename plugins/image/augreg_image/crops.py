"""Crops of a given size, and crops that look at the boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from augreg import BatchInfo, Boxes, Declaration, Params, Rng, param
from augreg_image import matrices
from augreg_image.base import GeometricBase, geometric, parse_size, whole_pixels
from augreg_image.kernels.resampling import BORDERS, Resampling, parse_fill
from augreg_image.ops import ImageOp
from augreg_image.targets.boxes import corners

Floats = NDArray[np.float64]

MAX_TRIES: Final = 40
"""Rectangles that are tried before the whole picture is taken: as many as torchvision's RandomIoUCrop tries."""


@dataclass(frozen=True, kw_only=True)
class CropBase(GeometricBase):
    """A crop to a fixed size; smaller pictures are padded."""

    size: tuple[int, int] = param.value(doc="pixels of the result: one number for a square, or [height, width]")
    border: str = param.choice("constant", "what lies beyond a picture that is too small", options=tuple(BORDERS))
    fill: tuple[float, ...] = param.value(0.0, "color beyond the picture, one share of white or one per channel")
    mask_fill: int = param.integer(0, "label beyond the picture, for masks")
    hard: bool = param.flag(False, "let nothing that follows see beyond the crop")

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "size", parse_size("size", self.size))
        object.__setattr__(self, "fill", parse_fill(self.fill))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator: the offsets ``top`` and ``left`` may be negative."""
        n = len(info)
        matrix = matrices.translation(-params.array("left").astype(float), -params.array("top").astype(float))
        canvas = np.tile(np.asarray(self.size, dtype=np.int64), (n, 1))
        how = Resampling(BORDERS[self.border], self.fill, self.mask_fill)
        return self.stage(matrix, canvas, how, hard=self.hard)


@dataclass(frozen=True, kw_only=True)
class Crop(CropBase):
    """Cut out a rectangle of fixed size at a random place.

    A picture that is smaller lies at a random place on the canvas instead.
    """

    declares: ClassVar[Declaration] = whole_pixels(
        keeps_shape=False, alters=frozenset({"completeness", "position"}), memory=1.5
    )
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"size": 24}, {"size": (70, 50), "border": "reflect"})

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the corner, in whole pixels, per sample: every possible one is equally likely."""
        spare = batch.shapes[:, -2:] - np.asarray(self.size)
        low, high = np.minimum(spare, 0), np.maximum(spare, 0)
        top = rng.integers("top", low[:, 0], high[:, 0] + 1)
        return Params(len(batch), top=top, left=rng.integers("left", low[:, 1], high[:, 1] + 1))


@dataclass(frozen=True, kw_only=True)
class CenterCrop(CropBase):
    """Cut out the middle.

    A picture that is smaller lies in the middle of the canvas.
    """

    declares: ClassVar[Declaration] = whole_pixels(
        alters=frozenset({"completeness", "position"}), keeps_shape=False, memory=1.5
    )
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"size": 24}, {"size": (70, 50)})

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Work out the corner of the middle rectangle."""
        spare = batch.shapes[:, -2:] - np.asarray(self.size)
        return Params(len(batch), top=spare[:, 0] // 2, left=spare[:, 1] // 2)


@dataclass(frozen=True, kw_only=True)
class BoxCropBase(GeometricBase):
    """A crop whose rectangle depends on the boxes; the result has the rectangle's size."""

    hard: bool = param.flag(True, "let nothing that follows see beyond the crop")

    def rectangle(self, boxes: Floats, height: int, width: int, rng: Rng) -> tuple[int, int, int, int]:
        """Choose top, left, height and width, given bounding rectangles (k, 4), for the one sample of ``rng``."""
        raise NotImplementedError

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a rectangle in whole pixels per sample."""
        found = np.zeros((len(batch), 4), dtype=np.int64)
        for i, target in enumerate(batch.target("boxes")):
            height, width = batch.shapes[i, -2:].tolist()
            found[i] = self.rectangle(bounds(target), height, width, rng.take(np.array([i])))
        return Params(len(batch), rectangle=found)

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        top, left, height, width = params.array("rectangle").astype(np.float64).T
        canvas = np.stack([height, width], axis=1).astype(np.int64)
        return self.stage(matrices.translation(-left, -top), canvas, Resampling(), hard=self.hard)


def bounds(boxes: Boxes | None) -> Floats:
    """Return bounding rectangles (k, 4), left, top, right, bottom, of boxes of any format."""
    if boxes is None or not len(boxes):
        return np.zeros((0, 4))
    points = corners(boxes)
    return np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)


@dataclass(frozen=True, kw_only=True)
class IoUCrop(BoxCropBase):
    """Cut out a rectangle that overlaps with a box as much as drawn.

    Liu et al., "SSD: Single Shot MultiBox Detector", 2016: an overlap is drawn from ``overlaps``, and rectangles
    are tried until one has a box with at least that intersection over union and holds a box's middle. Boxes
    whose middle is outside leave through ``min_visibility``. Without boxes, or with overlap 1, the picture
    stays whole.
    """

    scale: tuple[float, float] = param.interval(
        (0.3, 1.0), "each side of the rectangle, as a share of the side", low=0.01, high=1.0, unit="fraction"
    )
    ratio: tuple[float, float] = param.interval(
        (0.5, 2.0), "width over height of the rectangle", low=0.01, unit="ratio"
    )
    overlaps: tuple[float, ...] = param.numbers(
        (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0),
        "smallest overlaps, intersections over unions, to choose from",
        low=0.0,
        high=1.0,
        unit="fraction",
    )

    declares: ClassVar[Declaration] = geometric(
        keeps_shape=False, reads=("boxes",), alters=frozenset({"completeness", "position", "size"}), memory=1.5
    )

    def __post_init__(self) -> None:
        super().__post_init__()

    def rectangle(self, boxes: Floats, height: int, width: int, rng: Rng) -> tuple[int, int, int, int]:
        """Try rectangles until one overlaps enough."""
        least = self.overlaps[int(rng.choice("overlap", len(self.overlaps))[0])]
        whole = 0, 0, height, width
        if least >= 1.0 or not len(boxes):
            return whole
        w = np.maximum(1, np.floor(rng.uniform("width", *self.scale, size=MAX_TRIES)[0] * width))
        h = np.maximum(1, np.floor(rng.uniform("height", *self.scale, size=MAX_TRIES)[0] * height))
        left = np.floor(rng.uniform("left", size=MAX_TRIES)[0] * (width - w + 1))
        top = np.floor(rng.uniform("top", size=MAX_TRIES)[0] * (height - h + 1))
        tried = np.stack([left, top, left + w, top + h], axis=1)
        enough = _iou(tried, boxes).max(axis=1) >= least
        middle = (boxes[:, :2] + boxes[:, 2:]) / 2
        held: NDArray[np.bool_] = np.all((tried[:, None, :2] < middle) & (middle < tried[:, None, 2:]), axis=2)
        held = np.any(held, axis=1)
        fits = enough & held & (w / h >= self.ratio[0]) & (w / h <= self.ratio[1])
        if not fits.any():
            return whole
        k = int(fits.argmax())
        return int(top[k]), int(left[k]), int(h[k]), int(w[k])


def _iou(a: Floats, b: Floats) -> Floats:
    """Intersection over union of rectangles (k, 4) and (m, 4): (k, m)."""
    low, high = np.maximum(a[:, None, :2], b[:, :2]), np.minimum(a[:, None, 2:], b[:, 2:])
    shared: Floats = np.prod(np.clip(high - low, 0, None), axis=2)
    sizes_a, sizes_b = np.prod(a[:, 2:] - a[:, :2], axis=1), np.prod(b[:, 2:] - b[:, :2], axis=1)
    covered: Floats = np.maximum(sizes_a[:, None] + sizes_b - shared, 1e-12)
    return shared / covered


@dataclass(frozen=True, kw_only=True)
class BoxSafeCrop(BoxCropBase):
    """Cut out a random rectangle that holds every box whole.

    Each side lies anywhere between the picture's edge and the outermost box. Without boxes any rectangle of at
    least ``min_side`` is equally likely.
    """

    min_side: float = param.number(
        0.3, "smallest side without boxes, as a share of the side", low=0.01, high=1.0, unit="fraction"
    )

    declares: ClassVar[Declaration] = geometric(
        keeps_shape=False, reads=("boxes",), alters=frozenset({"completeness", "position", "size"}), memory=1.5
    )

    def rectangle(self, boxes: Floats, height: int, width: int, rng: Rng) -> tuple[int, int, int, int]:
        """Draw the four sides."""
        u = rng.uniform("sides", size=4)[0]
        if len(boxes):
            left, top = np.clip(boxes[:, :2].min(axis=0), 0, [width - 1, height - 1])
            right, bottom = np.clip(boxes[:, 2:].max(axis=0), [left + 1, top + 1], [width, height])
        else:
            left, right = _stretch(u[0], self.min_side, width)
            top, bottom = _stretch(u[1], self.min_side, height)
        x0, y0 = int(u[0] * (np.floor(left) + 1)), int(u[1] * (np.floor(top) + 1))
        x1 = width - int(u[2] * (width - np.ceil(right) + 1))
        y1 = height - int(u[3] * (height - np.ceil(bottom) + 1))
        return y0, x0, max(1, y1 - y0), max(1, x1 - x0)


def _stretch(u: float, share: float, length: int) -> tuple[float, float]:
    kept = max(1.0, share * length)
    start = u * (length - kept)
    return start, start + kept
