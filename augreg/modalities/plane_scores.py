"""Scores of every pixel of a view, read at the places of the picture that the view was made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from augreg.errors import SampleError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Canvas = tuple[int, int]

WHOLE: Final = 1e-6
"""Places this near to the middle of a pixel are there: products of matrices are off by some 1e-12, and a mirrored
picture is to come back with its bits."""


def scores_back(
    scores: torch.Tensor, size: Canvas, gates: Sequence[tuple[Floats, Canvas]]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return scores for every pixel of a picture, and which of its pixels the view has seen.

    Args:
        scores: (..., h, w), laid over the view; h and w may be any share of its sides, as models with a stride give
            them. Floating-point scores are read bilinearly, integers and booleans at the nearest place.
        size: height and width of the picture.
        gates: see :class:`augreg.modalities.PlaneMap`.

    Returns:
        (..., H, W) of the dtype of the scores, 0 where the view has not seen the picture; and bool (H, W).

    Raises:
        SampleError: the scores have their classes last, as far as their shape says.

    """
    canvas = gates[-1][1]
    _check_order(tuple(scores.shape), canvas)
    places, seen = _places(size, gates)
    high, wide = scores.shape[-2:]
    x = _index(places[:, 0] * (wide / max(canvas[1], 1)), wide, seen)
    y = _index(places[:, 1] * (high / max(canvas[0], 1)), high, seen)
    flat = scores.reshape(*scores.shape[:-2], high * wide)
    found = _read(flat, x, y, wide, high) if high and wide else flat.new_zeros((*flat.shape[:-1], len(places)))
    visible = torch.from_numpy(seen).to(scores.device)
    found = torch.where(visible, found, torch.zeros((), dtype=found.dtype, device=found.device))
    return found.reshape(*scores.shape[:-2], *size), visible.reshape(size)


def _check_order(shape: tuple[int, ...], canvas: Canvas) -> None:
    """Refuse (h, w, C), which would be read as something else: only so it has the proportions of the view.

    Models may give one size for views of all proportions, so that odd proportions alone are no fault.
    """
    if len(shape) < 3 or _is_view(shape[-2:], canvas):
        return
    if shape[-1] < min(shape[-3:-1]) and _is_view(shape[-3:-1], canvas):
        raise SampleError(
            f"masks of shape {shape} for a view of {canvas[0]} x {canvas[1]} seem to have their classes last. Give "
            "them first, (C, h, w): np.moveaxis(scores, -1, -3)."
        )


def _is_view(sides: Sequence[int], canvas: Canvas) -> bool:
    """Whether some stride makes a view so large, be it rounded up or down."""
    low = max(whole / (side + 1) for side, whole in zip(sides, canvas, strict=True))
    high = min(whole / (side - 1) if side > 1 else np.inf for side, whole in zip(sides, canvas, strict=True))
    return low <= high


def _places(size: Canvas, gates: Sequence[tuple[Floats, Canvas]]) -> tuple[Floats, NDArray[np.bool_]]:
    """Return where the middles of a picture's pixels are on the view, (H * W, 2), and which are on every canvas."""
    rows, columns = np.divmod(np.arange(size[0] * size[1]), max(size[1], 1))
    middles = np.stack([columns + 0.5, rows + 0.5, np.ones(len(rows))], axis=1)
    seen = np.ones(len(rows), dtype=bool)
    found = middles[:, :2]
    for matrix, (height, width) in gates:
        mapped = middles @ matrix.T
        # What a perspective puts behind the eye is on no canvas.
        ahead = mapped[:, 2] > WHOLE
        found = mapped[:, :2] / np.where(ahead, mapped[:, 2], 1.0)[:, None]
        seen &= ahead & (found >= 0.0).all(axis=1) & (found <= [width, height]).all(axis=1)
    return found, seen


def _index(places: Floats, count: int, seen: NDArray[np.bool_]) -> Floats:
    """Return which entries of ``count`` along an axis are read: 0.25 is between the first and the second."""
    found = np.where(seen, places, 0.5) - 0.5
    near = np.rint(found)
    found = np.where(np.abs(found - near) < WHOLE, near, found)
    return np.clip(found, 0.0, max(count - 1, 0))


def _read(flat: torch.Tensor, x: Floats, y: Floats, wide: int, high: int) -> torch.Tensor:
    def at(row: Floats, column: Floats) -> torch.Tensor:
        place = row.astype(np.int64) * wide + column.astype(np.int64)
        return flat[..., torch.from_numpy(place).to(flat.device)]

    if not flat.is_floating_point():
        return at(np.floor(y + 0.5), np.floor(x + 0.5))
    left, top = np.floor(x), np.floor(y)
    across, down = x - left, y - top
    if not across.any() and not down.any():
        return at(top, left)
    right, bottom = np.minimum(left + 1, wide - 1), np.minimum(top + 1, high - 1)
    parts = [
        (at(top, left), (1 - down) * (1 - across)),
        (at(top, right), (1 - down) * across),
        (at(bottom, left), down * (1 - across)),
        (at(bottom, right), down * across),
    ]
    return sum((_weighed(values, share) for values, share in parts), torch.zeros((), dtype=flat.dtype)).to(flat.dtype)


def _weighed(values: torch.Tensor, share: Floats) -> torch.Tensor:
    """Return values times their shares; what has none adds nothing, be it infinite."""
    weight = torch.from_numpy(share).to(
        values.device, torch.float64 if values.dtype == torch.float64 else torch.float32
    )
    return torch.where(weight > 0, values * weight, torch.zeros((), device=values.device))
