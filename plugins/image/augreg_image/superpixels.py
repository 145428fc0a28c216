"""Patches of one colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from augreg import fields
from augreg.batch import BatchInfo
from augreg.declare import Declaration, Level
from augreg.params import Params
from augreg.rng import Rng
from augreg_image.base import photometric
from augreg_image.corruptions.fields import Dice
from augreg_image.kernelbase import KernelBase
from augreg_image.kernels.layout import Array
from augreg_image.noise import clip_to

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Superpixels(KernelBase):
    """Give every patch of a random mosaic its mean colour.

    The patches are the Voronoi cells of one random point in each square of a grid, as imgaug's Voronoi augmenters;
    they do not follow edges in the picture.
    """

    size: tuple[float, float] = fields.interval(
        (0.03, 0.08), "side of a square", low=0.0, high=1.0, unit="share of the shorter side"
    )
    chance: float = fields.number(1.0, "probability that a patch is evened out", low=0.0, high=1.0)

    declares: ClassVar[Declaration] = photometric(
        devices=("cpu",),
        alters=frozenset({"sharpness"}),
        level=Level("size", 0.0, 0.1, unit="share of the shorter side"),
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a size and the key of the points per sample."""
        return Params(len(batch), size=self.sample("size", rng, level), noise=rng.noise_key("noise"))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Even out one picture."""
        height, width, channels = image.shape
        side = float(params["size"][i]) * min(height, width)
        if side <= 1 or not image.size:
            return image
        dice = Dice(int(params["noise"][i]))
        patch, count = patches(height, width, side, dice)
        number = np.bincount(patch, minlength=count)
        flat = image.reshape(-1, channels).astype(np.float32)
        total = np.stack([np.bincount(patch, flat[:, c], count) for c in range(channels)], axis=1)
        means = (total / np.maximum(number, 1)[:, None]).astype(np.float32)
        even = dice.uniform(count) < self.chance
        found = np.where(even[patch][:, None], means[patch], flat)
        return clip_to(found, image.dtype).reshape(image.shape)


def patches(height: int, width: int, side: float, dice: Dice) -> tuple[NDArray[np.int64], int]:
    """Return for every pixel the number of the nearest point (H * W,), and how many points there are.

    Points are pixels, numbered in reading order; distances are OpenCV's, within 2 % of Euclid's.
    """
    rows, columns = int(np.ceil(height / side)), int(np.ceil(width / side))
    points = (dice.uniform(rows, columns, 2) + np.stack(np.mgrid[0:rows, 0:columns], axis=2)) * side
    y, x = points.reshape(-1, 2).astype(np.int64).T
    canvas = np.ones((height, width), np.uint8)
    canvas[np.minimum(y, height - 1), np.minimum(x, width - 1)] = 0
    _, labels = cv2.distanceTransformWithLabels(canvas, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    return labels.ravel().astype(np.int64) - 1, int((canvas == 0).sum())
