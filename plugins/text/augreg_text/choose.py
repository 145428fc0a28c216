"""Which of a sample's characters or words are edited: how many, and which, for a whole batch at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bits = NDArray[np.uint64]

_STEP: Final = 0x9E3779B97F4A7C15
_FEW: Final = 4
_SPARE: Final = 4
# Arrays without dimensions: numpy starts on them in half the time that a scalar takes.
_HALF, _LOW, _GAMMA, _LAST = (np.asarray(number, dtype=np.uint64) for number in (32, 0xFFFFFFFF, _STEP, 31))
_MIX: Final = tuple(
    (np.asarray(shift, dtype=np.uint64), np.asarray(factor, dtype=np.uint64))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
)
_WEYL: Final = np.arange(1 << 14, dtype=np.uint64) * _GAMMA


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

    rate: Floats | float
    least: int = 0
    most: int | Ints | None = None

    def count(self, sizes: Ints, rounding: Floats | float) -> Ints:
        """Return the counts for sizes (n,), rounded up where the fraction exceeds 1 - ``rounding``."""
        count = np.maximum(np.floor(self.rate * sizes + rounding).astype(np.int64), self.least)
        np.minimum(count, sizes, out=count)
        if self.most is not None:
            np.minimum(count, self.most, out=count)
        if isinstance(self.rate, np.ndarray):
            count[self.rate <= 0.0] = 0
        elif self.rate <= 0.0:
            count[:] = 0
        return count


def choose(words: NDArray[np.uint32], sizes: Ints, share: Share) -> Chosen:
    """Choose a share of each sample's candidates, every subset of that size equally likely.

    Args:
        words: uint32 (n, 4), one block of keyed numbers per sample. Everything hangs on the first three of it;
            the fourth is free for a decision that comes before.
        sizes: int64 (n,), candidates of each sample.
        share: how many.

    """
    words = words[:, :3].astype(np.uint64)
    wanted = share.count(sizes, (words[:, 2] + 0.5) * 2.0**-32)
    found = _Found(sizes, words[:, 0] | words[:, 1] << _HALF, wanted)
    dense = (2 * wanted > sizes) & (wanted > _FEW)
    rows = np.flatnonzero((wanted > 0) & ~dense)
    # Collisions are about wanted**2 / (2 sizes); a second try costs more than a few numbers to spare.
    draws = (wanted + wanted * wanted // np.maximum(sizes, 1) + _SPARE)[rows]
    while len(rows):
        short = found.take(rows, draws)
        rows, draws = rows[short], 2 * draws[short]
    for row in np.flatnonzero(dense).tolist():
        found.order(row)
    return found.chosen()


class _Found:
    """The candidates that are chosen so far, and the numbers that choose."""

    def __init__(self, sizes: Ints, seeds: Bits, wanted: Ints) -> None:
        self.sizes, self.seeds, self.wanted = sizes, seeds, wanted
        ends = sizes.cumsum()
        self.first = ends - sizes
        total = int(ends[-1]) if len(ends) else 0
        self.marked = np.zeros(total, dtype=bool)
        # For marked candidates only: which of the numbers, and those numbers.
        self.number = np.empty(total, dtype=np.int32)
        self.bits: list[Bits] = []
        self.drawn = 0

    def take(self, rows: Ints, draws: Ints) -> NDArray[np.bool_]:
        """Mark each row's first distinct draws, as many as it wants; return which rows had too few.

        A row's j-th number is the same however many are drawn, so a second try with more gives the same ones first.
        """
        ends = draws.cumsum()
        sizes, first, seeds, wanted = (a[rows] for a in (self.sizes, self.first, self.seeds, self.wanted))
        # From the last of a row to the first: where places repeat, numpy keeps what is written last, the earliest.
        bits = _mixed((seeds + ends.astype(np.uint64) * _GAMMA).repeat(draws) - _weyl(int(ends[-1])))
        place = bits >> _HALF
        place *= sizes.astype(np.uint64).repeat(draws)
        place >>= _HALF
        place += first.astype(np.uint64).repeat(draws)
        where = place.view(np.int64)
        order = np.arange(self.drawn, self.drawn + len(where), dtype=np.int32)
        self.number[where] = order
        fresh = self.number.take(where) == order
        rank = fresh.cumsum()
        upto = rank[ends - 1]
        short: NDArray[np.bool_] = upto < wanted
        short[1:] = upto[1:] - upto[:-1] < wanted[1:]
        # The earliest are those with the highest ranks of their row.
        fresh &= rank > (upto - wanted).repeat(draws)
        self.marked[where.compress(fresh)] = True
        self.bits.append(bits)
        self.drawn += len(bits)
        return short

    def order(self, row: int) -> None:
        """Order all candidates of a row by a number each: where so many are wanted, draws would collide."""
        size, first, wanted = int(self.sizes[row]), int(self.first[row]), int(self.wanted[row])
        bits = _mixed(self.seeds[row] + _weyl(2 * size + 1)[1:])
        best = np.argsort(bits[:size], kind="stable")[:wanted]
        self.marked[first + best] = True
        self.number[first + best] = self.drawn + best
        self.bits.append(bits[size:])
        self.drawn += size

    def chosen(self) -> Chosen:
        index = self.marked.nonzero()[0]
        bits = self.bits[0] if len(self.bits) == 1 else np.concatenate([*self.bits, _WEYL[:0]])
        # The upper half chose the place; the lower half is independent of it.
        return Chosen(index, (bits.take(self.number.take(index)) & _LOW) * 2.0**-32, self.wanted)


def _mixed(z: Bits) -> Bits:
    """Return the 64-bit numbers of some states, in place: the j-th state of a seed is seed + (j + 1) * gamma.

    SplitMix64, after Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014: a
    fifth of the cost of Philox, which gave the seeds; integers, so the same on every machine.
    """
    shifted = np.empty_like(z)
    for shift, factor in _MIX:
        np.right_shift(z, shift, shifted)
        np.bitwise_xor(z, shifted, z)
        np.multiply(z, factor, z)
    np.right_shift(z, _LAST, shifted)
    return np.bitwise_xor(z, shifted, z)


def _weyl(count: int) -> Bits:
    """Return gamma * 0, gamma * 1, ...: uint64 (count,), not to be written to."""
    return _WEYL[:count] if count <= len(_WEYL) else np.arange(count, dtype=np.uint64) * _GAMMA
