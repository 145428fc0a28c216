"""Blur along time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from augreg import EVERY, AugmenterBase, Batch, BatchInfo, Declaration, Level, Params, Rng
from augreg.param import interval
from augreg_video.cuts import Floats
from augreg_video.declarations import DTYPES
from augreg_video.each_clip import map_clips
from augreg_video.weighted_frames import weighted_frames


@dataclass(frozen=True, kw_only=True)
class TemporalBlur(AugmenterBase):
    """Average every frame with its neighbors in time, with Gaussian weights.

    Weights fall off as exp(-d^2 / (2 sigma^2)) over d frames, up to 4 sigma; beyond the ends the outermost frames
    stand in. What moves leaves a trail, what stands still stays sharp.
    """

    declares: ClassVar[Declaration] = Declaration(
        alters=frozenset({"sharpness"}),
        leaves=EVERY,
        dtypes=DTYPES,
        devices=("cpu", "cuda"),
        level=Level("sigma", 0.0, 4.0),
        differentiable=True,
        nonfinite="passes",
        memory=2,
    )

    sigma: tuple[float, float] = interval((0.5, 1.5), "Standard deviation.", low=0, high=100, unit="frames")

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the standard deviations."""
        return Params(len(batch), sigma=self.sample("sigma", rng, level))

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Average along time."""
        sigmas = params.array("sigma").tolist()

        def blurred(clip: torch.Tensor, i: int) -> torch.Tensor:
            still = sigmas[i] <= 0 or len(clip) < 2
            return clip if still else weighted_frames(clip, gaussian(len(clip), sigmas[i]))

        return map_clips(batch, blurred)


def gaussian(frames: int, sigma: float) -> Floats:
    """Return the weights (T, T) of a Gaussian along time whose ends are continued by the outermost frames."""
    radius = max(1, int(np.ceil(4 * sigma)))
    offsets = np.arange(-radius, radius + 1)
    taps = np.exp(-(offsets**2) / (2.0 * sigma**2))
    taps /= taps.sum()
    source = np.clip(np.arange(frames)[:, None] + offsets, 0, frames - 1)
    weights = np.zeros((frames, frames))
    np.add.at(weights, (np.arange(frames)[:, None], source), taps)
    return weights
