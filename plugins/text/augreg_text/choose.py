"""Which of a sample's characters or words are edited: how many, and which, for a whole batch at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

import augreg

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bits = NDArray[np.uint64]

_FEW: Final = 4
_HALF: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)
_GAMMA: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen from the candidates of n samples, which are numbered through, sample after sample.

    ``index``: int64 (m,), ascending. ``unit``: float64 (m,) in [0, 1), a uniform number for each, independent
    of which were chosen. ``counts``: int64 (n,), how many of each sample.
    """

    index: Ints
    unit: Floats
    counts: Ints


@dataclass(frozen=True)
class Share:
    """How many to choose: ``rate`` of the candidates, within limits.

    The count is ``rate * size``, rounded up or down at random so that it is right on average, then at least
    ``least`` (unless the rate is 0), at most ``most``, at most ``size``.
    """

    rate: Floats
    least: int = 0
    most: int | Ints | None = None

    def count(self, sizes: Ints, rounding: Floats | float) -> Ints:
        """Return the counts for sizes (n,), rounded up where the fraction exceeds 1 - ``rounding``."""
        count = np.maximum(np.floor(self.rate * sizes + rounding).astype(np.int64), self.least)
        np.minimum(count, sizes, out=count)
        if self.most is not None:
            np.minimum(count, self.most, out=count)
        count[self.rate <= 0.0] = 0
        return count

    def take(self, rows: Ints) -> Share:
        """Return the shares of some samples."""
        return Share(self.rate[rows], self.least, self.most[rows] if isinstance(self.most, np.ndarray) else self.most)


def choose(rng: augreg.Rng, name: str, sizes: Ints, share: Share) -> Chosen:
    """Choose a share of each sample's candidates, every subset of that size equally likely.

    Args:
        rng: keyed numbers for n samples; everything hangs on one block of them, drawn under ``name``.
        sizes: int64 (n,), candidates of each sample.
        share: how many.

    """
    words = rng.words(name, 4).astype(np.uint64)
    found = _Found(sizes, words[:, 0] | words[:, 1] << _HALF)
    wanted = share.count(sizes, (words[:, 2] + 0.5) * 2.0**-32)
    dense = (2 * wanted > sizes) & (wanted > _FEW)
    for row in np.flatnonzero(dense).tolist():
        found.order(row, int(wanted[row]))
    rows = np.flatnonzero((wanted > 0) & ~dense)
    # Collisions are about wanted**2 / (2 sizes); a second try costs more than a few numbers to spare.
    draws = (wanted + wanted * wanted // np.maximum(sizes, 1) + 8)[rows]
    while len(rows):
        short = found.take(rows, wanted[rows], draws)
        rows, draws = rows[short], 2 * draws[short]
    return found.chosen()


class _Found:
    """The candidates that are chosen so far, and the numbers that choose."""

    def __init__(self, sizes: Ints, seeds: Bits) -> None:
        self.sizes, self.seeds = sizes, seeds
        self.first = np.cumsum(sizes) - sizes
        total = int(sizes.sum())
        self.marked = np.zeros(total, dtype=bool)
        self.bits = np.empty(total, dtype=np.uint64)

    def take(self, rows: Ints, wanted: Ints, draws: Ints) -> NDArray[np.bool_]:
        """Mark each row's first distinct draws, as many as it wants; return which rows had too few.

        A row's j-th number is the same however many are drawn, so a second try with more goes on where it stopped.
        """
        begin = np.cumsum(draws) - draws
        row = np.repeat(np.arange(len(rows)), draws)
        bits = _mixed(np.arange(len(row), dtype=np.uint64), (self.seeds[rows] - begin.astype(np.uint64) * _GAMMA)[row])
        place = ((bits >> _HALF) * self.sizes[rows].astype(np.uint64)[row] >> _HALF).astype(np.int64)
        place += self.first[rows][row]
        fresh = _first_of_each(place, len(self.marked))
        rank = np.cumsum(fresh)
        last = np.append(0, rank)[begin] + wanted
        taken = np.flatnonzero(fresh & (rank <= last[row]))
        self.marked[place[taken]] = True
        self.bits[place[taken]] = bits[taken]
        short: NDArray[np.bool_] = rank[begin + draws - 1] < last
        return short

    def order(self, row: int, wanted: int) -> None:
        """Order all candidates of a row by a number each: where so many are wanted, draws would collide."""
        size, first = int(self.sizes[row]), int(self.first[row])
        bits = _mixed(np.arange(2 * size, dtype=np.uint64), self.seeds[row])
        best = np.argsort(bits[:size], kind="stable")[:wanted]
        self.marked[first + best] = True
        self.bits[first + best] = bits[size + best]

    def chosen(self) -> Chosen:
        index = np.flatnonzero(self.marked)
        edges = np.searchsorted(index, np.append(self.first, len(self.marked)))
        # The upper half chose the place; the lower half is independent of it.
        return Chosen(index, (self.bits[index] & _LOW) * 2.0**-32, np.diff(edges))


def _mixed(count: Bits, seeds: Bits | np.uint64) -> Bits:
    """Return the count-th 64-bit number of each seed.

    SplitMix64, after Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014: a
    fifth of the cost of Philox, which gave the seeds; integers, so the same on every machine.
    """
    z = (count + np.uint64(1)) * _GAMMA
    z += seeds
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z


def _first_of_each(values: Ints, limit: int) -> NDArray[np.bool_]:
    """Whether each value stands for the first time; values lie in [0, limit)."""
    order = np.arange(len(values))
    first = np.empty(limit, dtype=np.int64)
    # Where an index repeats, numpy keeps what is written last: the earliest, in reverse.
    first[values[::-1]] = order[::-1]
    fresh: NDArray[np.bool_] = first[values] == order
    return fresh
