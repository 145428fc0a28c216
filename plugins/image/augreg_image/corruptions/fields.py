"""Random fields and filters that several corruptions need; pictures are float32 (H, W, C) in 0..1."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from augreg_image.kernels import keyed_noise
from augreg_image.kernels.channels import in_chunks
from augreg_image.kernels.layout import Array, keep_axis

Picture = NDArray[np.float32]


class Dice:
    """Random fields from one key of noise: the next call gets the next numbers, whatever the batch."""

    def __init__(self, key: int) -> None:
        self.key, self.used = key, 0

    def _next(self) -> int:
        self.used += 1
        # Far apart on the sequence of the key, so that no two fields share a word.
        return (self.key + (self.used << 40)) & ((1 << 63) - 1)

    def normal(self, *shape: int) -> Picture:
        """Return standard normal numbers."""
        return keyed_noise.normals(self._next(), shape)

    def uniform(self, *shape: int) -> Picture:
        """Return uniform numbers in (0, 1)."""
        return keyed_noise.uniforms(self._next(), shape)

    def number(self, low: float, high: float) -> float:
        """Return one uniform number."""
        return low + float(self.uniform(1)[0]) * (high - low)


def gaussian(x: Picture, sigma: float, border: int = cv2.BORDER_REPLICATE, cut: float = 4.0) -> Picture:
    """Blur with a Gaussian cut off at ``cut`` standard deviations; the edge goes on outside, as in scikit-image."""
    reach = int(cut * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel = (weights / weights.sum()).astype(np.float32)
    return in_chunks(lambda part: cv2.sepFilter2D(part, -1, kernel, kernel, borderType=border), x)


def zoomed(x: Picture, factor: float) -> Picture:
    """Enlarge the middle by a factor, at the same size.

    As ImageNet-C does it: a middle part of whole pixels is enlarged so that its outermost pixels lie on those of
    the result, and the result is trimmed.
    """
    down, across = (zoomed_axis(length, factor) for length in x.shape[:2])
    places = np.array([[across[1], 0.0, across[0]], [0.0, down[1], down[0]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return keep_axis(cv2.warpAffine(x, places, x.shape[1::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE))


def zoomed_axis(length: int, factor: float) -> tuple[float, float]:
    """Return the source coordinate of the first pixel and the step from pixel to pixel."""
    part = int(np.ceil(length / factor))
    whole = max(round(part * factor), length)
    step = (part - 1) / (whole - 1) if whole > 1 else 0.0
    return (length - part) // 2 + (whole - length) // 2 * step, step


def motion(x: Picture, radius: float, sigma: float, degrees: float) -> Picture:
    """Blur along one side of a line with half a Gaussian, as ImageMagick's motion blur does."""
    dx, dy, weights = motion_taps(radius, sigma, degrees)
    height, width = x.shape[:2]
    reach = len(weights)
    wide: Array = cv2.copyMakeBorder(x, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    out: Array | None = None
    # The kernel is a line: adding the picture so often is quicker than a filter of all its width.
    for right, down, weight in zip(dx.tolist(), dy.tolist(), weights.tolist(), strict=True):
        part = wide[reach + down : reach + down + height, reach + right : reach + right + width]
        out = part * np.float32(weight) if out is None else cv2.scaleAdd(part, weight, out, dst=out)
    return np.zeros_like(x) if out is None else out.reshape(x.shape)


def motion_taps(
    radius: float, sigma: float, degrees: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return offsets across and down, and weights that add up to 1, of a motion blur's line."""
    along = np.arange(2 * int(np.ceil(radius)) + 1)
    weights = np.exp(-(along**2) / (2.0 * sigma * sigma))
    angle = np.deg2rad(degrees)
    dx, dy = (np.ceil(along * f(angle) - 0.5).astype(np.int64) for f in (np.cos, np.sin))
    return dx, dy, weights / weights.sum()


def plasma(dice: Dice, size: int, decay: float) -> NDArray[np.float64]:
    """Return a cloud (size, size) in 0..1 by the diamond-square algorithm; ``size`` is a power of two.

    Fournier, Fussell and Carpenter, "Computer Rendering of Stochastic Models", 1982. The random part shrinks by
    ``decay`` with every halving of the step, and the map wraps around.
    """
    cloud = np.zeros((size, size))
    step, rough = size, 100.0
    while step >= 2:
        half = step // 2
        corner = cloud[::step, ::step]
        total = corner + _after(corner, 0)
        cloud[half::step, half::step] = _jittered(total + _after(total, 1), rough, dice)
        middle = cloud[half::step, half::step]
        above = middle + _before(middle, 0) + corner + _after(corner, 1)
        beside = middle + _before(middle, 1) + corner + _after(corner, 0)
        cloud[::step, half::step] = _jittered(above, rough, dice)
        cloud[half::step, ::step] = _jittered(beside, rough, dice)
        step, rough = half, rough / decay
    cloud -= cloud.min()
    return cloud / max(float(cloud.max()), 1e-12)


def _after(x: NDArray[Any], axis: int) -> NDArray[Any]:
    """Return every element's successor along an axis, the first one's last: np.roll takes five times as long."""
    return np.concatenate([x[1:], x[:1]] if axis == 0 else [x[:, 1:], x[:, :1]], axis=axis)


def _before(x: NDArray[Any], axis: int) -> NDArray[Any]:
    """Return every element's predecessor along an axis."""
    return np.concatenate([x[-1:], x[:-1]] if axis == 0 else [x[:, -1:], x[:, :-1]], axis=axis)


def _jittered(total: NDArray[Any], rough: float, dice: Dice) -> NDArray[Any]:
    return total / 4 + rough * rough * (2.0 * dice.uniform(*total.shape) - 1.0)


def cloud_for(dice: Dice, height: int, width: int, decay: float) -> Picture:
    """Return a cloud (H, W)."""
    size = 1 << max(1, int(np.ceil(np.log2(max(height, width, 2)))))
    return plasma(dice, size, decay)[:height, :width].astype(np.float32)


def spread(plane: Picture, channels: int, color: Picture | None = None) -> Picture:
    """Return a plane (H, W) for every channel (H, W, C), times a color of so many channels or of one.

    numpy takes many times as long for products of (H, W, 1) and (H, W, 3), whose innermost loops have three steps.
    """
    if color is not None and len(color) == channels and channels > 1:
        return _together([plane * share for share in color])
    scaled: Picture = plane if color is None else plane * color[0]
    if channels == 1:
        return scaled[:, :, None]
    return _together([scaled] * channels) if channels <= 4 else np.repeat(scaled[:, :, None], channels, axis=2)


def _together(planes: list[Picture]) -> Picture:
    found: Array = cv2.merge(planes)
    return found
