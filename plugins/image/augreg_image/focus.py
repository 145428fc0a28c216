"""Blurs of lenses and glass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from augreg import BatchInfo, Declaration, Level, Params, Rng, param
from augreg_image.base import SHORTER_SIDE, photometric
from augreg_image.blur import short_side
from augreg_image.corruptions import fields_torch as on_device
from augreg_image.corruptions.fields import Dice, gaussian
from augreg_image.corruptions.fields_torch import BatchDice
from augreg_image.kernelbase import KernelBase
from augreg_image.kernels.channels import in_fours, quartet
from augreg_image.kernels.filters import filter_cpu, filter_torch, saturated
from augreg_image.kernels.layout import Array, keep_axis, white_value
from augreg_image.kernels.warp_torch import settle, upload
from augreg_image.noise import column

Floats = NDArray[np.float64]

_ALTERS = frozenset({"sharpness"})


@dataclass(frozen=True, kw_only=True)
class DefocusBlur(KernelBase):
    """Get out of focus: every point becomes a disc.

    A level sets the radius as a share of the shorter side.
    """

    radius: tuple[float, float] = param.interval((1.0, 5.0), "radius of the disc", low=0.0, high=64.0, unit="px")
    softness: float = param.number(0.5, "blur of the disc's edge", low=0.05, high=5.0, unit="px")

    declares: ClassVar[Declaration] = photometric(
        alters=_ALTERS, level=Level("radius", 0.0, 0.05, relative_to=SHORTER_SIDE), memory=12
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a radius in pixels per sample."""
        radius = self.sample("radius", rng, level)
        return Params(len(batch), radius=radius if level is None else radius * short_side(batch))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Blur one picture."""
        radius = float(params["radius"][i])
        return image if radius < 0.5 or not image.size else filter_cpu(image, lens(radius, self.softness))

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Blur the batch."""
        radii = params.array("radius").tolist()
        return filter_torch(images, [np.ones((1, 1)) if r < 0.5 else lens(r, self.softness) for r in radii])


def lens(radius: float, softness: float) -> Floats:
    """Return the weights (k, k) of a disc whose edge fades over ``softness`` pixels on either side."""
    reach = int(np.ceil(radius + softness))
    side = np.arange(-reach, reach + 1, dtype=np.float64)
    distance = np.sqrt(side[:, None] ** 2 + side**2)
    weights = np.clip((radius + softness - distance) / (2 * softness), 0.0, 1.0)
    total: np.float64 = weights.sum()
    return weights / total


@dataclass(frozen=True, kw_only=True)
class ZoomBlur(KernelBase):
    """Move towards the picture while the shutter is open.

    The mean of the picture enlarged by factors from 1 to a random one.
    """

    factor: tuple[float, float] = param.interval((1.05, 1.25), "largest enlargement", low=1.0, high=4.0, unit="ratio")
    steps: int = param.integer(8, "pictures in the mean", low=2, high=64)

    declares: ClassVar[Declaration] = photometric(
        dtypes=("uint8", "uint16", "float32"), alters=_ALTERS, level=Level("factor", 1.0, 1.4), memory=24
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a largest enlargement per sample."""
        return Params(len(batch), factor=self.sample("factor", rng, level))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Blur one picture."""
        factor = float(params["factor"][i])
        if factor == 1.0 or not image.size:
            return image
        factors = np.linspace(1.0, factor, self.steps)[1:].tolist()
        return in_fours(lambda part, *_: mean_of_enlarged(part, factors), image)

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Blur the batch."""
        factors, wide = params.array("factor"), images.float()
        total = torch.zeros_like(wide)
        for share in np.linspace(0.0, 1.0, self.steps):
            total += enlarged_torch(wide, 1.0 + (factors - 1.0) * share)
        blurred = (total / self.steps).clamp_(0, white_value(images.dtype))
        return settle(torch.where(column(factors, wide) == 1.0, wide, blurred), images.dtype)


def mean_of_enlarged(image: Array, factors: list[float]) -> Array:
    """Return the mean of a picture of one, three or four channels and of that picture enlarged by some factors."""
    wide = quartet(image.astype(np.float32))
    total = wide.copy()
    for factor in factors:
        total += enlarged(wide, factor)
    total *= np.float32(1 / (len(factors) + 1))
    found = saturated(total, image.dtype)
    return cv2.cvtColor(found, cv2.COLOR_RGBA2RGB) if image.shape[2] == 3 else found


def enlarged(image: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """Enlarge a picture of at most four channels about its middle, at the same size."""
    height, width = image.shape[:2]
    step = 1.0 / factor
    places = np.array([[step, 0.0, (width - 1) / 2 * (1 - step)], [0.0, step, (height - 1) / 2 * (1 - step)]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return keep_axis(cv2.warpAffine(image, places, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE))


def enlarged_torch(images: torch.Tensor, factor: Floats) -> torch.Tensor:
    """Enlarge float images (B, C, H, W) by a factor each, (B,), as :func:`enlarged`."""
    theta = torch.zeros(len(images), 2, 3, device=images.device)
    theta[:, 0, 0] = theta[:, 1, 1] = upload(1.0 / factor, images)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, "bilinear", "border", align_corners=False)


@dataclass(frozen=True, kw_only=True)
class GlassBlur(KernelBase):
    """Look through frosted glass: every pixel shows a near one."""

    reach: tuple[int, int] = param.interval((1, 3), "farthest to show", low=0, high=8, integral=True, unit="px")
    sigma: float = param.number(0.7, "blur before and after", low=0.1, high=5.0, unit="px")

    declares: ClassVar[Declaration] = photometric(
        alters=_ALTERS, level=Level("reach", 0.0, 0.03, relative_to=SHORTER_SIDE), memory=26
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a reach and the key of the near pixels per sample; a level may set parts of a pixel."""
        if level is None:
            reach: NDArray[np.int64 | np.float64] = rng.integers("reach", int(self.reach[0]), int(self.reach[1]) + 1)
        else:
            reach = self.sample("reach", rng, level) * short_side(batch)
        return Params(len(batch), reach=reach, noise=rng.noise_key("noise"))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Shatter one picture."""
        reach = float(params["reach"][i])
        if reach == 0 or not image.size:
            return image
        height, width, channels = image.shape
        sigma = self.sigma * min(1.0, reach)
        soft = gaussian(image.astype(np.float32), sigma)
        source = near_pixels(height, width, reach, Dice(int(params["noise"][i])))
        shown = soft.reshape(-1, channels)[source].reshape(image.shape)
        return saturated(gaussian(shown, sigma), image.dtype)

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Shatter the batch."""
        height, width = images.shape[-2:]
        reach, wide = params.array("reach").astype(np.float64), images.float()
        sigma = self.sigma * np.minimum(1.0, reach)
        dice = BatchDice(params.array("noise"), images.device).uniform(2, height, width)
        down, across = ((dice - 0.5) * column(2 * reach + 1, wide)).round_().long().unbind(1)
        y, x = (torch.arange(n, device=images.device) for n in (height, width))
        source = (y[:, None] + down).clamp(0, height - 1) * width + (x + across).clamp(0, width - 1)
        soft = on_device.gaussian(wide, sigma).flatten(2)
        shown = soft.gather(2, source.flatten(1)[:, None].expand(-1, soft.shape[1], -1)).view(wide.shape)
        found = on_device.gaussian(shown, sigma).clamp_(0, white_value(images.dtype))
        return settle(torch.where(column(reach, wide) == 0, wide, found), images.dtype)


def near_pixels(height: int, width: int, reach: float, dice: Dice) -> NDArray[np.int64]:
    """Return, for every pixel a random one at most ``reach`` away along each axis, numbered in reading order."""
    move = np.rint((dice.uniform(2, height, width) - 0.5) * (2 * reach + 1)).astype(np.int64)
    y, x = np.mgrid[0:height, 0:width] + move
    found: NDArray[np.int64] = np.clip(y, 0, height - 1) * width + np.clip(x, 0, width - 1)
    return found.ravel()


@dataclass(frozen=True, kw_only=True)
class AnisotropicBlur(KernelBase):
    """Blur more along one direction than across it.

    A generalized Gaussian exp(-(x**2 / a**2 + y**2 / b**2)**shape / 2), turned by a random angle, as in blind
    super-resolution (Wang et al., "Real-ESRGAN", 2021). A level sets the larger width as a share of the shorter
    side.
    """

    sigma: tuple[float, float] = param.interval((0.5, 3.0), "larger width", low=0.0, high=50.0, unit="px")
    ratio: tuple[float, float] = param.interval(
        (0.2, 1.0), "smaller over larger width", low=0.01, high=1.0, unit="ratio"
    )
    shape: tuple[float, float] = param.interval(
        (0.5, 2.0), "1: a Gaussian; less: peaked; more: flat", low=0.25, high=8.0
    )

    declares: ClassVar[Declaration] = photometric(
        alters=_ALTERS, level=Level("sigma", 0.0, 0.03, relative_to=SHORTER_SIDE), memory=13
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw width, ratio, shape and angle per sample."""
        sigma = self.sample("sigma", rng, level)
        drawn = {name: rng.uniform(name, *getattr(self, name)) for name in ("ratio", "shape")}
        if level is not None:
            sigma = sigma * short_side(batch)
        return Params(len(batch), drawn, sigma=sigma, degrees=rng.uniform("degrees", 0.0, 180.0))

    def _kernel(self, params: Params, i: int) -> Floats:
        sigma, ratio, shape, degrees = (float(params[n][i]) for n in ("sigma", "ratio", "shape", "degrees"))
        return bell(max(sigma, 1e-3), max(sigma * ratio, 1e-3), shape, degrees)

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Blur one picture."""
        return image if params["sigma"][i] == 0 or not image.size else filter_cpu(image, self._kernel(params, i))

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Blur the batch."""
        return filter_torch(images, [self._kernel(params, i) for i in range(len(images))])


def bell(along: float, across: float, shape: float, degrees: float) -> Floats:
    """Return the weights (k, k) of a generalized Gaussian, averaged over each pixel."""
    # Where the shape is peaked the tails are long: cut where the weight falls under e**-8.
    reach = max(1, int(np.ceil(along * min(4.0 ** (1 / shape), 8.0))))
    finer = 5
    side = (np.arange((2 * reach + 1) * finer) + 0.5) / finer - reach - 0.5
    x, y = side[None, :], -side[:, None]
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    distance = ((x * c + y * s) / along) ** 2 + ((y * c - x * s) / across) ** 2
    fine = np.exp(-0.5 * distance**shape)
    weights: Floats = fine.reshape(2 * reach + 1, finer, 2 * reach + 1, finer).sum(axis=(1, 3))
    return weights / max(float(weights.sum()), 1e-300)


@dataclass(frozen=True, kw_only=True)
class Ringing(KernelBase):
    """Let edges ring, as sharp low-pass filters and strong sharpening do.

    The picture is filtered with the circular sinc of a cutoff frequency, as in Wang et al., "Real-ESRGAN", 2021. With
    a level the cutoff is that of ten waves along the shorter side.
    """

    cutoff: tuple[float, float] = param.interval(
        (0.25, 0.5), "cutoff; 1 is the finest pattern that pixels can show", low=0.05, high=1.0, unit="fraction"
    )
    amount: tuple[float, float] = param.interval(
        (1.0, 1.0), "share of the filtered picture", low=0.0, high=1.0, unit="fraction"
    )
    rings: float = param.number(4.0, "number of rings", low=1.0, high=10.0)

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"sharpness", "artifacts"}), level=Level("amount", 0.0, 1.0), memory=11
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a cutoff and a share per sample."""
        cutoff = rng.uniform("cutoff", *self.cutoff)
        if level is not None:
            cutoff = np.clip(20.0 / short_side(batch), 0.05, 1.0)
        return Params(len(batch), cutoff=cutoff, amount=self.sample("amount", rng, level))

    def _kernel(self, params: Params, i: int) -> Floats:
        cutoff, amount = float(params["cutoff"][i]), float(params["amount"][i])
        kernel = amount * ring(cutoff, int(np.ceil(self.rings / cutoff)))
        middle = len(kernel) // 2
        kernel[middle, middle] += 1.0 - amount
        return kernel

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Filter one picture."""
        if params["amount"][i] == 0 or not image.size:
            return image
        return filter_cpu(image, self._kernel(params, i))

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Filter the batch."""
        return filter_torch(images, [self._kernel(params, i) for i in range(len(images))])


def ring(cutoff: float, reach: int) -> Floats:
    """Return the weights (2 reach + 1, 2 reach + 1) of the circular low-pass filter, which add up to 1."""
    side = np.arange(reach + 1)
    squares, place = np.unique(side[:, None] ** 2 + side**2, return_inverse=True)
    radius = np.sqrt(squares) * np.pi * cutoff
    # Bessel's J1(r) / r as the mean of cos(r cos(t)) sin(t)**2 over a half circle: 64 points do for every r here.
    t = (np.arange(64) + 0.5) / 64 * np.pi
    quarter = (np.cos(radius[:, None] * np.cos(t)) * np.sin(t) ** 2).mean(axis=1)[place].reshape(reach + 1, reach + 1)
    fold = np.abs(np.arange(-reach, reach + 1))
    weights: Floats = quarter[fold[:, None], fold]
    total: np.float64 = weights.sum()
    return weights / total
