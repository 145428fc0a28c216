"""Random fields and filters of `fields` for a batch on a device: tensors (B, C, H, W), the same numbers per key."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from augreg.kernel import noise
from augreg_image.corruptions.fields import motion_taps, zoomed_axis
from augreg_image.kernels import keyed_noise
from augreg_image.kernels.warp_torch import upload

Floats = NDArray[np.float64]
Border = Literal["edge", "mirror"]

_KEY_BITS: Final = (1 << 63) - 1
"""Keys of noise have these bits, so that they fit into int64."""


class BatchDice:
    """Fields of many keys at once, on a device: for each key the numbers that `Dice` gives."""

    def __init__(self, keys: NDArray[np.int64], device: torch.device) -> None:
        self.keys, self.device, self.used = keys.astype(np.int64), device, 0

    def _next(self) -> NDArray[np.int64]:
        self.used += 1
        return (self.keys + (self.used << 40)) & _KEY_BITS

    def normal(self, *shape: int) -> torch.Tensor:
        """Return standard normal numbers (B, *shape)."""
        return noise.normal(self._next(), shape, self.device)

    def uniform(self, *shape: int) -> torch.Tensor:
        """Return uniform numbers (B, *shape) in (0, 1)."""
        return (keyed_noise.halves_torch(self._next(), shape, self.device).float() + 0.5) * 2.0**-16

    def few(self, *shape: int) -> NDArray[np.float32]:
        """Return uniform numbers (B, *shape) on the CPU, for what parameters are made of."""
        return np.stack([keyed_noise.uniforms(key, shape) for key in self._next().tolist()])

    def number(self, low: float, high: float) -> Floats:
        """Return one uniform number per key, (B,), on the CPU."""
        return low + self.few(1)[:, 0].astype(np.float64) * (high - low)


def plane(values: torch.Tensor) -> torch.Tensor:
    """Give planes (B, H, W) their channel axis."""
    return values[:, None]


def cloud(dice: BatchDice, height: int, width: int, decay: float) -> torch.Tensor:
    """Return clouds (B, 1, H, W) as `fields.cloud_for` makes them, step by step the same."""
    size = 1 << max(1, int(np.ceil(np.log2(max(height, width, 2)))))
    found = torch.zeros((len(dice.keys), size, size), dtype=torch.float64, device=dice.device)
    step, rough = size, 100.0
    while step >= 2:
        half = step // 2
        corner = found[:, ::step, ::step]
        total = corner + corner.roll(-1, 1)
        middle = _jittered(total + total.roll(-1, 2), rough, dice)
        found[:, half::step, half::step] = middle
        above = middle + middle.roll(1, 1) + corner + corner.roll(-1, 2)
        beside = middle + middle.roll(1, 2) + corner + corner.roll(-1, 1)
        found[:, ::step, half::step] = _jittered(above, rough, dice)
        found[:, half::step, ::step] = _jittered(beside, rough, dice)
        step, rough = half, rough / decay
    found = found - found.amin(dim=(1, 2), keepdim=True)
    found = found / found.amax(dim=(1, 2), keepdim=True).clamp(min=1e-12)
    return plane(found[:, :height, :width].float())


def _jittered(total: torch.Tensor, rough: float, dice: BatchDice) -> torch.Tensor:
    return total / 4 + rough * rough * (2.0 * dice.uniform(*total.shape[1:]) - 1.0)


def gaussian(images: torch.Tensor, sigma: float | Floats, cut: float = 4.0) -> torch.Tensor:
    """Blur with Gaussians, of one width or one per image (B,), as `fields.gaussian`."""
    widths = np.atleast_1d(np.asarray(sigma, dtype=np.float64))
    reach = (cut * widths + 0.5).astype(int)
    away = np.arange(-reach.max(), reach.max() + 1)
    weights = np.exp(-0.5 * (away / np.maximum(widths, 1e-12)[:, None]) ** 2) * (np.abs(away) <= reach[:, None])
    weights /= weights.sum(axis=1, keepdims=True)
    return separable(images, weights, "edge")


def separable(images: torch.Tensor, weights: Floats, border: Border) -> torch.Tensor:
    """Filter rows and columns with weights (1 or B, k), k odd.

    Tap by tap: convolutions of one channel may run in reduced precision on a device, and differ with the batch.
    """
    for dim in (-2, -1):
        images = _along(images, weights, dim, border)
    return images


def _along(images: torch.Tensor, weights: Floats, dim: int, border: Border) -> torch.Tensor:
    size, count = images.shape[dim], weights.shape[1]
    share = upload(weights, images)[:, :, None, None, None]
    places = torch.arange(size, device=images.device)
    out = torch.zeros_like(images)
    for k in range(count):
        index = bounded(places + (k - count // 2), size, border)
        out.addcmul_(images.index_select(dim, index), share[:, k])
    return out


def bounded(index: torch.Tensor, size: int, border: Border) -> torch.Tensor:
    """Bring indices into 0 .. size - 1: to the edge, or mirrored about the middle of the outermost pixel."""
    if border == "edge" or size == 1:
        return index.clamp(0, size - 1)
    folded = torch.remainder(index, 2 * size - 2)
    return torch.minimum(folded, 2 * size - 2 - folded)


def motion(images: torch.Tensor, radius: float, sigma: float, degrees: Floats) -> torch.Tensor:
    """Blur along one side of lines, one direction per image (B,), as `fields.motion`."""
    height, width = images.shape[-2:]
    taps = [motion_taps(radius, sigma, angle) for angle in degrees.tolist()]
    dx, dy = (upload(np.stack([tap[k] for tap in taps]), images, torch.int64) for k in (0, 1))
    row, column = (torch.arange(n, device=images.device) for n in (height, width))
    flat, out = images.flatten(2), torch.zeros_like(images)
    for k, weight in enumerate(taps[0][2].tolist()):
        rows = (row + dy[:, k, None]).clamp(0, height - 1)
        columns = (column + dx[:, k, None]).clamp(0, width - 1)
        index = (rows[:, :, None] * width + columns[:, None]).flatten(1)[:, None]
        out.add_(flat.gather(2, index.expand(-1, images.shape[1], -1)).view(images.shape), alpha=weight)
    return out


def zoomed(images: torch.Tensor, factor: float) -> torch.Tensor:
    """Enlarge the middle by a factor, at the same size, as `fields.zoomed`."""
    for dim in (-2, -1):
        size = images.shape[dim]
        first, step = zoomed_axis(size, factor)
        place = np.clip(first + step * np.arange(size), 0, size - 1)
        low = np.floor(place).astype(np.int64)
        pair = [upload(index, images, torch.int64) for index in (low, np.minimum(low + 1, size - 1))]
        share = upload(place - low, images).view((-1, 1) if dim == -2 else (-1,))
        images = torch.lerp(images.index_select(dim, pair[0]), images.index_select(dim, pair[1]), share)
    return images
