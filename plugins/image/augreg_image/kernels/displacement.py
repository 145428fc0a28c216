"""Moving every pixel by its own displacement, and points along with them."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from augreg_image.kernels.channels import in_fours
from augreg_image.kernels.layout import OPENCV_DTYPES, Array, scratch, white_value
from augreg_image.kernels.reads import TIE_SHIFT
from augreg_image.kernels.resampling import Resampling
from augreg_image.kernels.warp_cv import BORDERS, FLAGS, colors, contained
from augreg_image.kernels.warp_torch import contained as to_range
from augreg_image.kernels.warp_torch import pixels_at, settle, upload

Floats = NDArray[np.float64]
Field = NDArray[np.float32]
"""Displacements (H, W, 2), x first, in pixels: the result at p shows the source at p + field(p)."""


@lru_cache(maxsize=16)
def _grid(height: int, width: int) -> Field:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([x, y], axis=2)


def remap(image: Array, field: Field, how: Resampling, fill: tuple[float, ...] | None = None) -> Array:
    """Read an image (H, W, C) where the field points."""
    if not image.size:
        return image
    values = colors(how.fill, image.dtype, image.shape[2]) if fill is None else fill
    if image.dtype not in OPENCV_DTYPES and image.dtype != np.float64:
        return remap(image.astype(np.float32), field, how, values).astype(image.dtype)
    places = _grid(*image.shape[:2]) + field
    flag, border = FLAGS[how.mode], BORDERS[how.border or "edge"]

    def read(part: Array, _: Array | None, first: int) -> Array:
        four = values[first : first + 4]
        return cv2.remap(part, places, None, flag, None, border, four)  # type: ignore[call-overload,no-any-return]  # OpenCV's stubs ask for a second map

    if image.shape[2] == 3 and how.mode == "bilinear":
        # As in warps: four channels are quicker than three.
        wide = cv2.cvtColor(image, cv2.COLOR_RGB2RGBA, dst=scratch((*image.shape[:2], 4), image.dtype))
        return cv2.cvtColor(read(wide, None, 0), cv2.COLOR_RGBA2RGB)
    found = in_fours(read, image)
    return contained(found, image) if how.mode == "bicubic" else found


def remap_torch(images: torch.Tensor, field: Field, how: Resampling) -> torch.Tensor:
    """Read images (B, C, H, W) where the fields (B, H, W, 2) point."""
    height, width = images.shape[-2:]
    if how.mode == "nearest":
        return _nearest(images, field, how)
    wide = images.float()
    grid = upload(_grid(height, width) + field, wide)
    scale = torch.tensor([2.0 / width, 2.0 / height], device=images.device)
    grid = (grid + 0.5) * scale - 1.0
    mode = how.mode
    if how.border == "constant":
        white = white_value(images.dtype)
        fill = torch.tensor(how.channels(images.shape[1]), device=images.device).view(1, -1, 1, 1) * white
        fill = fill if images.dtype.is_floating_point else fill.round()
        found = F.grid_sample(wide - fill, grid, mode, "zeros", align_corners=False) + fill
    else:
        padding = "reflection" if how.border == "reflect" else "border"
        found = F.grid_sample(wide, grid, mode, padding, align_corners=False)
    return settle(to_range(found, images) if mode == "bicubic" else found, images.dtype)


def _nearest(images: torch.Tensor, field: Field, how: Resampling) -> torch.Tensor:
    """Read images at the nearest pixel: values of any dtype are copied, not computed."""
    height, width = images.shape[-2:]
    x, y = upload(_grid(height, width) + field + np.float32(0.5), images).unbind(-1)
    fill = how.channels(images.shape[1])
    return pixels_at(images, x, y, how.border or "edge", fill)


def remap_masks(masks: torch.Tensor, field: Field, border: str | None, label: int) -> torch.Tensor:
    """Read masks (..., H, W) at the nearest pixel; beyond a constant border they take their own label."""
    height, width = masks.shape[-2:]
    places = np.floor(_grid(height, width) + field + np.float32(0.5 + TIE_SHIFT)).astype(np.int64)
    column, row = places[:, :, 0], places[:, :, 1]
    outside = (column < 0) | (column >= width) | (row < 0) | (row >= height)
    if border == "reflect":
        column, row = _folded(column, width), _folded(row, height)
    index = np.clip(row, 0, height - 1) * width + np.clip(column, 0, width - 1)
    flat = masks.reshape(*masks.shape[:-2], height * width)
    found = flat[..., torch.from_numpy(index.ravel()).to(masks.device)].reshape(masks.shape)
    if border == "constant" and outside.any():
        own = torch.tensor(label).to(masks.dtype).to(masks.device)
        found = torch.where(torch.from_numpy(outside).to(masks.device), own, found)
    return found


def _folded(index: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    found = index % (2 * size)
    return np.where(found < size, found, 2 * size - 1 - found)


def at(field: Field, points: Floats) -> Floats:
    """Return the displacements (..., 2) at points in pixel-edge coordinates, interpolated; the edge goes on outside."""
    height, width = field.shape[:2]
    x = np.clip(points[..., 0] - 0.5, 0, width - 1)
    y = np.clip(points[..., 1] - 0.5, 0, height - 1)
    x0, y0 = np.minimum(x.astype(int), max(width - 2, 0)), np.minimum(y.astype(int), max(height - 2, 0))
    x1, y1 = np.minimum(x0 + 1, width - 1), np.minimum(y0 + 1, height - 1)
    u, v = (x - x0)[..., None], (y - y0)[..., None]
    top = field[y0, x0] * (1 - u) + field[y0, x1] * u
    low = field[y1, x0] * (1 - u) + field[y1, x1] * u
    found: Floats = top * (1 - v) + low * v
    return found


def follow(field: Field, points: Floats, steps: int = 60) -> Floats:
    """Return where source points (..., 2) appear: p with p + field(p) = point, by damped fixed-point iteration."""
    found = points - at(field, points)
    for _ in range(steps):
        error = found + at(field, found) - points
        found = found - 0.7 * error
        if np.abs(error).max(initial=0.0) < 1e-4:
            break
    return found
