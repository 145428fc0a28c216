"""Geometry in batched torch, for CUDA: the same reads as the CPU's, one call per kind of sample."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from augreg_image.kernels.layout import white_value
from augreg_image.kernels.reads import TIE_SHIFT
from augreg_image.kernels.resampling import Resampling
from augreg_image.kernels.warp_plan import IDENTITY, RESIZE, WHOLE_PIXELS, WarpPlan

Tensor = torch.Tensor
Rows = NDArray[np.int64]


def upload(values: NDArray[Any], like: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Copy numbers to the device of ``like`` without waiting for it."""
    tensor = torch.as_tensor(np.ascontiguousarray(values)).to(dtype)
    if like.device.type == "cuda":
        return tensor.pin_memory().to(like.device, non_blocking=True)
    return tensor.to(like.device)


def warp(images: Tensor, plan: WarpPlan, canvas: tuple[int, int], how: Resampling) -> Tensor:
    """Carry out a plan on images (B, C, H, W) with one canvas for all."""
    if (plan.kind == IDENTITY).all():
        return images
    out = images.new_empty((*images.shape[:2], *canvas))
    for rows, kernel in _groups(plan):
        index = torch.as_tensor(rows, device=images.device)
        part = images if len(rows) == len(images) else pick(images, index)
        moved = part if kernel == (IDENTITY,) else _run(part, plan, rows, kernel, canvas, how)
        if len(rows) == len(images):
            return moved
        out = put(out, index, moved)
    return out


def pick(images: Tensor, index: Tensor) -> Tensor:
    """Return some images; not every version of torch knows uint16 on every device, but its bits."""
    return _bits(images)[index].view(images.dtype)


def put(images: Tensor, index: Tensor, values: Tensor) -> Tensor:
    """Return images with some replaced."""
    return _bits(images).index_copy(0, index, _bits(values)).view(images.dtype)


def either(condition: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Return a where a condition holds and b elsewhere, which have one dtype."""
    return torch.where(condition, _bits(a), _bits(b)).view(b.dtype)


def _groups(plan: WarpPlan) -> list[tuple[Rows, tuple[int, ...]]]:
    names = np.column_stack([plan.kind, plan.blocks, plan.inside])
    kernels, member = np.unique(names, axis=0, return_inverse=True)
    merged: dict[tuple[int, ...], list[Rows]] = {}
    for k, kernel in enumerate(kernels.tolist()):
        name = tuple(kernel) if kernel[0] not in (IDENTITY, WHOLE_PIXELS, RESIZE) else (kernel[0],)
        merged.setdefault(name, []).append(np.flatnonzero(member.ravel() == k))
    return [(np.sort(np.concatenate(rows)), name) for name, rows in merged.items()]


def _run(
    images: Tensor, plan: WarpPlan, rows: Rows, kernel: tuple[int, ...], canvas: tuple[int, int], how: Resampling
) -> Tensor:
    border = how.border or "edge"
    fill = how.channels(images.shape[1])
    if kernel[0] == WHOLE_PIXELS or how.mode == "nearest":
        return nearest(images, plan.inverse[rows], canvas, border, fill)
    wide = images.float()
    white = upload(np.array(fill) * white_value(images.dtype), wide).view(1, -1, 1, 1)
    if images.dtype in (torch.uint8, torch.uint16):
        white = white.round()
    if kernel[0] == RESIZE:
        return settle(contained(_resize(wide, plan, rows, canvas, how, white), images), images.dtype)
    inverse = plan.inverse[rows]
    _, down, across, inside = kernel
    if down > 1 or across > 1:
        wide = _averaged(wide, down, across)
        if images.dtype in (torch.uint8, torch.uint16):
            wide = wide.round()
        inverse = np.diag([1 / across, 1 / down, 1.0]) @ inverse
    found = interpolate(wide, inverse, canvas, "edge" if inside else border, white, how.mode)
    return settle(contained(found, images) if how.mode == "bicubic" else found, images.dtype)


def contained(found: Tensor, source: Tensor) -> Tensor:
    """Clip what was read between floats (B, C, H, W) as :func:`augreg_image.kernels.warp_cv.contained` does."""
    if not source.is_floating_point() or not source.numel():
        return found
    known = source.nan_to_num(0.0, torch.inf, -torch.inf).to(found.dtype)
    low, high = known.amin((1, 2, 3), keepdim=True), known.amax((1, 2, 3), keepdim=True)
    return torch.minimum(torch.maximum(found, low.clamp_(max=0.0)), high.clamp_(min=1.0))


def settle(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Bring float32 values to a dtype: rounded and saturated for integers."""
    if dtype in (torch.uint8, torch.uint16):
        return values.add_(0.5).floor_().clamp_(0, white_value(dtype)).to(dtype)
    return values.to(dtype)


def _averaged(images: Tensor, down: int, across: int) -> Tensor:
    height, width = images.shape[-2:]
    padded = F.pad(images, (0, -width % across, 0, -height % down), mode="replicate")
    return F.avg_pool2d(padded, (down, across))


def positions(inverse: NDArray[np.float64], canvas: tuple[int, int], like: Tensor) -> tuple[Tensor, Tensor]:
    """Return x and y in pixel-edge coordinates that each canvas pixel's middle is read at, both (B, h, w)."""
    theta = upload(inverse.reshape(-1, 9), like).unbind(1)
    a, b, c, d, e, f, g, h, k = (t.view(-1, 1, 1) for t in theta)
    y = (torch.arange(canvas[0], device=like.device) + 0.5).view(1, -1, 1)
    x = (torch.arange(canvas[1], device=like.device) + 0.5).view(1, 1, -1)
    u, v = a * x + (b * y + c), d * x + (e * y + f)
    if (inverse[:, 2, :2] == 0).all() and (inverse[:, 2, 2] == 1).all():
        return u, v
    depth = g * x + (h * y + k)
    return u / depth, v / depth


def interpolate(
    images: Tensor, inverse: NDArray[np.float64], canvas: tuple[int, int], border: str, white: Tensor, mode: str
) -> Tensor:
    """Read float images (B, C, H, W) at ``inverse`` of every canvas pixel."""
    height, width = images.shape[-2:]
    x, y = positions(inverse, canvas, images)
    grid = torch.stack([x * (2.0 / width) - 1.0, y * (2.0 / height) - 1.0], dim=-1)
    # Far outside, float32 cannot tell pixels apart and reflection would be slow.
    grid = grid.nan_to_num(1e4).clamp(-1e4, 1e4)
    if border == "constant":
        return F.grid_sample(images - white, grid, mode, "zeros", align_corners=False).add_(white)
    padding = "border" if border == "edge" else "reflection"
    return F.grid_sample(images, grid, mode, padding, align_corners=False)


def nearest(
    images: Tensor, inverse: NDArray[np.float64], canvas: tuple[int, int], border: str, fill: tuple[float, ...]
) -> Tensor:
    """Read the pixel under the middle of every canvas pixel; any dtype, values are copied, not computed.

    ``fill`` holds shares of white for images; for masks give the label divided by ``white_value``.
    """
    x, y = positions(inverse, canvas, images)
    return pixels_at(images, x, y, border, fill)


def pixels_at(images: Tensor, x: Tensor, y: Tensor, border: str, fill: tuple[float, ...]) -> Tensor:
    """Read the pixels under places x and y (B, h, w) in pixel-edge coordinates; see :func:`nearest`."""
    height, width = images.shape[-2:]
    column, row = torch.floor(x + TIE_SHIFT).long(), torch.floor(y + TIE_SHIFT).long()
    outside = (column < 0) | (column >= width) | (row < 0) | (row >= height)
    column, row = _border_index(column, width, border), _border_index(row, height, border)
    batch = torch.arange(len(images), device=images.device).view(-1, 1, 1)
    # Advanced indexing puts the channels last.
    found = _bits(images)[batch, :, row, column].permute(0, 3, 1, 2)
    found = found if found.dtype == images.dtype else found.view(images.dtype)
    if border != "constant":
        return found
    white = white_value(images.dtype)
    values = torch.tensor([f * white for f in fill], device=images.device)
    values = values if images.dtype.is_floating_point else values.round()
    return either(outside[:, None], values.to(images.dtype).view(1, -1, 1, 1), found)


_SIGNED: Final = {torch.uint16: torch.int16, torch.uint32: torch.int32, torch.uint64: torch.int64}
"""Dtypes that torch cannot index, and those of as many bits that it can."""


def _bits(images: Tensor) -> Tensor:
    return images.view(_SIGNED[images.dtype]) if images.dtype in _SIGNED else images


def _border_index(index: Tensor, size: int, border: str) -> Tensor:
    if border == "reflect":
        folded = torch.remainder(index, 2 * size)
        return torch.where(folded < size, folded, 2 * size - 1 - folded)
    return index.clamp(0, size - 1)


def _resize(
    images: Tensor, plan: WarpPlan, rows: Rows, canvas: tuple[int, int], how: Resampling, white: Tensor
) -> Tensor:
    read, filled = plan.read[rows], plan.filled[rows]
    flips = plan.inverse[rows, 1, 1] < 0, plan.inverse[rows, 0, 0] < 0
    down = _weights(images.shape[-2], canvas[0], read[:, ::2], filled[:, ::2], flips[0], how, images)
    across = _weights(images.shape[-1], canvas[1], read[:, 1::2], filled[:, 1::2], flips[1], how, images)
    found = torch.matmul(torch.matmul(down[:, None], images), across[:, None].transpose(-1, -2))
    if how.border != "constant":
        return found
    covered = down.sum(-1)[:, None, :, None] * across.sum(-1)[:, None, None, :]
    return found + white * (1.0 - covered)


def _weights(
    size: int, canvas: int, read: Rows, filled: Rows, flipped: NDArray[np.bool_], how: Resampling, like: Tensor
) -> Tensor:
    """Antialiased interpolation along one axis as matrices (B, canvas, size), zero outside what is filled."""
    first, last = (upload(v, like).view(-1, 1, 1) for v in read.T)
    begin, end = (upload(v, like).view(-1, 1, 1) for v in filled.T)
    step = (last - first) / (end - begin)
    i = torch.arange(canvas, device=like.device, dtype=torch.float32).view(1, -1, 1)
    j = torch.arange(size, device=like.device, dtype=torch.float32).view(1, 1, -1)
    # Beyond what is filled only the edge counts; for a constant border the row is emptied below.
    place = torch.minimum(torch.maximum(i, begin), end - 1) - begin
    place = torch.where(upload(flipped, like, torch.bool).view(-1, 1, 1), end - begin - 1 - place, place)
    # As PIL: the filter widens where it shrinks, is cut off at the edges, and adds up to 1.
    widened = step.clamp(min=1.0)
    middle = first + (place + 0.5) * step - 0.5
    distance = (j - middle) / widened
    weight = _triangle(distance) if how.mode == "bilinear" else _cubic(distance)
    weight = weight * ((j >= first) & (j < last))
    weight = weight / weight.sum(-1, keepdim=True)
    return weight * ((i >= begin) & (i < end)) if how.border == "constant" else weight


def _triangle(x: Tensor) -> Tensor:
    return (1.0 - x.abs()).clamp(min=0.0)


def _cubic(x: Tensor, a: float = -0.5) -> Tensor:
    x = x.abs()
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return torch.where(x < 1, near, torch.where(x < 2, far, torch.zeros_like(x)))
