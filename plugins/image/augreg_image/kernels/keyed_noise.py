"""Keyed noise in the shapes of pictures: the same bits on the CPU and on CUDA, for any batch."""

from __future__ import annotations

from math import prod

import numpy as np
import torch
from numpy.typing import NDArray

from augreg.kernel import noise

Halves = NDArray[np.uint16]


def halves(key: int, shape: tuple[int, ...]) -> Halves:
    """Return uniform 16-bit numbers of a shape."""
    size = prod(shape)
    return noise.bits(key, -(-size // 4)).view(np.uint16)[:size].reshape(shape)


def halves_torch(keys: NDArray[np.int64], shape: tuple[int, ...], device: torch.device) -> torch.Tensor:
    """Return uniform 16-bit numbers (n, *shape) as int64, the same as :func:`halves` for every key.

    ``shape`` is in the memory order of the CPU's pictures: (H, W, C).
    """
    size = prod(shape)
    quarters = noise.bits_on(keys, -(-size // 4), device).view(torch.int16)[:, :size]
    return quarters.to(torch.int64).bitwise_and_(0xFFFF).view(len(keys), *shape)


def normals(key: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return standard normal numbers of a shape."""
    return noise.normal_numpy(key, prod(shape)).reshape(shape)


def normals_torch(keys: NDArray[np.int64], images: torch.Tensor, channels: int | None = None) -> torch.Tensor:
    """Return standard normal numbers (B, C, H, W) for images of that shape, the same as on the CPU."""
    _, c, height, width = images.shape
    return noise.normal(keys, (height, width, channels or c), images.device).permute(0, 3, 1, 2)


def uniforms(key: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return uniform numbers in (0, 1) of a shape, in steps of 2**-16."""
    found: NDArray[np.float32] = (halves(key, shape).astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-16)
    return found
