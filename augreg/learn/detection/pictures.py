"""Pictures for detectors: squares of one size, into which each is fitted with its sides in proportion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

SMALLEST: Final = 64
LARGEST: Final = 160
"""Pixels of a side: more would take a small network long, and show it no more."""

STEP: Final = 16
"""Sides are multiples of it, as the network halves four times."""


@dataclass(frozen=True, slots=True)
class Square:
    """Makes arrays of pictures, as it was fitted to those of the training.

    Args:
        side: pixels.
        channels: 1 where all training pictures are gray, else 3.
        mean, deviation: over their pixels.

    """

    side: int
    channels: int
    mean: float = 0.0
    deviation: float = 1.0

    @classmethod
    def fitted(cls, samples: Sequence[Any]) -> Square:
        """Return what suits these training pictures."""
        middle = float(np.median([max(sample.data.shape[-2:]) for sample in samples]))
        side = int(np.clip(round(middle / STEP) * STEP, SMALLEST, LARGEST))
        bare = cls(side, 1 if all(sample.data.shape[0] <= 2 for sample in samples) else 3)
        found = bare(samples)[0]
        return cls(side, bare.channels, float(found.mean()), max(float(found.std()), 1e-3))

    def __call__(self, samples: Sequence[Any]) -> tuple[torch.Tensor, NDArray[np.float64]]:
        """Return float32 (n, channels, side, side), and by what each was scaled, float64 (n,)."""
        out = torch.zeros(len(samples), self.channels, self.side, self.side)
        scales = np.ones(len(samples))
        for place, sample in enumerate(samples):
            picture = plain(sample.data, self.channels)
            height, width = picture.shape[-2:]
            scales[place] = self.side / max(height, width)
            size = tuple(max(1, round(length * scales[place])) for length in (height, width))
            if size != (height, width):
                picture = F.interpolate(picture[None], size, mode="bilinear", antialias=True, align_corners=False)[0]
            out[place, :, : size[0], : size[1]] = (picture - self.mean) / self.deviation
        return out, scales


def plain(data: Any, channels: int) -> torch.Tensor:
    """Return a picture as float32 (channels, height, width) in 0 to 1, without alpha, gray ones as color if asked."""
    held = torch.as_tensor(data.read() if hasattr(data, "read") else data)
    pixels = held.float() / (1.0 if held.is_floating_point() else float(torch.iinfo(held.dtype).max))
    color = pixels[: len(pixels) - (len(pixels) in (2, 4))]
    return color if len(color) == channels else color.mean(0, keepdim=True).expand(channels, -1, -1)
