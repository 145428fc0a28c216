"""Hashes of all words of a batch at once; upper and lower case are one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from augreg_text.block import bounds, encode, ranges
from augreg_text.unicode import Points

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]

LONGEST_HASHED: Final = 64
"""Code points; longer stretches are no words of any table, and their hash says nothing."""
_TWO_NUMBERS: Final = 16
"""Bytes in two 64-bit numbers: shorter words are hashed by two multiplications."""
_POINTS_AT_A_TIME: Final = 1 << 14
"""Code points over which running sums go, so that both tables of powers (256 KiB) stay in the processor's cache."""
# Odd, so that they have inverses modulo 2**64; otherwise arbitrary.
_BASE: Final = 0x9E3779B97F4A7C15
_INVERSE: Final = pow(_BASE, -1, 1 << 64)
_FIRST_FACTOR: Final = np.asarray(0xD1342543DE82EF95, dtype=np.uint64)
_SECOND_FACTOR: Final = np.asarray(0xAF251AF3B0F025B5, dtype=np.uint64)
_LOW_BYTES: Final = np.asarray([(1 << 8 * i) - 1 for i in range(9)], dtype=np.uint64)
_CASELESS_FROM: Final = 0x530
"""Latin, Greek and Cyrillic have upper and lower case below this code point; above it case is not looked at."""


def hash_texts(words: Sequence[str]) -> Hashes:
    """Return the hash of each word: uint64 (n,)."""
    sizes = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    edges = bounds(sizes)
    return hash_words(encode("".join(words)), edges[:-1], edges[1:])


def hash_words(points: Points, starts: Ints, ends: Ints) -> Hashes:
    """Return the hash of each stretch of a text; ``starts`` ascend, stretches may overlap.

    Up to 16 code points below 256 are two numbers of eight bytes each: theirs is a sum of multiples of the two,
    different for any two stretches of up to 8. That of others is a polynomial.
    """
    lengths = ends - starts
    lower, others = _latin(points)
    out = _loaded(lower, starts, np.minimum(lengths, 8)) * _FIRST_FACTOR
    longer = (lengths > 8).nonzero()[0]
    out[longer] += _loaded(lower, starts[longer] + 8, np.minimum(lengths[longer], _TWO_NUMBERS) - 8) * _SECOND_FACTOR
    odd = longer[lengths[longer] > _TWO_NUMBERS]
    if len(others):
        odd = ((lengths > _TWO_NUMBERS) | (others.searchsorted(starts) < others.searchsorted(ends))).nonzero()[0]
    odd = odd[lengths[odd] <= LONGEST_HASHED]
    if len(odd):
        edges = bounds(lengths[odd])
        out[odd] = _polynomials(points[ranges(starts[odd], lengths[odd])], edges[:-1], edges[1:])
    return out


def _latin(points: Points) -> tuple[bytes, Ints]:
    """Return code points in lower case as bytes, with 16 spare ones, and the places of those that are none."""
    if points.dtype == np.uint8:
        text = points.tobytes()
        return (text.lower() if text.isascii() else text.translate(_latin_table())) + bytes(_TWO_NUMBERS), _NONE
    lower = _lower_case(points)
    others = (lower > 255).nonzero()[0]
    return lower.astype(np.uint8).tobytes() + bytes(_TWO_NUMBERS), others


def _loaded(text: bytes, places: Ints, lengths: Ints) -> Hashes:
    """Return up to eight bytes from each place on as a number."""
    numbers = np.ndarray((len(text) - 7,), "<u8", text, 0, (1,))
    return numbers.take(places, mode="clip") & _LOW_BYTES.take(lengths)


def _polynomials(points: Points, starts: Ints, ends: Ints) -> Hashes:
    """Return sum of c_i B**i over the places of each stretch, modulo 2**64.

    Running sums give the sum over any stretch; dividing by B**start makes it independent of the place.
    """
    out = np.zeros(len(starts), dtype=np.uint64)
    powers, inverses = _powers(_POINTS_AT_A_TIME + LONGEST_HASHED)
    lower = _lower_case(points).astype(np.uint64)
    for begin in range(0, len(points), _POINTS_AT_A_TIME):
        a, b = np.searchsorted(starts, [begin, begin + _POINTS_AT_A_TIME])
        part = lower[begin : begin + _POINTS_AT_A_TIME + LONGEST_HASHED]
        sums = np.zeros(len(part) + 1, dtype=np.uint64)
        np.cumsum(part * powers[: len(part)], out=sums[1:])
        start, end = starts[a:b] - begin, ends[a:b] - begin
        out[a:b] = (sums[end] - sums[start]) * inverses[start]
    return out


def _lower_case(points: Points) -> NDArray[np.uint32]:
    """Return the code points in lower case."""
    table = _lower_table()
    if points.dtype == np.uint8:
        return table.take(points)
    return np.where(points < _CASELESS_FROM, table.take(points, mode="clip"), points)


@lru_cache(maxsize=1)
def _lower_table() -> NDArray[np.uint32]:
    lower = [chr(i).lower() for i in range(_CASELESS_FROM)]
    return np.asarray([ord(c) if len(c) == 1 else i for i, c in enumerate(lower)], dtype=np.uint32)


@lru_cache(maxsize=1)
def _latin_table() -> bytes:
    """Return the lower case of code points below 256, which is below 256, too."""
    return _lower_table()[:256].astype(np.uint8).tobytes()


@lru_cache(maxsize=1)
def _powers(count: int) -> tuple[Hashes, Hashes]:
    """Return B**1 .. B**count and 1 / B**0 .. 1 / B**(count - 1), modulo 2**64."""
    bases = np.full((2, count), [[_BASE], [_INVERSE]], dtype=np.uint64)
    bases[1, 0] = 1
    powers = np.cumprod(bases, axis=1, dtype=np.uint64)
    return powers[0], powers[1]


_NONE: Final = np.zeros(0, dtype=np.int64)
