"""Weather, and what it leaves on the lens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import Declaration, Level, param
from augreg_image.base import photometric
from augreg_image.corruptions import fields_torch as on_device
from augreg_image.corruptions.fields import Dice, Picture, cloud_for, gaussian, motion, spread, zoomed
from augreg_image.corruptions.fields_torch import BatchDice
from augreg_image.corruptions.weather import MUD, WATER, painted
from augreg_image.effects import EffectBase
from augreg_image.kernels.warp_torch import upload
from augreg_image.noise import column

Floats = NDArray[np.float64]

_ALTERS = frozenset({"weather", "contrast", "brightness"})


@dataclass(frozen=True, kw_only=True)
class Fog(EffectBase):
    """Put fog in front of the scene.

    The picture fades into a cloud made by the diamond-square algorithm.
    """

    roughness: float = param.number(0.5, "from 0, one even cloud, to 1, a ragged one", low=0.0, high=1.0)

    declares: ClassVar[Declaration] = photometric(alters=_ALTERS, level=Level("strength", 0.0, 0.9), memory=26)

    def effect(self, light: Picture, strength: float, dice: Dice) -> Picture:
        """Blend with the cloud."""
        height, width, channels = light.shape
        cloud = cloud_for(dice, height, width, 3.0 - 1.6 * self.roughness)
        veil = spread(np.float32(strength) * (0.55 + 0.45 * cloud), channels)
        return light * (1 - veil) + veil * np.float32(0.92)

    def effect_on_device(self, light: torch.Tensor, strength: Floats, dice: BatchDice) -> torch.Tensor:
        """Blend the batch with clouds."""
        height, width = light.shape[-2:]
        found = on_device.cloud(dice, height, width, 3.0 - 1.6 * self.roughness)
        veil = column(strength, light) * (0.55 + 0.45 * found)
        return light * (1 - veil) + veil * 0.92


@dataclass(frozen=True, kw_only=True)
class Rain(EffectBase):
    """Let it rain: slanted streaks and duller light."""

    slant: tuple[float, float] = param.interval(
        (-20.0, 20.0), "angle to the vertical; x means -x to x", low=-60.0, high=60.0, centre=0.0, unit="degrees"
    )
    length: float = param.number(
        0.08, "length of a streak, as a share of the height", low=0.01, high=0.5, unit="fraction"
    )

    declares: ClassVar[Declaration] = photometric(alters=_ALTERS, level=Level("strength", 0.0, 1.0), memory=20)

    def effect(self, light: Picture, strength: float, dice: Dice) -> Picture:
        """Add streaks of the drops' motion."""
        height, width = light.shape[:2]
        angle = 90.0 + dice.number(*self.slant)
        drops = (dice.uniform(height, width, 1) < 0.012 * strength).astype(np.float32)
        span = max(2.0, self.length * height)
        streaks = motion(drops, span / 2, span, angle) * np.float32(span)
        dull = np.float32(1 - 0.25 * strength)
        return light * dull + spread(np.clip(streaks[:, :, 0], 0, 1) * np.float32(0.55), light.shape[2])

    def effect_on_device(self, light: torch.Tensor, strength: Floats, dice: BatchDice) -> torch.Tensor:
        """Add streaks to the batch."""
        height, width = light.shape[-2:]
        angle = 90.0 + dice.number(*self.slant)
        drops = (on_device.plane(dice.uniform(height, width)) < column(0.012 * strength, light)).float()
        span = max(2.0, self.length * height)
        streaks = on_device.motion(drops, span / 2, span, angle) * span
        return light * column(1 - 0.25 * strength, light) + streaks.clamp_(0, 1) * 0.55


@dataclass(frozen=True, kw_only=True)
class Snow(EffectBase):
    """Let it snow: flakes of several sizes, and paler ground."""

    declares: ClassVar[Declaration] = photometric(alters=_ALTERS, level=Level("strength", 0.0, 1.0), memory=21.5)

    def effect(self, light: Picture, strength: float, dice: Dice) -> Picture:
        """Add flakes near and far."""
        height, width = light.shape[:2]
        found = light + (1 - light) * np.float32(0.25 * strength) * light
        for zoom, size in ((1.0, 3.0), (2.0, 5.0), (3.5, 8.0)):
            flakes = zoomed((dice.uniform(height, width, 1) < 0.02 * strength).astype(np.float32), zoom)
            streaks = motion(flakes, size / 2, size, dice.number(60, 120))[:, :, 0] * np.float32(size / 2)
            found += spread(np.clip(streaks, 0, 1), light.shape[2])
        return found

    def effect_on_device(self, light: torch.Tensor, strength: Floats, dice: BatchDice) -> torch.Tensor:
        """Add flakes to the batch."""
        height, width = light.shape[-2:]
        found = light + (1 - light) * column(0.25 * strength, light) * light
        few = column(0.02 * strength, light)
        for zoom, size in ((1.0, 3.0), (2.0, 5.0), (3.5, 8.0)):
            flakes = on_device.zoomed((on_device.plane(dice.uniform(height, width)) < few).float(), zoom)
            streaks = on_device.motion(flakes, size / 2, size, dice.number(60, 120)) * (size / 2)
            found = found + streaks.clamp_(0, 1)
        return found


@dataclass(frozen=True, kw_only=True)
class Spatter(EffectBase):
    """Splash drops of rain or mud onto the lens."""

    liquid: str = param.choice("water", "what is splashed", options=("water", "mud"))
    size: float = param.number(
        0.015, "size of the drops, as a share of the shorter side", low=0.002, high=0.2, unit="fraction"
    )

    declares: ClassVar[Declaration] = photometric(alters=_ALTERS, level=Level("strength", 0.0, 1.0), memory=30.5)
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"liquid": "mud"},)

    def effect(self, light: Picture, strength: float, dice: Dice) -> Picture:
        """Cover the lens where smooth noise is high; light falls on the rims of drops from the top left."""
        height, width = light.shape[:2]
        depth = gaussian(dice.normal(height, width, 1), max(0.6, self.size * min(height, width)))[:, :, 0]
        depth = depth / max(float(depth.std()), 1e-6)
        thin = np.clip((depth - np.quantile(depth, 1 - 0.4 * strength)) * 3, 0, 1).astype(np.float32)
        channels = light.shape[2]
        cover = spread(thin, channels)
        if self.liquid == "mud":
            return light * (1 - cover) + spread(thin, channels, painted(MUD, channels))
        soft = gaussian(thin[:, :, None], 1.0)[:, :, 0]
        shine = np.float32(0.3) * thin + np.float32(0.6) * (soft - np.roll(soft, (1, 1), axis=(0, 1)))
        return light * (1 - np.float32(0.4) * cover) + spread(shine, channels, painted(WATER, channels))

    def effect_on_device(self, light: torch.Tensor, strength: Floats, dice: BatchDice) -> torch.Tensor:
        """Cover the lens of the batch."""
        height, width = light.shape[-2:]
        depth = on_device.gaussian(
            on_device.plane(dice.normal(height, width)), max(0.6, self.size * min(height, width))
        )
        spread = depth.double().std(dim=(1, 2, 3), correction=0, keepdim=True).float()
        depth = depth / spread.clamp(min=1e-6)
        cover = ((depth - quantiles(depth, 1 - 0.4 * strength)) * 3).clamp_(0, 1)
        if self.liquid == "mud":
            return light * (1 - cover) + cover * upload(painted(MUD, light.shape[1]), light).view(-1, 1, 1)
        soft = on_device.gaussian(cover, 1.0)
        rim = 0.6 * (soft - soft.roll((1, 1), dims=(2, 3)))
        shine = upload(painted(WATER, light.shape[1]), light).view(-1, 1, 1)
        return light * (1 - 0.4 * cover) + shine * (0.3 * cover + rim)


def quantiles(values: torch.Tensor, share: Floats) -> torch.Tensor:
    """Return one quantile of every image (B, ...), as (B, 1, 1, 1), interpolated as numpy does."""
    ordered = values.flatten(1).sort(dim=1).values
    place = share * (ordered.shape[1] - 1)
    low = np.clip(np.floor(place), 0, max(ordered.shape[1] - 2, 0))
    index = upload(low, values, torch.int64)[:, None]
    pair = ordered.gather(1, index), ordered.gather(1, (index + 1).clamp(max=ordered.shape[1] - 1))
    return torch.lerp(*pair, upload(place - low, values)[:, None])[:, :, None, None]


@dataclass(frozen=True, kw_only=True)
class Gravel(EffectBase):
    """Throw gravel onto the picture: stones of random grays."""

    stones: int = param.integer(120, "number of stones at strength 1", low=1, high=2000)
    size: tuple[float, float] = param.interval(
        (0.005, 0.02), "radius of a stone, as a share of the shorter side", low=0.0, high=0.2, unit="fraction"
    )

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"completeness", "content"}), level=Level("strength", 0.0, 1.0), memory=11
    )

    def effect(self, light: Picture, strength: float, dice: Dice) -> Picture:
        """Draw the stones, whose edges are a pixel wide."""
        height, width = light.shape[:2]
        found = light.copy()
        stones = self.placed(dice.uniform(self.stones, 4)[: int(np.ceil(strength * self.stones))], height, width)
        for x, y, radius, gray in stones.tolist():
            top, left = max(0, int(y - radius - 1)), max(0, int(x - radius - 1))
            part = found[top : int(y + radius + 2), left : int(x + radius + 2)]
            down, across = (
                np.arange(n) + (first + 0.5 - at) for n, first, at in zip(part.shape, (top, left), (y, x), strict=False)
            )
            away = np.hypot(across, down[:, None])[:, :, None]
            cover = (radius + 0.5 - away).clip(0, 1).astype(np.float32)
            part += (np.float32(gray) - part) * cover
        return found

    def effect_on_device(self, light: torch.Tensor, strength: Floats, dice: BatchDice) -> torch.Tensor:
        """Draw the stones of the batch, one of every image at a time."""
        height, width = light.shape[-2:]
        count = np.ceil(strength * self.stones).astype(int)
        stones = self.placed(dice.few(self.stones, 4), height, width)
        # Stones that an image does not have are too small to be seen.
        stones[..., 2] = np.where(np.arange(self.stones) < count[:, None], stones[..., 2], -1.0)
        drawn = upload(stones[:, : count.max(initial=0)], light).permute(1, 2, 0)[..., None, None, None]
        down = (torch.arange(height, device=light.device) + 0.5)[:, None]
        across = torch.arange(width, device=light.device) + 0.5
        found = light
        for x, y, radius, gray in drawn.unbind(0):
            cover = (radius + 0.5 - torch.hypot(across - x, down - y)).clamp_(0, 1)
            found = found + (gray - found) * cover
        return found

    def placed(self, dice: NDArray[np.float32], height: int, width: int) -> Floats:
        """Return x, y, radius and gray of stones (..., 4) from numbers (..., 4) in 0 .. 1."""
        low, high = self.size
        scale = np.array([width, height, (high - low) * min(height, width), 0.45])
        found: Floats = dice * scale + np.array([0.0, 0.0, low * min(height, width), 0.25])
        return found
