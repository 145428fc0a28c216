"""Vignetting: light falls off towards the corners, as with a cheap lens."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

import augreg


@dataclass(frozen=True, kw_only=True)
class Vignette(augreg.AugmenterBase):
    """Darken a picture towards its corners by a random amount.

    Every value is multiplied by ``1 - strength * r**2``, where r is the distance from the middle, 1 in the corners.

    Args:
        strength: share of the light that is lost in the corners, in 0..1.
    """

    strength: tuple[float, float] = augreg.param.interval((0.2, 0.7), "light lost in the corners", low=0, high=1)

    # Everything that policies, the command line and the tests need to know, as data.
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        leaves=augreg.EVERY,  # boxes, masks, keypoints and labels stay true: nothing moves
        dtypes=("uint8", "float16", "float32"),
        devices=("cpu", "cuda"),
        alters=frozenset({"brightness"}),
        level=augreg.Level("strength", 0.0, 0.9),
        memory=17.0,  # bytes at the peak for each byte of a uint8 picture, which is held in float32 several times
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw one strength per picture; ``rng`` is keyed, so neighbours and batch size don't matter."""
        return augreg.Params(len(batch), {"strength": self.sample("strength", rng, level)})

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Multiply by the fall-off. ``batch.data`` is a list on the CPU (sizes may differ), stacked on CUDA."""
        strengths = params["strength"]
        rows = [_darken(row, float(strengths[i])) for i, row in enumerate(batch.data)]
        return batch.replace(torch.stack(rows) if batch.stacked else rows)


def _darken(image: torch.Tensor, strength: float) -> torch.Tensor:
    """Return (C, H, W) with its corners darkened, in the dtype that came in."""
    height, width = image.shape[-2:]
    y = (torch.arange(height, device=image.device, dtype=torch.float32) + 0.5) / height - 0.5
    x = (torch.arange(width, device=image.device, dtype=torch.float32) + 0.5) / width - 0.5
    light = 1 - strength * 2 * (y[:, None] ** 2 + x[None, :] ** 2)
    dark = image.to(torch.float32) * light
    return dark.round().to(image.dtype) if image.dtype == torch.uint8 else dark.to(image.dtype)
