"""Hue, saturation and value of HSV, as torchvision and albumentations change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo, Declaration, Level, Params, Rng, param
from augreg_image.base import photometric
from augreg_image.kernelbase import KernelBase
from augreg_image.kernels.layout import Array, white_value
from augreg_image.kernels.warp_torch import either, settle
from augreg_image.noise import clip_to, column

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class HSV(KernelBase):
    """Turn the hue, and multiply saturation and value, of HSV.

    With a hue alone this is torchvision's ``adjust_hue``, which keeps the largest and the smallest channel of every
    pixel; ``image.hue`` keeps luma instead, and fuses.
    """

    hue: tuple[float, float] = param.interval(
        (-0.1, 0.1), "share of a full turn; x means -x to x", low=-0.5, high=0.5, centre=0.0, unit="turns"
    )
    saturation: tuple[float, float] = param.interval(
        (1.0, 1.0), "factor; x means 1-x to 1+x", low=0.0, centre=1.0, unit="ratio"
    )
    value: tuple[float, float] = param.interval(
        (1.0, 1.0), "factor; x means 1-x to 1+x", low=0.0, centre=1.0, unit="ratio"
    )

    declares: ClassVar[Declaration] = photometric(
        channels=(3, 4),
        alters=frozenset({"brightness", "hue", "saturation"}),
        level=Level("hue", 0.0, 0.3, signed=True),
        memory=13,
    )
    examples: ClassVar = ({"hue": 0.2, "saturation": 0.5, "value": 0.3},)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a turn and two factors per sample; with a level the factors are 1."""
        hue = self.sample("hue", rng, level)
        if level is not None:
            return Params(len(batch), hue=hue, saturation=np.ones(len(batch)), value=np.ones(len(batch)))
        saturation, value = (rng.uniform(name, *getattr(self, name)) for name in ("saturation", "value"))
        return Params(len(batch), hue=hue, saturation=saturation, value=value)

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Change one picture; alpha stays."""
        hue, saturation, value = (float(params[name][i]) for name in ("hue", "saturation", "value"))
        if (hue, saturation, value) == (0.0, 1.0, 1.0) or not image.size:
            return image
        white = np.float32(white_value(image.dtype))
        hsv = cv2.cvtColor(np.ascontiguousarray(image[:, :, :3]).astype(np.float32) / white, cv2.COLOR_RGB2HSV)
        hsv[:, :, 0] = np.mod(hsv[:, :, 0] + np.float32(360.0 * hue), np.float32(360.0))
        if saturation != 1.0:
            hsv[:, :, 1] = np.minimum(hsv[:, :, 1] * np.float32(saturation), 1.0)
        if value != 1.0:
            hsv[:, :, 2] = np.minimum(hsv[:, :, 2] * np.float32(value), 1.0)
        found = clip_to(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * white, image.dtype)
        return found if image.shape[2] == 3 else np.concatenate([found, image[:, :, 3:]], axis=2)

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Change the batch; alpha stays."""
        white = white_value(images.dtype)
        wide = images[:, :3].float() / white
        hue, saturation, value = (column(params.array(n), wide) for n in ("hue", "saturation", "value"))
        found = turned(wide, hue, saturation, value) * white
        still = (hue == 0) & (saturation == 1) & (value == 1)
        found = either(still, images[:, :3], settle(found.clamp_(0, white), images.dtype))
        return found if images.shape[1] == 3 else torch.cat([found, images[:, 3:]], dim=1)


def turned(rgb: torch.Tensor, hue: torch.Tensor, saturation: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Change RGB (B, 3, H, W) in shares of white by numbers (B, 1, 1, 1) each."""
    top, low = rgb.amax(dim=1, keepdim=True), rgb.amin(dim=1, keepdim=True)
    spread = top - low
    red, green, blue = torch.split(rgb, 1, dim=1)
    some = spread.clamp(min=1e-12)
    sector = torch.where(top == green, 2 + (blue - red) / some, 4 + (red - green) / some)
    sector = torch.where(top == red, (green - blue) / some, sector)
    h = torch.where(spread > 0, sector / 6, torch.zeros_like(sector)) + hue
    s = (spread / top.clamp(min=1e-12) * saturation).clamp_(max=1.0)
    v = (top * value).clamp_(max=1.0)
    # Each channel is v less s times v on one side of the color circle, with slopes a sixth of a turn wide.
    places = torch.tensor([5.0, 3.0, 1.0], device=rgb.device).view(1, 3, 1, 1)
    k = torch.remainder(places + 6 * h, 6)
    return v - v * s * torch.minimum(k, 4 - k).clamp(0, 1)
