"""Moving masks: always the nearest pixel, so that no label is invented."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np
import torch

from augreg_image.kernels import warp_cv, warp_torch
from augreg_image.kernels.layout import Array, white_value
from augreg_image.kernels.reads import SourceReads, make_reads
from augreg_image.kernels.resampling import Resampling
from augreg_image.kernels.warp_plan import WARP, WarpPlan

_MOVED_AS: Final = {
    "bool": "uint8",
    "int8": "uint8",
    "int16": "uint16",
    **dict.fromkeys(("int32", "uint32"), "float32"),
    **dict.fromkeys(("int64", "uint64"), "float64"),
}
"""Dtypes of masks that OpenCV does not know, and those of as many bits as which it moves them unchanged."""


MoveMasks = Callable[[int, torch.Tensor, int], torch.Tensor]
"""Takes the place of a sample, its masks (..., H, W) and the label beyond their border; returns them moved."""


def mask_mover(plan: WarpPlan, how: Resampling) -> MoveMasks:
    """Return a function that moves the masks (..., H, W) of sample i by the plan."""
    # Masks are read at the nearest pixel wherever images are resized: no area is averaged.
    exact = plan.unaveraged()
    border = how.border or "edge"
    reads = cache(lambda: make_reads(exact, border, nearest=True))

    def move(i: int, masks: torch.Tensor, label: int) -> torch.Tensor:
        height, width = plan.canvas[i].tolist()
        planes = masks.reshape(-1, *masks.shape[-2:])
        if masks.device.type == "cpu":
            moved = _on_cpu(planes, (exact, reads()), i, (height, width), border, label)
        else:
            fill = (label / white_value(masks.dtype),)
            moved = _on_device(planes, exact, i, (height, width), border, fill)
        return moved.reshape(*masks.shape[:-2], height, width)

    return move


def _on_cpu(
    planes: torch.Tensor, how: tuple[WarpPlan, SourceReads], i: int, canvas: tuple[int, int], border: str, fill: int
) -> torch.Tensor:
    array = planes.numpy()
    label = np.array([fill]).astype(array.dtype)
    carrier = np.dtype(_MOVED_AS.get(array.dtype.name, array.dtype.name))
    out = np.empty((len(array), *canvas), array.dtype)
    value = float(label.view(carrier)[0])
    for plane, moved in zip(array, out, strict=True):
        moved.view(carrier)[:] = _plane(plane.view(carrier)[:, :, None], how, i, canvas, border, value)[:, :, 0]
    return torch.from_numpy(out)


def _plane(
    plane: Array, how: tuple[WarpPlan, SourceReads], i: int, canvas: tuple[int, int], border: str, value: float
) -> Array:
    plan, reads = how
    if not plane.size or not canvas[0] * canvas[1]:
        return np.full((*canvas, 1), value, plane.dtype)
    if plan.kind[i] != WARP:
        return warp_cv.move_whole_pixels(plane, plan.inverse_rows[i], canvas, border, (value,), None)
    return warp_cv.interpolate(plane, reads, i, canvas, (value,), "nearest", None)


def _on_device(
    planes: torch.Tensor, plan: WarpPlan, i: int, canvas: tuple[int, int], border: str, fill: tuple[float, ...]
) -> torch.Tensor:
    inverse = plan.inverse[i : i + 1]
    edge = "edge" if plan.inside[i] else border
    return warp_torch.nearest(planes[None], inverse, canvas, edge, fill * len(planes))[0]
