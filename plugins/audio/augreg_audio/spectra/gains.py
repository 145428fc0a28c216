"""Gains over frequency, and mixtures: filter_augment, spec_mixup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import torch

import augreg
from augreg import param
from augreg_audio.mixed_targets import mix_targets
from augreg_audio.mixing import Averager
from augreg_audio.spectra.base import Array, declaration, frames_per_second, map_rows
from augreg_audio.spectra.modality import DTYPES

PER_DECIBEL: Final = {"decibel": 1.0, "log_power": np.log(10.0) / 10.0, "log_amplitude": np.log(10.0) / 20.0}
"""What one decibel adds to the values of a logarithmic scale."""

EXPONENT: Final = {"power": 10.0, "amplitude": 20.0}
"""What a number of decibels is divided by to give the exponent of 10 on a linear scale."""


@dataclass(frozen=True, kw_only=True)
class FilterAugment(augreg.AugmenterBase):
    """Raise and lower random frequency bands, like other rooms and microphones do.

    A gain drawn at ``bands`` + 1 random edges runs linearly in dB between them. ``scale`` says what the values are:
    natural logarithms of power or amplitude, decibels, power or amplitude (also complex). Nam et al., "FilterAugment:
    an acoustic environmental data augmentation method", ICASSP 2022.
    """

    decibels: tuple[float, float] = param.interval((-6.0, 6.0), "gain", low=-60.0, high=60.0, unit="dB", centre=0.0)
    bands: int = param.integer(4, "number of bands", low=1, high=32)
    scale: str = param.choice("log_power", "of the values", options=(*PER_DECIBEL, *EXPONENT))

    declares: ClassVar[augreg.Declaration] = declaration(
        alters=("timbre",), level=augreg.Level("decibels", 0.0, 12.0, signed=True)
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``edges``, shares of the band in ascending order, and ``gains`` in dB at them."""
        n, count = len(batch), self.bands + 1
        edges = np.sort(rng.uniform("edges", 0.0, 1.0, size=count), axis=1)
        edges[:, 0], edges[:, -1] = 0.0, 1.0
        if level is None:
            gains = rng.uniform("gains", *self.decibels, size=count)
        else:
            assert self.declares.level is not None
            gains = (
                rng.uniform("gains", -1.0, 1.0, size=count) * np.abs(self.declares.level.values(level, rng))[:, None]
            )
        return augreg.Params(n, edges=edges, gains=gains)

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Return the filtered spectrograms."""

        def work(i: int, x: torch.Tensor) -> torch.Tensor:
            share = np.linspace(0.0, 1.0, x.shape[1])
            curve = np.interp(share, np.asarray(params["edges"][i]), np.asarray(params["gains"][i]))
            return self._filtered(x, curve)

        return map_rows(batch, work)

    def _filtered(self, x: torch.Tensor, decibels: Array) -> torch.Tensor:
        linear = self.scale in EXPONENT
        curve = 10.0 ** (decibels / EXPONENT[self.scale]) if linear else decibels * PER_DECIBEL[self.scale]
        column = torch.from_numpy(curve).to(x.device, x.real.dtype)[:, None]
        return x * column if linear else x + column


@dataclass(frozen=True, kw_only=True)
class SpecMixup(Averager):
    """Average two spectrograms of the batch and their labels.

    y = w x + (1 - w) x', w drawn from Beta(alpha, alpha) and taken at least 1/2. The length is the row's own; where
    the partner is shorter, the row stays alone. Labels, events and frame labels are mixed as for ``audio.mixup``.
    Zhang et al., "mixup: beyond empirical risk minimization", 2018.
    """

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        targets=("events", "frame_labels", "label"),
        dtypes=DTYPES,
        devices=("cpu", "cuda"),
        keeps_shape=True,
        labels="mixes",
        alters=frozenset({"content"}),
    )

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Return the averages."""
        if not len(batch):
            return batch
        partners, weight = self.rows_of(batch, params), params.array("weight").tolist()

        def work(i: int, x: torch.Tensor) -> torch.Tensor:
            other = batch.data[partners[i]].to(x.dtype)
            heard = min(x.shape[-1], other.shape[-1])
            made = x.clone()
            made[..., :heard] = x[..., :heard] * weight[i] + other[..., :heard] * (1.0 - weight[i])
            return made

        spans = (batch.info.lengths / frames_per_second(batch.info)).tolist()
        mixed = map_rows(batch, work)
        return mixed.replace(
            mixed.data, targets=mix_targets(batch.info, partners, weight, spans, alone=True, classes=self.classes)
        )
