"""Geometry on the CPU: OpenCV on (H, W, C) arrays, one image at a time."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from augreg_image.kernels.layout import NATIVE, Array, full_range, into, keep_axis
from augreg_image.stages.plan import IDENTITY, LATTICE, RESIZE, Plan
from augreg_image.stages.resampling import Resampling

_FLAGS: Final = {"nearest": cv2.INTER_NEAREST, "bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}
_BORDERS: Final = {"constant": cv2.BORDER_CONSTANT, "edge": cv2.BORDER_REPLICATE, "reflect": cv2.BORDER_REFLECT}

TIE: Final = 1e-4
"""Nearest-pixel reads are moved by this much, so that exact ties fall the same way on every backend."""


def warp(image: Array, plan: Plan, i: int, canvas: tuple[int, int], how: Resampling, dst: Array | None = None) -> Array:
    """Carry out sample ``i`` of a plan on an image (H, W, C) of dtype uint8, uint16, float16 or float32.

    Returns the image itself for the identity, a view for crops, else ``dst`` or a new array.
    """
    kind = plan.kind[i]
    if kind == IDENTITY:
        return image
    fill = tuple(_rounded(f * full_range(image.dtype), image.dtype) for f in how.channels(image.shape[2]))
    if not image.size or not canvas[0] * canvas[1]:
        return np.full((*canvas, image.shape[2]), fill, dtype=image.dtype)
    if kind == LATTICE:
        return lattice(image, plan.inverse[i], canvas, how.border or "edge", fill, dst)
    if image.dtype not in NATIVE:
        return into(warp(image.astype(np.float32), plan, i, canvas, how).astype(image.dtype), dst)
    if kind == RESIZE:
        return _resize_into(image, plan, i, canvas, how, fill, dst)
    border = "edge" if plan.inside[i] else how.border or "edge"
    return interpolate(image, plan.inverse[i], plan.blocks[i], plan.reach[i], canvas, border, fill, how.mode, dst)


def _rounded(value: float, dtype: np.dtype[Any]) -> float:
    return float(np.rint(value)) if dtype.kind == "u" else value


def lattice(
    image: Array,
    inverse: NDArray[np.float64],
    canvas: tuple[int, int],
    border: str,
    fill: tuple[float, ...],
    dst: Array | None,
) -> Array:
    """Move whole pixels to whole pixels."""
    swapped = inverse[0, 0] == 0
    signs = (inverse[0, 1], inverse[1, 0]) if swapped else (inverse[0, 0], inverse[1, 1])
    sides = canvas[::-1] if swapped else canvas
    left, right = _span(signs[0], inverse[0, 2], sides[1])
    top, bottom = _span(signs[1], inverse[1, 2], sides[0])
    found = cut(image, (top, left, bottom, right), border, fill)
    if swapped:
        found = np.ascontiguousarray(found.transpose(1, 0, 2))
        signs = signs[::-1]
    if signs[0] < 0 or signs[1] < 0:
        code = -1 if signs[0] < 0 and signs[1] < 0 else (1 if signs[0] < 0 else 0)
        found = into(_flip(found, code, dst), dst)
    return found


def _flip(image: Array, code: int, dst: Array | None) -> Array:
    if image.dtype == np.float16:
        axes = {1: (1,), 0: (0,), -1: (0, 1)}[code]
        return np.ascontiguousarray(np.flip(image, axes))
    return cv2.flip(image, code, dst=dst)


def _span(sign: float, offset: float, length: int) -> tuple[int, int]:
    start = round(offset) if sign > 0 else round(offset) - length
    return start, start + length


def cut(image: Array, box: tuple[int, int, int, int], border: str, fill: tuple[float, ...]) -> Array:
    """Cut out rows top..bottom and columns left..right, which may lie beyond the image; a view where they don't."""
    top, left, bottom, right = box
    height, width = image.shape[:2]
    if top >= 0 and left >= 0 and bottom <= height and right <= width:
        return image[top:bottom, left:right]
    rows = border_index(np.arange(top, bottom), height, border)
    columns = border_index(np.arange(left, right), width, border)
    found = image[np.ix_(rows, columns)]
    if border == "constant":
        out = np.empty_like(found)
        out[:] = np.asarray(fill, dtype=image.dtype)
        within = (slice(max(0, -top), height - top), slice(max(0, -left), width - left))
        out[within] = found[within]
        return out
    return found


def border_index(index: NDArray[np.int64], size: int, border: str) -> NDArray[np.int64]:
    """Return the pixel that stands for each index, in 0..size-1."""
    if border == "reflect":
        folded = index % (2 * size)
        return np.where(folded < size, folded, 2 * size - 1 - folded)
    return np.clip(index, 0, size - 1)


def _resize_into(
    image: Array, plan: Plan, i: int, canvas: tuple[int, int], how: Resampling, fill: tuple[float, ...], dst: Any
) -> Array:
    top, left, bottom, right = plan.source[i].tolist()
    y0, x0, y1, x1 = plan.target[i].tolist()
    part = image[top:bottom, left:right]
    mirrored = plan.inverse[i, 0, 0] < 0, plan.inverse[i, 1, 1] < 0
    full = (y0, x0, y1, x1) == (0, 0, *canvas)
    found = resize(part, (y1 - y0, x1 - x0), how.mode, dst if full and not any(mirrored) else None)
    if any(mirrored):
        code = -1 if all(mirrored) else (1 if mirrored[0] else 0)
        found = keep_axis(cv2.flip(found, code, dst=dst if full else None))
    if full:
        return into(found, dst)
    out = np.empty((*canvas, image.shape[2]), image.dtype) if dst is None else dst
    if how.border == "constant":
        out[:] = np.asarray(fill, dtype=image.dtype)
        out[y0:y1, x0:x1] = found
        return out
    return into(cut(found, (-y0, -x0, canvas[0] - y0, canvas[1] - x0), "edge", fill), dst)


def resize(image: Array, size: tuple[int, int], mode: str, dst: Array | None = None) -> Array:
    """Scale an image (H, W, C) to ``size``; shrinking averages over the right area, as PIL and torchvision do.

    Enlarging is plain interpolation. Shrinking widens the interpolation's filter by the factor (antialiasing).
    """
    height, width = image.shape[:2]
    if mode == "nearest" or (mode == "bilinear" and size[0] >= height and size[1] >= width):
        flag = cv2.INTER_NEAREST_EXACT if mode == "nearest" else cv2.INTER_LINEAR
        return into(
            _chunked(lambda part, out: cv2.resize(part, size[::-1], dst=out, interpolation=flag), image, dst), dst
        )
    # torch has no uint16 kernel, and rounds between the two passes of its uint8 one.
    wide = image.astype(np.float32) if image.dtype == np.uint16 or mode == "bicubic" else image
    tensor = torch.from_numpy(np.ascontiguousarray(wide) if image.shape[2] > 4 else wide).permute(2, 0, 1)[None]
    scaled = F.interpolate(tensor, size=size, mode=mode, antialias=True, align_corners=False)
    return into(settle(scaled[0].permute(1, 2, 0).numpy(), image.dtype), dst)


def settle(values: Array, dtype: np.dtype[Any]) -> Array:
    """Bring computed values to a dtype: rounded and saturated for integers."""
    if values.dtype == dtype:
        return values
    if dtype.kind == "u":
        return np.clip(np.rint(values), 0, np.iinfo(dtype).max).astype(dtype)
    return values.astype(dtype)


def interpolate(
    image: Array,
    inverse: NDArray[np.float64],
    blocks: NDArray[np.int64],
    reach: NDArray[np.float64],
    canvas: tuple[int, int],
    border: str,
    fill: tuple[float, ...],
    mode: str,
    dst: Array | None,
) -> Array:
    """Read the image at ``inverse`` of every canvas pixel, after averaging blocks."""
    if (blocks > 1).any():
        image, origin = _averaged(image, blocks, reach, border)
        shrink = np.diag([1.0 / blocks[1], 1.0 / blocks[0], 1.0])
        shrink[:2, 2] = -origin[::-1] / blocks[::-1]
        inverse = shrink @ inverse
    elif border != "reflect":
        image, inverse = _needed(image, inverse, reach)
    centred = inverse.copy()
    # From pixel edges to pixel centres, which is what OpenCV counts: T(-1/2) M T(1/2).
    centred[:, 2] += 0.5 * (inverse[:, 0] + inverse[:, 1])
    shift = 0.5 - TIE if mode == "nearest" else 0.5
    centred[:2] -= shift * centred[2]
    flags, edge = _FLAGS[mode] | cv2.WARP_INVERSE_MAP, _BORDERS[border]
    size = canvas[::-1]
    if centred[2, 0] == 0 and centred[2, 1] == 0:
        part = centred[:2] / centred[2, 2]
        kernel = lambda x, out, f: cv2.warpAffine(x, part, size, out, flags, edge, f)  # noqa: E731 - one of two
    else:
        kernel = lambda x, out, f: cv2.warpPerspective(x, centred, size, out, flags, edge, f)  # noqa: E731
    if mode == "bilinear" and image.shape[2] == 3:
        # Four channels are read twice as fast as three, and the detour costs a tenth of that.
        wide = kernel(cv2.cvtColor(image, cv2.COLOR_RGB2RGBA), None, fill)
        return into(cv2.cvtColor(wide, cv2.COLOR_RGBA2RGB, dst=dst), dst)
    return into(_chunked_fill(kernel, image, fill, dst), dst)


def _needed(
    image: Array, inverse: NDArray[np.float64], reach: NDArray[np.float64]
) -> tuple[Array, NDArray[np.float64]]:
    """Return the part of the image that is read, and the map into it. Two pixels more, for every filter's taps."""
    height, width = image.shape[:2]
    top, left, bottom, right = reach.tolist()
    y0, x0 = min(max(int(top) - 3, 0), height - 1), min(max(int(left) - 3, 0), width - 1)
    y1, x1 = max(min(int(bottom) + 3, height), y0 + 1), max(min(int(right) + 3, width), x0 + 1)
    moved = inverse.copy()
    moved[:2] -= np.array([[x0], [y0]]) * inverse[2]
    return image[y0:y1, x0:x1], moved


def _averaged(
    image: Array, blocks: NDArray[np.int64], reach: NDArray[np.float64], border: str
) -> tuple[Array, NDArray[np.int64]]:
    """Average blocks of the part of the image that is read; also return where that part starts (y, x)."""
    size = np.array(image.shape[:2])
    low, high = np.floor(reach[:2]) - 2 * blocks, np.ceil(reach[2:]) + 2 * blocks
    if border == "reflect":
        low, high = np.zeros(2), size
    start = np.clip(low // blocks, 0, np.maximum((size - 1) // blocks, 0)).astype(np.int64) * blocks
    stop = np.clip(-(-np.maximum(high, start + 1) // blocks) * blocks, start + blocks, -(-size // blocks) * blocks)
    stop = stop.astype(np.int64)
    part = cut(image, (start[0], start[1], stop[0], stop[1]), "edge", ())
    count = (stop - start) // blocks
    shape = (int(count[1]), int(count[0]))
    return _chunked(lambda x, _: cv2.resize(x, shape, interpolation=cv2.INTER_AREA), part, None), start


def _chunked(kernel: Any, image: Array, dst: Array | None) -> Array:
    return _chunked_fill(lambda x, out, _: kernel(x, out), image, (0.0,) * image.shape[2], dst)


def _chunked_fill(kernel: Any, image: Array, fill: tuple[float, ...], dst: Array | None) -> Array:
    """Call an OpenCV kernel on at most four channels at a time: more are refused by some versions."""
    channels = image.shape[2]
    if channels <= 4:
        return keep_axis(kernel(image, dst, fill))
    parts = [
        keep_axis(kernel(np.ascontiguousarray(image[:, :, c : c + 4]), None, fill[c : c + 4]))
        for c in range(0, channels, 4)
    ]
    return np.concatenate(parts, axis=2)
