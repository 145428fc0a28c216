"""Loudness and sign: gain, polarity, delay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import augreg
from augreg import EVERY, param
from augreg_audio.base import LinearAugmenter
from augreg_audio.linear import LinearFilter
from augreg_audio.waveform import DTYPES, from_db

DEVICES = ("cpu", "cuda")


@dataclass(frozen=True, kw_only=True)
class Gain(LinearAugmenter):
    """Scale loudness by a random number of decibels.

    y = x 10^(dB / 20). Takes waveforms (channels, frames) of any rate; float samples may leave [-1, 1], int16
    is clipped to its range. Fuses with the other linear filters.
    """

    decibels: tuple[float, float] = param.interval(
        (-12.0, 6.0), "amplification", low=-120.0, high=60.0, unit="dB", centre=0.0
    )

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        leaves=EVERY,
        dtypes=DTYPES,
        devices=DEVICES,
        keeps_shape=True,
        alters=frozenset({"loudness"}),
        level=augreg.Level("decibels", 0.0, 12.0, signed=True),
        nonfinite="passes",
        differentiable=True,
        memory=1.5,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``decibels`` uniformly."""
        return augreg.Params(len(batch), decibels=self.sample("decibels", rng, level))

    def filter(self, info: augreg.BatchInfo, params: augreg.Params) -> LinearFilter:
        """Return the amplitude factors."""
        return LinearFilter.of(len(info), gain=from_db(params.array("decibels")))


@dataclass(frozen=True, kw_only=True)
class Polarity(LinearAugmenter):
    """Turn the waveform upside down.

    y = -x: inaudible on its own, but it matters to models of waveforms and to mixtures. Fuses with the other
    linear filters.
    """

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        leaves=EVERY,
        dtypes=DTYPES,
        devices=DEVICES,
        keeps_shape=True,
        nonfinite="passes",
        differentiable=True,
        p=0.5,
        memory=1.5,
    )

    def filter(self, info: augreg.BatchInfo, params: augreg.Params) -> LinearFilter:
        """Return the factor -1."""
        return LinearFilter.of(len(info), gain=np.full(len(info), -1.0))


@dataclass(frozen=True, kw_only=True)
class Delay(LinearAugmenter):
    """Let the sound begin later, in silence, and lose its end.

    By whole frames; the length stays, events and frame labels move along. Fuses with the other linear filters.
    """

    seconds: tuple[float, float] = param.interval((0.0, 0.1), "how much later", low=0.0, unit="s")

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        targets=("events", "frame_labels"),
        leaves=("label",),
        dtypes=DTYPES,
        devices=DEVICES,
        keeps_shape=True,
        alters=frozenset({"position", "synchrony"}),
        level=augreg.Level("seconds", 0.0, 0.5),
        nonfinite="passes",
        differentiable=True,
        memory=2.5,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``seconds`` uniformly."""
        return augreg.Params(len(batch), seconds=self.sample("seconds", rng, level))

    def filter(self, info: augreg.BatchInfo, params: augreg.Params) -> LinearFilter:
        """Return the delays, rounded to frames and no longer than the sound."""
        frames = np.rint(params.array("seconds") * info.rates).astype(np.int64)
        return LinearFilter.of(len(info), delay=np.minimum(frames, info.lengths))
