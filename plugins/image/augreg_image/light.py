"""Uneven light, and what a lens makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from augreg import fields
from augreg.batch import BatchInfo
from augreg.declare import Declaration, Level
from augreg.params import Params
from augreg.rng import Rng
from augreg_image.base import photometric
from augreg_image.corruptions.fields import Dice, cloud_for
from augreg_image.focus import enlarged
from augreg_image.kernelbase import KernelBase
from augreg_image.kernels.layout import NATIVE, Array
from augreg_image.kernels.warp_torch import settle, upload
from augreg_image.weather import WeatherBase

Floats = NDArray[np.float64]
Picture = NDArray[np.float32]

_LEVEL: Final = Level("strength", 0.0, 1.0, unit="share")


@dataclass(frozen=True, kw_only=True)
class PlasmaBase(WeatherBase):
    """An effect that a cloud made by the diamond-square algorithm guides."""

    roughness: float = fields.number(0.4, "from 0, a smooth cloud, to 1, a ragged one", low=0.0, high=1.0)

    def cloud(self, light: Picture, dice: Dice) -> Picture:
        """Return the cloud (H, W, 1), from -1 to 1."""
        return 2 * cloud_for(dice, *light.shape[:2], 3.0 - 1.6 * self.roughness)[:, :, None] - 1


@dataclass(frozen=True, kw_only=True)
class PlasmaBrightness(PlasmaBase):
    """Brighten and darken the picture by a random cloud."""

    declares: ClassVar[Declaration] = photometric(devices=("cpu",), alters=frozenset({"brightness"}), level=_LEVEL)

    def effect(self, light: Picture, strength: float, dice: Dice) -> Picture:
        """Add the cloud."""
        return light + np.float32(0.7 * strength) * self.cloud(light, dice)


@dataclass(frozen=True, kw_only=True)
class PlasmaContrast(PlasmaBase):
    """Raise and lower the contrast by a random cloud."""

    declares: ClassVar[Declaration] = photometric(devices=("cpu",), alters=frozenset({"contrast"}), level=_LEVEL)

    def effect(self, light: Picture, strength: float, dice: Dice) -> Picture:
        """Scale the distance from the mean of each channel."""
        mean = light.mean(axis=(0, 1), keepdims=True)
        return mean + (light - mean) * (1 + np.float32(0.95 * strength) * self.cloud(light, dice))


@dataclass(frozen=True, kw_only=True)
class PlasmaShadow(PlasmaBase):
    """Throw the shadow of a random cloud."""

    declares: ClassVar[Declaration] = photometric(
        devices=("cpu",), alters=frozenset({"brightness"}), level=Level("strength", 0.0, 0.9, unit="share")
    )

    def effect(self, light: Picture, strength: float, dice: Dice) -> Picture:
        """Darken where the cloud is thick."""
        cover = np.clip(self.cloud(light, dice) * 3 + np.float32(0.5), 0, 1)
        return light * (1 - np.float32(strength) * cover)


@dataclass(frozen=True, kw_only=True)
class SunFlare(WeatherBase):
    """Let the sun shine into the lens: a glare, and its reflections along the line through the middle."""

    height: tuple[float, float] = fields.interval(
        (0.0, 0.5), "place of the sun, from the top", low=0.0, high=1.0, unit="share of the height"
    )
    ghosts: int = fields.integer(5, "number of reflections", low=0, high=20)

    declares: ClassVar[Declaration] = photometric(
        devices=("cpu",), alters=frozenset({"weather", "brightness", "contrast"}), level=_LEVEL
    )

    def effect(self, light: Picture, strength: float, dice: Dice) -> Picture:
        """Screen glare and discs over the picture."""
        tall, wide = light.shape[:2]
        short = min(tall, wide)
        x, y = dice.number(0.1, 0.9) * wide, dice.number(*self.height) * tall
        away = distance(tall, wide, x, y) / np.float32(short)
        shine = 0.9 * np.exp(-((away / 0.12) ** 2)) + 0.5 * np.exp(-away / 0.25)
        shine = shine[:, :, None] * _tint(np.array([1.0, 0.95, 0.85]), light)
        for _ in range(self.ghosts):
            along, radius = dice.number(0.4, 2.0), dice.number(0.02, 0.09) * short
            u, v = x + (wide / 2 - x) * along, y + (tall / 2 - y) * along
            edge = np.clip(radius + 0.5 - distance(tall, wide, u, v), 0, 1)[:, :, None]
            shine += np.float32(0.25) * edge * _tint(0.4 + 0.6 * dice.uniform(3), light)
        return 1 - (1 - light) * (1 - np.float32(strength) * np.clip(shine, 0, 1))


def distance(height: int, width: int, x: float, y: float) -> Picture:
    """Return the distances (H, W) of the middles of pixels from a point."""
    down = np.arange(height, dtype=np.float32) + np.float32(0.5 - y)
    across = np.arange(width, dtype=np.float32) + np.float32(0.5 - x)
    return np.sqrt((down**2)[:, None] + across**2)


def _tint(colour: NDArray[np.floating], light: Picture) -> Picture:
    """Return a colour for the channels of a picture: its mean where they are not three."""
    found = colour if light.shape[2] == 3 else colour.mean(keepdims=True)
    return found.astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class ChromaticAberration(KernelBase):
    """Enlarge red and shrink blue about the middle, as simple lenses do.

    Green stays, and alpha.
    """

    strength: tuple[float, float] = fields.interval(
        (-0.015, 0.015), "enlargement of red; x means -x to x", low=-0.2, high=0.2, centre=0.0, unit="ratio"
    )

    declares: ClassVar[Declaration] = photometric(
        channels=(3, 4), alters=frozenset({"color"}), level=Level("strength", 0.0, 0.03, signed=True, unit="ratio")
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a strength per sample."""
        return Params(len(batch), strength=self.sample("strength", rng, level))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Scale red and blue of one picture."""
        strength = float(params["strength"][i])
        if strength == 0.0 or not image.size:
            return image
        out = image.copy()
        for channel, factor in ((0, 1.0 + strength), (2, 1.0 - strength)):
            plane = np.ascontiguousarray(image[:, :, channel : channel + 1])
            wide = plane if image.dtype in NATIVE else plane.astype(np.float32)
            out[:, :, channel] = enlarged(wide, factor)[:, :, 0]
        return out

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Scale red and blue of the batch."""
        n, _, height, width = images.shape
        factor = 1.0 + params.array("strength")[:, None] * np.array([1.0, -1.0])
        wide = images[:, [0, 2]].float().reshape(2 * n, 1, height, width)
        step = upload(1.0 / factor.ravel(), wide)
        theta = torch.zeros(2 * n, 2, 3, device=images.device)
        theta[:, 0, 0] = theta[:, 1, 1] = step
        grid = F.affine_grid(theta, [2 * n, 1, height, width], align_corners=False)
        found = F.grid_sample(wide, grid, "bilinear", "border", align_corners=False).view(n, 2, height, width)
        red, blue = settle(found, images.dtype).split(1, dim=1)
        return torch.cat([red, images[:, 1:2], blue, images[:, 3:]], dim=1)
