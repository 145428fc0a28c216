"""Noise as a function of a key: the same bits on the CPU and on CUDA, for any batch.

Word j of a key is SplitMix64's output for the state key + (j + 1) G, where G is the golden ratio's odd
approximation (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014): a counter and a
mixing function, so that any word can be computed by itself.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from augreg.detmath import normal_quantile

G: Final = 0x9E3779B97F4A7C15
M1: Final = 0xBF58476D1CE4E5B9
M2: Final = 0x94D049BB133111EB

Halves = NDArray[np.uint16]


@lru_cache(maxsize=8)
def _weyl(count: int) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        return np.arange(1, count + 1, dtype=np.uint64) * np.uint64(G)


def words(key: int, count: int) -> NDArray[np.uint64]:
    """Return the first ``count`` words of a key."""
    with np.errstate(over="ignore"):
        z = _weyl(count) + np.uint64(key)
        shifted = z >> np.uint64(30)
        z ^= shifted
        z *= np.uint64(M1)
        np.right_shift(z, np.uint64(27), out=shifted)
        z ^= shifted
        z *= np.uint64(M2)
        np.right_shift(z, np.uint64(31), out=shifted)
        z ^= shifted
    return z


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def words_torch(keys: NDArray[np.int64], count: int, device: torch.device) -> torch.Tensor:
    """Return the words of several keys, int64 (n, count) with the bits of :func:`words`."""
    z = torch.arange(1, count + 1, device=device, dtype=torch.int64) * _signed(G)
    z = z + torch.as_tensor(keys, device=device).view(-1, 1)
    for shift, factor in ((30, M1), (27, M2), (31, None)):
        # An arithmetic shift drags the sign along; the mask takes it off.
        z = z ^ ((z >> shift) & ((1 << (64 - shift)) - 1))
        if factor is not None:
            z = z * _signed(factor)
    return z


def halves(key: int, shape: tuple[int, ...]) -> Halves:
    """Return uniform 16-bit numbers of a shape."""
    size = int(np.prod(shape))
    return words(key, -(-size // 4)).view(np.uint16)[:size].reshape(shape)


def halves_torch(keys: NDArray[np.int64], shape: tuple[int, ...], device: torch.device) -> torch.Tensor:
    """Return uniform 16-bit numbers (n, *shape) as int64, the same as :func:`halves` for every key.

    ``shape`` is in the memory order of the CPU's pictures: (H, W, C).
    """
    size = int(np.prod(shape))
    found = words_torch(keys, -(-size // 4), device)
    shifts = torch.arange(0, 64, 16, device=device)
    split = (found[..., None] >> shifts) & 0xFFFF
    return split.view(len(keys), -1)[:, :size].view(len(keys), *shape)


@lru_cache(maxsize=1)
def normal_table() -> NDArray[np.float32]:
    """Return the quantiles of the standard normal distribution at the middles of 65536 equal parts.

    A table of a 16-bit number is as fine as 8-bit pictures can show; its variance is that of the distribution
    to five digits, and its values end at 4.2 standard deviations.
    """
    table: NDArray[np.float32] = normal_quantile((np.arange(65536) + 0.5) / 65536.0).astype(np.float32)
    return table


def normals(key: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return standard normal numbers of a shape."""
    found: NDArray[np.float32] = np.take(normal_table(), halves(key, shape))
    return found


@lru_cache(maxsize=4)
def _table_on(device: torch.device) -> torch.Tensor:
    return torch.from_numpy(normal_table()).to(device)


def normals_torch(keys: NDArray[np.int64], images: torch.Tensor, channels: int | None = None) -> torch.Tensor:
    """Return standard normal numbers (B, C, H, W) for images of that shape, the same as on the CPU."""
    _, c, height, width = images.shape
    picked = halves_torch(keys, (height, width, channels or c), images.device)
    return _table_on(images.device)[picked].permute(0, 3, 1, 2)


def uniforms(key: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return uniform numbers in (0, 1) of a shape, in steps of 2**-16."""
    found: NDArray[np.float32] = (halves(key, shape).astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-16)
    return found


def uniforms_torch(keys: NDArray[np.int64], shape: tuple[int, ...], device: torch.device) -> torch.Tensor:
    """Return uniform numbers (n, *shape) in (0, 1), the same as on the CPU."""
    return (halves_torch(keys, shape, device).float() + 0.5) * 2.0**-16
