"""Stretched axes: time_warp, frequency_warp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

import augreg
from augreg import param
from augreg_audio.formants import warped_bins
from augreg_audio.spectra.base import declaration, frames_per_second, map_rows, read_at
from augreg_audio.timemap import TimeMap

END_MARGIN = 0.02
"""The moved point keeps this share of the length from both ends."""


def target_of(point: float, warp: float) -> float:
    """Return where a point goes, as a share of the length."""
    return min(max(point + warp, END_MARGIN), 1.0 - END_MARGIN)


def warp_row(x: torch.Tensor, point: float, warp: float) -> torch.Tensor:
    """Return x (channels, bins, frames) whose moment ``point`` is moved by ``warp``, both shares; the ends stay."""
    frames = x.shape[-1]
    if warp == 0.0 or frames < 3:
        return x
    middles = (np.arange(frames) + 0.5) / frames
    goal = target_of(point, warp)
    source = np.where(middles < goal, middles * (point / goal), 1.0 - (1.0 - middles) * ((1.0 - point) / (1.0 - goal)))
    return read_at(x, np.clip(source * frames - 0.5, 0.0, frames - 1.0), 2)


def warp_maps(info: augreg.BatchInfo, params: augreg.Params) -> list[TimeMap | None]:
    """Return the two pieces of every warp."""
    found: list[TimeMap | None] = []
    durations = (info.lengths / frames_per_second(info)).tolist()
    rows = zip(durations, info.lengths.tolist(), params.array("point"), params.array("warp"), strict=True)
    for duration, frames, point, warp in rows:
        if warp == 0.0 or frames < 3:
            found.append(None)
            continue
        at, goal = float(point) * duration, target_of(float(point), float(warp)) * duration
        pieces = np.asarray([[0.0, at, 0.0, goal], [at, duration, goal, duration]])
        found.append(TimeMap(pieces, duration, duration))
    return found


@dataclass(frozen=True, kw_only=True)
class TimeWarp(augreg.AugmenterBase):
    """Move a random moment earlier or later, stretching one side of it and squeezing the other.

    The moment is drawn in the middle half, its move ``warp`` is a share of the sample's own length; frames are
    interpolated linearly (of complex values the amplitude, with the phase of the nearer frame). Events and frame
    labels follow. Park et al., "SpecAugment", Interspeech 2019.
    """

    warp: tuple[float, float] = param.interval(
        (-0.1, 0.1), "move, share of the length", low=-0.45, high=0.45, centre=0.0, unit="fraction"
    )

    declares: ClassVar[augreg.Declaration] = declaration(
        alters=("position",), level=augreg.Level("warp", 0.0, 0.2, signed=True), moves=True
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``point`` in 0.25 to 0.75 and ``warp``, shares of the length."""
        return augreg.Params(len(batch), point=rng.uniform("point", 0.25, 0.75), warp=self.sample("warp", rng, level))

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Return the warped spectrograms."""

        def work(i: int, x: torch.Tensor) -> torch.Tensor:
            return warp_row(x, float(params["point"][i]), float(params["warp"][i]))

        return map_rows(batch, work, warp_maps(batch.info, params))


@dataclass(frozen=True, kw_only=True)
class FrequencyWarp(augreg.AugmenterBase):
    """Stretch the frequency axis, as a shorter or longer vocal tract does.

    Every bin moves up by the factor ``warp``, straight through zero up to 0.6 of the band, from there on straight to
    its end, as in vocal tract length perturbation (Jaitly and Hinton, 2013). Meant for linear and mel bins alike.
    """

    warp: tuple[float, float] = param.interval((0.9, 1.1), "factor", low=0.5, high=2.0, unit="ratio")

    declares: ClassVar[augreg.Declaration] = declaration(
        alters=("pitch", "speaker"), level=augreg.Level("warp", 1.0, 1.3, scale="log", signed=True)
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``warp`` uniformly."""
        return augreg.Params(len(batch), warp=self.sample("warp", rng, level))

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Return the warped spectrograms."""

        def work(i: int, x: torch.Tensor) -> torch.Tensor:
            warp = float(params["warp"][i])
            return x if warp == 1.0 or x.shape[1] < 3 else read_at(x, warped_bins(x.shape[1], warp), 1)

        return map_rows(batch, work)
