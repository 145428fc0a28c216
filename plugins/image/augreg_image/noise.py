"""Noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from augreg import fields
from augreg.augmenter import AugmenterBase
from augreg.batch import Batch, BatchInfo
from augreg.declare import Declaration, Level
from augreg.params import Params
from augreg.rng import Rng
from augreg_image.base import photometric
from augreg_image.kernels import bits
from augreg_image.kernels.layout import Array, full_range, keep_axis
from augreg_image.kernels.rows import map_rows
from augreg_image.kernels.warp_torch import settle, upload

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class GaussianNoise(AugmenterBase):
    """Add Gaussian noise of random strength.

    Every value gets its own number; the noise of a sample depends on its key alone and is the same on every
    device. It ends at 4.2 standard deviations.
    """

    std: tuple[float, float] = fields.interval(
        (0.02, 0.1), "standard deviation", low=0.0, high=1.0, unit="share of white"
    )
    mean: float = fields.number(0.0, "added to every value", low=-1.0, high=1.0, unit="share of white")

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"grain"}), level=Level("std", 0.0, 0.2, unit="share of white")
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a strength and the key of the noise per sample."""
        return Params(len(batch), std=self.sample("std", rng, level), noise=rng.noise_key("noise"))

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Add the noise; without strength and mean the picture is left alone."""
        std, keys = params.array("std"), params.array("noise")
        if batch.device.type != "cpu":
            images = batch.stack()
            white = full_range(images.dtype)
            grain = bits.normals_torch(keys, images) * upload(std * white, images.new_empty(0).float()).view(
                -1, 1, 1, 1
            )
            return batch.replace(settle((images.float() + (grain + self.mean * white)).clamp_(0, white), images.dtype))

        def add(image: Array, i: int) -> Array:
            if std[i] == 0 and self.mean == 0:
                return image
            return add_grain(image, bits.normals(int(keys[i]), image.shape), std[i], self.mean)

        return map_rows(batch, add)


def add_grain(image: Array, grain: NDArray[np.float32], gain: float, shift: float) -> Array:
    """Return image + gain * grain + shift, the latter two as shares of white, clipped to black and white."""
    white = full_range(image.dtype)
    if image.dtype in (np.uint8, np.uint16):
        kind = cv2.CV_8U if image.dtype == np.uint8 else cv2.CV_16U
        flat = image.reshape(image.shape[0], -1)
        found = cv2.addWeighted(flat, 1.0, grain.reshape(flat.shape), gain * white, shift * white, dtype=kind)
        return found.reshape(image.shape)
    found = image.astype(np.float32) + (grain * np.float32(gain) + np.float32(shift))
    return keep_axis(np.clip(found, 0.0, 1.0, out=found).astype(image.dtype, copy=False))
