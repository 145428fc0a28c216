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
    """Return all boxes of several samples in the format of the first; fields that only some have are left out."""
    given = [part for part in parts if part is not None]
    if not given:
        return None
    first = given[0]
    given = [part if part.format == first.format else _converted(part, first.format) for part in given]
    labels = _joined([part.labels for part in given], [len(part) for part in given])
    shared = [name for name in first.columns if all(name in part.columns for part in given)]
    fields = {name: _joined([part.columns[name] for part in given], [len(p) for p in given]) for name in shared}
    return Boxes(np.concatenate([part.data for part in given]), first.format, labels, fields)


def _converted(boxes: Boxes, form: Any) -> Boxes:
    return boxes.replace(from_corners(corners(boxes), form), form)


def _joined(columns: Sequence[Any], counts: Sequence[int]) -> Any:
    """Join columns; where a part has none but rows, there is none for all."""
    columns = [column for column, count in zip(columns, counts, strict=True) if count]
    if not columns or any(column is None for column in columns):
        return None
    if all(isinstance(column, torch.Tensor) for column in columns):
        return torch.cat(list(columns))
    if all(isinstance(column, np.ndarray) for column in columns):
        return np.concatenate(columns)
    entries = [entry for column in columns for entry in column]
    return tuple(entries) if all(isinstance(column, tuple) for column in columns) else entries


def join_points(parts: Sequence[Keypoints | None]) -> Keypoints | None:
    """Return all points of several samples; pairs to swap keep pointing at their own."""
    given = [part for part in parts if part is not None]
    if not given:
        return None
    visible = np.concatenate([np.ones(len(p), bool) if p.visible is None else p.visible for p in given])
    swap: list[tuple[int, int]] = []
    start = 0
    for part in given:
        swap += [(a + start, b + start) for a, b in part.swap or ()]
        start += len(part)
    labels = _joined([part.labels for part in given], [len(part) for part in given])
    return Keypoints(np.concatenate([part.data for part in given]), visible, labels, swap or None)
