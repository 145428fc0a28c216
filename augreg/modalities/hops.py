"""The hop of frame labels: how many a sound of some seconds has."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from augreg.errors import SampleError

ROUNDING: Final = 0.01
"""Hops; a shorter rest is none. Resampling rounds to whole samples, which are some 1/300 of a hop of 20 ms."""


def hop_counts(seconds: float, hop: float) -> tuple[int, int]:
    """Return how many frames of ``hop`` seconds lie within a sound, and how many there are with an uneven rest.

    >>> from augreg.modalities import hop_counts
    >>> hop_counts(1.0, 0.02), hop_counts(1.01, 0.02)
    ((50, 50), (50, 51))

    """
    whole = seconds / hop
    return math.floor(whole + ROUNDING), max(math.ceil(whole - ROUNDING), 0)


def check_hop(hop: Any) -> float:
    """Return a hop in seconds.

    Raises:
        SampleError: it is no positive number.

    """
    number = isinstance(hop, (int, float, np.integer, np.floating)) and not isinstance(hop, bool)
    if not number or not 0 < hop < math.inf:
        raise SampleError(
            f"hop={hop!r} is not a positive number of seconds, e.g. hop=0.02; of 160 samples hop=160/rate."
        )
    return float(hop)


def check_hops(labels: Any, hop: float, seconds: float) -> None:
    """Refuse frame labels of another number than their hop says.

    Raises:
        SampleError: so many labels do not fit the sound; the message says how many do.

    >>> from augreg.modalities import check_hops
    >>> check_hops([0, 1, 1], 0.1, 0.25)  # two whole frames and a rest

    """
    few, many = hop_counts(seconds, hop)
    if not few <= len(labels) <= max(many, math.ceil(seconds / hop)):
        fitting = str(few) if few == many else f"{few} or, with the uneven rest, {many}"
        raise SampleError(
            f"frame_labels has {len(labels)} entries, and {seconds:g} s have {fitting} frames of hop={hop:g} seconds. "
            "Label k is that of the seconds from k * hop to (k + 1) * hop; leave out one that begins at the very end, "
            "or mend hop (of 160 samples at 16000 Hz it is 0.01)."
        )
