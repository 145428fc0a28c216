"""Crops and margins that depend on the picture's size, its boxes or its masks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from augreg import BatchInfo, Declaration, Level, Params, Rng, param
from augreg_image import matrices
from augreg_image.base import WarpBase, geometric, sizes
from augreg_image.crops import BoxCropBase, CropBase
from augreg_image.ops import ImageOp

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class CropAndPad(WarpBase):
    """Cut off or add a random margin at each side.

    Negative shares cut off, positive ones add, in whole pixels. The result is scaled back to the picture's size
    unless ``keep_size`` is false.
    """

    amount: tuple[float, float] = param.interval(
        (-0.1, 0.1), "margin, as a share of the side; x means -x to x", low=-0.45, high=2.0, centre=0.0, unit="fraction"
    )
    keep_size: bool = param.flag(True, "scale back to the size of the picture")

    declares: ClassVar[Declaration] = geometric(
        keeps_shape=False,
        alters=frozenset({"completeness", "position", "proportions", "size"}),
        level=Level("amount", 0.0, 0.25),
        memory=4.5,
    )
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"keep_size": False, "border": "reflect"},)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw left, top, right and bottom in whole pixels per sample; a level sets their size, not their signs."""
        if level is None:
            share = rng.uniform("amount", *self.amount, size=4)
        else:
            share = self.sample("amount", rng, level)[:, None] * rng.sign("sign", size=4)
        side = batch.shapes[:, [-1, -2, -1, -2]]
        return Params(len(batch), margin=np.rint(share * side).astype(np.int64))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        left, top, right, bottom = params.array("margin").reshape(-1, 4).T.astype(np.float64)
        height, width = sizes(info)
        tall, wide = np.maximum(height + top + bottom, 1), np.maximum(width + left + right, 1)
        matrix = matrices.translation(left, top)
        if self.keep_size:
            matrix = matrices.scaling(width / wide, height / tall) @ matrix
            tall, wide = height, width
        return self.stage(matrix, np.stack([tall, wide], axis=1).astype(np.int64), self.resampling)


@dataclass(frozen=True, kw_only=True)
class MaskCrop(CropBase):
    """Cut out a rectangle of fixed size that shows something of the masks.

    A pixel is drawn from those with a label other than 0, and then the place of the rectangle from all that hold
    it. Without such pixels any place is as good.
    """

    declares: ClassVar[Declaration] = geometric(
        keeps_shape=False, reads=("masks",), alters=frozenset({"completeness", "position"}), memory=1.5
    )
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"size": 24},)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the corner, in whole pixels, per sample."""
        size = np.asarray(self.size)
        spare = batch.shapes[:, -2:] - size
        low, high = np.minimum(spare, 0), np.maximum(spare, 0)
        dice = rng.uniform("pixel")
        for i, masks in enumerate(batch.target("masks")):
            found = None if masks is None else np.flatnonzero(_marked(masks))
            if found is None or not len(found):
                continue
            pixel = np.divmod(found[int(dice[i] * len(found))], batch.shapes[i, -1])
            inside = spare[i] >= 0
            low[i] = np.where(inside, np.clip(pixel - size + 1, 0, None), low[i])
            high[i] = np.where(inside, np.minimum(pixel, spare[i]), high[i])
        top = rng.integers("top", low[:, 0], high[:, 0] + 1)
        return Params(len(batch), top=top, left=rng.integers("left", low[:, 1], high[:, 1] + 1))


def _marked(masks: Any) -> NDArray[np.bool_]:
    """Return where masks (..., H, W) have any label but 0, bool (H, W)."""
    flat = masks.reshape(-1, *masks.shape[-2:])
    found: NDArray[np.bool_] = (flat != 0).any(dim=0).cpu().numpy()
    return found


@dataclass(frozen=True, kw_only=True)
class BoxCrop(BoxCropBase):
    """Cut out a random box with some margin.

    Each side lies a random share of the box's side away from it, but not beyond the picture. Without boxes the
    picture stays whole.
    """

    margin: tuple[float, float] = param.interval(
        (0.0, 0.5),
        "margin at each side, as a share of the box; negative: cut into the box",
        low=-0.4,
        high=10.0,
        unit="fraction",
    )

    declares: ClassVar[Declaration] = geometric(
        keeps_shape=False, reads=("boxes",), alters=frozenset({"completeness", "position", "size"}), memory=1.5
    )

    def rectangle(self, boxes: Floats, height: int, width: int, rng: Rng) -> tuple[int, int, int, int]:
        """Choose a box and four margins."""
        if not len(boxes):
            return 0, 0, height, width
        left, top, right, bottom = boxes[int(rng.choice("box", len(boxes))[0])]
        share = rng.uniform("margin", *self.margin, size=4)[0]
        wide, tall = right - left, bottom - top
        x = np.clip(np.rint([left - share[0] * wide, right + share[2] * wide]), 0, width).astype(int)
        y = np.clip(np.rint([top - share[1] * tall, bottom + share[3] * tall]), 0, height).astype(int)
        x0, y0 = min(int(x[0]), width - 1), min(int(y[0]), height - 1)
        return y0, x0, max(1, int(y[1]) - y0), max(1, int(x[1]) - x0)
