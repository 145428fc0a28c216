"""Distinct echoes: echo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import augreg
from augreg import param
from augreg_audio.base import LinearAugmenter, waveform_declaration
from augreg_audio.linear import Impulses, LinearFilter
from augreg_audio.waveform import Array, from_db


@dataclass(frozen=True, kw_only=True)
class Echo(LinearAugmenter):
    """Let the sound come back once or several times.

    The k-th of ``repeats`` echoes comes k times ``delay`` later and is k times ``decibels`` louder than the sound
    itself (so softer, as it is negative). What comes after the sound's end is cut off. Fuses with the other linear
    filters.
    """

    delay: tuple[float, float] = param.interval((0.05, 0.4), "from one to the next", low=0.001, high=10.0, unit="s")
    decibels: tuple[float, float] = param.interval((-18.0, -6.0), "of the first", low=-120.0, high=0.0, unit="dB")
    repeats: tuple[float, float] = param.interval((1, 4), "echoes", low=1, high=50, integral=True)

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("timbre", "room"),
        level=augreg.Level("decibels", -60.0, -3.0, identity_at_zero=False),
        differentiable=True,
        memory=9,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``delay``, ``decibels`` and ``repeats``."""
        low, high = (int(k) for k in self.repeats)
        drawn = {name: self.sample(name, rng, level) for name in ("delay", "decibels")}
        return augreg.Params(len(batch), drawn, repeats=rng.integers("repeats", low, high + 1))

    def filter(self, info: augreg.BatchInfo, params: augreg.Params) -> LinearFilter:
        """Return the impulse responses, no longer than the sounds."""
        steps = np.maximum(np.rint(params.array("delay") * info.rates).astype(np.int64), 1)
        columns = (steps, from_db(params.array("decibels")), params.array("repeats"), info.lengths)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return LinearFilter.of(len(info), response=Impulses([_response(*row) for row in rows]))


def _response(step: int, gain: float, repeats: int, frames: int) -> Array | None:
    heard = min(repeats, (frames - 1) // step)
    if heard < 1:
        return None
    response = np.zeros((1, heard * step + 1))
    response[0, ::step] = gain ** np.arange(heard + 1)
    return response
