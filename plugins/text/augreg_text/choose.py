"""Which of a sample's characters or words are edited: how many, and which, for a whole batch at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

import augreg
from augreg.kernel import stream_key

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Bits = NDArray[np.uint64]

FEW_WANTED: Final = 4
"""So few are drawn one by one even out of as few candidates: some collisions cost less than ordering them all."""
_SPARSE_RATE: Final = 0.4
"""Up to this rate every sample that wants more than ``FEW_WANTED`` wants at most half of its candidates."""
_EXTRA_DRAWS: Final = 4
"""Numbers per sample beyond the collisions that are expected: a second try costs more than a few numbers to spare."""
_PREPARED: Final = 1 << 14
"""So many multiples and numbers are made once: 16 draws for each of the 1024 texts that are worked on at a time."""
# Arrays without dimensions: numpy starts on them in half the time that a scalar takes.
_SHIFT_32, _SHIFT_63, _SHIFT_24 = (np.asarray(bits, dtype=np.uint64) for bits in (32, 63, 24))
_LOW_32_BITS: Final = np.asarray(0xFFFFFFFF, dtype=np.uint64)
_GAMMA: Final = np.asarray(0x9E3779B97F4A7C15, dtype=np.uint64)
"""SplitMix64's increment, 2**64 over the golden ratio, made odd: consecutive states lie far apart."""
_MIX_ROUNDS: Final = tuple(
    (np.asarray(shift, dtype=np.uint64), None if factor is None else np.asarray(factor, dtype=np.uint64))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, None))
)
"""SplitMix64: shift right, exclusive-or, then multiply, three times."""
_GAMMA_MULTIPLES: Final = np.arange(_PREPARED, dtype=np.uint64) * _GAMMA
_COUNTING: Final = np.arange(_PREPARED, dtype=np.int32)


@dataclass(frozen=True)
class Chosen:
    """What was chosen from the candidates of n samples, which are numbered through, sample after sample.

    Args:
        drawn: int64 (m,), the candidates, in any order; mostly those of a sample stand together.
        bits: uint64 (m,), where each comes from.
        counts: int64 (n,), how many of each sample.

    """

    drawn: Ints
    bits: Bits
    counts: Ints

    @property
    def drawn_unit(self) -> Floats:
        """float64 (m,) in [0, 1), a uniform number for each of ``drawn``, independent of which were chosen."""
        # The upper half chose the place; the lower half is independent of it.
        unit: Floats = np.multiply(self.bits & _LOW_32_BITS, 2.0**-32)
        return unit

    @property
    def index(self) -> Ints:
        """int64 (m,), the candidates, ascending."""
        return self.drawn[self._order]

    @property
    def unit(self) -> Floats:
        """float64 (m,), the uniform number for each of ``index``."""
        return self.drawn_unit[self._order]

    @cached_property
    def _order(self) -> Ints:
        # Neighbors in the text are neighbors already, to within a sample: then a stable sort is the quickest.
        return self.drawn.argsort(kind="stable")


@dataclass(frozen=True)
class Quota:
    """How many to choose: ``rate`` of the candidates, within limits.

    The count is ``rate * size``, rounded up or down at random so that it is right on average, then at least
    ``least`` (unless the rate is 0), at most ``most``, at most ``size``.
    """

    rate: Floats | float
    least: int = 0
    most: int | Ints | None = None

    def count(self, sizes: Ints, rounding: Floats | float) -> Ints:
        """Return the counts for sizes (n,), rounded up where the fraction exceeds 1 - ``rounding``."""
        # What is not negative is rounded down by leaving its fraction out.
        count = (self.rate * sizes + rounding).astype(np.int64)
        if self.least:
            np.maximum(count, self.least, out=count)
        np.minimum(count, sizes, out=count)
        if self.most is not None:
            np.minimum(count, self.most, out=count)
        if isinstance(self.rate, np.ndarray):
            count[self.rate <= 0.0] = 0
        elif self.rate <= 0.0:
            count[:] = 0
        return count


def seeds(rng: augreg.Rng, name: str) -> Bits:
    """Return a seed per sample for the choice of a name: uint64 (n,), a function of what ``rng`` hangs on.

    The sample's key and that of the stream, mixed: a sixth of the cost of a block of Philox on a batch of 256.
    """
    return _mixed(rng.keys ^ np.asarray(stream_key(rng.seed, rng.epoch, rng.copy, rng.path, name), dtype=np.uint64))


def coins(seeds: Bits) -> Ints:
    """Return 0 or 1 per seed, independent of what :func:`choose` makes of it: int64 (n,)."""
    return (seeds >> _SHIFT_63).view(np.int64)


def choose(seeds: Bits, sizes: Ints, quota: Quota) -> Chosen:
    """Choose some of each sample's candidates, every subset of that size equally likely.

    Args:
        seeds: uint64 (n,), a keyed number per sample, see :func:`seeds`.
        sizes: int64 (n,), candidates of each sample.
        quota: how many.

    """
    rounding: Floats = np.multiply((seeds >> _SHIFT_24 & _LOW_32_BITS) + 0.5, 2.0**-32)
    wanted = quota.count(sizes, rounding)
    ends = sizes.cumsum()
    pool = _Pool(seeds, sizes, ends - sizes, wanted, int(ends[-1]) if len(ends) else 0)
    some = np.count_nonzero(wanted) == len(wanted)
    if some and isinstance(quota.rate, float) and quota.rate <= _SPARSE_RATE and quota.least <= FEW_WANTED:
        return Chosen(*pool.sparse(), wanted)
    dense = (2 * wanted > sizes) & (wanted > FEW_WANTED)
    if some and not np.count_nonzero(dense):
        return Chosen(*pool.sparse(), wanted)
    parts = [pool.of((wanted > 0) & ~dense).sparse(), pool.of(dense).ordered()]
    index, bits = (np.concatenate(pair) for pair in zip(*parts, strict=True))
    order = index.argsort(kind="stable")
    return Chosen(index[order], bits[order], wanted)


@dataclass(frozen=True, slots=True)
class _Pool:
    """Candidates of some samples: how many, from which number on, how many are wanted; and the seeds that choose."""

    seeds: Bits
    sizes: Ints
    first: Ints
    wanted: Ints
    total: int

    def of(self, rows: Bools) -> _Pool:
        """Return some samples' part; the numbers of the candidates stay."""
        return _Pool(self.seeds[rows], self.sizes[rows], self.first[rows], self.wanted[rows], self.total)

    def sparse(self) -> tuple[Ints, Bits]:
        """Draw until each sample has as many distinct candidates as it wants; return those, and 64 bits for each."""
        pool = self
        # Collisions are about wanted**2 / (2 sizes).
        draws = self.wanted * self.wanted
        draws //= self.sizes
        draws += self.wanted
        draws += _EXTRA_DRAWS
        found = []
        while len(draws):
            index, bits, short = pool._distinct(draws)
            found.append((index, bits))
            if not short.any():
                break
            # A sample's j-th number is the same however many are drawn: a second try has the same ones first.
            pool, draws = pool.of(short), 2 * draws[short]
        if len(found) == 1:
            return found[0]
        return np.concatenate([_NO_INTS, *(i for i, _ in found)]), np.concatenate([_NO_BITS, *(b for _, b in found)])

    def _distinct(self, draws: Ints) -> tuple[Ints, Bits, Bools]:
        """Return each sample's first distinct draws, as many as it wants, and which had too few: those have none."""
        ends = draws.cumsum()
        # From the last of a sample to the first: where places repeat, numpy keeps what is written last, the earliest.
        bits = _mixed((self.seeds + ends.view(np.uint64) * _GAMMA).repeat(draws) - _gamma_multiples(int(ends[-1])))
        place = bits >> _SHIFT_32
        place *= self.sizes.view(np.uint64).repeat(draws)
        place >>= _SHIFT_32
        place += self.first.view(np.uint64).repeat(draws)
        where = place.view(np.int64)
        number = np.empty(self.total, dtype=np.int32)
        order = _COUNTING[: len(where)] if len(where) <= len(_COUNTING) else np.arange(len(where), dtype=np.int32)
        number[where] = order
        fresh = number.take(where) == order
        rank = fresh.cumsum(dtype=np.int32)
        upto = rank.take(ends - 1)
        each = upto.copy()
        each[1:] -= upto[:-1]
        short: Bools = each < self.wanted
        # The earliest are those with the highest ranks of their sample.
        fresh &= rank > (upto - np.where(short, 0, self.wanted)).repeat(draws)
        taken = fresh.nonzero()[0]
        return where.take(taken), bits.take(taken), short

    def ordered(self) -> tuple[Ints, Bits]:
        """Order all candidates by a number each, take the lowest: where so many are wanted, draws would collide."""
        ends = self.sizes.cumsum()
        begin = (ends - self.sizes).repeat(self.sizes)
        inside = np.arange(int(ends[-1]) if len(ends) else 0) - begin
        sizes, seeds = self.sizes.repeat(self.sizes).view(np.uint64), self.seeds.repeat(self.sizes)
        step = (inside + 1).view(np.uint64)
        key = _mixed(seeds + step * _GAMMA)
        order = np.lexsort((key, begin))
        best = order[inside < self.wanted.repeat(self.sizes)]
        bits = _mixed(seeds[best] + (step[best] + sizes[best]) * _GAMMA)
        return inside[best] + self.first.repeat(self.sizes)[best], bits


def _mixed(z: Bits) -> Bits:
    """Return the 64-bit numbers of some states, in place: the j-th state of a seed is seed + (j + 1) * gamma.

    SplitMix64, after Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014: a
    fifth of the cost of Philox; integers, so the same on every machine.
    """
    shifted = np.empty_like(z)
    for shift, factor in _MIX_ROUNDS:
        np.right_shift(z, shift, shifted)
        np.bitwise_xor(z, shifted, z)
        if factor is not None:
            np.multiply(z, factor, z)
    return z


def _gamma_multiples(count: int) -> Bits:
    """Return gamma * 0, gamma * 1, ...: uint64 (count,), not to be written to."""
    return _GAMMA_MULTIPLES[:count] if count <= len(_GAMMA_MULTIPLES) else np.arange(count, dtype=np.uint64) * _GAMMA


_NO_INTS: Final = np.zeros(0, dtype=np.int64)
_NO_BITS: Final = np.zeros(0, dtype=np.uint64)
