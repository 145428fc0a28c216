"""ResizeMix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import Batch, BatchInfo, Declaration, Params, Rng, param
from augreg_image import matrices
from augreg_image.kernels.resampling import Resampling
from augreg_image.kernels.warp_torch import either, pick
from augreg_image.mixing.collage import after, moved_boxes
from augreg_image.mixing.pairs import PairBase, mixing, outside, paste_targets, rectangles
from augreg_image.mixing.partners import draw_partners
from augreg_image.ops import ImageOp, geometry_op

Floats = NDArray[np.float64]

# With a constant border a patch on a part of a canvas has the same pixels as one alone: antialiased, and its edge read
# from the picture only. What the border leaves beside the patch is not looked at.
_HOW: Final = Resampling("constant", interpolation="bilinear")


@dataclass(frozen=True, kw_only=True)
class ResizeMix(PairBase):
    """Paste another sample, whole and made smaller, at a random place.

    Qin et al., "ResizeMix: Mixing Data with Preserved Object Information and True Labels", 2020, arXiv:2012.11101. The
    patch has ``scale`` times the sides of the sample, rounded to whole pixels; labels are weighted by its area. Boxes,
    masks and points of the other sample go with it; own boxes leave when less than ``min_visibility`` of them shows, or
    nothing; points that are covered become invisible.

    >>> import augreg, numpy
    >>> pair = [augreg.Image(numpy.full((8, 8, 1), value, numpy.uint8), label=value) for value in (0, 1)]
    >>> step = {"image.resizemix": {"scale": [0.5, 0.5], "p": 1.0}}
    >>> mixed, _ = augreg.augment(pair, {"image": [step]}, seed=7, keys=[0, 1])
    >>> int(mixed.data.sum()), mixed.label
    (16, {0: 0.75, 1: 0.25})

    """

    scale: tuple[float, float] = param.interval(
        (0.1, 0.8), "sides of the patch, as shares of those of the sample", low=0.01, high=1.0, unit="fraction"
    )
    min_visibility: float = param.number(
        0.1, "drop boxes of which less than this share shows", low=0.0, high=1.0, unit="fraction"
    )

    declares: ClassVar[Declaration] = mixing(memory=2.5)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a partner and a rectangle inside the picture."""
        size = batch.shapes[:, -2:].astype(np.float64)
        patch = np.maximum(np.rint(rng.uniform("scale", *self.scale)[:, None] * size), 1.0)
        low = np.floor(rng.uniform("place", size=2) * (size - patch + 1.0))
        box = np.concatenate([low[:, ::-1], (low + patch)[:, ::-1]], axis=1).astype(np.int64)
        return Params(len(batch), partner=draw_partners(batch, rng), box=box)

    def fit(self, batch: Batch, source: int, like: int, params: Params) -> Batch:
        """Return a batch of one: sample ``source`` in the size of the patch."""
        one = batch.take(np.array([source]))
        return _patch(one.info, params.array("box")[like : like + 1]).run(one)

    def fit_all(self, batch: Batch, others: list[int], params: Params) -> tuple[torch.Tensor, list[BatchInfo]]:
        """Return the partners of a stacked batch in their places (B, C, H, W), and their facts in size of the patch."""
        boxes, facts = params.array("box"), batch.info.take(np.array(others))
        index = torch.tensor(others, device=batch.device)
        images = _placed(facts, boxes).run(Batch(pick(batch.stack(), index), facts.replace(targets={}))).stack()
        singles = [(facts.take(np.array([i])), boxes[i : i + 1]) for i in range(len(others))]
        return images, [after(_patch(one, box), one) for one, box in singles]

    def one(self, mine: torch.Tensor, yours: torch.Tensor, i: int, params: Params) -> torch.Tensor:
        """Paste one patch."""
        left, top, right, bottom = (int(v) for v in params["box"][i])
        image = mine.clone(memory_format=torch.preserve_format)
        image[:, top:bottom, left:right] = yours
        return image

    def many(self, mine: torch.Tensor, yours: torch.Tensor, params: Params) -> torch.Tensor:
        """Paste the patches, which lie in their places."""
        return either(rectangles(params, mine)[:, None], yours, mine)

    def kept(self, shape: tuple[int, int], i: int, params: Params) -> float:
        """Return the share of the picture outside the patch."""
        return outside(shape, i, params)

    def targets(self, mine: BatchInfo, theirs: BatchInfo, i: int, params: Params) -> dict[str, Any]:
        """Put the targets of the patch into its place, and cut the own ones along it."""
        left, top, right, bottom = (int(v) for v in params["box"][i])
        boxes, masks, points = (theirs.target(name)[0] for name in ("boxes", "masks", "keypoints"))
        if masks is not None:
            whole = masks.new_zeros((*masks.shape[:-2], *mine.shapes[0, -2:].tolist()))
            whole[..., top:bottom, left:right] = masks
            masks = whole
        boxes = None if boxes is None else moved_boxes(boxes, left, top)
        points = None if points is None else points.replace(points.data + np.array([left, top]))
        placed = theirs.replace(targets={"boxes": [boxes], "masks": [masks], "keypoints": [points]})
        return paste_targets(mine, placed, (left, top, right, bottom), self.min_visibility)


def _patch(info: BatchInfo, boxes: NDArray[np.int64]) -> ImageOp:
    """Return the operator that scales pictures to the sizes of rectangles (n, 4)."""
    canvas = (boxes[:, 2:] - boxes[:, :2])[:, ::-1]
    return geometry_op(_zoom(info, boxes), canvas, resampling=_HOW)


def _placed(info: BatchInfo, boxes: NDArray[np.int64]) -> ImageOp:
    """Return the operator that scales pictures to rectangles (n, 4) and puts them there, on canvases of their size."""
    start = boxes[:, :2].astype(np.float64)
    matrix = matrices.translation(start[:, 0], start[:, 1]) @ _zoom(info, boxes)
    return geometry_op(matrix, info.shapes[:, -2:], resampling=_HOW)


def _zoom(info: BatchInfo, boxes: NDArray[np.int64]) -> Floats:
    side = info.shapes[:, [-1, -2]]
    share = (boxes[:, 2:] - boxes[:, :2]) / side
    return matrices.scaling(share[:, 0], share[:, 1])
