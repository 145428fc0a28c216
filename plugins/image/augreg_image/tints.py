"""Tints of light, film and tissue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo, Declaration, Level, Params, Rng, param
from augreg_image.base import ColorBase, photometric
from augreg_image.color import affine_stage
from augreg_image.kernelbase import KernelBase
from augreg_image.kernels.layout import Array, white_value
from augreg_image.kernels.warp_torch import settle, upload
from augreg_image.noise import clip_to
from augreg_image.ops import ImageOp

Floats = NDArray[np.float64]

_COLOR = frozenset({"hue", "saturation"})

SEPIA: Final = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
"""The usual map to brown."""

PCA_VALUES: Final = np.array([0.2175, 0.0188, 0.0045])
PCA_VECTORS: Final = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
"""Principal components of the colors of ImageNet, in shares of white."""

STAINS: Final = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
"""What hematoxylin, eosin and a residual take from red, green and blue (Ruifrok and Johnston, 2001)."""


@dataclass(frozen=True, kw_only=True)
class Sepia(ColorBase):
    """Turn the picture towards the brown of old photographs."""

    amount: tuple[float, float] = param.interval((0.4, 1.0), "share of brown", low=0.0, high=1.0, unit="fraction")

    declares: ClassVar[Declaration] = photometric(
        channels=(3, 4), alters=_COLOR, level=Level("amount", 0.0, 1.0), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a share per sample."""
        return Params(len(batch), amount=self.sample("amount", rng, level))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the color operator."""
        amount = params.array("amount")[:, None, None]
        return ImageOp((affine_stage((1.0 - amount) * np.eye(3) + amount * SEPIA),))


@dataclass(frozen=True, kw_only=True)
class PlanckianJitter(ColorBase):
    """Change the color of the light to that of a black body of a random temperature.

    Zini et al., "Planckian Jitter", 2023. Low temperatures are warm, high ones cold, 6500 K changes nothing; green
    stays. The colors of black bodies are Kim's approximation (2002) in linear sRGB.
    """

    temperature: tuple[float, float] = param.interval(
        (4000.0, 12000.0), "temperature of the light", low=1700.0, high=25000.0, unit="K"
    )

    declares: ClassVar[Declaration] = photometric(
        channels=(3, 4), alters=_COLOR, level=Level("temperature", 6500.0, 15000.0, "log", signed=True), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a temperature, uniform in its logarithm, per sample."""
        if level is None:
            return Params(len(batch), temperature=rng.log_uniform("temperature", *self.temperature))
        return Params(len(batch), temperature=self.sample("temperature", rng, level))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the color operator."""
        light = black_body(params.array("temperature")) / black_body(np.array([6500.0]))
        gain = light / light[:, 1:2]
        return ImageOp((affine_stage(gain[:, :, None] * np.eye(3)),))


def black_body(kelvin: Floats) -> Floats:
    """Return the linear sRGB colors (n, 3) of black bodies, of equal luminance."""
    t = 1000.0 / np.asarray(kelvin, dtype=np.float64)
    warm = np.polyval([-0.2661239, -0.2343589, 0.8776956, 0.179910], t)
    cold = np.polyval([-3.0258469, 2.1070379, 0.2226347, 0.240390], t)
    x = np.where(t > 0.25, warm, cold)
    low = np.polyval([-1.1063814, -1.34811020, 2.18555832, -0.20219683], x)
    middle = np.polyval([-0.9549476, -1.37418593, 2.09137015, -0.16748867], x)
    high = np.polyval([3.0817580, -5.87338670, 3.75112997, -0.37001483], x)
    y = np.select([t > 1000 / 2222, t > 0.25], [low, middle], high)
    xyz = np.stack([x / y, np.ones_like(x), (1 - x - y) / y], axis=1)
    to_rgb = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
    found: Floats = np.maximum(xyz @ to_rgb.T, 1e-3)
    return found


@dataclass(frozen=True, kw_only=True)
class FancyPCA(ColorBase):
    """Shift all colors along the principal components of natural colors.

    Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012: each
    of the components of ImageNet is added times its variance and a random normal number.
    """

    std: tuple[float, float] = param.interval(
        (0.1, 0.5), "standard deviation of the number; 0.1 in the paper", low=0.0, high=10.0
    )

    declares: ClassVar[Declaration] = photometric(
        channels=(3, 4), alters=_COLOR | {"brightness"}, level=Level("std", 0.0, 1.5), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw three numbers per sample."""
        return Params(len(batch), alpha=self.sample("std", rng, level)[:, None] * rng.normal("alpha", size=3))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the color operator."""
        shift = (params.array("alpha").reshape(-1, 3) * PCA_VALUES) @ PCA_VECTORS.T
        return ImageOp((affine_stage(np.tile(np.eye(3), (len(info), 1, 1)), shift),))


@dataclass(frozen=True, kw_only=True)
class HEStain(KernelBase):
    """Change how strongly tissue is stained with hematoxylin and eosin.

    Tellez et al., "Whole-Slide Mitosis Detection in H&E Breast Histology", 2018: amounts of stain are optical
    densities; each is multiplied by 1 plus, and then shifted by, random numbers up to the strength.
    """

    strength: tuple[float, float] = param.interval(
        (0.05, 0.2), "largest change of an amount", low=0.0, high=1.0, unit="fraction"
    )

    declares: ClassVar[Declaration] = photometric(
        channels=(3,), alters=_COLOR, level=Level("strength", 0.0, 0.6), memory=16
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw factors and shifts of the three stains, float64 (n, 3) each, per sample."""
        size = self.sample("strength", rng, level)[:, None]
        factor = 1.0 + size * rng.uniform("factor", -1.0, 1.0, size=3)
        return Params(len(batch), factor=factor, shift=0.1 * size * rng.uniform("shift", -1.0, 1.0, size=3))

    def maps(self, params: Params, rows: Floats | slice) -> tuple[Floats, Floats]:
        """Return maps (..., 3, 3) and offsets (..., 3) of optical densities."""
        factor, shift = params.array("factor")[rows], params.array("shift")[rows]
        apart = np.linalg.inv(STAINS)
        return (STAINS.T * factor[..., None, :]) @ apart.T, shift @ STAINS

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Stain one picture."""
        gain, shift = self.maps(params, slice(i, i + 1))
        if (params["factor"][i] == 1.0).all() and not shift.any():
            return image
        white = np.float32(white_value(image.dtype))
        density = -np.log(np.maximum(image.astype(np.float32) / white, np.float32(1 / 255)))
        found = np.exp(-(density @ gain[0].T.astype(np.float32) + shift[0].astype(np.float32)))
        return clip_to(found * white, image.dtype)

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Stain the batch."""
        gain, shift = self.maps(params, slice(None))
        white, wide = white_value(images.dtype), images.float()
        density = -(wide / white).clamp(min=1 / 255).log().flatten(2)
        found = torch.baddbmm(upload(shift, wide)[:, :, None], upload(gain, wide), density)
        still = (params.array("factor") == 1.0).all(axis=1) & ~shift.any(axis=1)
        found = (-found).exp().view(images.shape).mul(white).clamp_(0, white)
        kept = torch.from_numpy(still).to(images.device).view(-1, 1, 1, 1)
        return settle(torch.where(kept, wide, found), images.dtype)
