"""Views between torch's (C, H, W) and OpenCV's (H, W, C), and memory for results."""

from __future__ import annotations

import threading
from functools import cache
from itertools import groupby
from typing import Any

import cv2
import numpy as np
import torch

Array = np.ndarray[Any, Any]

# numpy dtypes that OpenCV's warps, resizes and matrix products take as they are.
NATIVE = (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32))


def to_hwc(image: torch.Tensor) -> Array:
    """Return a tensor (C, H, W) as an array (H, W, C) whose pixels lie together; a view where they already do."""
    array: Array = image.detach().permute(1, 2, 0).numpy()
    height, width, channels = array.shape
    step = array.itemsize
    if array.strides[2] == step and array.strides[1] == channels * step:
        return array
    if channels == 1:
        return np.ascontiguousarray(array)
    planes = [array[:, :, c] for c in range(channels)]
    if channels <= 4 and array.dtype in NATIVE and array.strides[1] == step and height and width:
        return cv2.merge(planes)
    return np.ascontiguousarray(array)


def to_chw(array: Array) -> torch.Tensor:
    """Return an array (H, W, C) as a tensor (C, H, W) on the same memory."""
    return torch.from_numpy(array).permute(2, 0, 1)


def buffers(shapes: list[tuple[int, int, int]], dtype: np.dtype[Any]) -> list[torch.Tensor]:
    """Return uninitialised (H, W, C) tensors, in order, neighbours of one shape cut from one block.

    So whoever needs them together, as the frames of a clip, finds them lying together.
    """
    found: list[torch.Tensor] = []
    for shape, run in groupby(shapes):
        found += torch.from_numpy(np.empty((len(list(run)), *shape), dtype)).unbind(0)
    return found


def as_slot(array: Array, slot: torch.Tensor) -> torch.Tensor:
    """Return an array (H, W, C) as a tensor (C, H, W): a view of ``slot`` if that is where the array lies."""
    same = array.__array_interface__["data"][0] == slot.data_ptr() and array.shape == tuple(slot.shape)
    return slot.permute(2, 0, 1) if same and array.flags.c_contiguous else to_chw(array)


@cache
def full_range(dtype: np.dtype[Any] | torch.dtype) -> float:
    """Return the value of white: 255 for uint8, 65535 for uint16, 1 for floats."""
    name = str(dtype).removeprefix("torch.")
    return {"uint8": 255.0, "uint16": 65535.0}.get(name, 1.0)


def keep_axis(array: Array) -> Array:
    """Give back the channel axis that OpenCV drops from one-channel images."""
    return array if array.ndim == 3 else array[:, :, None]


def into(result: Array, dst: Array | None) -> Array:
    """Return ``result`` in the memory of ``dst``, copying only if the kernel did not write there itself."""
    result = keep_axis(result)
    if dst is None or result is dst:
        return result
    if result.__array_interface__["data"] != dst.__array_interface__["data"]:
        np.copyto(dst, result)
    return dst


_SCRATCH = threading.local()


def scratch(shape: tuple[int, int, int], dtype: np.dtype[Any]) -> Array:
    """Return memory of this thread for a result that is used up before the next call; its contents are undefined."""
    size = shape[0] * shape[1] * shape[2] * dtype.itemsize
    memory = getattr(_SCRATCH, "memory", None)
    if memory is None or len(memory) < size:
        memory = _SCRATCH.memory = np.empty(max(size, 1 << 20), np.uint8)
    return memory[:size].view(dtype).reshape(shape)
