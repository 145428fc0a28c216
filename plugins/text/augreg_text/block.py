"""A batch of texts as one array of code points, and what the augmenters ask about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import regex
from numpy.typing import NDArray

from augreg_text import unicode
from augreg_text.unicode import Flags, Points

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

CLUSTER = regex.compile(r"\X")


def encode(text: str) -> Points:
    """Return the code points of a string: uint8 when all are below 256, else uint32. Lone surrogates are kept."""
    try:
        return np.frombuffer(text.encode("latin-1"), dtype=np.uint8)
    except UnicodeEncodeError:
        return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def decode(points: Points) -> str:
    """Return the string of some code points, uint8 or uint32."""
    if points.dtype == np.uint8:
        return points.tobytes().decode("latin-1")
    return points.astype("<u4", copy=False).tobytes().decode("utf-32-le", "surrogatepass")


def bounds(lengths: Sequence[int] | Ints) -> Ints:
    """Return 0 and the running sums: int64 (n + 1,)."""
    found = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=found[1:])
    return found


def ranges(begin: Ints, length: Ints) -> Ints:
    """Return begin[0], begin[0] + 1, ... (length[0] of them), then the same for every further pair."""
    if len(length) and (length == length[0]).all():
        return begin if length[0] == 1 else (begin[:, None] + np.arange(length[0])).ravel()
    end: Ints = length.cumsum()
    total = int(end[-1]) if len(end) else 0
    return np.arange(total) + (begin - (end - length)).repeat(length)


def sparse(mask: Bools) -> Ints:
    """Return the places that a mask marks, ascending; quick where eight neighbors are mostly unmarked."""
    padded = np.zeros(len(mask) + 7 & ~7, dtype=bool)
    padded[: len(mask)] = mask
    near = (padded.view(np.uint64) != 0).nonzero()[0]
    within = padded.reshape(-1, 8)[near].ravel().nonzero()[0]
    found: Ints = (near * 8)[within >> 3] + (within & 7)
    return found


@dataclass(frozen=True)
class Block:
    """n texts joined by line feeds (one before the first, one after the last), as code points.

    So a neighbor can be looked up at both ends of every text, and no word and no cluster spans two texts.

    Args:
        texts: the texts.
        joined: the joined text.
        points: its code points.
        first: int64 (n,), where each text begins in ``points``.
        sizes: int64 (n,), code points of each text.

    """

    texts: Sequence[str]
    joined: str
    points: Points
    first: Ints
    sizes: Ints

    @classmethod
    def of(cls, texts: Sequence[str], sizes: Ints | None = None) -> Block:
        """Join some texts; their sizes int64 (n,), where known, save counting."""
        joined = "\n".join(("", *texts, ""))
        if sizes is None or int(sizes.sum()) + len(texts) + 1 != len(joined):
            sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        ends = (sizes + 1).cumsum()
        return cls(texts, joined, encode(joined), ends - sizes, sizes)

    def bare(self) -> Block:
        """Return the block without what it found out about its texts: edits that hold it may live long."""
        return Block(self.texts, self.joined, self.points, self.first, self.sizes)

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def flags(self) -> Flags:
        """Flag byte of every code point, see :mod:`augreg_text.unicode`."""
        return unicode.flags(self.points)

    @cached_property
    def letters(self) -> Bools:
        """Whether each code point is a letter; not to be written to."""
        # Upper and lower case differ in one bit; what lies below "a" wraps around.
        found = ((self.points | 32) - ord("a")) < 26
        if not self.joined.isascii():
            found[self.beyond] = (unicode.flags(self.points[self.beyond]) & unicode.LETTER) != 0
        return found

    @cached_property
    def beyond(self) -> Ints:
        """Places of code points that are not ASCII."""
        return sparse(self.points > 127)

    @cached_property
    def starts_cluster(self) -> Bools | None:
        """Whether a grapheme cluster begins at each code point; None when each is a cluster of its own."""
        if self.points.dtype == np.uint8 and "\r" not in self.joined:
            # Below 256 nothing but CR LF joins.
            return None
        if not (self.flags & unicode.COMPLEX).any():
            return None
        found = np.ones(len(self.points), dtype=bool)
        complex_rows = np.unique(self.row_of(np.flatnonzero(self.flags & unicode.COMPLEX)))
        for row in complex_rows.tolist():
            begin = int(self.first[row])
            found[begin : begin + int(self.sizes[row])] = False
            found[[begin + match.start() for match in CLUSTER.finditer(self.texts[row])]] = True
        return found

    @cached_property
    def alone(self) -> Bools | None:
        """Whether each code point is a grapheme cluster by itself; None when all are."""
        starts = self.starts_cluster
        return None if starts is None else starts & np.append(starts[1:], True)

    def widened(self, stretches: Ints) -> tuple[Ints, Ints]:
        """Return where stretches (m, 2) of ``points`` begin and end, widened to the borders of grapheme clusters.

        Two that touch in one cluster both get it then; the caller says whose it is.
        """
        if self.starts_cluster is None or not len(stretches):
            return stretches[:, 0], stretches[:, 1]
        borders = np.flatnonzero(np.append(self.starts_cluster, True))
        starts = borders[np.searchsorted(borders, stretches[:, 0], side="right") - 1]
        return starts, borders[np.searchsorted(borders, stretches[:, 1], side="left")]

    def row_of(self, places: Ints) -> Ints:
        """Return the text in which each place of ``points`` lies."""
        return np.searchsorted(self.first, places, side="right") - 1

    def counts(self, places: Ints) -> Ints:
        """Return how many of some ascending places lie in each text: int64 (n,)."""
        edges = places.searchsorted(self._edges)
        return edges[1:] - edges[:-1]

    def count(self, mask: Bools) -> Ints:
        """Return how many code points of each text a mask marks: int64 (n,)."""
        if not len(self):
            return self.sizes
        # A line feed follows every text, so that none is empty here.
        return np.add.reduceat(mask, self.first, dtype=np.int64)

    def alternate(self, odd: NDArray[Any]) -> Bools:
        """Mark every other code point of each text: those at odd places where ``odd`` is 1, at even ones where 0."""
        return np.append(False, alternating(self.sizes + 1, odd))

    @cached_property
    def _edges(self) -> Ints:
        return np.append(self.first, len(self.points))


def alternating(counts: Ints, odd: NDArray[Any]) -> Bools:
    """Mark every other of ``counts`` things of each text: the 1st, 3rd, ... where ``odd`` is 1, else the 0th, ..."""
    edges = bounds(counts)
    found = np.zeros(int(edges[-1]), dtype=np.uint8)
    found[::2] = 1
    found ^= ((edges[:-1] + odd) & 1).astype(np.uint8).repeat(counts)
    return found.view(np.bool_)
