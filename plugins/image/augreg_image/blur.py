"""Blurs of every direction and of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo, Declaration, Level, Params, Rng, param
from augreg_image.base import SHORTER_SIDE, photometric
from augreg_image.kernelbase import KernelBase
from augreg_image.kernels.channels import in_fours
from augreg_image.kernels.filters import (
    filter_cpu,
    filter_torch,
    gaussian_weights,
    median_torch,
    motion_kernel,
    separable_cpu,
    separable_torch,
)
from augreg_image.kernels.layout import Array, keep_axis, white_value
from augreg_image.kernels.warp_torch import settle, upload

Floats = NDArray[np.float64]

_ALTERS = frozenset({"sharpness"})


def short_side(info: BatchInfo) -> Floats:
    """Return the shorter side of every picture, float64 (n,)."""
    shorter: NDArray[np.int64] = info.shapes[:, -2:].min(axis=1)
    return shorter.astype(np.float64)


def _cut(dtype: Any) -> float:
    """Return where to cut a Gaussian off: a byte cannot show what lies further out."""
    return 3.1 if white_value(dtype) == 255 else 4.0


@dataclass(frozen=True, kw_only=True)
class GaussianBlur(KernelBase):
    """Blur with a Gaussian of random width.

    ``sigma`` is in pixels, as everywhere in the field. A level sets it as a share of the shorter side instead,
    so that a strength means the same for every size.
    """

    sigma: tuple[float, float] = param.interval((0.1, 2.0), "standard deviation", low=0.0, high=100.0, unit="px")

    declares: ClassVar[Declaration] = photometric(
        alters=_ALTERS, level=Level("sigma", 0.0, 0.02, relative_to=SHORTER_SIDE), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a width in pixels per sample."""
        sigma = self.sample("sigma", rng, level)
        return Params(len(batch), sigma=sigma if level is None else sigma * short_side(batch))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Blur one picture; a width of 0 leaves it alone."""
        sigma = float(params["sigma"][i])
        return separable_cpu(image, gaussian_weights(sigma, _cut(image.dtype))) if sigma > 0 else image

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Blur the batch."""
        widths, cut = params.array("sigma").tolist(), _cut(images.dtype)
        return separable_torch(images, [gaussian_weights(s, cut) if s > 0 else np.ones(1) for s in widths])


@dataclass(frozen=True, kw_only=True)
class SizeBase(KernelBase):
    """A blur over a window of odd size; a level sets any size from 1 on, as a share of the shorter side."""

    size: tuple[int, int] = param.interval((3, 7), "side of the window; odd", low=0, high=255, integral=True, unit="px")

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw an odd size in pixels per sample."""
        if level is not None:
            return Params(len(batch), size=np.minimum(1.0 + self.sample("size", rng, level) * short_side(batch), 255.0))
        reach = rng.integers("size", int(self.size[0]) // 2, int(self.size[1]) // 2 + 1)
        return Params(len(batch), size=2 * reach + 1)

    def __post_init__(self) -> None:
        super().__post_init__()
        first = int(self.size[0]) // 2 * 2 + 1
        last = max(first, (int(self.size[1]) - 1) // 2 * 2 + 1)
        object.__setattr__(self, "size", (first, last))


def box_weights(size: float) -> Floats:
    """Return an odd number of equal weights; the outermost ones are smaller where the size is no odd number."""
    reach = int(np.ceil((size - 1) / 2 - 1e-9))
    weights = np.full(2 * reach + 1, 1.0 / size)
    if reach:
        weights[[0, -1]] = ((size - 1) / 2 - (reach - 1)) / size
    return weights


@dataclass(frozen=True, kw_only=True)
class BoxBlur(SizeBase):
    """Average over a square window of random size."""

    declares: ClassVar[Declaration] = photometric(
        alters=_ALTERS, level=Level("size", 0.0, 0.1, relative_to=SHORTER_SIDE), memory=1.5
    )

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Average one picture."""
        size = float(params["size"][i])
        return separable_cpu(image, box_weights(size)) if size > 1 else image

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Average the batch."""
        return separable_torch(images, [box_weights(s) for s in params.array("size").tolist()])


@dataclass(frozen=True, kw_only=True)
class MedianBlur(SizeBase):
    """Take the median over a square window of random size.

    At the edges the outermost pixels are repeated, as OpenCV does. Where a level sets a size between two odd
    numbers, the result is the mean of both medians, weighted.
    """

    declares: ClassVar[Declaration] = photometric(
        dtypes=("uint8", "uint16", "float32"),
        alters=_ALTERS,
        level=Level("size", 0.0, 0.1, relative_to=SHORTER_SIDE),
        memory=2.5,
    )

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Take the median of one picture."""
        size, share = _odd_below(float(params["size"][i]))
        if not image.size:
            return image
        found = median(image, size)
        if share == 0:
            return found
        return keep_axis(cv2.addWeighted(found, 1.0 - share, median(image, size + 2), share, 0.0))

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Take the median of the batch."""
        sizes, shares = zip(*(_odd_below(s) for s in params.array("size").tolist()), strict=True)
        found = median_torch(images, list(sizes))
        if not any(shares):
            return found
        larger = median_torch(images, [s + 2 if share else s for s, share in zip(sizes, shares, strict=True)])
        weight = upload(np.array(shares), images.float()).view(-1, 1, 1, 1)
        return settle(found.float() * (1.0 - weight) + larger.float() * weight, images.dtype)


def _odd_below(size: float) -> tuple[int, float]:
    """Return the largest odd number up to a size, and how far the size is on the way to the next one."""
    odd = int((size - 1) / 2 + 1e-9) * 2 + 1
    share = (size - odd) / 2
    return odd, share if share > 1e-6 else 0.0


def median(image: Array, size: int) -> Array:
    """Return the medians of an image (H, W, C) over windows of odd size; the image itself for windows of one."""
    if size == 1:
        return image
    if image.dtype == np.uint8 or size <= 5:
        return in_fours(lambda part, *_: cv2.medianBlur(part, size), image)
    padded = np.pad(image, ((size // 2,) * 2, (size // 2,) * 2, (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(0, 1))
    medians: Array = np.median(windows, axis=(3, 4))
    return medians.astype(image.dtype)


@dataclass(frozen=True, kw_only=True)
class MotionBlur(KernelBase):
    """Blur along a line of random length and direction."""

    length: tuple[float, float] = param.interval((3.0, 9.0), "length of the line", low=0.0, high=255.0, unit="px")
    degrees: tuple[float, float] = param.interval(
        (-180.0, 180.0), "direction, counter-clockwise from the right", centre=0.0, unit="degrees"
    )

    declares: ClassVar[Declaration] = photometric(
        alters=_ALTERS, level=Level("length", 0.0, 0.12, relative_to=SHORTER_SIDE), memory=11.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a length in pixels and a direction per sample; a level sets a share of the shorter side."""
        length = self.sample("length", rng, level)
        if level is not None:
            length = length * short_side(batch)
        return Params(len(batch), length=length, degrees=rng.uniform("degrees", *self.degrees))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Blur one picture."""
        length = float(params["length"][i])
        return filter_cpu(image, motion_kernel(length, float(params["degrees"][i]))) if length > 1 else image

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Blur the batch."""
        pairs = zip(params.array("length").tolist(), params.array("degrees").tolist(), strict=True)
        return filter_torch(images, [motion_kernel(length, degrees) for length, degrees in pairs])
