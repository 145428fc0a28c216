"""Mosaic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import AugmenterBase, Batch, BatchInfo, Boxes, Declaration, Params, Rng, param
from augreg.kernel import mix_labels
from augreg_image import matrices
from augreg_image.kernels.resampling import Resampling
from augreg_image.kernels.warp_torch import either, pick
from augreg_image.mixing.pairs import mixing
from augreg_image.mixing.partners import (
    draw_partners,
    find_partners,
    join_boxes,
    join_points,
    with_background,
)
from augreg_image.ops import ImageOp, geometry_op
from augreg_image.stages.chain import prepare
from augreg_image.targets.boxes import corners, from_corners
from augreg_image.targets.instances import are_instances, label_beyond

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Mosaic(AugmenterBase):
    """Put four samples into the quarters around a random point.

    Bochkovskiy, Wang and Liao, "YOLOv4: Optimal Speed and Accuracy of Object Detection", 2020. The result has
    the size of the first; each picture is scaled by ``scale``, its inner corner lies at the point, and what
    sticks out is cut off. Labels are weighted by area.
    """

    centre: tuple[float, float] = param.interval(
        (0.25, 0.75), "place of the point, as a share of the side", low=0.0, high=1.0, unit="fraction"
    )
    scale: tuple[float, float] = param.interval(
        (0.5, 1.0), "enlargement of the pictures", low=0.01, high=4.0, unit="ratio"
    )
    fill: float = param.number(
        0.0, "color where no picture is, as a share of white", low=0.0, high=1.0, unit="fraction"
    )
    mask_fill: int = param.integer(0, "label where no picture is, for masks")
    min_area: float = param.number(1.0, "drop boxes with less than this area left", low=0.0, unit="px²")
    min_visibility: float = param.number(
        0.1, "drop boxes of which less than this share is left", low=0.0, high=1.0, unit="fraction"
    )
    classes: int | None = param.integer(
        None, "number of classes, to turn class numbers into class weights", low=1, optional=True
    )

    declares: ClassVar[Declaration] = mixing(memory=3)

    @property
    def label_classes(self) -> int | None:
        """The number of classes."""
        return self.classes

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw three partners, the point and four scales per sample."""
        return Params(
            len(batch),
            partner=draw_partners(batch, rng, 3),
            centre=rng.uniform("centre", *self.centre, size=2),
            scale=rng.uniform("scale", *self.scale, size=4),
        )

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Compose every sample with its partners."""
        if not len(batch):
            return batch
        members = [[i, *others] for i, others in enumerate(find_partners(batch.info, params["partner"]))]
        rows: list[torch.Tensor] = []
        targets: dict[str, list[Any]] = {name: [] for name in batch.info.targets}
        for i in range(len(batch)):
            image, moved = self._compose(batch, members[i], i, params)
            rows += [] if image is None else [image]
            for name, entries in targets.items():
                entries.append(moved.get(name))
        return batch.replace(
            self._at_once(batch, np.array(members), params) if batch.stacked else rows, targets=targets
        )

    def _compose(
        self, batch: Batch, members: list[int], i: int, params: Params
    ) -> tuple[torch.Tensor | None, dict[str, Any]]:
        """Return the picture, unless the batch is stacked, and the targets of sample i."""
        height, width = batch.info.shapes[i, -2:].tolist()
        x, y = (int(np.clip(np.rint(params["centre"][i][k] * side), 0, side)) for k, side in ((0, width), (1, height)))
        cells = [(0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height)]
        image = None if batch.stacked else torch.empty_like(batch.data[i])
        parts: list[tuple[BatchInfo, int, int]] = []
        weights: list[float] = []
        shown = with_background([batch.info.take(np.array([member])) for member in members])
        for k, (cell, member) in enumerate(zip(cells, members, strict=True)):
            left, top, right, bottom = cell
            weights.append((right - left) * (bottom - top) / (height * width))
            if weights[-1] == 0:
                continue
            one, place = shown[k], np.array([[x - left, y - top]])
            op = self._placed(one, place, np.array([[bottom - top, right - left]]), params["scale"][i][k : k + 1], k)
            if image is None:
                parts.append((after(op, one), left, top))
                continue
            part = op.run(Batch([batch.data[member]], one))
            image[:, top:bottom, left:right] = part.data[0]
            parts.append((part.info, left, top))
        return image, self._targets(batch, members, shown, parts, weights, (height, width))

    def _placed(self, info: BatchInfo, place: Any, canvas: NDArray[np.int64], scale: Any, k: int) -> ImageOp:
        """Return the operator that scales pictures and puts their inner corners at places (n, 2) on canvases (n, 2)."""
        n = len(info)
        side = info.shapes[:, [-1, -2]]
        size = np.maximum(1, np.rint(side * np.asarray(scale)[:, None]))
        start = np.asarray(place) - size * [k % 2 == 0, k < 2]
        zoom = matrices.scaling(size[:, 0] / side[:, 0], size[:, 1] / side[:, 1])
        how = Resampling("constant", (self.fill,), self.mask_fill, "bilinear")
        limits = {"min_area": np.full(n, self.min_area), "min_visibility": np.full(n, self.min_visibility)}
        return geometry_op(matrices.translation(start[:, 0], start[:, 1]) @ zoom, canvas, resampling=how, **limits)

    def _at_once(self, batch: Batch, members: NDArray[np.int64], params: Params) -> torch.Tensor:
        """Compose all pictures of a stacked batch: each quarter is drawn over the whole canvas, and then chosen."""
        images, canvas = batch.stack(), batch.info.shapes[:, -2:]
        point = np.clip(np.rint(params.array("centre") * canvas[:, ::-1]), 0, canvas[:, ::-1]).astype(np.int64)
        x, y = torch.from_numpy(point).to(images.device, non_blocking=True)[:, :, None].unbind(1)
        row, column = (torch.arange(n, device=images.device) for n in images.shape[-2:])
        low, right = (row >= y)[:, :, None], (column >= x)[:, None]
        out = images
        for k in range(4):
            info = batch.info.take(members[:, k]).replace(targets={})
            part = Batch(pick(images, torch.from_numpy(members[:, k]).to(images.device)), info)
            done = self._placed(info, point, canvas, params.array("scale")[:, k], k).run(part).stack()
            inside = (low if k >= 2 else ~low) & (right if k % 2 else ~right)
            out = either(inside[:, None], done, out)
        return out

    def _targets(
        self,
        batch: Batch,
        members: list[int],
        shown: Sequence[BatchInfo],
        parts: list[tuple[BatchInfo, int, int]],
        weights: list[float],
        size: tuple[int, int],
    ) -> dict[str, Any]:
        moved: dict[str, Any] = {}
        if "label" in batch.info.targets:
            used = [k for k, weight in enumerate(weights) if weight > 0]
            labels = [batch.info.target("label")[members[k]] for k in used]
            moved["label"] = mix_labels(labels, [weights[k] for k in used], self.classes)
        boxes, points = [], []
        for part, left, top in parts:
            found = part.target("boxes")[0]
            boxes.append(None if found is None else moved_boxes(found, left, top))
            dots = part.target("keypoints")[0]
            points.append(None if dots is None else dots.replace(dots.data + np.array([left, top])))
        moved["boxes"], moved["keypoints"] = join_boxes(boxes), join_points(points)
        moved["masks"] = self._masks(shown, parts, size)
        return moved

    def _masks(
        self, shown: Sequence[BatchInfo], parts: list[tuple[BatchInfo, int, int]], size: tuple[int, int]
    ) -> torch.Tensor | None:
        given = [(part.target("masks")[0], left, top) for part, left, top in parts]
        present = [(mask, left, top) for mask, left, top in given if mask is not None]
        if not present:
            return None
        first = present[0][0]
        apart = all(are_instances(info.target("masks")[0], info.target("boxes")[0]) for info in shown)
        leading = first.shape[:-2] if not apart else (sum(len(mask) for mask, _, _ in present),)
        label = 0 if apart else label_beyond(shown[0], 0, self.mask_fill)
        out = torch.full((*leading, *size), label, dtype=first.dtype, device=first.device)
        start = 0
        for mask, left, top in present:
            room = out[start : start + len(mask)] if apart else out
            room[..., top : top + mask.shape[-2], left : left + mask.shape[-1]] = mask.to(first.dtype)
            start += len(mask) if apart else 0
        return out


def after(op: ImageOp, info: BatchInfo) -> BatchInfo:
    """Return the facts, targets included, that an operator leaves."""
    return prepare(op.stages, info)[1]


def moved_boxes(boxes: Boxes, x: float, y: float) -> Boxes:
    """Return boxes moved by (x, y) pixels."""
    return boxes.replace(from_corners(corners(boxes) + np.array([x, y]), boxes.format))
