"""Sharpening."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo, Declaration, Level, Params, Rng, param
from augreg_image.base import photometric
from augreg_image.blur import short_side
from augreg_image.kernelbase import KernelBase
from augreg_image.kernels.filters import filter_cpu, filter_torch, gaussian_weights, separable_cpu, separable_torch
from augreg_image.kernels.layout import Array, keep_axis, white_value
from augreg_image.kernels.warp_torch import settle, upload

Floats = NDArray[np.float64]

_SMOOTH: Final = np.array([[1.0, 1.0, 1.0], [1.0, 5.0, 1.0], [1.0, 1.0, 1.0]]) / 13.0
_IDENTITY: Final = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
_ALTERS = frozenset({"sharpness"})


@dataclass(frozen=True, kw_only=True)
class Sharpen(KernelBase):
    """Move the picture away from or towards a smoothed one.

    Factor 0 smooths, 1 changes nothing, 2 sharpens: PIL's ImageEnhance.Sharpness, but for the outermost pixels,
    which are filtered too (mirrored beyond the edge).
    """

    factor: tuple[float, float] = param.interval(
        (1.0, 2.5), "1: no change; x means 1-x to 1+x", low=0.0, centre=1.0, unit="ratio"
    )

    declares: ClassVar[Declaration] = photometric(
        alters=_ALTERS, level=Level("factor", 1.0, 1.9, signed=True), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a factor per sample."""
        return Params(len(batch), factor=self.sample("factor", rng, level))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Sharpen one picture."""
        factor = float(params["factor"][i])
        return image if factor == 1.0 else filter_cpu(image, _blend(factor))

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Sharpen the batch."""
        return filter_torch(images, [_blend(f) for f in params.array("factor").tolist()])


def _blend(factor: float) -> Floats:
    return factor * _IDENTITY + (1.0 - factor) * _SMOOTH


def clipped(image: Array) -> Array:
    """Clip floats to black and white; integers saturate by themselves."""
    return np.clip(image, 0, 1) if image.dtype.kind == "f" else image


@dataclass(frozen=True, kw_only=True)
class UnsharpMask(KernelBase):
    """Add what a Gaussian blur takes away.

    Where picture and blurred picture differ by less than ``threshold`` nothing is added.
    """

    sigma: tuple[float, float] = param.interval((0.5, 2.0), "width of the blur", low=0.05, high=50.0, unit="px")
    amount: tuple[float, float] = param.interval(
        (0.2, 1.0), "share of the difference added", low=0.0, high=10.0, unit="fraction"
    )
    threshold: float = param.number(0.0, "smallest difference, as a share of white", low=0.0, high=1.0, unit="fraction")

    declares: ClassVar[Declaration] = photometric(alters=_ALTERS, level=Level("amount", 0.0, 3.0), memory=2.5)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw width and amount per sample; with a level the width is a fiftieth of the shorter side."""
        sigma = rng.uniform("sigma", *self.sigma) if level is None else np.maximum(0.3, short_side(batch) / 50)
        return Params(len(batch), sigma=sigma, amount=self.sample("amount", rng, level))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Sharpen one picture."""
        amount = float(params["amount"][i])
        if amount == 0.0:
            return image
        wide = image if image.dtype != np.float16 else image.astype(np.float32)
        soft = separable_cpu(wide, gaussian_weights(float(params["sigma"][i])))
        found = clipped(keep_axis(cv2.addWeighted(wide, 1.0 + amount, soft, -amount, 0.0)))
        if self.threshold:
            far = np.abs(wide.astype(np.float32) - soft) >= self.threshold * white_value(image.dtype)
            found = np.where(far, found, wide)
        return found.astype(image.dtype, copy=False)

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Sharpen the batch."""
        white = white_value(images.dtype)
        soft = separable_torch(images, [gaussian_weights(s) for s in params.array("sigma").tolist()]).float()
        wide = images.float()
        amount = upload(params.array("amount"), wide).view(-1, 1, 1, 1)
        found = (wide + amount * (wide - soft)).clamp_(0.0, white)
        if self.threshold:
            found = torch.where((wide - soft).abs() >= self.threshold * white, found, wide)
        return settle(found, images.dtype)


@dataclass(frozen=True, kw_only=True)
class Emboss(KernelBase):
    """Bring out edges as if lit from the top left."""

    strength: tuple[float, float] = param.interval((0.2, 0.7), "strength of the relief", low=0.0, high=5.0)
    blend: tuple[float, float] = param.interval(
        (0.3, 0.6), "share of the relief in the result", low=0.0, high=1.0, unit="fraction"
    )

    declares: ClassVar[Declaration] = photometric(alters=_ALTERS, level=Level("blend", 0.0, 0.9), memory=1.5)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw strength and share per sample."""
        strength = rng.uniform("strength", *self.strength)
        return Params(len(batch), strength=strength, blend=self.sample("blend", rng, level))

    def kernel(self, params: Params, i: int) -> Floats:
        """Return the weights (3, 3)."""
        s, share = float(params["strength"][i]), float(params["blend"][i])
        relief = np.array([[-1.0 - s, 0.0 - s, 0.0], [0.0 - s, 1.0, 0.0 + s], [0.0, 0.0 + s, 1.0 + s]])
        return (1.0 - share) * _IDENTITY + share * relief

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Emboss one picture."""
        return image if params["blend"][i] == 0 else filter_cpu(image, self.kernel(params, i))

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Emboss the batch."""
        return filter_torch(images, [self.kernel(params, i) for i in range(len(images))])
