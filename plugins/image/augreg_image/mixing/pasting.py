"""Copy-paste: objects of one picture on another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from augreg import AugmenterBase, Batch, BatchInfo, Boxes, Declaration, Keypoints, Params, Rng, SampleError, param
from augreg.kernel import for_each
from augreg_image.kernels.layout import OPENCV_DTYPES, Array, to_chw, to_hwc
from augreg_image.kernels.warp_torch import either, pick
from augreg_image.mixing.pairs import mixing
from augreg_image.mixing.partners import draw_partners, find_partners, fitted, join_boxes
from augreg_image.targets.boxes import ROTATED, corners, from_corners
from augreg_image.targets.instances import are_instances

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Window = tuple[slice, slice]


@dataclass(frozen=True, kw_only=True)
class CopyPaste(AugmenterBase):
    """Paste objects of another sample.

    Ghiasi et al., "Simple Copy-Paste is a Strong Data Augmentation Method for Instance Segmentation", 2021. Needs
    instance masks (k, H, W), one for each of k boxes; without them a box is pasted whole. Each object of the other
    sample is pasted with probability ``chance``. What it covers leaves the masks of others and, where they have
    masks of their own, their axis-aligned boxes, which shrink to what shows; an object of which less than
    ``min_visibility`` shows is dropped.
    """

    chance: float = param.number(0.5, "probability of each object", low=0.0, high=1.0, unit="probability")
    min_visibility: float = param.number(
        0.1, "drop objects of which less than this share shows", low=0.0, high=1.0, unit="fraction"
    )

    declares: ClassVar[Declaration] = mixing(targets=("boxes", "masks", "keypoints"), leaves=("label",), memory=1.5)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a partner and a number below which an object is pasted, for up to 64 objects, per sample."""
        return Params(len(batch), partner=draw_partners(batch, rng), dice=rng.uniform("dice", size=64))

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Paste the objects."""
        if not len(batch):
            return batch
        partners = [j for (j,) in find_partners(batch.info, params["partner"])]
        rows = list(batch.data)
        unions: list[Flags | None] = [None] * len(rows)
        targets = {name: list(entries) for name, entries in batch.info.targets.items()}

        def one(i: int) -> None:
            j = partners[i]
            if j == i:
                return
            # Pictures of a stacked batch have one size, and are chosen at once below.
            other = Batch([rows[i]], batch.info.take(np.array([j]))) if batch.stacked else fitted(batch, j, i)
            found = self._pasted(other.info, np.asarray(params["dice"][i]))
            if found is None:
                return
            picked, masks = found
            union: Flags = np.logical_or.reduce(masks, axis=0)
            unions[i] = union
            moved = self._targets(batch.info.take(np.array([i])), other.info, picked, masks, union)
            for name in targets:
                targets[name][i] = moved.get(name, targets[name][i])
            if not batch.stacked:
                rows[i] = covered(rows[i], other.data[0], union)

        for_each(one, len(rows), light=True)
        return batch.replace(at_once(batch.stack(), partners, unions) if batch.stacked else rows, targets=targets)

    def _pasted(self, info: BatchInfo, dice: Floats) -> tuple[NDArray[np.int64], Flags] | None:
        """Return which objects of the only sample are pasted, and their masks (k, H, W)."""
        boxes = info.target("boxes")[0]
        if boxes is None or not len(boxes):
            return None
        picked = np.flatnonzero(np.resize(dice, len(boxes)) < self.chance)
        masks = objects(boxes, info.target("masks")[0], info.shapes[0, -2:], picked)
        shown = masks.any(axis=(1, 2))
        return (picked[shown], masks[shown]) if shown.any() else None

    def _targets(
        self, own: BatchInfo, other: BatchInfo, picked: NDArray[np.int64], pasted: Flags, union: Flags
    ) -> dict[str, Any]:
        theirs = other.target("boxes")[0]
        mine, masks, points = (own.target(name)[0] for name in ("boxes", "masks", "keypoints"))
        boxes = Boxes(np.zeros((0, theirs.data.shape[1])), theirs.format) if mine is None else mine
        apart = are_instances(masks, boxes)
        before = objects(boxes, masks, own.shapes[0, -2:])
        kept, boxes = left_under(boxes, before, union, min_visibility=self.min_visibility, shrinks=apart)
        moved: dict[str, Any] = {"boxes": join_boxes([boxes, theirs.keep(picked)])}
        if apart or (masks is None and not len(before)):
            yours = other.target("masks")[0]
            if are_instances(yours, theirs):
                moved["masks"] = instances_of_both(masks, kept, yours[torch.from_numpy(picked).to(yours.device)], union)
            elif masks is not None:
                moved["masks"] = instances_of_both(masks, kept, torch.from_numpy(pasted), union)
        elif masks is not None:
            moved["masks"] = label_maps(masks, other.target("masks")[0], torch.from_numpy(union))
        if points is not None:
            moved["keypoints"] = hidden(points, torch.from_numpy(union))
        return moved


def left_under(
    boxes: Boxes, before: Flags, union: Flags, *, min_visibility: float, shrinks: bool
) -> tuple[NDArray[np.int64], Boxes]:
    """Return which objects with masks (k, H, W) stay under a cover (H, W), and what is left of their boxes."""
    window = extent(union)
    cover = union[window]
    hit = [int(np.count_nonzero(mask[window] & cover)) for mask in before]
    keep = np.ones(len(boxes), dtype=bool)
    points = corners(boxes)
    for k in np.flatnonzero(hit).tolist():
        whole = int(np.count_nonzero(before[k]))
        left = whole - hit[k]
        keep[k] = left > 0 and left >= min_visibility * whole
        if keep[k] and shrinks and boxes.format not in ROTATED:
            points[k] = _shrunk(points[k], before[k] & ~union)
    kept = np.flatnonzero(keep)
    if not any(hit):
        return kept, boxes
    changed = boxes if boxes.format in ROTATED else boxes.replace(from_corners(points, boxes.format))
    return kept, changed.keep(kept)


def _shrunk(points: Floats, mask: Flags) -> Floats:
    """Return the corners (4, 2) of the part of a rectangle around a mask (H, W); all of it where they don't meet."""
    rows, columns = extent(mask)
    low = np.maximum(points.min(axis=0), [columns.start, rows.start])
    high = np.minimum(points.max(axis=0), [columns.stop, rows.stop])
    return np.array([low, [high[0], low[1]], high, [low[0], high[1]]]) if (high > low).all() else points


def instances_of_both(
    masks: torch.Tensor | None, kept: NDArray[np.int64], theirs: torch.Tensor, union: Flags
) -> torch.Tensor:
    """Return those own masks that are kept, less what is covered, and then those of the other sample."""
    if masks is None:
        return theirs.clone()
    n = len(kept)
    out = masks.new_empty((n + len(theirs), *masks.shape[1:]))
    out[:n], out[n:] = masks[torch.from_numpy(kept).to(masks.device)], theirs.to(masks)
    window = extent(union)
    out[(slice(0, n), *window)].masked_fill_(torch.from_numpy(union[window]).to(masks.device), 0)
    return out


def label_maps(mine: torch.Tensor, yours: torch.Tensor | None, union: torch.Tensor) -> torch.Tensor:
    """Return a label map (..., H, W) with another in the place of a mask (H, W)."""
    if yours is None or yours.shape != mine.shape:
        raise SampleError("one sample of the batch has label maps and its partner none of that shape; give both.")
    return torch.where(union.to(mine.device), yours.to(mine), mine)


def objects(
    boxes: Boxes, masks: torch.Tensor | None, size: NDArray[np.int64], some: NDArray[np.int64] | None = None
) -> Flags:
    """Return boolean masks (k, H, W) of ``some`` objects, or all: their instance masks, or else the whole boxes."""
    if masks is not None and are_instances(masks, boxes):
        found: Flags = (masks.cpu().numpy() if some is None else masks.cpu().numpy()[some]) != 0
        return found
    rows = np.arange(len(boxes)) if some is None else some
    out = np.zeros((len(rows), *size.tolist()), dtype=bool)
    points = corners(boxes)[rows]
    low, high = np.rint(points.min(axis=1)).astype(int), np.rint(points.max(axis=1)).astype(int)
    for mask, (left, top), (right, bottom) in zip(out, low.tolist(), high.tolist(), strict=True):
        mask[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = True
    return out


def object_masks(boxes: Boxes, masks: torch.Tensor | None, size: NDArray[np.int64]) -> torch.Tensor:
    """Return :func:`objects` as a tensor, on the device of the masks."""
    found = torch.from_numpy(objects(boxes, masks, size))
    return found if masks is None else found.to(masks.device)


def extent(mask: Flags) -> Window:
    """Return the rows and columns of the smallest rectangle that holds a mask (H, W); none for an empty one."""
    left, top, wide, tall = cv2.boundingRect(mask.view(np.uint8))
    return slice(top, top + tall), slice(left, left + wide)


def covered(mine: torch.Tensor, yours: torch.Tensor, union: Flags) -> torch.Tensor:
    """Return a picture (C, H, W) with another in the place of a mask (H, W)."""
    out, other, window = to_hwc(mine).copy(), to_hwc(yours), extent(union)
    _copy(other[window], union[window], out[window])
    return to_chw(out)


def _copy(source: Array, where: Flags, out: Array) -> None:
    """Copy the pixels of a picture (H, W, C) under a mask (H, W) into another."""
    if source.dtype in OPENCV_DTYPES and source.shape[2] in (3, 4):
        # OpenCV writes into the array that it is given, if shape and dtype fit.
        cv2.copyTo(source, np.ascontiguousarray(where).view(np.uint8), out)
    else:
        np.copyto(out, source, where=where[:, :, None])


def at_once(images: torch.Tensor, partners: list[int], unions: list[Flags | None]) -> torch.Tensor:
    """Return pictures (B, C, H, W) with their partners in the places of masks (H, W), in one call for all."""
    busy = [i for i, union in enumerate(unions) if union is not None]
    if not busy:
        return images
    cover = np.zeros((len(images), *images.shape[-2:]), dtype=bool)
    for i in busy:
        cover[i] = unions[i]
    where = torch.from_numpy(cover).to(images.device, non_blocking=True)
    return either(where[:, None], pick(images, torch.tensor(partners, device=images.device)), images)


def hidden(points: Keypoints, union: torch.Tensor) -> Keypoints:
    """Return points of which those on a mask (H, W) are invisible."""
    column, row = np.floor(points.data).astype(int).T
    height, width = union.shape
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    under = np.zeros(len(points), dtype=bool)
    under[inside] = union.cpu().numpy()[row[inside], column[inside]]
    return points.hidden(under)
