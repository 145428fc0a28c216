"""Effects of random strength on a picture in shares of white, guided by random fields."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo, Params, Rng, param
from augreg_image.corruptions.fields import Dice, Picture
from augreg_image.corruptions.fields_torch import BatchDice
from augreg_image.kernelbase import KernelBase
from augreg_image.kernels.layout import Array, white_value
from augreg_image.kernels.warp_torch import settle
from augreg_image.noise import clip_to, column

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class EffectBase(KernelBase):
    """An effect of random strength on a picture of floats, with random fields from one key."""

    strength: tuple[float, float] = param.interval((0.2, 0.6), "strength", low=0.0, high=1.0, unit="fraction")

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a strength and the key of the fields per sample."""
        return Params(len(batch), strength=self.sample("strength", rng, level), noise=rng.noise_key("noise"))

    def effect(self, light: Picture, strength: float, dice: Dice) -> Picture:
        """Return a picture (H, W, C) in shares of white."""
        raise NotImplementedError

    def effect_on_device(self, light: torch.Tensor, strength: Floats, dice: BatchDice) -> torch.Tensor:
        """Return pictures (B, C, H, W) in shares of white, for strengths (B,)."""
        raise NotImplementedError

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Change one picture; strength 0 leaves it alone."""
        strength = float(params["strength"][i])
        if strength == 0 or not image.size:
            return image
        white = np.float32(white_value(image.dtype))
        found = self.effect(image.astype(np.float32) / white, strength, Dice(int(params["noise"][i])))
        return clip_to(np.asarray(found * white, dtype=np.float32), image.dtype)

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Change the batch; strength 0 leaves an image alone."""
        strength, white, wide = params.array("strength"), white_value(images.dtype), images.float()
        dice = BatchDice(params.array("noise"), images.device)
        found = self.effect_on_device(wide / white, strength, dice) * white
        return settle(torch.where(column(strength, wide) > 0, found.clamp_(0, white), wide), images.dtype)
