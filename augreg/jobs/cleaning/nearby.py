"""Finds codes that differ in few bits without comparing all with all: multi-index hashing (Norouzi et al. 2012)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise
from math import comb
from typing import Final

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint64]
Pairs = NDArray[np.int64]

BITS: Final = 64
WIDEST: Final = 20
"""Bits of a band for which a table of all values is kept: 2^20 places of 8 bytes."""

AT_ONCE: Final = 1 << 21
"""Pairs that are compared at once; about 100 MB."""

_ONES: Final = np.array([value.bit_count() for value in range(1 << 16)], np.uint8)
"""Bits that are set in each 16-bit number. numpy counts them itself only from 2.0 on."""


def distances(first: Codes, second: Codes) -> NDArray[np.int64]:
    """Return in how many bits codes (n,) differ pair by pair."""
    differ = np.ascontiguousarray(first ^ second)
    return np.asarray(_ONES[differ.view(np.uint16).reshape(len(differ), 4)].sum(1, dtype=np.int64))


def within(codes: Codes, queries: Codes, radius: int) -> Pairs:
    """Return all pairs (query, code), int64 (m, 2) in rising order, that differ in at most ``radius`` bits.

    Codes are cut into bands. Of a pair that differs in at most ``radius`` bits, some band differs in at most
    ``radius // bands``: so it is enough to look up every band of a query with so few of its bits flipped.
    """
    bands = _bands(len(codes), radius)
    edges = np.linspace(0, BITS, bands + 1).astype(int).tolist()
    found = [np.empty(0, np.int64)]
    for low, high in pairwise(edges):
        for rows, places in _alike(codes, queries, low, high - low, radius // bands):
            close = distances(codes[places], queries[rows]) <= radius
            found.append(rows[close] * len(codes) + places[close])
    pairs = np.unique(np.concatenate(found))
    return np.stack([pairs // max(len(codes), 1), pairs % max(len(codes), 1)], axis=1)


def _bands(count: int, radius: int) -> int:
    """Return the number of bands that costs least: few bands need many flips, many bands hold too little each."""

    def cost(bands: int) -> float:
        width = BITS // bands
        flips = sum(comb(width, changed) for changed in range(radius // bands + 1))
        return bands * flips * (1.0 + count / float(2**width))  # one for the look-up itself

    return min(range(-(-BITS // WIDEST), BITS // 4 + 1), key=cost)


def _alike(
    codes: Codes, queries: Codes, low: int, width: int, flips: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield pairs (query, code) whose band differs in at most so many bits."""
    mask = np.uint64((1 << width) - 1)
    own = ((codes >> np.uint64(low)) & mask).astype(np.int64)
    order = np.argsort(own, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(own, minlength=1 << width))])
    asked = ((queries >> np.uint64(low)) & mask).astype(np.int64)
    for changed in range(flips + 1):
        for bits in combinations(range(width), changed):
            keys = asked ^ sum(1 << bit for bit in bits)
            yield from expanded(starts[keys], starts[keys + 1], order)


def expanded(
    starts: NDArray[np.int64], ends: NDArray[np.int64], order: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield (row, order[place]) for every place from starts[row] to ends[row], not too many at once."""
    rows = np.flatnonzero(ends > starts)
    sizes = (ends - starts)[rows]
    parts = np.cumsum(sizes) // AT_ONCE
    for part in np.unique(parts):
        here = rows[parts == part]
        counts = (ends - starts)[here]
        before = np.repeat(np.cumsum(counts) - counts, counts)
        places = np.arange(counts.sum()) - before + np.repeat(starts[here], counts)
        yield np.repeat(here, counts), order[places]


def same_keys(keys: NDArray[np.uint64], most: int = 32) -> Pairs:
    """Return pairs of places (m, 2) with the same key.

    Of a key that more than ``most`` places share, every place is paired with the first and with its neighbor only:
    all pairs would be the square of their number.
    """
    order = np.argsort(keys, kind="stable")
    bounds = np.flatnonzero(np.diff(keys[order])) + 1
    found = [np.empty((0, 2), np.int64)]
    for start, end in zip(np.r_[0, bounds], np.r_[bounds, len(keys)], strict=True):
        if end - start > 1:
            found.append(_all_or_few(order[start:end], most))
    return np.concatenate(found)


def _all_or_few(places: NDArray[np.int64], most: int) -> Pairs:
    if len(places) <= most:
        return places[np.stack(np.triu_indices(len(places), 1), axis=1)]
    first = np.stack([np.full(len(places) - 1, places[0]), places[1:]], axis=1)
    return np.concatenate([first, np.stack([places[1:-1], places[2:]], axis=1)])
