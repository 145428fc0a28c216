"""Color, lookups and normalization on the CPU, on (H, W, C) arrays."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from augreg_image.kernels.casts import planes
from augreg_image.kernels.layout import OPENCV_DTYPES, Array, into, keep_axis, scratch, split, white_value
from augreg_image.kernels.tone_curves import DrawnCurve, tables

try:
    from stringzilla import translate
except ImportError:  # it is no requirement
    translate = None

Floats = NDArray[np.float64]


def color(image: Array, matrix: Floats, by_mean: Floats | None, dst: Array | None) -> Array:
    """Return ``gain @ x + by_mean @ mean(x) + offset``, clipped to the dtype's range.

    ``matrix`` (k, k + 1) holds gain and offset, in the image's units; it has one row per channel, or a single
    one that holds for every channel.
    """
    if image.dtype not in OPENCV_DTYPES:
        return into(color(image.astype(np.float32), matrix, by_mean, None).astype(image.dtype), dst)
    if by_mean is not None:
        matrix = matrix.copy()
        matrix[:, -1] += by_mean @ mean_color(image, len(matrix))
    if len(matrix) == 1:
        out = _scale(image, matrix, dst)
    elif len(matrix) == 4 and image.dtype != np.float32:
        out = _beside_alpha(image, matrix, dst)
    else:
        out = into(cv2.transform(image, matrix, dst=dst), dst)
    if image.dtype == np.float32:
        np.clip(out, 0.0, 1.0, out=out)
    return out


def mean_color(image: Array, count: int) -> Floats:
    """Return the mean of each channel, float64 (count,), or of all values when ``count`` is 1."""
    if not image.size:
        return np.zeros(count)
    if image.shape[2] <= 4:
        means = np.array(cv2.mean(image))[: image.shape[2]]
    else:
        means = image.reshape(-1, image.shape[2]).mean(axis=0, dtype=np.float64)
    return means if count == image.shape[2] else means.mean(keepdims=True)


def _beside_alpha(image: Array, matrix: Floats, dst: Array | None) -> Array:
    """Color three of four channels: OpenCV has vectors for three channels of integers, none for four."""
    alpha = cv2.extractChannel(image, 3)
    colors = cv2.cvtColor(image, cv2.COLOR_RGBA2RGB, scratch((*image.shape[:2], 3), image.dtype))
    out = cv2.cvtColor(cv2.transform(colors, matrix[:3, [0, 1, 2, 4]]), cv2.COLOR_RGB2RGBA, dst=dst)
    cv2.insertChannel(alpha, out, 3)
    return into(out, dst)


def _scale(image: Array, matrix: Floats, dst: Array | None) -> Array:
    """One gain and one shift for all values."""
    flat = image.reshape(image.shape[0], -1) if image.flags.c_contiguous else np.ascontiguousarray(image)
    flat = flat.reshape(image.shape[0], -1, 1)
    out = cv2.transform(flat, matrix)
    return into(out.reshape(image.shape), dst)


def lookup(image: Array, curves: Sequence[DrawnCurve], i: int, dst: Array | None) -> Array:
    """Apply the chain of curves of sample ``i`` to a uint16 or float image; see :func:`look_up` for uint8."""
    if image.dtype == np.uint16:
        own = [(curve, params[i : i + 1], active[i : i + 1]) for curve, params, active in curves]
        return into(tables(own, 65536)[0].astype(np.uint16)[image], dst)
    values = np.clip(image.astype(np.float32), 0.0, 1.0)
    for curve, params, active in curves:
        if active[i]:
            values = np.clip(curve(values, params[i].tolist()), 0.0, 1.0)
    return into(values.astype(image.dtype), dst)


def look_up(image: Array, table: NDArray[np.uint8], dst: Array | None) -> Array:
    """Replace every value of a uint8 image by its entry in a table of 256."""
    if translate is None:
        return into(keep_axis(cv2.LUT(image, table, dst=dst)), dst)
    # The same table lookup with the processor's shuffles: five times as fast.
    out = np.empty(image.shape, np.uint8) if dst is None else dst
    np.copyto(out, image)
    translate(out.reshape(-1).data, table.data, inplace=True)
    return out


def bitwise(tables: NDArray[np.uint8]) -> list[tuple[Any, int] | None]:
    """Find tables (n, 256) that an operation on bits carries out: the operation and its second operand, or None.

    Dropping bits (posterize) is ``x & mask``, inverting ``x ^ 255``. Both read and write as fast as memory does.
    """
    levels = np.arange(256, dtype=np.uint8)
    masks, flips = tables[:, 255:], tables[:, :1]
    kept, turned = ((levels & masks) == tables).all(axis=1), ((levels ^ flips) == tables).all(axis=1)
    found: list[tuple[Any, int] | None] = [None] * len(tables)
    for i in np.flatnonzero(kept | turned).tolist():
        found[i] = (np.bitwise_and, masks[i, 0]) if kept[i] else (np.bitwise_xor, flips[i, 0])
    return found


def normalize(image: Array, matrix: Floats, dst: Array | None) -> Array:
    """Return float32 ``gain x + shift``, not clipped; ``matrix`` is that of :func:`normalization`."""
    channels = image.shape[2]
    out = np.empty(image.shape, np.float32) if dst is None else dst
    if channels > 4:
        np.multiply(image, np.diag(matrix).astype(np.float32), out=out)
        return np.add(out, matrix[:, -1].astype(np.float32), out=out)
    if image.dtype != np.float32:
        wide = scratch(image.shape, out.dtype)
        wide[:] = image
        image = wide
    return into(cv2.transform(image, matrix, dst=out), out)


def normalize_planes(image: Array, matrix: Floats, dst: Array | None = None) -> Array:
    """Return what :func:`normalize` returns, with the channels one after the other in memory, as tensors hold them."""
    memory, out = planes(image, np.float32, dst)
    for c, (plane, channel) in enumerate(zip(memory, split(image), strict=True)):
        np.multiply(channel[:, :, 0], np.float32(matrix[c, c]), out=plane)
        plane += np.float32(matrix[c, -1])
    return out


@lru_cache(maxsize=256)
def normalization(mean: tuple[float, ...], std: tuple[float, ...], channels: int, dtype: np.dtype[Any]) -> Floats:
    """Return gains and shifts, (channels, channels + 1), of ``(x / white - mean) / std``."""
    deviation = np.broadcast_to(std, (channels,))
    gain, shift = 1.0 / (deviation * white_value(dtype)), -np.broadcast_to(mean, (channels,)) / deviation
    found = np.concatenate([np.diag(gain), shift[:, None]], axis=1)
    found.flags.writeable = False  # all who normalize alike share it
    return found
