"""What is measured of a sound: whether something is heard in it, and whether its peaks are cut off."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

WINDOW: Final = 0.05
"""Seconds over which loudness is taken: about what an ear takes as one moment."""

SILENT: Final = -60.0
"""dB of full scale. Recorders are at -60 to -70 in a quiet room, quiet speech at -40; 16 bits end at -96."""

FULL: Final = 0.99
"""Of full scale: from where on a value counts as cut off. The highest of 8 bits is 0.992."""

RUN: Final = 3
"""Values in a row at full scale that no wave below half the sample rate has by itself, but for very loud bass."""

SAME: Final = 5e-5
"""How far values are apart that are the same in 16 bits, where a step is 3.1e-5."""

PAIRS: Final = 5
"""By how much two equal values say less than three at full scale: a pure tone of 100 Hz at 44.1 kHz has a share of
0.002 of them in its peaks."""

CLIPPED: Final = 1e-3
"""Share of values in such runs from which on it is heard."""

ALL: Final = 0.02
"""Share of values in such runs at which there is no doubt."""


def loudest(wave: NDArray[Any], rate: int) -> float:
    """Return the loudness of the loudest moment of a sound (channels, frames) in dB of full scale, without its mean.

    A constant is no sound: it is -inf.
    """
    width = max(1, min(int(rate * WINDOW), wave.shape[1]))
    whole = wave.shape[1] // width * width
    moments = (wave - wave.mean(1, keepdims=True, dtype=np.float64))[:, :whole].reshape(len(wave), -1, width)
    power = float(np.square(moments).mean(2).max())
    return 10.0 * float(np.log10(power)) if power > 1e-20 else float("-inf")


def clipped(wave: NDArray[Any]) -> float:
    """Return which share of the values of a sound (channels, frames) is cut off at full scale.

    They lie in runs of one sign, three at full scale, or, which happens by chance more often and counts as a fifth,
    two at exactly the highest value of all: high tones have no longer ones. A wave that swings from end to end is loud,
    but not cut.
    """
    several = pairs = 0
    for row in wave:
        for side in (row, -row):
            if (peak := float(side.max())) >= FULL:
                several += _in_runs(side >= FULL, RUN)
                pairs += _in_runs(side >= peak - SAME, 2)
    return max(several, pairs / PAIRS) / max(wave.size, 1)


def _in_runs(there: NDArray[np.bool_], least: int) -> int:
    """Return how many values lie in runs of at least so many that are there."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], there.astype(np.int8), [0]])))
    lengths = edges[1::2] - edges[::2]
    return int(lengths[lengths >= least].sum())
