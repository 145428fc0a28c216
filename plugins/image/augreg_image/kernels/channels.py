"""OpenCV's kernels on pictures of any number of channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import cv2
import numpy as np

from augreg_image.kernels.layout import Array, into, keep_axis

OPENCV_MAX_CHANNELS: Final = 128
"""Channels that every version of OpenCV takes: 4 takes 512, 5 no more than this."""

Four = Callable[[Array, Any, int], Array]


def in_chunks(kernel: Callable[[Array], Array], image: Array) -> Array:
    """Apply a kernel to as many channels (H, W, C) at a time as OpenCV takes; it must treat each channel alone."""
    channels = image.shape[2]
    if channels <= OPENCV_MAX_CHANNELS:
        return keep_axis(kernel(image))
    return np.concatenate([keep_axis(kernel(chunk)) for chunk in _chunks(image)], axis=2)


def in_fours(kernel: Four, image: Array, dst: Array | None = None) -> Array:
    """Apply a kernel to one, three or four channels at a time; it must treat each channel alone.

    OpenCV's warps and medians are not made for more; for two, warps are off by up to 2 % and nearest pixels are others.

    Args:
        kernel: takes a part (H, W, 1, 3 or 4), memory for its result or None, and the number of the part's first
            channel. Of a part of four, the last two may be there for company only.
        image: (H, W, C), of a dtype that OpenCV knows.
        dst: memory for the result, where it is known to fit.

    """
    channels = image.shape[2]
    if channels in (1, 3, 4):
        return keep_axis(kernel(image, dst, 0))
    if channels > OPENCV_MAX_CHANNELS:
        parts = [
            in_fours(partial(_later, kernel, k * OPENCV_MAX_CHANNELS), chunk) for k, chunk in enumerate(_chunks(image))
        ]
        return into(np.concatenate(parts, axis=2), dst)
    found = None if dst is None or not dst.flags.c_contiguous else dst
    for first in range(0, channels, 4):
        count = min(4, channels - first)
        part = keep_axis(kernel(_taken(image, first, count), None, first))
        if found is None:
            found = np.empty((*part.shape[:2], channels), part.dtype)
        cv2.mixChannels([part], [found], [n for k in range(count) for n in (k, first + k)])
    assert found is not None
    return into(found, dst)


def _chunks(image: Array) -> Iterator[Array]:
    """Yield the channels of a picture, as many at a time as OpenCV takes."""
    for first in range(0, image.shape[2], OPENCV_MAX_CHANNELS):
        yield np.ascontiguousarray(image[:, :, first : first + OPENCV_MAX_CHANNELS])


def _later(kernel: Four, by: int, part: Array, dst: Any, first: int) -> Array:
    return kernel(part, dst, by + first)


def _taken(image: Array, first: int, count: int) -> Array:
    """Return some channels of a picture, two of them twice."""
    wide = 4 if count == 2 else count
    part = np.empty((*image.shape[:2], wide), image.dtype)
    cv2.mixChannels([image], [part], [n for k in range(wide) for n in (first + k % count, k)])
    return part


def quartet(image: Array) -> Array:
    """Return a picture of two or three channels with four, of which the first ones are its own.

    OpenCV's warps take less than half the time for four channels than for three.
    """
    if image.shape[2] == 3:
        return cv2.cvtColor(image, cv2.COLOR_RGB2RGBA)
    return _taken(image, 0, 2) if image.shape[2] == 2 else image
