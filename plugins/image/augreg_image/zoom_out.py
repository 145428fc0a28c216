"""Zooming out: the picture stands somewhere on a larger canvas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from augreg import BatchInfo, Declaration, Level, Params, Rng, param
from augreg_image import matrices
from augreg_image.base import GeometricBase, whole_pixels
from augreg_image.kernels.resampling import BORDERS, Resampling, parse_fill
from augreg_image.ops import ImageOp

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ZoomOut(GeometricBase):
    """Put the picture at a random place on a larger canvas, so that its objects become small in it.

    Liu et al., "SSD: Single Shot MultiBox Detector", 2016, as torchvision's RandomZoomOut: no pixel changes, the canvas
    grows. ``image.zoom`` scales on the same canvas instead.
    """

    side: tuple[float, float] = param.interval(
        (1.0, 4.0), "sides of the canvas, in those of the picture", low=1.0, high=16.0, unit="ratio"
    )
    fill: tuple[float, ...] = param.value(0.0, "color around it, one share of white or one per channel")
    mask_fill: int = param.integer(0, "label around it, for masks")

    declares: ClassVar[Declaration] = whole_pixels(
        p=0.5, keeps_shape=False, alters=frozenset({"position", "size"}), level=Level("side", 1.0, 4.0), memory=2.5
    )

    @property
    def memory(self) -> float:
        """All of the canvas is in the result."""
        return self.declares.memory * self.side[1] ** 2

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "fill", parse_fill(self.fill))

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a ratio of sides, and the place as shares (down, right) of the room, per sample."""
        return Params(len(batch), side=self.sample("side", rng, level), place=rng.uniform("place", size=2))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        size = info.shapes[:, -2:]
        canvas = np.floor(size * params.array("side")[:, None]).astype(np.int64)
        start = np.floor((canvas - size) * params.array("place").reshape(-1, 2))
        matrix = matrices.translation(start[:, 1], start[:, 0])
        return self.stage(matrix, canvas, Resampling(BORDERS["constant"], self.fill, self.mask_fill))
