"""Operations that depend on the histogram of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
import torch
import torchvision.transforms.v2.functional as tv
from numpy.typing import NDArray

from augreg import BatchInfo, Declaration, Level, Params, Rng, param
from augreg_image.base import photometric
from augreg_image.kernelbase import KernelBase
from augreg_image.kernels.layout import Array, keep_axis, merged, split, white_value
from augreg_image.kernels.values_cv import look_up
from augreg_image.kernels.warp_torch import settle
from augreg_image.noise import clip_to

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Equalize(KernelBase):
    """Spread the values of each channel so that all are about equally frequent.

    Bit for bit what PIL's ImageOps.equalize and torchvision do.
    """

    declares: ClassVar[Declaration] = photometric(
        dtypes=("uint8",), p=0.5, alters=frozenset({"contrast", "hue", "saturation"})
    )

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Look every channel up in its own table."""
        if not image.size:
            return image
        planes = split(image)
        found = [look_up(plane, table, None) for plane, table in zip(planes, equalizing(planes), strict=True)]
        return merged(found)

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Equalize the batch."""
        found: torch.Tensor = tv.equalize(images)
        return found


def equalizing(planes: Sequence[Array]) -> NDArray[np.uint8]:
    """Return the tables (k, 256) that equalize planes (H, W, 1) of uint8, as PIL computes them."""
    counts = np.stack([cv2.calcHist([plane], [0], None, [256], [0, 256]).ravel() for plane in planes]).astype(np.int64)
    # The lightest value that occurs does not count, so that a plane of one value stays as it is.
    lightest = 255 - (counts[:, ::-1] > 0).argmax(axis=1)
    rest = counts.sum(axis=1) - counts[np.arange(len(counts)), lightest]
    step = rest[:, None] // 255
    before = np.cumsum(counts, axis=1) - counts
    tables = np.minimum((before + step // 2) // np.maximum(step, 1), 255)
    return np.where(step == 0, np.arange(256), tables).astype(np.uint8)


@dataclass(frozen=True, kw_only=True)
class Autocontrast(KernelBase):
    """Stretch every channel to run from black to white."""

    declares: ClassVar[Declaration] = photometric(
        p=0.5, alters=frozenset({"contrast", "hue", "saturation"}), memory=2.5
    )

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Map the smallest value of each channel to 0 and the largest to white; flat channels stay."""
        if not image.size:
            return image
        planes = split(image)
        ends = [(p.min(), p.max()) if image.dtype == np.float16 else cv2.minMaxLoc(p)[:2] for p in planes]
        low, high = np.array(ends, dtype=np.float64).T
        white = white_value(image.dtype)
        flat = high <= low
        gain = np.where(flat, 1.0, white / np.where(flat, 1.0, high - low))
        shift = np.where(flat, 0.0, -low * gain)
        if (gain == 1.0).all() and (shift == 0.0).all():
            return image
        if image.dtype == np.uint8:
            tables = np.clip(np.rint(np.arange(256)[:, None] * gain + shift), 0, 255).astype(np.uint8)
            return merged([look_up(p, np.ascontiguousarray(tables[:, c]), None) for c, p in enumerate(planes)])
        found = np.clip(image.astype(np.float64) * gain + shift, 0.0, white)
        return (np.rint(found) if image.dtype.kind == "u" else found).astype(image.dtype)

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Stretch the batch."""
        wide = images.float()
        low, high = wide.amin(dim=(2, 3), keepdim=True), wide.amax(dim=(2, 3), keepdim=True)
        white = white_value(images.dtype)
        stretched = (wide - low) * (white / (high - low).clamp(min=1e-12))
        return settle(torch.where(high > low, stretched, wide).clamp_(0, white), images.dtype)


@dataclass(frozen=True, kw_only=True)
class CLAHE(KernelBase):
    """Equalize the histogram within tiles, with limited contrast.

    Zuiderveld, "Contrast Limited Adaptive Histogram Equalization", 1994, on the lightness of CIELAB (color) or on
    the values (one channel), through OpenCV.
    """

    clip: tuple[float, float] = param.interval((1.0, 4.0), "limit of contrast", low=1.0, high=100.0, unit="ratio")
    tiles: int = param.integer(8, "tiles along each side", low=1, high=64)
    amount: tuple[float, float] = param.interval(
        (1.0, 1.0), "share of the equalized picture in the result", low=0.0, high=1.0, unit="fraction"
    )

    declares: ClassVar[Declaration] = photometric(
        dtypes=("uint8", "uint16"),
        channels=(1, 3),
        devices=("cpu",),
        p=0.5,
        alters=frozenset({"contrast"}),
        level=Level("amount", 0.0, 1.0),
        memory=3.5,
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a limit, in quarter steps, and a share per sample."""
        clip = np.rint(self.sample("clip", rng) * 4) / 4
        return Params(len(batch), clip=clip, amount=self.sample("amount", rng, level))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Equalize within tiles."""
        amount = float(params["amount"][i])
        if amount == 0 or not image.size:
            return image
        found = self._equalized(image, float(params["clip"][i]))
        return found if amount == 1 else keep_axis(cv2.addWeighted(image, 1.0 - amount, found, amount, 0.0))

    def _equalized(self, image: Array, clip: float) -> Array:
        tool = cv2.createCLAHE(clipLimit=clip, tileGridSize=(self.tiles, self.tiles))
        if image.shape[2] == 1:
            return keep_axis(tool.apply(np.ascontiguousarray(image[:, :, 0])))
        if image.dtype == np.uint16:
            return self._of_sixteen_bits(image, tool)
        lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
        lab[:, :, 0] = tool.apply(np.ascontiguousarray(lab[:, :, 0]))
        return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)

    def _of_sixteen_bits(self, image: Array, tool: cv2.CLAHE) -> Array:
        """Equalize the lightness of colors of 16 bits: OpenCV turns them to CIELAB as floats only, L from 0 to 100."""
        white = np.float32(white_value(image.dtype))
        lab = cv2.cvtColor(image.astype(np.float32) / white, cv2.COLOR_RGB2LAB)
        lightness = np.rint(lab[:, :, 0] * (white / 100)).clip(0, white).astype(np.uint16)
        lab[:, :, 0] = tool.apply(lightness).astype(np.float32) * (100 / white)
        return clip_to(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * white, image.dtype)
