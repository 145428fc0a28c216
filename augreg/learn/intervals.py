"""Mean and t-interval of a few numbers, without SciPy, which is no dependency of augreg."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over seeds, and how far the true mean may be from it.

    Args:
        mean: the mean.
        half: half the width of the t-interval; None of a single number, which tells nothing of its spread.
        values: the numbers, in the order of the seeds.
        seeds: the seeds.

    """

    mean: float
    half: float | None
    values: tuple[float, ...]
    seeds: tuple[int, ...]

    @property
    def n(self) -> int:
        """How many numbers."""
        return len(self.values)

    @property
    def above(self) -> bool:
        """Whether all of the interval is above 0; one of width 0 does not count, as it has seen no spread."""
        return self.half is not None and 0 < self.half < self.mean

    @property
    def below(self) -> bool:
        """Whether all of the interval is below 0."""
        return self.half is not None and 0 < self.half < -self.mean

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {"mean": self.mean, "half": self.half, "n": self.n, "values": self.values, "seeds": self.seeds}


def interval(values: Sequence[float], seeds: Sequence[int], level: float = 0.95, grain: float = 0.0) -> Interval:
    """Return the mean with Student's t-interval of this level.

    Args:
        values: a number for each seed.
        seeds: the seeds.
        level: the confidence.
        grain: the step in which both sides of a difference come, as 1/40 of a recall on 40 samples. Two seeds with the
            same difference are no rare chance then, and an interval of width 0 would be wrong: what rounding to such
            steps adds to the variance, a twelfth of their square for each side, is added.

    """
    n, mean = len(values), math.fsum(values) / len(values)
    if n < 2:
        return Interval(mean, None, tuple(values), tuple(seeds))
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1) + grain**2 / 6)
    half = quantile(0.5 + level / 2, n - 1) * deviation / math.sqrt(n)
    return Interval(mean, half, tuple(values), tuple(seeds))


@lru_cache(maxsize=256)
def quantile(share: float, freedom: int) -> float:
    """Return where Student's distribution has this share (at least 0.5) to its left, by halving."""
    low, high = 0.0, 1.0
    while _left(high, freedom) < share:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _left(middle, freedom) < share else (low, middle)
    return (low + high) / 2


def _left(t: float, freedom: int) -> float:
    """Return the share left of t >= 0, by the finite sums for whole degrees of freedom (Abramowitz, Stegun 26.7.3)."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = term if freedom > 1 else 0.0
    for power in range(2 + odd, freedom - 1, 2):
        term *= cosine**2 * (power - 1) / power
        total += term
    within = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return 0.5 + within / 2
