"""Leaving out boxes that are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from augreg import EVERY, AugmenterBase, Batch, Boxes, Declaration, Params, param
from augreg_image.base import DEVICES
from augreg_image.targets import corners, settle_boxes
from augreg_image.targets.boxes import ROTATED
from augreg_image.targets.instances import changed


@dataclass(frozen=True, kw_only=True)
class Sanitize(AugmenterBase):
    """Drop boxes that are too small or reach beyond the picture, with all that is theirs.

    As torchvision's SanitizeBoundingBoxes; labels, further columns and instance masks leave with their boxes. No pixel
    is touched, so it costs nothing at the end of a pipeline. Boxes that hold NaN or end before they start are refused
    when samples are read, so that no step computes with them.
    """

    min_size: float = param.number(1.0, "drop boxes with a side shorter than this", low=0.0, unit="px")
    min_area: float = param.number(1.0, "drop boxes with less than this area", low=0.0, unit="px²")
    clip: bool = param.flag(False, "cut boxes that reach beyond the picture at its edges, instead of dropping them")

    # Nothing is computed with the data, so that any dtype will do.
    declares: ClassVar[Declaration] = Declaration(
        targets=("boxes", "masks"),
        leaves=EVERY,
        devices=DEVICES,
        differentiable=True,
        nonfinite="passes",
        values="any",
        memory=1.5,
    )
    examples: ClassVar = ({"clip": True, "min_size": 6.0},)

    @property
    def inverts(self) -> bool:
        """Whether predictions can be mapped back: no pixel moves."""
        return True

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Return the batch with the boxes that are left."""
        sizes = batch.info.shapes[:, -2:].tolist()

        def one(i: int, name: str, target: Any) -> Any:
            return self._sound(target, tuple(sizes[i])) if name == "boxes" else target

        moved = changed(batch.info, one)
        return batch.replace(batch.data, targets={**batch.info.targets, **moved})

    def _sound(self, boxes: Boxes, canvas: tuple[int, int]) -> Boxes:
        """Return the boxes of a picture (H, W) that are left."""
        if self.clip:
            boxes = settle_boxes(boxes, corners(boxes), canvas, self.min_area, 0.0)
        kept = self._kept(boxes, canvas)
        return boxes if kept.all() else boxes.keep(np.flatnonzero(kept))

    def _kept(self, boxes: Boxes, canvas: tuple[int, int]) -> NDArray[np.bool_]:
        """Return which boxes are kept, bool (n,)."""
        points, turned = corners(boxes), boxes.format in ROTATED
        along, down = points[:, 1] - points[:, 0], points[:, 3] - points[:, 0]
        if turned:
            width, height = np.hypot(*along.T), np.hypot(*down.T)
        else:
            width, height = along[:, 0], down[:, 1]  # with their sign: a box that ends before it starts has none
        kept = (width >= self.min_size) & (height >= self.min_size) & (width * height >= self.min_area)
        if not (self.clip and turned):  # turned boxes keep their shape where they are cut, see settle_boxes
            inside = (points >= 0).all(axis=(1, 2)) & (points <= [canvas[1], canvas[0]]).all(axis=(1, 2))
            kept &= inside
        return np.asarray(kept)
