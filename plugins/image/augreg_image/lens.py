"""What a lens makes of light: flares and colored edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo, Declaration, Level, Params, Rng, param
from augreg_image.base import photometric
from augreg_image.corruptions.fields import Dice, Picture, spread
from augreg_image.corruptions.fields_torch import BatchDice
from augreg_image.effects import EffectBase
from augreg_image.focus import enlarged, enlarged_torch
from augreg_image.kernelbase import KernelBase
from augreg_image.kernels.layout import OPENCV_DTYPES, Array
from augreg_image.kernels.warp_torch import settle, upload
from augreg_image.noise import column

Floats = NDArray[np.float64]


_CORE: Final = 0.12**2
_HALO: Final = 0.25
"""Sizes of the glare: the square of a Gaussian's, and an exponential's, as shares of the shorter side."""

_SUN: Final = np.array([1.0, 0.95, 0.85])


@dataclass(frozen=True, kw_only=True)
class SunFlare(EffectBase):
    """Let the sun shine into the lens: a glare, and its reflections along the line through the middle."""

    height: tuple[float, float] = param.interval(
        (0.0, 0.5), "place of the sun, from the top, as a share of the height", low=0.0, high=1.0, unit="fraction"
    )
    ghosts: int = param.integer(5, "number of reflections", low=0, high=20)

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"weather", "brightness", "contrast"}), level=Level("strength", 0.0, 1.0), memory=16.5
    )

    def effect(self, light: Picture, strength: float, dice: Dice) -> Picture:
        """Screen glare and discs over the picture."""
        tall, wide = light.shape[:2]
        short = min(tall, wide)
        x, y = dice.number(0.1, 0.9) * wide, dice.number(*self.height) * tall
        down, across = (
            ((np.arange(n, dtype=np.float32) + np.float32(0.5 - at)) / np.float32(short)) ** 2
            for n, at in ((tall, y), (wide, x))
        )
        # A Gaussian is the product of one along each axis.
        glare = (0.9 * np.exp(down / np.float32(-_CORE)))[:, None] * np.exp(across / np.float32(-_CORE))
        glare += 0.5 * np.exp(np.sqrt(down[:, None] + across) * np.float32(-1 / _HALO))
        shine = spread(glare, light.shape[2], tint(_SUN, light.shape[2]))
        for _ in range(self.ghosts):
            along, radius = dice.number(0.4, 2.0), dice.number(0.02, 0.09) * short
            u, v = x + (wide / 2 - x) * along, y + (tall / 2 - y) * along
            rows = slice(max(0, int(v - radius - 1)), max(0, int(v + radius + 2)))
            columns = slice(max(0, int(u - radius - 1)), max(0, int(u + radius + 2)))
            color = np.float32(0.25) * tint(0.4 + 0.6 * dice.uniform(3), light.shape[2])
            part = shine[rows, columns]
            far = distance(part.shape[0], part.shape[1], u - columns.start, v - rows.start)
            part += np.clip(np.float32(radius + 0.5) - far, 0, 1)[:, :, None] * color
        np.minimum(shine, 1, out=shine)
        shine *= np.float32(-strength)
        shine += 1
        dark = 1 - light
        dark *= shine
        return np.subtract(1, dark, out=dark)

    def effect_on_device(self, light: torch.Tensor, strength: Floats, dice: BatchDice) -> torch.Tensor:
        """Screen glare and discs over the batch."""
        channels, tall, wide = light.shape[1:]
        short = min(tall, wide)
        x, y = dice.number(0.1, 0.9) * wide, dice.number(*self.height) * tall
        away = distances(light, x, y) / short
        glare = 0.9 * torch.exp(away**2 / -_CORE) + 0.5 * torch.exp(away / -_HALO)
        shine = glare * upload(tint(_SUN, channels), light).view(-1, 1, 1)
        for _ in range(self.ghosts):
            along, radius = dice.number(0.4, 2.0), dice.number(0.02, 0.09) * short
            u, v = x + (wide / 2 - x) * along, y + (tall / 2 - y) * along
            edge = (column(radius + 0.5, light) - distances(light, u, v)).clamp_(0, 1)
            color = upload(0.25 * tint(0.4 + 0.6 * dice.few(3), channels), light)
            shine = shine + edge * color[:, :, None, None]
        return 1 - (1 - light) * (1 - column(strength, light) * shine.clamp_(0, 1))


def distance(height: int, width: int, x: float, y: float) -> Picture:
    """Return the distances (H, W) of the middles of pixels from a point."""
    down = np.arange(height, dtype=np.float32) + np.float32(0.5 - y)
    across = np.arange(width, dtype=np.float32) + np.float32(0.5 - x)
    return np.sqrt((down**2)[:, None] + across**2)


def distances(images: torch.Tensor, x: Floats, y: Floats) -> torch.Tensor:
    """Return the distances (B, 1, H, W) of the middles of pixels from a point of each image."""
    down, across = (torch.arange(n, device=images.device) + 0.5 for n in images.shape[-2:])
    return ((down[:, None] - column(y, images)) ** 2 + (across - column(x, images)) ** 2).sqrt()


def tint(color: NDArray[np.floating], channels: int) -> Picture:
    """Return colors (..., 3) for pictures of so many channels: their mean where they are not three."""
    found = color if channels == 3 else color.mean(axis=-1, keepdims=True)
    return found.astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class ChromaticAberration(KernelBase):
    """Enlarge red and shrink blue about the middle, as simple lenses do.

    Green stays, and alpha.
    """

    strength: tuple[float, float] = param.interval(
        (-0.015, 0.015), "enlargement of red; x means -x to x", low=-0.2, high=0.2, centre=0.0, unit="fraction"
    )

    declares: ClassVar[Declaration] = photometric(
        channels=(3, 4),
        alters=frozenset({"artifacts", "sharpness"}),
        level=Level("strength", 0.0, 0.03, signed=True),
        memory=2.5,
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
            wide = plane if image.dtype in OPENCV_DTYPES else plane.astype(np.float32)
            out[:, :, channel] = enlarged(wide, factor)[:, :, 0]
        return out

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Scale red and blue of the batch."""
        n, _, height, width = images.shape
        factor = 1.0 + params.array("strength")[:, None] * np.array([1.0, -1.0])
        wide = images[:, [0, 2]].float().reshape(2 * n, 1, height, width)
        found = enlarged_torch(wide, factor.ravel()).view(n, 2, height, width)
        red, blue = torch.split(settle(found, images.dtype), 1, dim=1)
        return torch.cat([red, images[:, 1:2], blue, images[:, 3:]], dim=1)
