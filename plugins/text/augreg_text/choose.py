"""Which of a sample's characters or words are edited: how many, and which, for a whole batch at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

import augreg

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_FEW: Final = 4
_LARGEST: Final = 1.0 - 2.0**-33
"""The largest number that the generator gives."""


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
        rng: keyed numbers for n samples; everything is drawn under ``name``.
        sizes: int64 (n,), candidates of each sample.
        share: how many.

    """
    found = _Found(sizes)
    limit = share.count(sizes, _LARGEST)
    dense = (2 * limit > sizes) & (limit > _FEW)
    for row in np.flatnonzero(dense).tolist():
        _order(found, row, rng, name, share)
    rows = np.flatnonzero((limit > 0) & ~dense)
    # One number decides the rounding; what is left of whole blocks of four makes up for collisions.
    draws = ((limit + limit * limit // np.maximum(sizes, 1) + 5) // 4 * 4)[rows]
    while len(rows):
        short = _try(found, rows, draws, rng, name, share)
        rows, draws = rows[short], 2 * draws[short]
    return found.chosen()


class _Found:
    """The candidates that are chosen so far."""

    def __init__(self, sizes: Ints) -> None:
        self.sizes = sizes
        self.first = np.cumsum(sizes) - sizes
        total = int(sizes.sum())
        self.marked = np.zeros(total, dtype=bool)
        self.unit = np.empty(total)

    def mark(self, places: Ints, unit: Floats) -> None:
        self.marked[places] = True
        self.unit[places] = unit

    def chosen(self) -> Chosen:
        index = np.flatnonzero(self.marked)
        edges = np.searchsorted(index, np.append(self.first, len(self.marked)))
        return Chosen(index, self.unit[index], np.diff(edges))


def _try(found: _Found, rows: Ints, draws: Ints, rng: augreg.Rng, name: str, share: Share) -> NDArray[np.bool_]:
    """Mark each row's first distinct draws, as many as it wants; return which rows had too few.

    A row's j-th number is the same however many are drawn, so a second try with more goes on where it stopped.
    """
    every = len(rows) == len(found.sizes)
    numbers = (rng if every else rng.take(rows)).ragged(name, draws)
    begin = np.cumsum(draws) - draws
    sizes = found.sizes[rows]
    wanted = share.take(rows).count(sizes, numbers[begin])
    place, unit = _spread(numbers, draws, sizes, found.first[rows])
    # The number that decided the rounding takes no part: it stands for a candidate that does not exist.
    place[begin] = len(found.marked)
    fresh = _first_of_each(place, len(found.marked) + 1)
    fresh[begin] = False
    rank = np.cumsum(fresh)
    rank -= np.repeat(rank[begin], draws)
    taken = np.flatnonzero(fresh & (rank <= np.repeat(wanted, draws)))
    found.mark(place[taken], unit[taken])
    return rank[begin + draws - 1] < wanted


def _spread(numbers: Floats, draws: Ints, sizes: Ints, first: Ints) -> tuple[Ints, Floats]:
    """Turn each number into one of its row's candidates, and into what is left of it."""
    scaled = numbers * np.repeat(sizes, draws)
    whole = scaled.astype(np.int64)
    scaled -= whole
    whole += np.repeat(first, draws)
    return whole, scaled


def _first_of_each(values: Ints, limit: int) -> NDArray[np.bool_]:
    """Whether each value stands for the first time; values lie in [0, limit)."""
    order = np.arange(len(values))
    first = np.empty(limit, dtype=np.int64)
    # Where an index repeats, numpy keeps what is written last: the earliest, in reverse.
    first[values[::-1]] = order[::-1]
    return first[values] == order


def _order(found: _Found, row: int, rng: augreg.Rng, name: str, share: Share) -> None:
    """Order all candidates of a row by a number each, where so many are wanted that draws would collide."""
    size = int(found.sizes[row])
    one = np.asarray([row])
    numbers = rng.take(one).ragged(name, np.asarray([2 * size + 1]))
    wanted = int(share.take(one).count(found.sizes[one], numbers[:1])[0])
    best = np.argsort(numbers[1 : size + 1], kind="stable")[:wanted]
    found.mark(found.first[row] + best, numbers[size + 1 + best])
