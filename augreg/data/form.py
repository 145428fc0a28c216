"""How the rows of a modality lie in memory, which is all that a batch needs to know about it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class RowForm:
    """Which axes of a row mean something to batches. Axes count as in numpy, from the end if negative.

    Args:
        length_axis: the axis that ``lengths`` counts: frames of sound or film, characters, steps of a series.
        ragged: whether samples of different lengths share a batch as one tensor, with zeros behind the shorter ones
            along that axis. Otherwise a batch is a list, or a tensor of rows that have one shape.

    """

    length_axis: int = -1
    ragged: bool = False


PLAIN: Final = RowForm()
"""Rows of one shape, or in a list."""


def length_bucket(length: int) -> int:
    """Return a number that lengths share which differ by less than a factor of 1.25."""
    return math.ceil(3.1 * math.log2(length)) if length > 1 else length
