"""Patches of one color."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo, Declaration, Level, Params, Rng, param
from augreg_image.base import photometric
from augreg_image.corruptions.fields import Dice
from augreg_image.kernelbase import KernelBase
from augreg_image.kernels.layout import Array
from augreg_image.kernels.warp_torch import settle, upload
from augreg_image.noise import clip_to

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Superpixels(KernelBase):
    """Give every patch of a random mosaic its mean color.

    The patches are the Voronoi cells of one random point in each square of a grid, as imgaug's Voronoi augmenters;
    they do not follow edges in the picture.
    """

    size: tuple[float, float] = param.interval(
        (0.03, 0.08), "side of a square, as a share of the shorter side", low=0.0, high=1.0, unit="fraction"
    )
    chance: float = param.number(1.0, "probability that a patch is evened out", low=0.0, high=1.0, unit="probability")

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"sharpness"}), level=Level("size", 0.0, 0.1), memory=9
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
        number = np.maximum(np.bincount(patch, minlength=count), 1)
        even = dice.uniform(count) < self.chance
        found = np.empty_like(image)
        for c in range(channels):
            plane = image[:, :, c].ravel()
            means = (np.bincount(patch, plane, count) / number).astype(np.float32)
            shown = clip_to(means, image.dtype)[patch]
            found[:, :, c] = (shown if even.all() else np.where(even[patch], shown, plane)).reshape(height, width)
        return found

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Even out the batch; which pixel belongs to which patch is found on the CPU."""
        n, channels, height, width = images.shape
        patch, even, total = np.zeros((n, height * width), np.int64), [np.zeros(0, dtype=bool)], 0
        for i in range(n):
            side = float(params["size"][i]) * min(height, width)
            if side <= 1:
                count, chosen = 1, np.zeros(1, dtype=bool)
            else:
                dice = Dice(int(params["noise"][i]))
                patch[i], count = patches(height, width, side, dice)
                chosen = dice.uniform(count) < self.chance
            patch[i] += total
            even.append(chosen)
            total += count
        index = upload(patch.ravel(), images, torch.int32).long()
        flat = images.float().permute(0, 2, 3, 1).reshape(-1, channels)
        # Sums of whole numbers are the same in every order; those of floats are not.
        fine = 1.0 if images.dtype in (torch.uint8, torch.uint16) else 2.0**24
        values = (flat.double() * fine).round_().long()
        sums = torch.zeros((total, channels), dtype=torch.int64, device=images.device).index_add_(0, index, values)
        number = upload(np.bincount(patch.ravel(), minlength=total), images, torch.int64).clamp(min=1)
        means = (sums.double() / (number[:, None] * fine)).float()
        shown = upload(np.concatenate(even), images, torch.bool)[index]
        found = torch.where(shown[:, None], means[index], flat)
        return settle(found.view(n, height, width, channels).permute(0, 3, 1, 2).contiguous(), images.dtype)


def patches(height: int, width: int, side: float, dice: Dice) -> tuple[NDArray[np.int64], int]:
    """Return for every pixel the number of the nearest point (H * W,), and how many points there are.

    Points are pixels, numbered in reading order; distances are OpenCV's, within 2 % of Euclid's.
    """
    rows, columns = int(np.ceil(height / side)), int(np.ceil(width / side))
    squares = np.moveaxis(np.mgrid[0:rows, 0:columns], 0, 2)
    points = (dice.uniform(rows, columns, 2) + squares) * side
    y, x = points.reshape(-1, 2).astype(np.int64).T
    canvas = np.ones((height, width), np.uint8)
    canvas[np.minimum(y, height - 1), np.minimum(x, width - 1)] = 0
    _, labels = cv2.distanceTransformWithLabels(canvas, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    return labels.ravel().astype(np.int64) - 1, int((canvas == 0).sum())
