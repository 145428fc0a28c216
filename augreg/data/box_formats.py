"""Boxes of four numbers in another of their formats."""

from __future__ import annotations

import numpy as np

from augreg.data.targets import BOX_COLUMNS, Boxes, BoxFormat
from augreg.errors import SampleError


def as_format(boxes: Boxes, form: BoxFormat) -> Boxes:
    """Return boxes in another of the three formats of four numbers.

    Raises:
        SampleError: one of both is of rotated boxes or corners.

    """
    if boxes.format == form:
        return boxes
    if BOX_COLUMNS[boxes.format] != 4 or BOX_COLUMNS[form] != 4:
        raise SampleError(f"boxes became {boxes.format}, which is not written as {form}. Use {boxes.format} for all.")
    low, high = _corners(boxes)
    parts = {"xyxy": (low, high), "xywh": (low, high - low), "cxcywh": ((low + high) / 2, high - low)}[form]
    return boxes.replace(np.concatenate(parts, axis=1), form)


def _corners(boxes: Boxes) -> tuple[np.ndarray, np.ndarray]:
    first, second = boxes.data[:, :2], boxes.data[:, 2:4]
    if boxes.format == "xyxy":
        return first, second
    return (first, first + second) if boxes.format == "xywh" else (first - second / 2, first + second / 2)
