"""Views between torch's (C, H, W) and OpenCV's (H, W, C), and memory for results."""

from __future__ import annotations

import threading
from functools import cache
from itertools import groupby
from math import prod
from typing import Any, Final

import cv2
import numpy as np
import torch

Array = np.ndarray[Any, Any]

OPENCV_DTYPES: Final = (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32))
"""What OpenCV's warps, resizes and matrix products take as they are."""


def to_hwc(image: torch.Tensor) -> Array:
    """Return a tensor (C, H, W) as an array (H, W, C) whose pixels lie together; a view where they already do."""
    array: Array = (image.detach() if image.requires_grad else image).numpy().transpose(1, 2, 0)
    height, width, channels = array.shape
    step, strides = array.itemsize, array.strides
    if strides[2] == step and strides[1] == channels * step:
        return array
    if channels == 1:
        return np.ascontiguousarray(array)
    planes = [array[:, :, c] for c in range(channels)]
    if channels <= 4 and array.dtype in OPENCV_DTYPES and strides[1] == step and height and width:
        return cv2.merge(planes)
    return np.ascontiguousarray(array)


SMALL: Final = 64 * 64 * 4
"""Values of a picture up to which a call takes longer to start than to run, so that one for many pays."""


def small_to_hwc(images: list[torch.Tensor]) -> list[Array]:
    """Return what :func:`to_hwc` returns for each of some images of one shape and dtype; small ones in one call."""
    first = images[0]
    if len(images) > 1 and first.numel() <= SMALL and all(image.is_contiguous() for image in images):
        found = stack_to_hwc(torch.stack(images))
        if found is not None:
            return list(found)
    return [to_hwc(image) for image in images]


def stack_to_hwc(stack: torch.Tensor) -> Array | None:
    """Return a contiguous stack (n, C, H, W) as an array (n, H, W, C) by one call; None where OpenCV has none."""
    n, channels, height, width = stack.shape
    array: Array = stack.detach().numpy()
    if not 1 < channels <= 4 or array.dtype not in OPENCV_DTYPES or not array.size or not stack.is_contiguous():
        return None
    # OpenCV takes a channel of all pictures for one plane with a long stride.
    flat = array.reshape(n, channels, height * width)
    return cv2.merge([flat[:, c] for c in range(channels)]).reshape(n, height, width, channels)


def to_chw(array: Array) -> torch.Tensor:
    """Return an array (H, W, C) as a tensor (C, H, W) on the same memory."""
    return torch.from_numpy(array).permute(2, 0, 1)


_MAX_BLOCK_BYTES: Final = 31 << 20
"""Bytes: glibc keeps blocks below 32 MiB for the next batch, larger ones page-fault every time."""


def slots(shapes: list[tuple[int, int, int]], dtypes: list[str]) -> list[tuple[Array, torch.Tensor]]:
    """Return uninitialized memory for pictures of shapes (H, W, C), as arrays (H, W, C) and as tensors (C, H, W).

    Neighbors of one shape and dtype are cut from large blocks. So whoever needs them together, as the frames of a
    clip, mostly finds them lying together.
    """
    found: list[tuple[Array, torch.Tensor]] = []
    for (shape, dtype), run in groupby(zip(shapes, dtypes, strict=True)):
        count = len(list(run))
        most = max(1, _MAX_BLOCK_BYTES // max(1, prod(shape) * np.dtype(dtype).itemsize))
        for first in range(0, count, most):
            block = np.empty((min(most, count - first), *shape), dtype)
            found += zip(block, torch.from_numpy(block).permute(0, 3, 1, 2).unbind(0), strict=True)
    return found


@cache
def white_value(dtype: np.dtype[Any] | torch.dtype | str) -> float:
    """Return the value of white: 255 for uint8, 65535 for uint16, 1 for floats."""
    name = str(dtype).removeprefix("torch.")
    return {"uint8": 255.0, "uint16": 65535.0}.get(name, 1.0)


def keep_axis(array: Array) -> Array:
    """Give back the channel axis that OpenCV drops from one-channel images."""
    return array if array.ndim == 3 else array[:, :, None]


def split(image: Array) -> list[Array]:
    """Return the channels of an image (H, W, C), contiguous and (H, W, 1) each; copies unless there is only one."""
    channels = image.shape[2]
    if channels == 1:
        return [np.ascontiguousarray(image)]
    if channels <= 4 and image.dtype in OPENCV_DTYPES and image.size:
        return [plane[:, :, None] for plane in cv2.split(image)]
    return [np.ascontiguousarray(image[:, :, c : c + 1]) for c in range(channels)]


def merged(planes: list[Array]) -> Array:
    """Return planes (H, W, 1) as the channels of one image."""
    if len(planes) == 1:
        return planes[0]
    if len(planes) <= 4 and planes[0].dtype in OPENCV_DTYPES and planes[0].size:
        return cv2.merge(planes)
    return np.concatenate(planes, axis=2)


def into(result: Array, dst: Array | None) -> Array:
    """Return ``result`` in the memory of ``dst``, copying only if the kernel did not write there itself."""
    if result.ndim == 2:
        result = result[:, :, None]
    if dst is None or result is dst:
        return result
    if result.__array_interface__["data"] != dst.__array_interface__["data"]:
        np.copyto(dst, result)
    return dst


class _Scratch(threading.local):
    def __init__(self) -> None:
        self.rooms: dict[tuple[str, np.dtype[Any]], Array] = {}


_SCRATCH = _Scratch()


def scratch(shape: tuple[int, int, int], dtype: np.dtype[Any], name: str = "source") -> Array:
    """Return memory of this thread for what is used up before the next call with this name; its contents are undefined.

    Memory that was just written is still in the cache; fresh memory is not.
    """
    rooms = _SCRATCH.rooms
    room = rooms.get((name, dtype))
    if room is not None and room.shape == shape:
        return room
    size = shape[0] * shape[1] * shape[2]
    memory = room.base if room is not None else None
    if memory is None or len(memory) < size:
        memory = np.empty(max(size, 1 << 18), dtype)
    room = rooms[name, dtype] = memory[:size].reshape(shape)
    return room
