"""Geometry on the CPU: OpenCV on (H, W, C) arrays, one image at a time."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any, Final

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from augreg_image.kernels.channels import OPENCV_MAX_CHANNELS, in_fours
from augreg_image.kernels.layout import OPENCV_DTYPES, Array, into, scratch, white_value
from augreg_image.kernels.reads import SourceReads, make_reads
from augreg_image.kernels.resampling import Resampling, fill_of
from augreg_image.kernels.warp_plan import IDENTITY, RESIZE, WHOLE_PIXELS, WarpPlan

FLAGS: Final = {"nearest": cv2.INTER_NEAREST, "bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}
INVERSE_FLAGS: Final = {mode: flag | cv2.WARP_INVERSE_MAP for mode, flag in FLAGS.items()}
BORDERS: Final = {"constant": cv2.BORDER_CONSTANT, "edge": cv2.BORDER_REPLICATE, "reflect": cv2.BORDER_REFLECT}


class OpenCVWarp:
    """A plan made ready for OpenCV."""

    def __init__(self, plan: WarpPlan, how: Resampling) -> None:
        self.plan, self.how = plan, how
        self.kinds, self.canvas = plan.kinds, plan.canvases

    @cached_property
    def reads(self) -> SourceReads:
        """What the samples that are interpolated read."""
        return make_reads(self.plan, self.how.border or "edge", nearest=self.how.mode == "nearest")

    def run(self, image: Array, i: int, dst: Array | None = None) -> Array:
        """Carry out sample i on an image (H, W, C) of dtype uint8, uint16, float16 or float32.

        Returns the image itself for the identity, a view for crops, else ``dst`` or a new array.
        """
        kind, canvas, how = self.kinds[i], self.canvas[i], self.how
        if kind == IDENTITY:
            return image
        fill = colors(how.fill, image.dtype, image.shape[2])
        if not image.size or not canvas[0] * canvas[1]:
            return np.full((*canvas, image.shape[2]), fill, dtype=image.dtype)
        if kind == WHOLE_PIXELS:
            return move_whole_pixels(image, self.plan.inverse_rows[i], canvas, how.border or "edge", fill, dst)
        if image.dtype not in OPENCV_DTYPES:
            return into(self.run(image.astype(np.float32), i).astype(image.dtype), dst)
        if kind == RESIZE:
            found = _resize_into(image, self.plan, i, how, dst)
        else:
            found = interpolate(image, self.reads, i, canvas, fill, how.mode, dst)
        # Cubic weights overshoot; the bilinear ones of an enlargement and a warp cannot.
        return contained(found, image) if how.mode == "bicubic" else found


def contained(found: Array, source: Array) -> Array:
    """Clip interpolated floats, in place, to where their source lies, and at least to black and white.

    So pictures in 0..1 stay there, as integers do by saturation, and depths and the like lose nothing.
    """
    if found.dtype.kind != "f" or (_low(found) == 0.0 and _high(found) == 1.0):
        return found
    return np.clip(found, _low(source), _high(source), out=found)


def _low(image: Array) -> float:
    """Return the least value, NaN aside, or 0 if that is less."""
    return float(np.fmin.reduce(image, axis=None, initial=0.0))


def _high(image: Array) -> float:
    """Return the greatest value, NaN aside, or 1 if that is greater."""
    return float(np.fmax.reduce(image, axis=None, initial=1.0))


@lru_cache(maxsize=256)
def colors(fill: tuple[float, ...], dtype: np.dtype[Any], channels: int) -> tuple[float, ...]:
    """Return a fill, as a share of white, for each channel in units of a dtype."""
    return tuple(_rounded(f * white_value(dtype), dtype) for f in fill_of(fill, channels))


def _rounded(value: float, dtype: np.dtype[Any]) -> float:
    return float(np.rint(value)) if dtype.kind == "u" else value


def move_whole_pixels(
    image: Array,
    inverse: list[list[float]],
    canvas: tuple[int, int],
    border: str,
    fill: tuple[float, ...],
    dst: Array | None,
) -> Array:
    """Move whole pixels to whole pixels; ``inverse`` is from the canvas to the image."""
    (a, b, x), (c, d, y), _ = inverse
    swapped = a == 0
    signs = (b, c) if swapped else (a, d)
    sides = canvas[::-1] if swapped else canvas
    left = round(x) if signs[0] > 0 else round(x) - sides[1]
    top = round(y) if signs[1] > 0 else round(y) - sides[0]
    bottom, right = top + sides[0], left + sides[1]
    found = cut(image, (top, left, bottom, right), border, fill)
    if swapped:
        found = np.ascontiguousarray(found.transpose(1, 0, 2))
        signs = signs[::-1]
    if signs[0] < 0 or signs[1] < 0:
        found = _flipped(found, -1 if signs[0] < 0 and signs[1] < 0 else int(signs[0] < 0), dst)
    return found


def _flipped(image: Array, code: int, dst: Array | None) -> Array:
    """Mirror an image as ``cv2.flip`` does, into ``dst`` or new memory."""
    out = np.empty(image.shape, image.dtype) if dst is None else dst
    if image.dtype not in OPENCV_DTYPES or image.shape[2] > OPENCV_MAX_CHANNELS:
        np.copyto(out, np.flip(image, {1: (1,), 0: (0,), -1: (0, 1)}[code]))
        return out
    # Copying and mirroring in place takes a third of the time of mirroring into memory that is not in the cache:
    # a copy writes whole cache lines in order, without reading them first.
    if out is not image:
        out[:] = image
    cv2.flip(out, code, dst=out)
    return out


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


def _resize_into(image: Array, plan: WarpPlan, i: int, how: Resampling, dst: Array | None) -> Array:
    (top, left, bottom, right), (y0, x0, y1, x1) = plan.resizes[i]
    full = y0 == x0 == 0 and (y1, x1) == plan.canvases[i]
    found = resize(image[top:bottom, left:right], (y1 - y0, x1 - x0), how.mode, dst if full else None)
    return placed(found, plan, i, how, dst)


def placed(found: Array, plan: WarpPlan, i: int, how: Resampling, dst: Array | None) -> Array:
    """Put what a picture was scaled to, which is mirrored in place, where sample i has it on its canvas."""
    y0, x0, y1, x1 = plan.resizes[i][1]
    canvas, back = plan.canvases[i], plan.inverse_rows[i]
    full = y0 == x0 == 0 and (y1, x1) == canvas
    fill = colors(how.fill, found.dtype, found.shape[2])
    across, down = back[0][0] < 0, back[1][1] < 0
    if across or down:
        found = _flipped(found, -1 if across and down else int(across), found)
    if full:
        return into(found, dst)
    out = np.empty((*canvas, found.shape[2]), found.dtype) if dst is None else dst
    if how.border == "constant":
        out[:] = np.asarray(fill, dtype=found.dtype)
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
            in_fours(lambda part, out, _: cv2.resize(part, size[::-1], dst=out, interpolation=flag), image, dst), dst
        )
    # torch has no uint16 kernel, and rounds between the two passes of its uint8 one.
    wide = image.astype(np.float32) if image.dtype == np.uint16 or mode == "bicubic" else image
    if image.shape[2] > 4:
        wide = np.ascontiguousarray(wide)
    elif wide.dtype == np.uint8 and not wide.flags.c_contiguous:
        wide = scratch(image.shape, image.dtype)  # torch copies parts of pictures itself, in three times the time
        wide[:] = image
    # By reshape the new axis gets the stride of a channels-last batch; torch would answer with planes otherwise.
    tensor = torch.from_numpy(wide.reshape(1, *wide.shape)).permute(0, 3, 1, 2)
    scaled = F.interpolate(tensor, size=size, mode=mode, antialias=True, align_corners=False)
    found = settle(scaled[0].permute(1, 2, 0).numpy(), image.dtype)
    # The weights of a filter may add up to the next number after 1.
    return into(contained(found, image) if mode == "bilinear" else found, dst)


def settle(values: Array, dtype: np.dtype[Any]) -> Array:
    """Bring computed values to a dtype: rounded and saturated for integers."""
    if values.dtype == dtype:
        return values
    if dtype.kind == "u":
        return np.clip(np.rint(values), 0, np.iinfo(dtype).max).astype(dtype)
    return values.astype(dtype)


def interpolate(
    image: Array,
    reads: SourceReads,
    i: int,
    canvas: tuple[int, int],
    fill: tuple[float, ...],
    mode: str,
    dst: Array | None,
) -> Array:
    """Read the image where every canvas pixel of sample i maps to, after averaging blocks."""
    top, left, bottom, right = reads.boxes[i]
    blocks, border = reads.blocks[i], reads.borders[i]
    if blocks is None:
        image = image[top:bottom, left:right]
    else:
        part = cut(image, (top, left, bottom, right), "edge", ())
        shape = ((right - left) // blocks[1], (bottom - top) // blocks[0])
        image = in_fours(lambda x, *_: cv2.resize(x, shape, interpolation=cv2.INTER_AREA), part)
    flags, edge, size = INVERSE_FLAGS[mode], BORDERS[border], canvas[::-1]
    matrix, move = (reads.matrix[i, :2], cv2.warpAffine) if reads.affine[i] else (reads.matrix[i], cv2.warpPerspective)
    height, width, channels = image.shape
    if mode == "bilinear" and channels == 3:
        # Four channels are read twice as fast as three, and the detour costs a tenth of that.
        wide = cv2.cvtColor(image, cv2.COLOR_RGB2RGBA, scratch((height, width, 4), image.dtype))
        room = scratch((canvas[0], canvas[1], 4), image.dtype, "result")
        moved = move(wide, matrix, size, room, flags, edge, fill)
        return into(cv2.cvtColor(moved, cv2.COLOR_RGBA2RGB, dst=dst), dst)
    return into(in_fours(lambda x, out, c: move(x, matrix, size, out, flags, edge, fill[c : c + 4]), image, dst), dst)
