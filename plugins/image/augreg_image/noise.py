"""Noise: a function of the sample's key, the same on every device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo, Declaration, Level, Params, Rng, param
from augreg_image.base import photometric
from augreg_image.kernelbase import KernelBase
from augreg_image.kernels import keyed_noise
from augreg_image.kernels.layout import Array, white_value
from augreg_image.kernels.warp_torch import either, settle, upload

Floats = NDArray[np.float64]

_NOISE = frozenset({"noise"})


@dataclass(frozen=True, kw_only=True)
class GaussianNoise(KernelBase):
    """Add Gaussian noise of random strength.

    Every value gets its own number; the noise of a sample depends on its key alone and is the same on every
    device. It ends at 4.2 standard deviations.
    """

    std: tuple[float, float] = param.interval(
        (0.02, 0.1), "standard deviation, as a share of white", low=0.0, high=1.0, unit="fraction"
    )
    mean: float = param.number(0.0, "added to every value, as a share of white", low=-1.0, high=1.0, unit="fraction")

    declares: ClassVar[Declaration] = photometric(alters=_NOISE, level=Level("std", 0.0, 0.2), memory=17)
    draws_per_value: ClassVar[bool] = True

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a strength and the key of the noise per sample."""
        return Params(len(batch), std=self.sample("std", rng, level), noise=rng.noise_key("noise"))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Add noise to one picture; without strength and mean it is left alone."""
        std = float(params["std"][i])
        if std == 0 and self.mean == 0:
            return image
        return add_grain(image, keyed_noise.normals(int(params["noise"][i]), image.shape), std, self.mean)

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Add noise to the batch."""
        white, wide = white_value(images.dtype), images.float()
        std = column(params.array("std") * white, wide)
        grain = keyed_noise.normals_torch(params.array("noise"), images)
        return settle((wide + (grain * std + self.mean * white)).clamp_(0, white), images.dtype)


def column(values: Floats, like: torch.Tensor) -> torch.Tensor:
    """Return numbers (n,) as (n, 1, 1, 1) beside images."""
    return upload(values, like).view(-1, 1, 1, 1)


def add_grain(image: Array, grain: NDArray[np.float32], gain: float, shift: float) -> Array:
    """Return image + gain * grain + shift, the latter two as shares of white, clipped to black and white."""
    white = white_value(image.dtype)
    if image.dtype in (np.uint8, np.uint16):
        kind = cv2.CV_8U if image.dtype == np.uint8 else cv2.CV_16U
        flat = image.reshape(image.shape[0], -1)
        found = cv2.addWeighted(flat, 1.0, grain.reshape(flat.shape), gain * white, shift * white, dtype=kind)
        return found.reshape(image.shape)
    found = image.astype(np.float32) + (grain * np.float32(gain) + np.float32(shift))
    return np.clip(found, 0.0, 1.0, out=found).astype(image.dtype, copy=False)


def clip_to(values: NDArray[np.float32], dtype: np.dtype) -> Array:
    """Bring values in units of a dtype to it: clipped to black and white, rounded for integers."""
    np.clip(values, 0.0, white_value(dtype), out=values)
    return (np.rint(values, out=values) if dtype.kind == "u" else values).astype(dtype, copy=False)


@dataclass(frozen=True, kw_only=True)
class AdditiveNoise(KernelBase):
    """Add noise of a uniform or a Laplace distribution.

    Uniform noise is what rounding leaves, Laplace noise has heavier tails than Gaussian noise; it ends at 7.8
    standard deviations.
    """

    std: tuple[float, float] = param.interval(
        (0.02, 0.1), "standard deviation, as a share of white", low=0.0, high=1.0, unit="fraction"
    )
    distribution: str = param.choice("uniform", "shape of the distribution", options=("uniform", "laplace"))
    per_channel: bool = param.flag(True, "a number for every channel, not one for every pixel")

    declares: ClassVar[Declaration] = photometric(alters=_NOISE, level=Level("std", 0.0, 0.2), memory=8.5)
    draws_per_value: ClassVar[bool] = True
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"distribution": "laplace", "per_channel": False},)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a strength and the key of the noise per sample."""
        return Params(len(batch), std=self.sample("std", rng, level), noise=rng.noise_key("noise"))

    def _quantiles(self) -> NDArray[np.float32]:
        """Return the quantiles of the distribution, of standard deviation 1, at the middles of 65,536 equal parts."""
        u = (np.arange(65536) + 0.5) / 65536 - 0.5
        shape: Floats
        shape = u * np.sqrt(12) if self.distribution == "uniform" else -np.sign(u) * np.log1p(-2 * np.abs(u)) / 2**0.5
        return shape.astype(np.float32)

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Add noise to one picture."""
        std = float(params["std"][i])
        if std == 0:
            return image
        shape = image.shape if self.per_channel else (*image.shape[:2], 1)
        grain = self._quantiles()[keyed_noise.halves(int(params["noise"][i]), shape)]
        return add_grain(image, np.ascontiguousarray(np.broadcast_to(grain, image.shape)), std, 0.0)

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Add noise to the batch."""
        channels, height, width = images.shape[1:]
        shape = (height, width, channels if self.per_channel else 1)
        dice = keyed_noise.halves_torch(params.array("noise"), shape, images.device).permute(0, 3, 1, 2)
        grain = torch.from_numpy(self._quantiles()).to(images.device)[dice]
        white = white_value(images.dtype)
        wide = images.float()
        return settle((wide + grain * column(params.array("std") * white, wide)).clamp_(0, white), images.dtype)


@dataclass(frozen=True, kw_only=True)
class MultiplicativeNoise(KernelBase):
    """Multiply every value by its own random factor.

    Also known as speckle noise.
    """

    std: tuple[float, float] = param.interval((0.05, 0.2), "standard deviation of the factor", low=0.0, high=2.0)
    per_channel: bool = param.flag(True, "a factor for every channel, not one for every pixel")

    declares: ClassVar[Declaration] = photometric(alters=_NOISE, level=Level("std", 0.0, 0.5), memory=17)
    draws_per_value: ClassVar[bool] = True

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a strength and the key of the noise per sample."""
        return Params(len(batch), std=self.sample("std", rng, level), noise=rng.noise_key("noise"))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Multiply one picture."""
        std = float(params["std"][i])
        if std == 0:
            return image
        shape = image.shape if self.per_channel else (*image.shape[:2], 1)
        factor = keyed_noise.normals(int(params["noise"][i]), shape) * np.float32(std) + np.float32(1.0)
        return clip_to(image.astype(np.float32) * factor, image.dtype)

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Multiply the batch."""
        wide = images.float()
        grain = keyed_noise.normals_torch(params.array("noise"), images, None if self.per_channel else 1)
        factor = grain * column(params.array("std"), wide) + 1.0
        return settle((wide * factor).clamp_(0, white_value(images.dtype)), images.dtype)


@dataclass(frozen=True, kw_only=True)
class ShotNoise(KernelBase):
    """Count photons: noise that grows with the square root of the light.

    Values become the counts of a Poisson process with on average ``1 / scale`` photons at white, through the
    normal approximation of Anscombe's transform: exact in mean and variance above a few photons.
    """

    scale: tuple[float, float] = param.interval(
        (0.002, 0.02), "one over the photons at white, as a share of it", low=0.0, high=1.0, unit="fraction"
    )

    declares: ClassVar[Declaration] = photometric(alters=_NOISE, level=Level("scale", 0.0, 0.1), memory=22)
    draws_per_value: ClassVar[bool] = True

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a strength and the key of the noise per sample."""
        return Params(len(batch), scale=self.sample("scale", rng, level), noise=rng.noise_key("noise"))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Add shot noise to one picture."""
        scale = float(params["scale"][i])
        if scale == 0:
            return image
        white = white_value(image.dtype)
        light = np.clip(image.astype(np.float32) / np.float32(white), 0.0, 1.0)
        grain = keyed_noise.normals(int(params["noise"][i]), image.shape)
        found = light + np.sqrt(light * np.float32(scale)) * grain
        return clip_to(found * np.float32(white), image.dtype)

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Add shot noise to the batch."""
        white = white_value(images.dtype)
        light = (images.float() / white).clamp_(0.0, 1.0)
        grain = keyed_noise.normals_torch(params.array("noise"), images)
        found = light + (light * column(params.array("scale"), light)).sqrt() * grain
        return settle((found * white).clamp_(0, white), images.dtype)


@dataclass(frozen=True, kw_only=True)
class ISONoise(KernelBase):
    """Add the noise of a camera at high sensitivity.

    Luminance noise that grows with the light, and colored noise: each pixel moves along the gray axis and,
    more weakly, across it.
    """

    luma: tuple[float, float] = param.interval(
        (0.02, 0.1), "luminance noise at white, as a share of it", low=0.0, high=1.0, unit="fraction"
    )
    chroma: tuple[float, float] = param.interval(
        (0.01, 0.05), "colored noise at white, as a share of it", low=0.0, high=1.0, unit="fraction"
    )

    declares: ClassVar[Declaration] = photometric(
        channels=(3,), alters=_NOISE, level=Level("luma", 0.0, 0.3), memory=24
    )
    draws_per_value: ClassVar[bool] = True

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw two strengths and the key of the noise per sample; a level sets both, color half as strong."""
        luma = self.sample("luma", rng, level)
        chroma = rng.uniform("chroma", *self.chroma) if level is None else luma / 2
        return Params(len(batch), luma=luma, chroma=chroma, noise=rng.noise_key("noise"))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Add noise to one picture."""
        luma, chroma = np.float32(params["luma"][i]), np.float32(params["chroma"][i])
        if luma == 0 and chroma == 0:
            return image
        white = np.float32(white_value(image.dtype))
        grain = keyed_noise.normals(int(params["noise"][i]), (*image.shape[:2], 4))
        wide = image.astype(np.float32)
        level = np.sqrt(np.clip(cv2.transform(wide, np.full((1, 3), 1 / (3 * white))), 0.0, 1.0)) * white
        mixed = cv2.transform(grain, np.concatenate([np.full((3, 1), luma), chroma * np.eye(3)], axis=1))
        return clip_to(cv2.multiply(mixed, cv2.merge([level] * 3), dst=mixed) + wide, image.dtype)

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Add noise to the batch."""
        white, wide = white_value(images.dtype), images.float()
        grain = keyed_noise.normals_torch(params.array("noise"), images, 4)
        level = (wide.mean(dim=1, keepdim=True) / white).clamp_(0.0, 1.0).sqrt() * white
        luma, chroma = column(params.array("luma"), wide), column(params.array("chroma"), wide)
        found = wide + (grain[:, :1] * luma + grain[:, 1:] * chroma) * level
        return settle(found.clamp_(0, white), images.dtype)


@dataclass(frozen=True, kw_only=True)
class SaltAndPepper(KernelBase):
    """Turn random pixels white or black."""

    amount: tuple[float, float] = param.interval((0.01, 0.06), "share of pixels", low=0.0, high=1.0, unit="fraction")
    salt: float = param.number(0.5, "share of white ones among them", low=0.0, high=1.0, unit="fraction")

    declares: ClassVar[Declaration] = photometric(alters=_NOISE, level=Level("amount", 0.0, 0.25), memory=4.5)
    draws_per_value: ClassVar[bool] = True

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a share and the key of the noise per sample."""
        return Params(len(batch), amount=self.sample("amount", rng, level), noise=rng.noise_key("noise"))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Turn pixels of one picture."""
        pepper, salt = self._limits(np.asarray(params["amount"][i]))
        if salt == 0:
            return image
        dice = keyed_noise.halves(int(params["noise"][i]), image.shape[:2])
        white = np.array(white_value(image.dtype)).astype(image.dtype)
        out = image.copy()
        hit = dice < salt
        out[hit] = np.where(dice[hit] < pepper, image.dtype.type(0), white)[:, None]
        return out

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Turn pixels of the batch."""
        dice = keyed_noise.halves_torch(params.array("noise"), tuple(images.shape[-2:]), images.device)[:, None]
        pepper, salt = (upload(v, dice, torch.int64).view(-1, 1, 1, 1) for v in self._limits(params.array("amount")))
        white = white_value(images.dtype)
        turned = torch.where(dice < pepper, 0.0, white).to(images.dtype)
        return either(dice < salt, turned, images)

    def _limits(self, amount: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the 16-bit numbers below which a pixel turns black, and below which it turns at all."""
        every = np.rint(amount * 65536.0).astype(np.int64)
        return np.rint(every * (1.0 - self.salt)).astype(np.int64), every
