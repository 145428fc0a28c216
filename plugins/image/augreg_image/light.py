"""Uneven light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from augreg import Declaration, Level, param
from augreg_image.base import photometric
from augreg_image.corruptions import fields_torch as on_device
from augreg_image.corruptions.fields import Dice, Picture, cloud_for, spread
from augreg_image.corruptions.fields_torch import BatchDice
from augreg_image.effects import EffectBase
from augreg_image.kernels.layout import Array
from augreg_image.kernels.warp_torch import upload
from augreg_image.noise import column

Floats = NDArray[np.float64]

_LEVEL: Final = Level("strength", 0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class PlasmaBase(EffectBase):
    """An effect that a cloud made by the diamond-square algorithm guides."""

    roughness: float = param.number(0.4, "from 0, a smooth cloud, to 1, a ragged one", low=0.0, high=1.0)

    def cloud(self, light: Picture, dice: Dice) -> Picture:
        """Return the cloud, from -1 to 1, for every channel (H, W, C)."""
        height, width, channels = light.shape
        return spread(2 * cloud_for(dice, height, width, 3.0 - 1.6 * self.roughness) - 1, channels)

    def clouds(self, light: torch.Tensor, dice: BatchDice) -> torch.Tensor:
        """Return the clouds (B, 1, H, W), from -1 to 1."""
        height, width = light.shape[-2:]
        return 2 * on_device.cloud(dice, height, width, 3.0 - 1.6 * self.roughness) - 1


@dataclass(frozen=True, kw_only=True)
class PlasmaBrightness(PlasmaBase):
    """Brighten and darken the picture by a random cloud."""

    declares: ClassVar[Declaration] = photometric(alters=frozenset({"brightness"}), level=_LEVEL, memory=26)

    def effect(self, light: Picture, strength: float, dice: Dice) -> Picture:
        """Add the cloud."""
        return light + np.float32(0.7 * strength) * self.cloud(light, dice)

    def effect_on_device(self, light: torch.Tensor, strength: Floats, dice: BatchDice) -> torch.Tensor:
        """Add clouds to the batch."""
        return light + column(0.7 * strength, light) * self.clouds(light, dice)


@dataclass(frozen=True, kw_only=True)
class PlasmaContrast(PlasmaBase):
    """Raise and lower the contrast by a random cloud."""

    declares: ClassVar[Declaration] = photometric(alters=frozenset({"contrast"}), level=_LEVEL, memory=26)

    def effect(self, light: Picture, strength: float, dice: Dice) -> Picture:
        """Scale the distance from the mean of each channel."""
        height, width, channels = light.shape
        mean: Picture = (light.sum(axis=0, dtype=np.float64).sum(axis=0) / (height * width)).astype(np.float32)
        rows, middle = light.reshape(height, width * channels), np.tile(mean, width)
        swing: Picture = (1 + np.float32(0.95 * strength) * self.cloud(light, dice)).reshape(rows.shape)
        return (middle + (rows - middle) * swing).reshape(light.shape)

    def effect_on_device(self, light: torch.Tensor, strength: Floats, dice: BatchDice) -> torch.Tensor:
        """Scale the distances of the batch."""
        mean = light.mean(dim=(2, 3), keepdim=True, dtype=torch.float64).float()
        return mean + (light - mean) * (1 + column(0.95 * strength, light) * self.clouds(light, dice))


@dataclass(frozen=True, kw_only=True)
class PlasmaShadow(PlasmaBase):
    """Throw the shadow of a random cloud."""

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"brightness"}), level=Level("strength", 0.0, 0.9), memory=26
    )

    def effect(self, light: Picture, strength: float, dice: Dice) -> Picture:
        """Darken where the cloud is thick."""
        cover: Picture = np.clip(self.cloud(light, dice) * 3 + np.float32(0.5), 0, 1)
        return light * (1 - np.float32(strength) * cover)

    def effect_on_device(self, light: torch.Tensor, strength: Floats, dice: BatchDice) -> torch.Tensor:
        """Darken the batch."""
        cover = (self.clouds(light, dice) * 3 + 0.5).clamp_(0, 1)
        return light * (1 - column(strength, light) * cover)


@dataclass(frozen=True, kw_only=True)
class Shadow(EffectBase):
    """Throw the shadow of a random quadrangle with soft edges."""

    softness: float = param.number(
        0.01, "width of the edge, as a share of the shorter side", low=0.0, high=0.5, unit="fraction"
    )

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"brightness"}), level=Level("strength", 0.0, 0.9), memory=15
    )

    def effect(self, light: Picture, strength: float, dice: Dice) -> Picture:
        """Darken the quadrangle."""
        height, width = light.shape[:2]
        cover: Array = quadrangle(dice.uniform(4, 2), height, width).astype(np.float32) / np.float32(255)
        sigma = self.softness * min(height, width)
        if sigma > 0.3:
            cover = cv2.GaussianBlur(cover, (0, 0), sigma)
        return light * spread(1 - np.float32(strength) * cover, light.shape[2])

    def effect_on_device(self, light: torch.Tensor, strength: Floats, dice: BatchDice) -> torch.Tensor:
        """Darken the quadrangles of the batch, which are drawn on the CPU."""
        height, width = light.shape[-2:]
        drawn = np.stack([quadrangle(points, height, width) for points in dice.few(4, 2)])
        cover = on_device.plane(upload(drawn, light, torch.uint8)) / 255
        sigma = self.softness * min(height, width)
        if sigma > 0.3:
            # As many weights as OpenCV chooses for floats.
            weights: Array = cv2.getGaussianKernel(round(sigma * 8 + 1) | 1, sigma, cv2.CV_64F)
            cover = on_device.separable(cover, weights.T, "mirror")
        return light * (1 - column(strength, light) * cover)


def quadrangle(points: NDArray[np.float32], height: int, width: int) -> NDArray[np.uint8]:
    """Return the convex hull (H, W) of four points, given as (4, 2) in 0 .. 1, which may lie a little outside."""
    hull = cv2.convexHull(((points * 1.4 - 0.2) * [width, height] * 16).astype(np.int32))
    mask = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(mask, hull, 255, cv2.LINE_AA, 4)
    return mask


@dataclass(frozen=True, kw_only=True)
class Illumination(EffectBase):
    """Light the picture unevenly: brighter to one side, darker to the other."""

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"brightness"}), level=Level("strength", 0.0, 1.0), memory=18
    )

    def effect(self, light: Picture, strength: float, dice: Dice) -> Picture:
        """Multiply by a slope in a random direction."""
        height, width = light.shape[:2]
        angle = np.deg2rad(dice.number(0.0, 360.0))
        y, x = ((np.arange(n) + 0.5) / n - 0.5 for n in (height, width))
        slope = (x * np.cos(angle) + y[:, None] * np.sin(angle)) / (abs(np.cos(angle)) + abs(np.sin(angle))) * 2
        return light * spread((1 + 0.8 * strength * slope).astype(np.float32), light.shape[2])

    def effect_on_device(self, light: torch.Tensor, strength: Floats, dice: BatchDice) -> torch.Tensor:
        """Multiply the batch by slopes."""
        height, width = light.shape[-2:]
        angle = np.deg2rad(dice.number(0.0, 360.0))
        size = (abs(np.cos(angle)) + abs(np.sin(angle))) / (1.6 * strength + 1e-300)
        y, x = ((torch.arange(n, device=light.device) + 0.5) / n - 0.5 for n in (height, width))
        across, down = column(np.cos(angle) / size, light), column(np.sin(angle) / size, light)
        return light * (1 + (x * across + y[:, None] * down))
