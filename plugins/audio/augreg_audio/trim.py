"""Cutting silence off: trim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np

import augreg
from augreg import param
from augreg_audio.assembly import Assembly, Rearranged
from augreg_audio.base import waveform_declaration
from augreg_audio.joints import Copy
from augreg_audio.waveform import Array, to_float

HOP_SECONDS: Final = 0.01
"""Seconds whose power is looked at together."""


@dataclass(frozen=True, kw_only=True)
class Trim(Rearranged):
    """Cut silence off the sound's start and end.

    Silence is what stays ``threshold`` dB below the loudest 10 ms; ``margin`` of it is kept on either side. A sound
    that is silent throughout stays as it is.
    """

    threshold: float = param.number(40.0, "below the loudest", low=1.0, high=120.0, unit="dB")
    margin: float = param.number(0.02, "that is kept", low=0.0, high=60.0, unit="s")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("duration", "position", "synchrony"),
        moves=True,
        keeps_shape=False,
        reads=("data",),
        differentiable=True,
        memory=5,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Find ``start`` and ``end`` of what is heard, in frames; nothing is random."""
        rows = zip(batch.data or [], batch.rates.tolist(), strict=True)
        spans = [_heard(to_float(x.detach().cpu()).numpy(), rate, self.threshold, self.margin) for x, rate in rows]
        found = np.asarray(spans, dtype=np.int64).reshape(-1, 2)
        return augreg.Params(len(batch), start=found[:, 0], end=found[:, 1])

    def assemble(self, frames: int, rate: float, row: dict[str, Any]) -> Assembly:
        """Return the one stretch."""
        start, end = min(int(row["start"]), frames), min(int(row["end"]), frames)
        return Assembly([Copy(start, end, 0)] if end > start else [], end - start)


def _heard(x: Array, rate: float, decibels: float, margin: float) -> tuple[int, int]:
    """Return from which frame to which something is heard, with the margin."""
    frames = x.shape[-1]
    hop = max(1, round(HOP_SECONDS * rate))
    power = np.add.reduceat(np.square(x, dtype=np.float64).sum(axis=0), np.arange(0, frames, hop)) if frames else x[0]
    if not power.any():
        return 0, frames
    power = power / np.minimum(hop, frames - np.arange(0, frames, hop))
    loud = np.flatnonzero(power >= power.max() * 10.0 ** (-decibels / 10.0))
    extra = round(margin * rate)
    return max(0, int(loud[0]) * hop - extra), min(frames, (int(loud[-1]) + 1) * hop + extra)
