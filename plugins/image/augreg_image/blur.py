"""Blurs of every direction and of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from augreg import fields
from augreg.batch import BatchInfo
from augreg.declare import Declaration, Level
from augreg.params import Params
from augreg.rng import Rng
from augreg_image.base import photometric
from augreg_image.kernelbase import KernelBase
from augreg_image.kernels.filters import (
    filter_cpu,
    filter_torch,
    gaussian_weights,
    median_torch,
    motion_kernel,
    separable_cpu,
    separable_torch,
)
from augreg_image.kernels.layout import Array, keep_axis

Floats = NDArray[np.float64]

_ALTERS = frozenset({"sharpness"})
_SHORT = "share of the shorter side"


def short_side(info: BatchInfo) -> Floats:
    """Return the shorter side of every picture, float64 (n,)."""
    return info.shapes[:, -2:].min(axis=1).astype(np.float64)


@dataclass(frozen=True, kw_only=True)
class GaussianBlur(KernelBase):
    """Blur with a Gaussian of random width.

    ``sigma`` is in pixels, as everywhere in the field. A level sets it as a share of the shorter side instead,
    so that a strength means the same for every size.
    """

    sigma: tuple[float, float] = fields.interval((0.1, 2.0), "standard deviation", low=0.0, high=100.0, unit="pixels")

    declares: ClassVar[Declaration] = photometric(alters=_ALTERS, level=Level("sigma", 0.0, 0.02, unit=_SHORT))

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a width in pixels per sample."""
        sigma = self.sample("sigma", rng, level)
        return Params(len(batch), sigma=sigma if level is None else sigma * short_side(batch))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Blur one picture; a width of 0 leaves it alone."""
        sigma = float(params["sigma"][i])
        return separable_cpu(image, gaussian_weights(sigma)) if sigma > 0 else image

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Blur the batch."""
        widths = params.array("sigma").tolist()
        return separable_torch(images, [gaussian_weights(s) if s > 0 else np.ones(1) for s in widths])


@dataclass(frozen=True, kw_only=True)
class SizeBase(KernelBase):
    """A blur over a window of odd size."""

    size: tuple[int, int] = fields.interval(
        (3, 7), "side of the window; odd", low=1, high=255, integral=True, unit="pixels"
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw an odd size in pixels per sample."""
        reach = rng.integers("size", int(self.size[0]) // 2, int(self.size[1]) // 2 + 1)
        return Params(len(batch), size=2 * reach + 1)

    def __post_init__(self) -> None:
        super().__post_init__()
        first = int(self.size[0]) // 2 * 2 + 1
        last = max(first, (int(self.size[1]) - 1) // 2 * 2 + 1)
        object.__setattr__(self, "size", (first, last))


@dataclass(frozen=True, kw_only=True)
class BoxBlur(SizeBase):
    """Average over a square window of random size."""

    declares: ClassVar[Declaration] = photometric(alters=_ALTERS)

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Average one picture."""
        size = int(params["size"][i])
        return separable_cpu(image, np.full(size, 1.0 / size)) if size > 1 else image

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Average the batch."""
        return separable_torch(images, [np.full(s, 1.0 / s) for s in params.array("size").tolist()])


@dataclass(frozen=True, kw_only=True)
class MedianBlur(SizeBase):
    """Take the median over a square window of random size.

    At the edges the outermost pixels are repeated, as OpenCV does.
    """

    declares: ClassVar[Declaration] = photometric(dtypes=("uint8", "uint16", "float32"), alters=_ALTERS)

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Take the median of one picture."""
        size = int(params["size"][i])
        if size == 1 or not image.size:
            return image
        if image.dtype == np.uint8 or size <= 5:
            planes = [
                cv2.medianBlur(np.ascontiguousarray(image[:, :, c : c + 4]), size) for c in range(0, image.shape[2], 4)
            ]
            return np.concatenate([keep_axis(p) for p in planes], axis=2)
        padded = np.pad(image, ((size // 2,) * 2, (size // 2,) * 2, (0, 0)), mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(0, 1))
        return np.median(windows, axis=(3, 4)).astype(image.dtype)

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Take the median of the batch."""
        return median_torch(images, params.array("size").tolist())


@dataclass(frozen=True, kw_only=True)
class MotionBlur(KernelBase):
    """Blur along a line of random length and direction."""

    length: tuple[float, float] = fields.interval((3.0, 9.0), "length of the line", low=1.0, high=255.0, unit="pixels")
    degrees: tuple[float, float] = fields.interval(
        (-180.0, 180.0), "direction, counter-clockwise from the right", centre=0.0, unit="degrees"
    )

    declares: ClassVar[Declaration] = photometric(alters=_ALTERS)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a length in pixels and a direction per sample."""
        return Params(len(batch), length=self.sample("length", rng), degrees=rng.uniform("degrees", *self.degrees))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Blur one picture."""
        length = float(params["length"][i])
        return filter_cpu(image, motion_kernel(length, float(params["degrees"][i]))) if length > 1 else image

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Blur the batch."""
        pairs = zip(params.array("length").tolist(), params.array("degrees").tolist(), strict=True)
        return filter_torch(images, [motion_kernel(length, degrees) for length, degrees in pairs])
