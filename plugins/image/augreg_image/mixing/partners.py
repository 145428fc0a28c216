"""Who is mixed with whom, and how the targets of several samples become one's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import Batch, BatchInfo, Boxes, Keypoints, Rng, SampleError
from augreg_image import matrices
from augreg_image.kernels.resampling import Resampling
from augreg_image.ops import geometry_op
from augreg_image.targets.boxes import corners, from_corners
from augreg_image.targets.instances import are_instances

Floats = NDArray[np.float64]


def draw_partners(batch: BatchInfo, rng: Rng, count: int = 1) -> list[list[str]]:
    """Draw partners for every sample: others of the batch, as keys in hexadecimal; itself if it is alone.

    Keys, not places, so that a recorded mixture can be repeated in another order.
    """
    n = len(batch)
    names = [f"{int(key):016x}" for key in batch.keys]
    if n < 2:
        return [names * count for _ in range(n)]
    picked = rng.integers("partner", 0, n - 1, size=count)
    picked = picked + (picked >= np.arange(n)[:, None])
    return [[names[j] for j in row] for row in picked.tolist()]


def find_partners(info: BatchInfo, names: Any) -> list[list[int]]:
    """Return the places of partners in the batch. Raises SampleError for one that is not there."""
    places: dict[int, int] = {}
    for i, key in enumerate(info.keys.tolist()):
        places.setdefault(int(key), i)
    try:
        return [[places[int(name, 16)] for name in row] for row in names]
    except KeyError as error:
        raise SampleError(
            f"the sample with key {error.args[0]:#018x}, which others are mixed with, is not in the batch. "
            f"Give the whole batch that the mixture was drawn for."
        ) from None


def fitted(batch: Batch, source: int, like: int) -> Batch:
    """Return a batch of one: sample ``source`` scaled to the size of sample ``like``, targets with it."""
    one = batch.take(np.array([source]))
    canvas = batch.info.shapes[like : like + 1, -2:]
    if (one.info.shapes[:, -2:] == canvas).all():
        return one
    height, width = one.info.shapes[:, -2].astype(float), one.info.shapes[:, -1].astype(float)
    matrix = matrices.scaling(canvas[:, 1] / width, canvas[:, 0] / height)
    return geometry_op(matrix, canvas, resampling=Resampling(interpolation="bilinear")).run(one)


def join_boxes(parts: Sequence[Boxes | None]) -> Boxes | None:
    """Return all boxes of several samples in the format of the first that has some.

    Raises:
        SampleError: some boxes have labels or a column, and some have none.

    """
    present = [part for part in parts if part is not None]
    given = [part for part in present if len(part)] or present[:1]
    if len(given) < 2:
        return given[0] if given else None
    first = given[0]
    given = [part if part.format == first.format else _converted(part, first.format) for part in given]
    labels = _joined("labels", [part.labels for part in given])
    names = dict.fromkeys(name for part in given for name in part.columns)
    columns = {name: _joined(f"column {name!r}", [part.columns.get(name) for part in given]) for name in names}
    return Boxes(np.concatenate([part.data for part in given]), first.format, labels, columns)


def _converted(boxes: Boxes, form: Any) -> Boxes:
    return boxes.replace(from_corners(corners(boxes), form), form)


def _joined(what: str, columns: Sequence[Any]) -> Any:
    """Join what belongs to the rows of several samples."""
    if all(column is None for column in columns):
        return None
    if any(column is None for column in columns):
        raise SampleError(
            f"samples are mixed of which one has {what} beside its boxes or points and another has none. "
            "Give all of them one."
        )
    if all(isinstance(column, torch.Tensor) for column in columns):
        return torch.cat(list(columns))
    if all(isinstance(column, np.ndarray) for column in columns):
        return np.concatenate(columns)
    entries = [entry for column in columns for entry in column]
    return tuple(entries) if all(isinstance(column, tuple) for column in columns) else entries


def with_background(samples: Sequence[BatchInfo]) -> Sequence[BatchInfo]:
    """Return facts of one sample each; those without objects have no boxes and no instance masks, instead of nothing.

    Only where another of them has instance masks (k, H, W): beside those, a picture without boxes and masks is one of
    which none is to be seen.

    Raises:
        SampleError: one has masks, and another has none of the kind.

    """
    pairs = [(info.target("masks")[0], info.target("boxes")[0]) for info in samples]
    if all(masks is None for masks, _ in pairs):
        return samples
    objects = [(masks, boxes) for masks, boxes in pairs if are_instances(masks, boxes) and len(boxes)]
    if objects:
        return [_objects_or_none(info, *objects[0]) for info in samples]
    if any(masks is None for masks, _ in pairs):
        raise SampleError("one sample of the batch has a label map and its partner has none; give all of them one.")
    return samples


def _objects_or_none(info: BatchInfo, like: torch.Tensor, of: Boxes) -> BatchInfo:
    masks, boxes = info.target("masks")[0], info.target("boxes")[0]
    if are_instances(masks, boxes):
        return info
    if (masks is not None and masks.numel()) or (boxes is not None and len(boxes)):
        raise SampleError("one sample of the batch has a mask for each box and its partner has not; give all one.")
    none = like.new_zeros((0, *info.shapes[0, -2:].tolist()))
    empty = Boxes(np.zeros((0, of.data.shape[1])), of.format) if boxes is None else boxes
    return info.replace(targets={**info.targets, "masks": [none], "boxes": [empty]})


def join_points(parts: Sequence[Keypoints | None]) -> Keypoints | None:
    """Return all points of several samples; pairs to swap keep pointing at their own."""
    given = [part for part in parts if part is not None]
    if not given:
        return None
    flags = [part.flags for part in given]
    if not all(each.dtype == bool for each in flags):
        flags = [each * 2 if each.dtype == bool else each for each in flags]  # a visible point is a 2 in COCO
    visible = np.concatenate(flags)
    swap: list[tuple[int, int]] = []
    start = 0
    for part in given:
        swap += [(a + start, b + start) for a, b in part.swap or ()]
        start += len(part)
    labels = _joined("labels", [part.labels for part in given if len(part)])
    return Keypoints(np.concatenate([part.data for part in given]), visible, labels, swap or None)
