"""Blurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from augreg import fields
from augreg.augmenter import AugmenterBase
from augreg.batch import Batch, BatchInfo
from augreg.declare import Declaration, Level
from augreg.params import Params
from augreg.rng import Rng
from augreg_image.base import photometric
from augreg_image.kernels.filters import gaussian_weights, separable_cpu, separable_torch
from augreg_image.kernels.layout import Array
from augreg_image.kernels.rows import map_rows

Floats = NDArray[np.float64]


def short_side(info: BatchInfo) -> Floats:
    """Return the shorter side of every picture, float64 (n,)."""
    return info.shapes[:, -2:].min(axis=1).astype(np.float64)


@dataclass(frozen=True, kw_only=True)
class GaussianBlur(AugmenterBase):
    """Blur with a Gaussian of random width.

    ``sigma`` is in pixels, as everywhere in the field. A level sets it as a share of the shorter side instead,
    so that a strength means the same for every size.
    """

    sigma: tuple[float, float] = fields.interval((0.1, 2.0), "standard deviation", low=0.0, high=100.0, unit="pixels")

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"sharpness"}), level=Level("sigma", 0.0, 0.02, unit="share of the shorter side")
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a width in pixels per sample."""
        sigma = self.sample("sigma", rng, level)
        return Params(len(batch), sigma=sigma if level is None else sigma * short_side(batch))

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Blur every picture; a width of 0 leaves it alone."""
        sigma = params.array("sigma")
        if batch.device.type != "cpu":
            weights = [gaussian_weights(s) if s > 0 else np.ones(1) for s in sigma.tolist()]
            return batch.replace(separable_torch(batch.stack(), weights))

        def blur(image: Array, i: int) -> Array:
            return separable_cpu(image, gaussian_weights(sigma[i])) if sigma[i] > 0 else image

        return map_rows(batch, blur)
