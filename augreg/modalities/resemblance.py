"""What plain values beside a picture look like: masks, boxes, polygons; a reason to ask, never to move."""

from __future__ import annotations

from itertools import chain
from typing import Any, Final

import numpy as np
import torch

from augreg.data.samples import Sample

ONE_CHANNEL: Final = ("1", "L", "P", "I", "I;16", "F")
"""Modes of PIL's pictures with one number per pixel."""

IN_COLOR: Final = ("RGB", "RGBA", "CMYK", "YCbCr")
"""Modes of PIL's pictures with several."""

SMALL: Final = 4
"""Pictures of fewer pixels a side say nothing by their size: a matrix of 3 x 3 is no mask."""

FAR: Final = 4.0
"""Boxes in pixels reach beyond this many; numbers drawn about zero, as features are, hardly ever do."""

MANY: Final = 10_000
"""Rows above which four numbers a row are features, not boxes: no picture has so many objects."""


def resembles(value: Any, shape: tuple[int, ...]) -> tuple[str, str] | None:
    """Return which target of a picture (..., height, width) a value looks like, and why; None for none.

    - masks: an array with the picture's height and width as its last or its first two sides;
    - boxes: at most 10,000 rows of four numbers that are boxes within the picture in some format: corners, corner and
      size, middle and size, in pixels or shares of its sides;
    - polygons: lists of an even number of coordinates, at least six, within the picture.

    >>> import numpy as np
    >>> from augreg.modalities.resemblance import resembles
    >>> resembles(np.array([[3.0, 4.0, 20.0, 30.0]]), (3, 48, 64))
    ('boxes', 'rows of four numbers that are boxes within the picture')
    >>> resembles(np.random.default_rng(0).normal(size=(8, 4)), (3, 48, 64)) is None
    True

    """
    height, width = int(shape[-2]), int(shape[-1])
    if getattr(value, "mode", "") in ONE_CHANNEL:
        return ("masks", "a picture of one channel and the same size") if value.size == (width, height) else None
    if isinstance(value, (torch.Tensor, np.ndarray)):
        sides = tuple(value.shape)
        if len(sides) >= 2 and min(height, width) >= SMALL and (height, width) in (sides[-2:], sides[:2]):
            return "masks", "it has the height and width of the picture"
        if len(sides) == 2 and sides[1] == 4 and 0 < sides[0] <= MANY and _numeric(value):
            return _boxes(np.asarray(value.detach().cpu() if isinstance(value, torch.Tensor) else value), height, width)
        return None
    if not isinstance(value, (list, tuple)) or not value or not isinstance(value[0], (list, tuple)):
        return None
    if all(isinstance(row, (list, tuple)) and len(row) == 4 and _plain(row) for row in value[:8]):
        rows = [row for row in value if isinstance(row, (list, tuple)) and len(row) == 4]
        return _boxes(np.asarray(rows, dtype=np.float64), height, width) if len(rows) == len(value) else None
    return _polygons(value, height, width)


def _numeric(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return not value.is_complex() and value.dtype is not torch.bool
    return bool(value.dtype.kind in "iuf")


def _plain(row: Any) -> bool:
    return all(type(x) in (int, float) for x in row)


def _boxes(rows: np.ndarray, height: int, width: int) -> tuple[str, str] | None:
    """Return that rows look like boxes, if all of them are such in one format."""
    data = rows.astype(np.float64)
    if not np.isfinite(data).all():
        return None
    a, b, c, d = data.T
    readings = ((a, b, c, d), (a, b, a + c, b + d), (a - c / 2, b - d / 2, a + c / 2, b + d / 2))
    if np.allclose(data.sum(axis=1), 1.0, atol=1e-3):
        return None  # shares of four classes, as a softmax gives them
    if any(_within(*corners, width, height) for corners in readings) and data.max() > FAR:
        return "boxes", "rows of four numbers that are boxes within the picture"
    if any(_within(*corners, 1.0, 1.0) for corners in readings):
        return "boxes", "rows of four numbers that are boxes as shares of the picture's sides"
    return None


def _within(
    left: np.ndarray, top: np.ndarray, right: np.ndarray, bottom: np.ndarray, width: float, height: float
) -> bool:
    """Whether all boxes have an area and lie within a canvas, a hundredth of it aside."""
    apart = (right > left).all() and (bottom > top).all()
    low = left.min() >= -0.01 * width and top.min() >= -0.01 * height
    return bool(apart and low and right.max() <= 1.01 * width and bottom.max() <= 1.01 * height)


def _polygons(value: Any, height: int, width: int) -> tuple[str, str] | None:
    """Return that nested lists look like polygons: of one object, or of several."""
    while value and isinstance(value[0], (list, tuple)) and value[0] and isinstance(value[0][0], (list, tuple)):
        if len(value[0][0]) == 2 and _plain(value[0][0]):  # points (x, y)
            value = [list(chain.from_iterable(each)) for each in value if isinstance(each, (list, tuple))]
            break
        value = value[0]
    rows = [each for each in value if isinstance(each, (list, tuple))]
    if not rows or not all(len(each) >= 6 and len(each) % 2 == 0 and _plain(each) for each in rows):
        return None
    xs, ys = np.concatenate([each[0::2] for each in rows]), np.concatenate([each[1::2] for each in rows])
    inside = min(xs.min(), ys.min()) >= 0 and xs.max() <= 1.01 * width and ys.max() <= 1.01 * height
    varied = len(np.unique(xs)) > 1 and len(np.unique(ys)) > 1 and max(xs.max(), ys.max()) > 1
    return (
        ("keypoints", "lists of coordinates within the picture, as polygons have them") if inside and varied else None
    )


def is_beside(value: Any, others: list[Any]) -> bool:
    """Whether a PIL picture of one channel has the size of one of several channels: a map of it, most likely."""
    if getattr(value, "mode", "") not in ONE_CHANNEL:
        return False
    return any(_size_in_color(other) == value.size for other in others)


def _size_in_color(picture: Any) -> tuple[int, int] | None:
    """Return (width, height) of a picture of several channels, whatever holds it; None for others."""
    data: Any = getattr(picture, "data", None) if isinstance(picture, Sample) else picture
    if isinstance(data, (torch.Tensor, np.ndarray)):
        first = isinstance(data, torch.Tensor)
        if data.ndim != 3 or data.shape[0 if first else 2] not in (3, 4):
            return None
        height, width = data.shape[1:] if first else data.shape[:2]
        return int(width), int(height)
    size: tuple[int, int] | None = data.size if getattr(data, "mode", "") in IN_COLOR else None
    return size
