"""Masked bands and stretches: frequency_mask, time_mask, spec_augment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

import augreg
from augreg import param
from augreg_audio.spectra.base import Array, declaration, map_rows
from augreg_audio.spectra.warps import TimeWarp, warp_maps, warp_row

FILLS = ("mean", "zero", "min")


def draw_masks(name: str, rng: augreg.Rng, count: int, width: Any) -> dict[str, Array]:
    """Return width and place of ``count`` masks per row, shares (n, count); ``width`` is a pair, or given (n,)."""
    if isinstance(width, np.ndarray):
        drawn = np.repeat(width[:, None], count, axis=1)
    else:
        drawn = rng.uniform(f"{name}.width", width[0], width[1], size=count)
    return {f"{name}_width": drawn, f"{name}_place": rng.uniform(f"{name}.place", 0.0, 1.0, size=count)}


def spans(size: int, widths: Any, places: Any) -> list[tuple[int, int]]:
    """Return the masks of one row as (start, end) in bins or frames."""
    found = []
    for width, place in zip(widths, places, strict=True):
        wide = round(float(width) * size)
        start = min(int(float(place) * (size - wide + 1)), size - wide)
        found.append((start, start + wide))
    return found


def filled(x: torch.Tensor, fill: str) -> torch.Tensor:
    """Return what a row's masks are filled with, made from that row alone; ``min`` of complex values is 0."""
    if fill == "zero" or not x.numel() or (fill == "min" and x.is_complex()):
        return torch.zeros((), dtype=x.dtype, device=x.device)
    return x.mean() if fill == "mean" else x.min()


def masked(x: torch.Tensor, bands: list[tuple[int, int]], stretches: list[tuple[int, int]], fill: str) -> torch.Tensor:
    """Return x (channels, bins, frames) with bands of bins and stretches of frames filled."""
    if not any(end > start for start, end in [*bands, *stretches]):
        return x
    value = filled(x, fill)
    made = x.clone()
    for start, end in bands:
        made[:, start:end] = value
    for start, end in stretches:
        made[:, :, start:end] = value
    return made


@dataclass(frozen=True, kw_only=True)
class FrequencyMask(augreg.AugmenterBase):
    """Blank out random bands of frequencies.

    ``count`` bands, each a share ``width`` of the bins, filled with the sample's own mean (``zero`` or ``min`` for
    linear scales). Park et al., "SpecAugment", Interspeech 2019.
    """

    width: tuple[float, float] = param.interval(
        (0.0, 0.3), "of a band, share of the bins", low=0.0, high=1.0, unit="fraction"
    )
    count: int = param.integer(1, "bands", low=1, high=100)
    fill: str = param.choice("mean", "what the bands hold", options=FILLS)

    declares: ClassVar[augreg.Declaration] = declaration(alters=("timbre",), level=augreg.Level("width", 0.0, 0.5))

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``band_width`` and ``band_place`` of every band, shares."""
        width = self.width if level is None else self.sample("width", rng, level)
        return augreg.Params(len(batch), draw_masks("band", rng, self.count, width))

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Return the masked spectrograms."""

        def work(i: int, x: torch.Tensor) -> torch.Tensor:
            return masked(x, spans(x.shape[1], params["band_width"][i], params["band_place"][i]), [], self.fill)

        return map_rows(batch, work)


@dataclass(frozen=True, kw_only=True)
class TimeMask(augreg.AugmenterBase):
    """Blank out random stretches of time.

    ``count`` stretches, each a share ``width`` of the sample's own frames, filled with the sample's own mean
    (``zero`` or ``min`` for linear scales). Events and frame labels stay. Park et al., "SpecAugment", 2019.
    """

    width: tuple[float, float] = param.interval(
        (0.0, 0.2), "of a stretch, share of the frames", low=0.0, high=1.0, unit="fraction"
    )
    count: int = param.integer(1, "stretches", low=1, high=100)
    fill: str = param.choice("mean", "what the stretches hold", options=FILLS)

    declares: ClassVar[augreg.Declaration] = declaration(
        alters=("completeness",), level=augreg.Level("width", 0.0, 0.4)
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``stretch_width`` and ``stretch_place`` of every stretch, shares."""
        width = self.width if level is None else self.sample("width", rng, level)
        return augreg.Params(len(batch), draw_masks("stretch", rng, self.count, width))

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Return the masked spectrograms."""

        def work(i: int, x: torch.Tensor) -> torch.Tensor:
            return masked(x, [], spans(x.shape[2], params["stretch_width"][i], params["stretch_place"][i]), self.fill)

        return map_rows(batch, work)


@dataclass(frozen=True, kw_only=True)
class SpecAugment(augreg.AugmenterBase):
    """Warp time, and blank out bands of frequencies and stretches of time.

    Park et al., "SpecAugment: a simple data augmentation method for automatic speech recognition", Interspeech 2019;
    the widths are shares of the sample's own size, as in its follow-up for large data sets, and masks are filled per
    sample, never with a mean over the batch. Events and frame labels follow the warp.
    """

    warp: tuple[float, float] = param.interval(
        (-0.05, 0.05), "of time, share", low=-0.45, high=0.45, centre=0.0, unit="fraction"
    )
    bands: int = param.integer(2, "frequency masks", low=0, high=100)
    band: tuple[float, float] = param.interval(
        (0.0, 0.3), "width of a band, share of the bins", low=0.0, high=1.0, unit="fraction"
    )
    stretches: int = param.integer(2, "time masks", low=0, high=100)
    stretch: tuple[float, float] = param.interval(
        (0.0, 0.1), "width of a stretch, share", low=0.0, high=1.0, unit="fraction"
    )
    fill: str = param.choice("mean", "what the masks hold", options=FILLS)

    declares: ClassVar[augreg.Declaration] = declaration(
        alters=(
            "completeness",
            "position",
            "timbre",
        ),
        level=augreg.Level("band", 0.0, 0.4),
        moves=True,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw the warp and all masks; a level sets the width of the bands, and the rest in proportion."""
        drawn = TimeWarp(warp=self.warp).draw(batch, rng)
        columns = {name: drawn.array(name) for name in drawn}
        band: Any = self.band if level is None else self.sample("band", rng, level)
        stretch: Any = self.stretch if level is None else band / 3.0
        if level is not None:
            columns["warp"] = columns["warp"] * np.clip(level, 0.0, 1.0)
        columns |= draw_masks("band", rng, self.bands, band) | draw_masks("stretch", rng, self.stretches, stretch)
        return augreg.Params(len(batch), columns)

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Return the warped and masked spectrograms."""

        def work(i: int, x: torch.Tensor) -> torch.Tensor:
            x = warp_row(x, float(params["point"][i]), float(params["warp"][i]))
            bands = spans(x.shape[1], params["band_width"][i], params["band_place"][i])
            stretches = spans(x.shape[2], params["stretch_width"][i], params["stretch_place"][i])
            return masked(x, bands, stretches, self.fill)

        return map_rows(batch, work, warp_maps(batch.info, params))
