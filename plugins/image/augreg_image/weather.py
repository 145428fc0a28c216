"""Weather and light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from augreg import fields
from augreg.batch import BatchInfo
from augreg.declare import Declaration, Level
from augreg.params import Params
from augreg.rng import Rng
from augreg_image.base import photometric
from augreg_image.corruptions.fields import Dice, cloud_for, gaussian, motion, zoomed
from augreg_image.corruptions.kinds import MUD, WATER, painted
from augreg_image.kernelbase import KernelBase
from augreg_image.kernels.layout import Array, full_range
from augreg_image.noise import clip_to

Floats = NDArray[np.float64]

_ALTERS = frozenset({"weather", "contrast", "brightness"})


@dataclass(frozen=True, kw_only=True)
class WeatherBase(KernelBase):
    """An effect of random strength on a picture of floats, with random fields from one key."""

    strength: tuple[float, float] = fields.interval((0.2, 0.6), "strength", low=0.0, high=1.0, unit="share")

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a strength and the key of the fields per sample."""
        return Params(len(batch), strength=self.sample("strength", rng, level), noise=rng.noise_key("noise"))

    def effect(self, light: NDArray[np.float32], strength: float, dice: Dice) -> NDArray[np.float32]:
        """Return a picture (H, W, C) in shares of white."""
        raise NotImplementedError

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Change one picture; strength 0 leaves it alone."""
        strength = float(params["strength"][i])
        if strength == 0 or not image.size:
            return image
        white = np.float32(full_range(image.dtype))
        found = self.effect(image.astype(np.float32) / white, strength, Dice(int(params["noise"][i])))
        return clip_to(np.asarray(found * white, dtype=np.float32), image.dtype)


@dataclass(frozen=True, kw_only=True)
class Fog(WeatherBase):
    """Put fog in front of the scene.

    The picture fades into a cloud made by the diamond-square algorithm.
    """

    roughness: float = fields.number(0.5, "from 0, one even cloud, to 1, a ragged one", low=0.0, high=1.0)

    declares: ClassVar[Declaration] = photometric(
        devices=("cpu",), alters=_ALTERS, level=Level("strength", 0.0, 0.9, unit="share")
    )

    def effect(self, light: NDArray[np.float32], strength: float, dice: Dice) -> NDArray[np.float32]:
        """Blend with the cloud."""
        cloud = cloud_for(dice, *light.shape[:2], 3.0 - 1.6 * self.roughness)[:, :, None]
        veil = np.float32(strength) * (0.55 + 0.45 * cloud)
        return light * (1 - veil) + veil * np.float32(0.92)


@dataclass(frozen=True, kw_only=True)
class Rain(WeatherBase):
    """Let it rain: slanted streaks and duller light."""

    slant: tuple[float, float] = fields.interval(
        (-20.0, 20.0), "angle to the vertical; x means -x to x", low=-60.0, high=60.0, centre=0.0, unit="degrees"
    )
    length: float = fields.number(0.08, "length of a streak", low=0.01, high=0.5, unit="share of the height")

    declares: ClassVar[Declaration] = photometric(
        devices=("cpu",), alters=_ALTERS, level=Level("strength", 0.0, 1.0, unit="share")
    )

    def effect(self, light: NDArray[np.float32], strength: float, dice: Dice) -> NDArray[np.float32]:
        """Add streaks of the drops' motion."""
        height, width = light.shape[:2]
        angle = 90.0 + dice.number(*self.slant)
        drops = (dice.uniform(height, width, 1) < 0.012 * strength).astype(np.float32)
        span = max(2.0, self.length * height)
        streaks = motion(drops, span / 2, span, angle) * np.float32(span)
        dull = np.float32(1 - 0.25 * strength)
        return light * dull + np.clip(streaks, 0, 1) * np.float32(0.55)


@dataclass(frozen=True, kw_only=True)
class Snow(WeatherBase):
    """Let it snow: flakes of several sizes, and paler ground."""

    declares: ClassVar[Declaration] = photometric(
        devices=("cpu",), alters=_ALTERS, level=Level("strength", 0.0, 1.0, unit="share")
    )

    def effect(self, light: NDArray[np.float32], strength: float, dice: Dice) -> NDArray[np.float32]:
        """Add flakes near and far."""
        height, width = light.shape[:2]
        found = light + (1 - light) * np.float32(0.25 * strength) * light
        for zoom, size in ((1.0, 3.0), (2.0, 5.0), (3.5, 8.0)):
            flakes = zoomed((dice.uniform(height, width, 1) < 0.02 * strength).astype(np.float32), zoom)
            found = found + np.clip(motion(flakes, size / 2, size, dice.number(60, 120)) * np.float32(size / 2), 0, 1)
        return found


@dataclass(frozen=True, kw_only=True)
class Spatter(WeatherBase):
    """Splash drops of water or mud onto the lens."""

    liquid: str = fields.choice("water", "what is splashed", options=("water", "mud"))
    size: float = fields.number(0.015, "size of the drops", low=0.002, high=0.2, unit="share of the shorter side")

    declares: ClassVar[Declaration] = photometric(
        devices=("cpu",), alters=_ALTERS, level=Level("strength", 0.0, 1.0, unit="share")
    )
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"liquid": "mud"},)

    def effect(self, light: NDArray[np.float32], strength: float, dice: Dice) -> NDArray[np.float32]:
        """Cover the lens where smooth noise is high; light falls on the rims of drops from the top left."""
        height, width = light.shape[:2]
        depth = gaussian(dice.normal(height, width, 1), max(0.6, self.size * min(height, width)))
        depth = depth / max(float(depth.std()), 1e-6)
        cover = np.clip((depth - np.quantile(depth, 1 - 0.4 * strength)) * 3, 0, 1).astype(np.float32)
        if self.liquid == "mud":
            return light * (1 - cover) + painted(MUD, light) * cover
        soft = gaussian(cover, 1.0)
        rim = np.float32(0.6) * (soft - np.roll(soft, (1, 1), axis=(0, 1)))
        return light * (1 - np.float32(0.4) * cover) + painted(WATER, light) * (np.float32(0.3) * cover + rim)


@dataclass(frozen=True, kw_only=True)
class Gravel(WeatherBase):
    """Throw gravel onto the picture: stones of random greys."""

    stones: int = fields.integer(120, "number of stones at strength 1", low=1, high=2000)
    size: tuple[float, float] = fields.interval(
        (0.005, 0.02), "radius of a stone", low=0.0, high=0.2, unit="share of the shorter side"
    )

    declares: ClassVar[Declaration] = photometric(
        devices=("cpu",), alters=frozenset({"content"}), level=Level("strength", 0.0, 1.0, unit="share")
    )

    def effect(self, light: NDArray[np.float32], strength: float, dice: Dice) -> NDArray[np.float32]:
        """Draw the stones, whose edges are a pixel wide."""
        height, width = light.shape[:2]
        found = light.copy()
        for u, v, size, grey in dice.uniform(self.stones, 4)[: int(np.ceil(strength * self.stones))].tolist():
            radius = (self.size[0] + size * (self.size[1] - self.size[0])) * min(height, width)
            x, y = u * width, v * height
            rows = slice(max(0, int(y - radius - 1)), int(y + radius + 2))
            columns = slice(max(0, int(x - radius - 1)), int(x + radius + 2))
            part = found[rows, columns]
            down, across = np.ogrid[
                rows.start : rows.start + part.shape[0], columns.start : columns.start + part.shape[1]
            ]
            away = np.hypot(across + 0.5 - x, down + 0.5 - y)[:, :, None]
            cover = np.clip(radius + 0.5 - away, 0, 1).astype(np.float32)
            part += (np.float32(0.25 + 0.45 * grey) - part) * cover
        return found


@dataclass(frozen=True, kw_only=True)
class Shadow(WeatherBase):
    """Throw the shadow of a random quadrangle with soft edges."""

    softness: float = fields.number(0.01, "width of the edge", low=0.0, high=0.5, unit="share of the shorter side")

    declares: ClassVar[Declaration] = photometric(
        devices=("cpu",), alters=frozenset({"brightness"}), level=Level("strength", 0.0, 0.9, unit="share")
    )

    def effect(self, light: NDArray[np.float32], strength: float, dice: Dice) -> NDArray[np.float32]:
        """Darken the quadrangle."""
        height, width = light.shape[:2]
        points = dice.uniform(4, 2) * 1.4 - 0.2
        hull = cv2.convexHull((points * [width, height] * 16).astype(np.int32))
        mask = np.zeros((height, width), np.uint8)
        cv2.fillConvexPoly(mask, hull, 255, cv2.LINE_AA, 4)
        cover = mask.astype(np.float32) / np.float32(255)
        sigma = self.softness * min(height, width)
        if sigma > 0.3:
            cover = cv2.GaussianBlur(cover, (0, 0), sigma)
        return light * (1 - np.float32(strength) * cover[:, :, None])


@dataclass(frozen=True, kw_only=True)
class Illumination(WeatherBase):
    """Light the picture unevenly: brighter to one side, darker to the other."""

    declares: ClassVar[Declaration] = photometric(
        devices=("cpu",), alters=frozenset({"brightness"}), level=Level("strength", 0.0, 1.0, unit="share")
    )

    def effect(self, light: NDArray[np.float32], strength: float, dice: Dice) -> NDArray[np.float32]:
        """Multiply by a slope in a random direction."""
        height, width = light.shape[:2]
        angle = np.deg2rad(dice.number(0.0, 360.0))
        y, x = (np.mgrid[0:height, 0:width] + 0.5) / np.array([height, width])[:, None, None] - 0.5
        slope = (x * np.cos(angle) + y * np.sin(angle)) / (abs(np.cos(angle)) + abs(np.sin(angle))) * 2
        return light * (1 + np.float32(0.8 * strength) * slope[:, :, None]).astype(np.float32)
