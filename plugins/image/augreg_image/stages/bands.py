"""What an affine color stage does to bands that are not red, green or blue: infrared, depth, a mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """A band becomes ``gain x + by_mean mean(x) + offset``; each is float64 (n,), or one number for all samples."""

    gain: Floats | float = 1.0
    by_mean: Floats | float = 0.0
    offset: Floats | float = 0.0

    def each(self, n: int) -> tuple[Floats, Floats, Floats]:
        """Return the three for n samples."""
        gain, by_mean, offset = (np.broadcast_to(np.asarray(x, dtype=np.float64), (n,)) for x in self.all)
        return gain, by_mean, offset

    @property
    def all(self) -> tuple[Floats | float, Floats | float, Floats | float]:
        """The three as they are."""
        return self.gain, self.by_mean, self.offset

    def take(self, rows: NDArray[Any]) -> Bands:
        """Return the maps of some samples."""
        return Bands(*(x[rows] if isinstance(x, np.ndarray) else x for x in self.all))

    def expand(self, rows: NDArray[Any], n: int) -> Bands:
        """Spread over n samples, with identities beside ``rows``."""
        found = np.ones(n), np.zeros(n), np.zeros(n)
        for new, own in zip(found, self.all, strict=True):
            new[rows] = own
        return Bands(*found)

    def then(self, other: Bands) -> Bands:
        """Return both in one map."""
        by_mean = other.gain * self.by_mean + other.by_mean * (self.gain + self.by_mean)
        offset = (other.gain + other.by_mean) * self.offset + other.offset
        return Bands(other.gain * self.gain, by_mean, offset)

    def identities(self, n: int) -> NDArray[np.bool_]:
        """Bool (n,): samples whose bands stay."""
        gain, by_mean, offset = self.each(n)
        same: NDArray[np.bool_] = (gain == 1) & (by_mean == 0) & (offset == 0)
        return same


def both(first: Bands | None, second: Bands | None) -> Bands | None:
    """Return two maps as one; None is the one that changes nothing."""
    if first is None or second is None:
        return second if first is None else first
    return first.then(second)
