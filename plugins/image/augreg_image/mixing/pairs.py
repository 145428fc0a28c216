"""MixUp and CutMix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from augreg import fields
from augreg.augmenter import AugmenterBase
from augreg.batch import Batch, BatchInfo
from augreg.declare import Declaration
from augreg.params import Params
from augreg.rng import Rng
from augreg_image.base import DEVICES, DTYPES, TARGETS
from augreg_image.kernels.layout import Array, keep_axis, to_chw, to_hwc
from augreg_image.kernels.warp_torch import settle
from augreg_image.mixing.partners import (
    are_instances,
    draw_partners,
    find_partners,
    fitted,
    join_boxes,
    join_points,
    mix_labels,
)
from augreg_image.targets import erase_targets, settle_boxes
from augreg_image.targets.boxes import corners, from_corners

Floats = NDArray[np.float64]


def mixing(**facts: Any) -> Declaration:
    """Declare an operation that makes one sample from several."""
    return Declaration(
        **{
            "targets": (*TARGETS, "label"),
            "dtypes": DTYPES,
            "devices": DEVICES,
            "labels": "mixes",
            "alters": frozenset({"content"}),
            **facts,
        }
    )


@dataclass(frozen=True, kw_only=True)
class PairBase(AugmenterBase):
    """Mixes every sample with one other, which is scaled to its size if need be."""

    alpha: float = fields.number(1.0, "both parameters of the beta distribution of the share", low=1e-3, high=1000.0)
    classes: int | None = fields.integer(
        None, "number of classes, to turn class numbers into class weights", low=1, optional=True
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a partner and the share that a sample keeps."""
        kept = rng.beta("share", self.alpha, self.alpha)
        return Params(len(batch), partner=draw_partners(batch, rng), share=kept)

    def pair(self, batch: Batch, other: Batch, i: int, params: Params) -> tuple[torch.Tensor, dict[str, Any], float]:
        """Return picture, targets (without label) and kept share of sample i, mixed with a batch of one."""
        raise NotImplementedError

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Mix every sample with its partner."""
        partners = find_partners(batch.info, list(params["partner"]))
        rows: list[torch.Tensor] = []
        targets: dict[str, list[Any]] = {name: [] for name in batch.info.targets}
        for i, (j,) in enumerate(partners):
            image, moved, kept = self.pair(batch, fitted(batch, j, i), i, params)
            rows.append(image)
            for name, entries in targets.items():
                if name == "label":
                    labels = [batch.info.target(name)[k] for k in (i, j)]
                    entries.append(mix_labels(labels, [kept, 1.0 - kept], self.classes))
                else:
                    entries.append(moved.get(name, batch.info.target(name)[i]))
        same = batch.stacked and len({row.shape for row in rows}) == 1
        return batch.replace(torch.stack(rows) if same else rows, targets=targets) if rows else batch


@dataclass(frozen=True, kw_only=True)
class MixUp(PairBase):
    """Blend two samples.

    Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018. Labels are blended alike, boxes, points and
    instance masks of both are kept, label maps are those of the sample with the larger share.
    """

    declares: ClassVar[Declaration] = mixing()

    def pair(self, batch: Batch, other: Batch, i: int, params: Params) -> tuple[torch.Tensor, dict[str, Any], float]:
        """Blend a sample with its partner."""
        kept = float(params["share"][i])
        mine, yours = batch.data[i], other.data[0]
        info, theirs = batch.info, other.info
        boxes = [info.target("boxes")[i], theirs.target("boxes")[0]]
        masks = [info.target("masks")[i], theirs.target("masks")[0]]
        if all(are_instances(m, b) for m, b in zip(masks, boxes, strict=True)):
            mask = torch.cat([masks[0], masks[1].to(masks[0].dtype)])
        else:
            mask = masks[0] if kept >= 0.5 or masks[1] is None else masks[1]
        points = [info.target("keypoints")[i], theirs.target("keypoints")[0]]
        moved = {"boxes": join_boxes(boxes), "masks": mask, "keypoints": join_points(points)}
        return blend(mine, yours, kept), moved, kept


def blend(mine: torch.Tensor, yours: torch.Tensor, kept: float) -> torch.Tensor:
    """Return kept * mine + (1 - kept) * yours in the dtype of both, (C, H, W)."""
    if mine.device.type != "cpu":
        return settle(mine.float() * kept + yours.float() * (1.0 - kept), mine.dtype)
    a, b = to_hwc(mine), to_hwc(yours)
    if a.dtype == np.float16:
        return to_chw(_weighted(a.astype(np.float32), b.astype(np.float32), kept).astype(np.float16))
    return to_chw(_weighted(a, b, kept))


def _weighted(a: Array, b: Array, kept: float) -> Array:
    return keep_axis(cv2.addWeighted(np.ascontiguousarray(a), kept, np.ascontiguousarray(b), 1.0 - kept, 0.0))


@dataclass(frozen=True, kw_only=True)
class CutMix(PairBase):
    """Paste a rectangle of another sample.

    Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers", 2019. Labels are weighted by area.
    Boxes of the other sample are clipped to the rectangle; own boxes and those leave when less than
    ``min_visibility`` of them shows, or nothing; points that are covered become invisible.
    """

    min_visibility: float = fields.number(
        0.1, "drop boxes of which less than this share shows", low=0.0, high=1.0, unit="share"
    )

    declares: ClassVar[Declaration] = mixing()

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a partner and a rectangle: its area is one minus the share, its middle anywhere."""
        kept = rng.beta("share", self.alpha, self.alpha)
        side = np.sqrt(1.0 - kept)
        size = batch.shapes[:, -2:].astype(np.float64)
        middle = rng.uniform("middle", size=2) * size
        low = np.clip(np.rint(middle - side[:, None] * size / 2), 0, size)
        high = np.clip(np.rint(middle + side[:, None] * size / 2), 0, size)
        box = np.concatenate([low[:, ::-1], high[:, ::-1]], axis=1).astype(np.int64)
        return Params(len(batch), partner=draw_partners(batch, rng), box=box)

    def pair(self, batch: Batch, other: Batch, i: int, params: Params) -> tuple[torch.Tensor, dict[str, Any], float]:
        """Paste the rectangle."""
        left, top, right, bottom = (int(v) for v in params["box"][i])
        height, width = batch.info.shapes[i, -2:].tolist()
        cut = (slice(None), slice(top, bottom), slice(left, right))
        image = batch.data[i].clone(memory_format=torch.preserve_format)
        image[cut] = other.data[0][cut]
        share = 1.0 - (bottom - top) * (right - left) / (height * width)
        return image, paste_targets(batch, other, i, (left, top, right, bottom), self.min_visibility), share


def paste_targets(
    batch: Batch, other: Batch, i: int, box: tuple[int, int, int, int], min_visibility: float
) -> dict[str, Any]:
    """Return the targets of sample i after a rectangle of a batch of one was pasted at the same place."""
    rectangle = np.array([box], dtype=np.float64)
    # Nothing at all showing is below any share.
    under = erase_targets(batch.info, {i: rectangle}, min_visibility=max(min_visibility, 1e-6))
    seen = batch.info.replace(targets=under)
    mine = {name: seen.target(name)[i] for name in ("boxes", "masks", "keypoints")}
    theirs = {name: other.info.target(name)[0] for name in ("boxes", "masks", "keypoints")}
    left, top, right, bottom = box
    boxes = theirs["boxes"]
    if boxes is not None:
        shifted = corners(boxes) - [left, top]
        clipped = settle_boxes(boxes, shifted, (bottom - top, right - left), 0.0, min_visibility)
        boxes = _shifted(clipped, left, top)
    points = theirs["keypoints"]
    if points is not None:
        inside = ((points.data >= [left, top]) & (points.data < [right, bottom])).all(axis=1)
        shown = inside if points.visible is None else inside & points.visible
        points = points.replace(points.data, shown)
    mask = paste_masks(batch.info.target("masks")[i], theirs["masks"], box, _instances(batch, other, i))
    return {
        "boxes": join_boxes([mine["boxes"], boxes]),
        "keypoints": join_points([mine["keypoints"], points]),
        "masks": mask,
    }


def _instances(batch: Batch, other: Batch, i: int) -> bool:
    pairs = ((batch.info, i), (other.info, 0))
    return all(are_instances(info.target("masks")[k], info.target("boxes")[k]) for info, k in pairs)


def _shifted(boxes: Any, x: float, y: float) -> Any:
    return boxes.replace(from_corners(corners(boxes) + np.array([x, y]), boxes.format))


def paste_masks(
    mine: torch.Tensor | None, yours: torch.Tensor | None, box: tuple[int, int, int, int], instances: bool
) -> torch.Tensor | None:
    """Return masks after a rectangle was pasted: label maps are pasted alike, instances of both are kept."""
    if mine is None or yours is None:
        return mine
    left, top, right, bottom = box
    cut = (..., slice(top, bottom), slice(left, right))
    out = mine.clone()
    if not instances:
        out[cut] = yours[cut].to(out.dtype)
        return out
    out[cut] = 0
    pasted = torch.zeros_like(yours)
    pasted[cut] = yours[cut]
    return torch.cat([out, pasted.to(out.dtype)])
