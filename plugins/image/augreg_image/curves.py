"""Random tone curves through many points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from augreg import AugmenterBase, BatchInfo, Declaration, Level, Params, Rng, param
from augreg_image.base import photometric
from augreg_image.ops import ImageOp
from augreg_image.tone import curve_op

Floats = NDArray[np.float64]


def polyline(values: Any, heights: Any) -> Any:
    """Follow straight lines between the heights of evenly spaced points, from black to white."""
    parts = len(heights) - 1
    found = heights[0]
    for k in range(parts):
        found = found + (heights[k + 1] - heights[k]) * (values * parts - k).clip(0.0, 1.0)
    return found


@dataclass(frozen=True, kw_only=True)
class HistogramShift(AugmenterBase):
    """Shift the histogram: each of several evenly spaced tones goes to a random place between its neighbors.

    As MONAI's RandHistogramShift, over the whole range from black to white: tones keep their order, black and white
    stay, and what lies between two points is interpolated. ``amount`` is the share of the way from no change.
    """

    points: int = param.integer(10, "number of points, black and white among them", low=3, high=64)
    amount: tuple[float, float] = param.interval(
        (0.5, 1.0), "share of the random curve", low=0.0, high=1.0, unit="fraction"
    )

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"brightness", "contrast", "hue", "saturation"}), level=Level("amount", 0.0, 1.0), memory=1.5
    )
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"points": 4},)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the heights of all points, shares of white, float64 (n, points), per sample."""
        even = np.linspace(0.0, 1.0, self.points)
        heights = np.tile(even, (len(batch), 1))
        place = rng.uniform("place", size=self.points - 2)
        for k in range(1, self.points - 1):
            below, above = heights[:, k - 1], heights[:, k + 1]
            heights[:, k] = below + place[:, k - 1] * (above - below)
        amount = self.sample("amount", rng, level)[:, None]
        return Params(len(batch), heights=even + amount * (heights - even))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the lookup operator."""
        heights = params.array("heights").reshape(len(info), self.points)
        return curve_op(polyline, heights, (heights == np.linspace(0.0, 1.0, self.points)).all(axis=1))
