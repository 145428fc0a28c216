"""Covering parts of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Final

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import AugmenterBase, Batch, BatchInfo, ConfigError, Declaration, Level, Params, Rng, param
from augreg_image.base import DEVICES, DTYPES, TARGETS, parse_positive, sizes
from augreg_image.kernels.each_image import map_rows
from augreg_image.kernels.layout import Array, white_value
from augreg_image.kernels.resampling import parse_fill
from augreg_image.kernels.warp_torch import either
from augreg_image.resize import pick_rectangle, place
from augreg_image.stages.beside_alpha import alphas, beside
from augreg_image.targets import erase_targets

Floats = NDArray[np.float64]
Rectangles = list[list[int]]
"""Left, top, right and bottom of each, in whole pixels."""

MEAN: Final = "mean"


def covering(**facts: Any) -> Declaration:
    """Declare an operation that hides parts of the picture."""
    moving = {"targets": TARGETS, "leaves": ("label",), "dtypes": DTYPES, "devices": DEVICES}
    return Declaration(**{**moving, "clips": False, **facts})


def _settled(values: Floats, dtype: np.dtype[Any]) -> Array:
    return (np.rint(values) if dtype.kind == "u" else values).astype(dtype)


@lru_cache(maxsize=64)
def _shade(fill: tuple[float, ...], dtype: np.dtype[Any], channels: int) -> Array:
    return _settled(np.broadcast_to(np.asarray(fill) * white_value(dtype), (channels,)), dtype)


def drawn_boxes(params: Params) -> list[Rectangles]:
    """Return the rectangles drawn as ``boxes``: lists, however they were kept."""
    return [np.asarray(params["boxes"][i], dtype=np.int64).reshape(-1, 4).tolist() for i in range(params.n)]


def painted(image: Array, rectangles: Rectangles, color: Array) -> Array:
    """Return an image (H, W, C) with rectangles (left, top, right, bottom) in a color (C,)."""
    out = image.copy()
    plain = len(set(color.tolist())) == 1
    for left, top, right, bottom in rectangles:
        # One value for all channels fills whole rows at once; pixel by pixel takes ten times as long.
        if plain:
            out[top:bottom, left:right] = color[0]
        elif right > left and bottom > top:
            out[top, left:right] = color
            out[top + 1 : bottom, left:right] = out[top, left:right]
    return out


@dataclass(frozen=True, kw_only=True)
class CoverBase(AugmenterBase):
    """What covers the picture, and what happens to targets underneath."""

    fill: str | tuple[float, ...] = param.value(0.0, "'mean' of the picture, a share of white, or one per channel")
    mask_fill: int | None = param.integer(None, "label for the covered part of masks; none leaves them", optional=True)
    min_visibility: float = param.number(
        0.0, "drop boxes of which less than this share shows", low=0.0, high=1.0, unit="fraction"
    )

    @property
    def inverts(self) -> bool:
        """Whether predictions can be mapped back: nothing moves, so they stay."""
        return True

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.fill, str) and self.fill != MEAN:
            raise ConfigError(f"fill={self.fill!r} is not valid: expected 'mean', a share of white or one per channel.")
        if self.fill != MEAN:
            object.__setattr__(self, "fill", parse_fill(self.fill))

    def colors(self, image: Array) -> Array:
        """Return the color (C,) that covers an image (H, W, C), in its dtype."""
        if isinstance(self.fill, str):
            return _settled(image.mean(axis=(0, 1), dtype=np.float64), image.dtype)
        return _shade(self.fill, image.dtype, image.shape[2])

    def cover(self, batch: Batch, rectangles: Sequence[Rectangles]) -> Batch:
        """Cover some rectangles of every sample. Targets follow."""
        moved: dict[str, list[Any]] = {}
        if batch.info.targets:
            arrays = {i: np.asarray(some, np.float64).reshape(-1, 4) for i, some in enumerate(rectangles)}
            moved = erase_targets(batch.info, arrays, mask_fill=self.mask_fill, min_visibility=self.min_visibility)
        if batch.device.type != "cpu":
            return batch.replace(beside(self._cover_torch(batch.stack(), rectangles), batch), targets=moved)

        found = alphas(batch.info)

        def one(image: Array, i: int) -> Array:
            if not rectangles[i]:
                return image
            out = painted(image, rectangles[i], self.colors(image))
            if found[i]:
                out[:, :, -1] = image[:, :, -1]
            return out

        return map_rows(batch, one, **({"targets": moved} if moved else {}))

    def _cover_torch(self, images: torch.Tensor, rectangles: Sequence[Rectangles]) -> torch.Tensor:
        covered = np.zeros((len(images), 1, *images.shape[-2:]), dtype=bool)
        for i, boxes in enumerate(rectangles):
            for left, top, right, bottom in boxes:
                covered[i, 0, top:bottom, left:right] = True
        where = torch.from_numpy(covered).to(images.device, non_blocking=True)
        wide = images.float()
        if self.fill == MEAN:
            color = wide.mean(dim=(2, 3), keepdim=True)
        else:
            color = torch.tensor(self.fill, device=images.device).view(1, -1, 1, 1) * white_value(images.dtype)
        if not images.dtype.is_floating_point:
            color = color.round()
        return either(where, color.to(images.dtype), images)


@dataclass(frozen=True, kw_only=True)
class Erasing(CoverBase):
    """Cover a random rectangle.

    Zhong et al., "Random Erasing Data Augmentation", 2017; parameters as torchvision's. Keypoints underneath
    become invisible. Where none of ten rectangles fits, the largest permitted one in the middle is taken.
    """

    scale: tuple[float, float] = param.interval(
        (0.02, 0.33), "area of the rectangle, as a share of the picture", low=0.0, high=1.0, unit="fraction"
    )
    ratio: tuple[float, float] = param.interval((0.3, 3.3), "width over height of the rectangle", low=0.0, unit="ratio")

    declares: ClassVar[Declaration] = covering(
        level=Level("scale", 0.0, 0.4), alters=frozenset({"completeness"}), memory=1.5
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        parse_positive("ratio", self.ratio)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a rectangle of whole pixels per sample; its area is the level's, if there is one."""
        height, width = sizes(batch)
        fixed = None if level is None else self.sample("scale", rng, level)

        def tries(rows: NDArray[np.int64] | None, count: int) -> tuple[Floats, Floats]:
            some = rng if rows is None else rng.take(rows)
            if fixed is None:
                share = some.uniform("scale", *self.scale, size=count)
            else:
                share = np.tile((fixed if rows is None else fixed[rows])[:, None], count)
            return share, some.log_uniform("ratio", *self.ratio, size=count)

        h, w, found = pick_rectangle(height, width, tries, self.ratio)
        top, left = place(rng, (height - h, width - w), found)
        box = np.array([left, top, left + w, top + h]).T.astype(np.int64, order="C")
        if fixed is not None:
            box[fixed <= 0] = 0
        return Params(len(box), box=box)

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Cover the rectangles."""
        return self.cover(batch, [[box] if box[2] > box[0] else [] for box in params.array("box").tolist()])


@dataclass(frozen=True, kw_only=True)
class CoarseDropout(CoverBase):
    """Cover several random rectangles.

    DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", 2017, with
    several rectangles, which may overlap.
    """

    holes: tuple[int, int] = param.interval((1, 8), "number of rectangles", low=1, high=1000, integral=True)
    height: tuple[float, float] = param.interval(
        (0.05, 0.2), "height of a rectangle", low=0.0, high=1.0, unit="fraction"
    )
    width: tuple[float, float] = param.interval((0.05, 0.2), "width of a rectangle", low=0.0, high=1.0, unit="fraction")

    declares: ClassVar[Declaration] = covering(
        alters=frozenset({"completeness"}), level=Level("height", 0.0, 0.35), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw rectangles of whole pixels inside each picture, of at least one pixel; a level sets both sides."""
        most = int(self.holes[1])
        tall, wide = (side[:, None] for side in sizes(batch))
        if level is None:
            h = np.maximum(1, np.rint(rng.uniform("height", *self.height, size=most) * tall))
            w = np.maximum(1, np.rint(rng.uniform("width", *self.width, size=most) * wide))
        else:
            share = np.tile(self.sample("height", rng, level)[:, None], most)
            h, w = np.rint(share * tall), np.rint(share * wide)
        top = np.floor(rng.uniform("top", size=most) * (tall - h + 1))
        left = np.floor(rng.uniform("left", size=most) * (wide - w + 1))
        count = rng.integers("holes", int(self.holes[0]), most + 1)
        boxes = np.stack([left, top, left + w, top + h], axis=2).astype(np.int64)
        count = np.where((h * w).any(axis=1), count, 0)
        return Params(len(batch), boxes=[row[:k].tolist() for row, k in zip(boxes, count.tolist(), strict=True)])

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Cover the rectangles."""
        return self.cover(batch, drawn_boxes(params))


@dataclass(frozen=True, kw_only=True)
class GridMask(CoverBase):
    """Cover a regular grid of squares.

    Chen et al., "GridMask Data Augmentation", 2020: squares of a random share of a random cell, at a random offset.
    """

    cell: tuple[float, float] = param.interval(
        (0.1, 0.3), "side of a cell, as a share of the shorter side", low=0.01, high=1.0, unit="fraction"
    )
    ratio: tuple[float, float] = param.interval(
        (0.3, 0.6), "side of a square, as a share of the cell", low=0.0, high=1.0, unit="fraction"
    )

    declares: ClassVar[Declaration] = covering(
        alters=frozenset({"completeness"}), level=Level("ratio", 0.0, 0.8), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw cell, square and offsets in whole pixels per sample."""
        short = batch.shapes[:, -2:].min(axis=1)
        cell = np.maximum(2, np.rint(rng.uniform("cell", *self.cell) * short)).astype(np.int64)
        square = np.rint(self.sample("ratio", rng, level) * cell).astype(np.int64)
        return Params(
            len(batch), cell=cell, square=square, top=rng.integers("top", 0, cell), left=rng.integers("left", 0, cell)
        )

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Cover the squares."""
        rows = [params.row(i) for i in range(len(batch))]
        shapes = batch.info.shapes[:, -2:].tolist()
        return self.cover(batch, [_squares(*shape, **row) for shape, row in zip(shapes, rows, strict=True)])


def _squares(tall: int, wide: int, cell: int, square: int, top: int, left: int) -> Rectangles:
    if square <= 0:
        return []
    y, x = np.mgrid[top - cell : tall : cell, left - cell : wide : cell].reshape(2, -1)
    low = np.maximum(np.stack([x, y], axis=1), 0)
    high = np.minimum(np.stack([x, y], axis=1) + square, [wide, tall])
    found: Rectangles = np.concatenate([low, high], axis=1)[(high > low).all(axis=1)].tolist()
    return found
