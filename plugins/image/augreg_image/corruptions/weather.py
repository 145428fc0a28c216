"""Corruptions by weather: snow, frost, fog and what splashes on the lens. See :mod:`augreg_image.corruptions.kinds`."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from augreg_image.corruptions.fields import Dice, Picture, cloud_for, gaussian, motion, spread, zoomed
from augreg_image.kernels.layout import keep_axis
from augreg_image.stages.color import LUMA

WATER: Final = (175 / 255, 238 / 255, 238 / 255)
MUD: Final = (63 / 255, 42 / 255, 20 / 255)


def snow(x: Picture, s: int, dice: Dice) -> Picture:
    """Let snow fall."""
    mean, std, zoom, least, radius, sigma, kept = (
        (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
        (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
        (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
        (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
        (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
    )[s]
    flakes = zoomed(dice.normal(*x.shape[:2], 1) * np.float32(std) + np.float32(mean), zoom)
    flakes = np.clip(np.where(flakes < least, np.float32(0), flakes), 0, 1)
    flakes = motion(flakes, radius, sigma, dice.number(-135, -45))
    gray = _gray(x)
    pale: Picture = np.float32(kept) * x + np.float32(1 - kept) * np.maximum(x, gray * 1.5 + 0.5)
    return pale + flakes + flakes[::-1, ::-1]


def _gray(x: Picture) -> Picture:
    return x if x.shape[2] == 1 else keep_axis(cv2.cvtColor(x, cv2.COLOR_RGB2GRAY))


def frost(x: Picture, s: int, dice: Dice) -> Picture:
    """Freeze the lens.

    The published corruption pastes crops of five photographs, which are not ours to pass on; the crystals here are
    drawn, with the mean, the spread and the tint of those photographs. The weights are the published ones.
    """
    kept, added = ((1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75))[s]
    ice = _crystals(dice, *x.shape[:2]) * np.float32(dice.number(0.06, 0.15)) + np.float32(dice.number(0.48, 0.81))
    tint = np.array([0.9, 1.02, 1.08], np.float32) if x.shape[2] == 3 else np.ones(1, np.float32)
    found: Picture = np.float32(kept) * x + np.float32(added) * np.clip(ice * tint, 0, 1)
    return found


def _crystals(dice: Dice, height: int, width: int) -> Picture:
    """Return needles in several directions and larger patches (H, W, 1), of mean 0 and standard deviation 1."""
    angle = dice.number(0, 60)
    found: Picture = 2 * cloud_for(dice, height, width, 2.0)[:, :, None]
    for zoom, length in ((1.0, 4), (4.0, 20)):
        grains = [zoomed(dice.normal(height, width, 1), zoom) for _ in range(3)]
        needles = np.max([motion(g, length, length, angle + 60 * k) for k, g in enumerate(grains)], axis=0)
        found = found + needles / max(float(needles.std()), 1e-6)
    mean: np.float32 = found.mean()
    return (found - mean) / max(float(found.std()), 1e-6)


def fog(x: Picture, s: int, dice: Dice) -> Picture:
    """Put a cloud in front of the scene."""
    strength, decay = ((1.5, 2), (2.0, 2), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4))[s]
    top = float(x.max(initial=0.0))
    height, width, channels = x.shape
    cloud: Picture = np.float32(strength) * cloud_for(dice, height, width, decay)
    return (x + spread(cloud, channels)) * np.float32(top / (top + strength))


def spatter(x: Picture, s: int, dice: Dice) -> Picture:
    """Add drops of water, from severity 4 on splashes of mud."""
    mean, std, sigma, least, strength, mud = (
        (0.65, 0.3, 4, 0.69, 0.6, False),
        (0.65, 0.3, 3, 0.68, 0.6, False),
        (0.65, 0.3, 2, 0.68, 0.5, False),
        (0.65, 0.3, 1, 0.65, 1.5, True),
        (0.67, 0.4, 1, 0.65, 1.5, True),
    )[s]
    liquid = gaussian(dice.normal(*x.shape[:2], 1) * np.float32(std) + np.float32(mean), sigma)[:, :, 0]
    liquid = np.where(liquid < least, np.float32(0), liquid)
    if mud:
        cover = gaussian((liquid > least).astype(np.float32)[:, :, None], strength)
        cover = np.where(cover < 0.8, np.float32(0), cover)
        return x * (1 - cover) + painted(MUD, x.shape[2]) * cover
    drops = relief(liquid)
    drops *= np.float32(strength / max(float(drops.max(initial=0.0)), 1e-6))
    return x + drops[:, :, None] * painted(WATER, x.shape[2])


def painted(color: tuple[float, ...], channels: int) -> NDArray[np.float32]:
    """Return a color for pictures of so many channels: its luma where they are not three."""
    found = np.array(color, np.float32)
    return found if channels == 3 else (found @ LUMA.astype(np.float32)).reshape(1)


def relief(liquid: NDArray[np.float32]) -> NDArray[np.float32]:
    """Light the rims of drops: the distance from their edges, embossed."""
    wet = (liquid * 255).astype(np.uint8)
    away = cv2.distanceTransform(255 - cv2.Canny(wet, 50, 150), cv2.DIST_L2, 5)
    away = cv2.blur(np.minimum(away, 20), (3, 3)).astype(np.uint8)
    away = cv2.equalizeHist(away)
    emboss = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], np.float32)
    away = cv2.blur(cv2.filter2D(away, cv2.CV_8U, emboss), (3, 3)).astype(np.float32)
    return wet * away
