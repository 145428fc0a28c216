"""MixUp and CutMix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from augreg import AugmenterBase, Batch, BatchInfo, Boxes, Declaration, Params, Rng, param
from augreg.kernel import mix_labels
from augreg_image.base import DEVICES, DTYPES, TARGETS
from augreg_image.kernels.layout import Array, keep_axis, to_chw, to_hwc
from augreg_image.kernels.warp_torch import either, pick, settle, upload
from augreg_image.mixing.partners import (
    draw_partners,
    find_partners,
    fitted,
    join_boxes,
    join_points,
    with_background,
)
from augreg_image.targets import erase_targets, settle_boxes
from augreg_image.targets.boxes import corners, from_corners
from augreg_image.targets.instances import along, are_instances

Floats = NDArray[np.float64]


def mixing(**facts: Any) -> Declaration:
    """Declare an operation that makes one sample from several."""
    return Declaration(
        **{
            "targets": (*TARGETS, "label"),
            "dtypes": DTYPES,
            "devices": DEVICES,
            "labels": "mixes",
            "clips": False,
            "alters": frozenset({"completeness", "content"}),
            **facts,
        }
    )


@dataclass(frozen=True, kw_only=True)
class PairBase(AugmenterBase):
    """Mixes every sample with one other, which is scaled to its size if need be."""

    classes: int | None = param.integer(
        None, "number of classes, to turn class numbers into class weights", low=1, optional=True
    )

    @property
    def label_classes(self) -> int | None:
        """The number of classes."""
        return self.classes

    def fit(self, batch: Batch, source: int, like: int, params: Params) -> Batch:
        """Return a batch of one: sample ``source`` as it is mixed into sample ``like``."""
        return fitted(batch, source, like)

    def fit_all(self, batch: Batch, others: list[int], params: Params) -> tuple[torch.Tensor, list[BatchInfo]]:
        """Return the partners of a stacked batch as they are mixed in: pictures (B, C, H, W), and facts of one each."""
        index = torch.tensor(others, device=batch.device)
        return pick(batch.stack(), index), [batch.info.take(np.array([j])) for j in others]

    def one(self, mine: torch.Tensor, yours: torch.Tensor, i: int, params: Params) -> torch.Tensor:
        """Mix one picture (C, H, W) with another of its size."""
        raise NotImplementedError

    def many(self, mine: torch.Tensor, yours: torch.Tensor, params: Params) -> torch.Tensor:
        """Mix pictures (B, C, H, W) with others of their size, on any device."""
        raise NotImplementedError

    def kept(self, shape: tuple[int, int], i: int, params: Params) -> float:
        """Return the share that sample i, of a height and width, keeps."""
        raise NotImplementedError

    def targets(self, mine: BatchInfo, theirs: BatchInfo, i: int, params: Params) -> dict[str, Any]:
        """Return the targets (without label) of sample i, the only one of ``mine``, mixed with that of ``theirs``."""
        raise NotImplementedError

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Mix every sample with its partner; one that has none but itself keeps its pixels and its targets."""
        if not len(batch):
            return batch
        info = batch.info
        others = [j for (j,) in find_partners(info, params["partner"])]
        alone = {i for i, j in enumerate(others) if i == j}
        data: torch.Tensor | list[torch.Tensor]
        if isinstance(batch.data, torch.Tensor):
            yours, partners = self.fit_all(batch, others, params)
            data = self.many(batch.data, yours, params)
            for i in alone:
                data[i] = batch.data[i]
        else:
            fits = [self.fit(batch, j, i, params) for i, j in enumerate(others)]
            data = [
                batch.data[i] if i in alone else self.one(batch.data[i], fit.data[0], i, params)
                for i, fit in enumerate(fits)
            ]
            partners = [fit.info for fit in fits]
        targets: dict[str, list[Any]] = {name: list(info.target(name)) for name in info.targets}
        for i, theirs in enumerate(partners if targets else ()):
            own, other = with_background([info.take(np.array([i])), theirs])
            moved = {} if i in alone else self.targets(own, other, i, params)
            kept = self.kept(tuple(info.shapes[i, -2:].tolist()), i, params)
            for name, entries in targets.items():
                if name == "label":
                    labels = [info.target(name)[i], info.target(name)[others[i]]]
                    entries[i] = mix_labels(labels, [kept, 1.0 - kept], self.classes)
                else:
                    entries[i] = moved.get(name, entries[i])
        return batch.replace(data, targets=targets)


@dataclass(frozen=True, kw_only=True)
class SharedBase(PairBase):
    """Keeps a share of every sample that follows a beta distribution."""

    alpha: float = param.number(1.0, "both parameters of the beta distribution of the share", low=1e-3, high=1000.0)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a partner and the share that a sample keeps."""
        kept = rng.beta("share", self.alpha, self.alpha)
        return Params(len(batch), partner=draw_partners(batch, rng), share=kept)


@dataclass(frozen=True, kw_only=True)
class MixUp(SharedBase):
    """Blend two samples.

    Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018. Labels are blended alike, boxes, points and
    instance masks of both are kept, label maps are those of the sample with the larger share.
    """

    declares: ClassVar[Declaration] = mixing(memory=4.5)

    def one(self, mine: torch.Tensor, yours: torch.Tensor, i: int, params: Params) -> torch.Tensor:
        """Blend one picture with another."""
        return blend(mine, yours, float(params["share"][i]))

    def many(self, mine: torch.Tensor, yours: torch.Tensor, params: Params) -> torch.Tensor:
        """Blend pictures with others."""
        kept = upload(params.array("share"), mine.float()).view(-1, 1, 1, 1)
        return settle(mine.float() * kept + yours.float() * (1.0 - kept), mine.dtype)

    def kept(self, shape: tuple[int, int], i: int, params: Params) -> float:
        """Return the share drawn."""
        return float(params["share"][i])

    def targets(self, mine: BatchInfo, theirs: BatchInfo, i: int, params: Params) -> dict[str, Any]:
        """Keep boxes, points and instances of both."""
        boxes = [mine.target("boxes")[0], theirs.target("boxes")[0]]
        masks = [mine.target("masks")[0], theirs.target("masks")[0]]
        if all(are_instances(m, b) for m, b in zip(masks, boxes, strict=True)):
            mask = torch.cat([masks[0], masks[1].to(masks[0].dtype)])
        else:
            mask = masks[0] if float(params["share"][i]) >= 0.5 or masks[1] is None else masks[1]
        points = [mine.target("keypoints")[0], theirs.target("keypoints")[0]]
        return {"boxes": join_boxes(boxes), "masks": mask, "keypoints": join_points(points)}


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
class CutMix(SharedBase):
    """Paste a rectangle of another sample.

    Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers", 2019. Labels are weighted by area.
    Boxes of the other sample are clipped to the rectangle; own boxes and those leave when less than
    ``min_visibility`` of them shows, or nothing; points that are covered become invisible.
    """

    min_visibility: float = param.number(
        0.1, "drop boxes of which less than this share shows", low=0.0, high=1.0, unit="fraction"
    )

    declares: ClassVar[Declaration] = mixing(memory=4)

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

    def one(self, mine: torch.Tensor, yours: torch.Tensor, i: int, params: Params) -> torch.Tensor:
        """Paste one rectangle."""
        left, top, right, bottom = (int(v) for v in params["box"][i])
        cut = (slice(None), slice(top, bottom), slice(left, right))
        image = mine.clone(memory_format=torch.preserve_format)
        image[cut] = yours[cut]
        return image

    def many(self, mine: torch.Tensor, yours: torch.Tensor, params: Params) -> torch.Tensor:
        """Paste rectangles."""
        return either(rectangles(params, mine)[:, None], yours, mine)

    def kept(self, shape: tuple[int, int], i: int, params: Params) -> float:
        """Return the share of the picture outside the rectangle."""
        return outside(shape, i, params)

    def targets(self, mine: BatchInfo, theirs: BatchInfo, i: int, params: Params) -> dict[str, Any]:
        """Cut the targets of both along the rectangle."""
        left, top, right, bottom = (int(v) for v in params["box"][i])
        return paste_targets(mine, theirs, (left, top, right, bottom), self.min_visibility)


def rectangles(params: Params, images: torch.Tensor) -> torch.Tensor:
    """Return which pixels of images (B, C, H, W) lie in the rectangle of theirs: bool (B, H, W), on their device."""
    box = torch.from_numpy(params.array("box").reshape(-1, 4)).to(images.device, non_blocking=True)
    left, top, right, bottom = box[:, :, None].unbind(1)
    row, column = (torch.arange(n, device=images.device) for n in images.shape[-2:])
    return ((row >= top) & (row < bottom))[:, :, None] & ((column >= left) & (column < right))[:, None]


def outside(shape: tuple[int, int], i: int, params: Params) -> float:
    """Return the share of a picture (H, W) outside the rectangle of sample i."""
    left, top, right, bottom = (int(v) for v in params["box"][i])
    return 1.0 - (bottom - top) * (right - left) / (shape[0] * shape[1])


def paste_targets(
    own: BatchInfo, theirs: BatchInfo, box: tuple[int, int, int, int], min_visibility: float
) -> dict[str, Any]:
    """Return the targets of the only sample of ``own`` after a rectangle of that of ``theirs`` was pasted into it."""
    instances = all(are_instances(facts.target("masks")[0], facts.target("boxes")[0]) for facts in (own, theirs))
    # Nothing at all showing is below any share.
    under = erase_targets(own, {0: np.array([box], dtype=np.float64)}, min_visibility=max(min_visibility, 1e-6))
    mine = {name: own.replace(targets=under).target(name)[0] for name in ("boxes", "masks", "keypoints")}
    boxes, masks, points = (theirs.target(name)[0] for name in ("boxes", "masks", "keypoints"))
    clip = partial(_clipped, box=box, min_visibility=min_visibility)
    if instances:
        boxes, masks = along(boxes, masks, clip)
    elif boxes is not None:
        boxes = clip(boxes)
    if points is not None:
        inside = ((points.data >= box[:2]) & (points.data < box[2:])).all(axis=1)
        points = points.hidden(~inside)
    return {
        "boxes": join_boxes([mine["boxes"], boxes]),
        "keypoints": join_points([mine["keypoints"], points]),
        "masks": paste_masks(mine["masks"], masks, box, instances),
    }


def _clipped(boxes: Boxes, box: tuple[int, int, int, int], min_visibility: float) -> Boxes:
    """Return what is left of boxes inside a rectangle."""
    left, top, right, bottom = box
    start = np.array([left, top])
    found = settle_boxes(boxes, corners(boxes) - start, (bottom - top, right - left), 0.0, min_visibility)
    return found.replace(from_corners(corners(found) + start, found.format))


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
