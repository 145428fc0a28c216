"""The corruptions, each ``f(picture, severity - 1, dice) -> picture``; the result may lie outside 0..1."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from augreg_image.compression import repeated, through_codec
from augreg_image.corruptions.fields import Dice, Picture, gaussian, motion, zoomed
from augreg_image.corruptions.weather import fog, frost, snow, spatter
from augreg_image.kernels.channels import quartet
from augreg_image.kernels.layout import Array, keep_axis

Corrupt = Callable[[Picture, int, Dice], Picture]


def gaussian_noise(x: Picture, s: int, dice: Dice) -> Picture:
    """Simulate low light."""
    return x + dice.normal(*x.shape) * np.float32((0.08, 0.12, 0.18, 0.26, 0.38)[s])


def shot_noise(x: Picture, s: int, dice: Dice) -> Picture:
    """Count few photons."""
    photons = (60, 25, 12, 5, 3)[s]
    level = np.rint(x * 255).astype(np.int64)
    chance = (dice.uniform(*x.shape) * 4096).astype(np.int64)
    return _poisson(photons)[level, chance] / np.float32(photons)


@lru_cache(maxsize=8)
def _poisson(photons: int) -> NDArray[np.float32]:
    """Quantiles of Poisson distributions: (256 gray levels, 4096 probabilities)."""
    mean = np.arange(256) / 255.0 * photons
    counts = np.arange(4 * photons + 30)
    steps = np.maximum(counts, 1)
    log_terms = np.where(counts > 0, np.log(np.maximum(mean, 1e-30))[:, None] - np.log(steps), 0.0)
    chances = np.cumsum(np.exp(np.cumsum(log_terms, axis=1) - mean[:, None]), axis=1)
    middles = (np.arange(4096) + 0.5) / 4096
    return np.stack([np.searchsorted(row, middles) for row in chances]).astype(np.float32)


def impulse_noise(x: Picture, s: int, dice: Dice) -> Picture:
    """Turn values of every channel black or white."""
    amount = (0.03, 0.06, 0.09, 0.17, 0.27)[s]
    u = dice.uniform(*x.shape)
    return np.where(u < amount / 2, np.float32(0), np.where(u < amount, np.float32(1), x))


def speckle_noise(x: Picture, s: int, dice: Dice) -> Picture:
    """Add noise in proportion to the light."""
    return x + x * dice.normal(*x.shape) * np.float32((0.15, 0.2, 0.35, 0.45, 0.6)[s])


def gaussian_blur(x: Picture, s: int, _: Dice) -> Picture:
    """Look through a soft lens."""
    return gaussian(x, (1, 2, 3, 4, 6)[s])


def defocus_blur(x: Picture, s: int, _: Dice) -> Picture:
    """Get out of focus: a disc, with softened edges."""
    radius, soft = ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5))[s]
    return keep_axis(cv2.filter2D(x, -1, disc(radius, soft), borderType=cv2.BORDER_REFLECT_101))


def disc(radius: float, soft: float) -> NDArray[np.float32]:
    """Return the weights of a disc, blurred with a small Gaussian."""
    reach = max(8, int(np.ceil(radius)))
    side = np.arange(-reach, reach + 1)
    kernel = ((side[:, None] ** 2 + side**2) <= radius**2).astype(np.float32)
    kernel /= kernel.sum()
    size = 3 if radius <= 8 else 5
    softened: Array = cv2.GaussianBlur(kernel, (size, size), soft)
    return softened


def glass_blur(x: Picture, s: int, dice: Dice) -> Picture:
    """Look through frosted glass: every pixel shows a near one, between two blurs."""
    sigma, reach, rounds = ((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2))[s]
    return shattered(x, sigma, reach, rounds, dice)


def shattered(x: Picture, sigma: float, reach: int, rounds: int, dice: Dice) -> Picture:
    """Let pixels show others at most ``reach`` away, between two blurs.

    From the last pixel to the first, each takes the value that a random near one has by then. The published code
    means to swap the two, but copies; what it does is what made the benchmark.
    """
    out, (height, width, channels) = gaussian(x, sigma), x.shape
    for _ in range(rounds):
        source = scattered(height, width, reach, dice)
        out = out.reshape(-1, channels)[source].reshape(x.shape)
    return gaussian(out, sigma)


def scattered(height: int, width: int, reach: int, dice: Dice) -> NDArray[np.int64]:
    """Return for every pixel, in reading order, the one whose value it takes in the end."""
    source = np.arange(height * width)
    if min(height, width) < 2 * reach + 1:
        return source
    y, x = np.mgrid[reach + 1 : height - reach + 1, reach + 1 : width - reach + 1].reshape(2, -1)
    dx, dy = (dice.uniform(2, len(y)) * (2 * reach)).astype(np.int64) - reach
    own = y * width + x
    source[own] = (y + dy) * width + x + dx
    # A later pixel has its new value by then, so that its source counts: follow until all point at old values.
    waiting = own[source[own] > own]
    later = np.zeros(height * width, dtype=bool)
    later[waiting] = True
    while len(waiting):
        target = source[waiting]
        source[waiting], still = source[target], later[target]
        later[waiting] = still
        waiting = waiting[still]
    return source


def motion_blur(x: Picture, s: int, dice: Dice) -> Picture:
    """Move the camera."""
    radius, sigma = ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15))[s]
    return motion(x, radius, sigma, dice.number(-45, 45))


def zoom_blur(x: Picture, s: int, _: Dice) -> Picture:
    """Move towards the picture."""
    end, step = ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03))[s]
    factors = np.arange(1, end, step)
    wide: Picture = quartet(x)
    total = wide.copy()
    for factor in factors:
        total += zoomed(wide, float(factor))
    return total[:, :, : x.shape[2]] / np.float32(len(factors) + 1)


def brightness(x: Picture, s: int, _: Dice) -> Picture:
    """Raise the value of HSV."""
    return _in_hsv(x, 2, 1.0, (0.1, 0.2, 0.3, 0.4, 0.5)[s])


def saturate(x: Picture, s: int, _: Dice) -> Picture:
    """Change the saturation of HSV."""
    gain, shift = ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2))[s]
    return x if x.shape[2] == 1 else _in_hsv(x, 1, gain, shift)


def _in_hsv(x: Picture, channel: int, gain: float, shift: float) -> Picture:
    if x.shape[2] == 1:
        return x * np.float32(gain) + np.float32(shift)
    hsv = cv2.cvtColor(x, cv2.COLOR_RGB2HSV)
    hsv[:, :, channel] = np.clip(hsv[:, :, channel] * gain + shift, 0, 1)
    found: Array = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    return found


def contrast(x: Picture, s: int, _: Dice) -> Picture:
    """Move towards the mean of every channel."""
    mean: Picture = x.mean(axis=(0, 1), keepdims=True)
    return (x - mean) * np.float32((0.4, 0.3, 0.2, 0.1, 0.05)[s]) + mean


def pixelate(x: Picture, s: int, _: Dice) -> Picture:
    """Shrink and enlarge, both with PIL's box filter."""
    share = (0.6, 0.5, 0.4, 0.3, 0.25)[s]
    height, width = x.shape[:2]
    tall, wide = max(1, int(height * share)), max(1, int(width * share))
    shrunk = _boxed(_boxed(x, tall, 0), wide, 1)
    return shrunk[repeated(tall, height)[:, None], repeated(wide, width)]


def _boxed(x: Picture, size: int, axis: int) -> Picture:
    """Average the pixels whose middles lie in each of ``size`` equal parts of an axis."""
    length = x.shape[axis]
    # The first pixel whose middle lies beyond the lower edge of part k, which is k * length / size.
    first = (2 * np.arange(size + 1) * length + size) // (2 * size)
    total: Picture = np.add.reduceat(x, first[:-1], axis=axis)
    counts: Picture = np.diff(first).astype(np.float32)
    return total / (counts[:, None, None] if axis == 0 else counts[:, None])


def jpeg_compression(x: Picture, s: int, _: Dice) -> Picture:
    """Compress as JPEG."""
    plain = np.rint(np.clip(x, 0, 1) * 255).astype(np.uint8)
    return through_codec(plain, "JPEG", (25, 18, 15, 10, 7)[s]).astype(np.float32) / np.float32(255)


KINDS: Final[dict[str, Corrupt]] = {
    "gaussian_noise": gaussian_noise,
    "shot_noise": shot_noise,
    "impulse_noise": impulse_noise,
    "defocus_blur": defocus_blur,
    "glass_blur": glass_blur,
    "motion_blur": motion_blur,
    "zoom_blur": zoom_blur,
    "snow": snow,
    "frost": frost,
    "fog": fog,
    "brightness": brightness,
    "contrast": contrast,
    "pixelate": pixelate,
    "jpeg_compression": jpeg_compression,
    "speckle_noise": speckle_noise,
    "gaussian_blur": gaussian_blur,
    "spatter": spatter,
    "saturate": saturate,
}
"""All but elastic_transform, which moves targets: see the augmenter."""

NOT_RANDOM: Final = frozenset(
    {"defocus_blur", "zoom_blur", "brightness", "contrast", "pixelate", "jpeg_compression", "gaussian_blur", "saturate"}
)
"""Those without anything random."""
