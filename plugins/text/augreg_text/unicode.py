"""Character classes by table: one flag byte per code point, filled a page at a time."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import regex
from numpy.typing import NDArray

Points = NDArray[np.uint8 | np.uint32]
Flags = NDArray[np.uint8]

LETTER: Final = 1
DIGIT: Final = 2
WORD: Final = 4
"""Letters, digits, low lines, and those marks that are grapheme clusters of their own."""
SPACE: Final = 8
JOINER: Final = 16
"""Apostrophes, hyphens, ``. , : /``, currency signs, per cent: part of a word in some company."""
IDEOGRAPH: Final = 32
"""A word by itself: Han has no spaces."""
COMPLEX: Final = 64
"""May stand in a grapheme cluster with its neighbors (marks, joiners, jamo, flags, emoji modifiers, CR)."""

_SIZE: Final = 0x110000
_PAGE: Final = 256
APOSTROPHES: Final = "'\u2019\u02bc"
HYPHENS: Final = "-\u2010\u2011"
_PATTERNS: Final = (
    (LETTER, r"\p{L}"),
    (DIGIT, r"\p{N}"),
    (WORD, r"[\p{L}\p{N}_]|(?=\p{Grapheme_Cluster_Break=Other})\p{M}"),
    (SPACE, r"\s"),
    (JOINER, rf"[{APOSTROPHES}{regex.escape(HYPHENS)}.,:/%\u2030\p{{Sc}}]"),
    (IDEOGRAPH, r"\p{Ideographic}"),
    # A syllable of Hangul joins only with jamo, and those are flagged themselves.
    (COMPLEX, r"[^\p{GCB=Other}\p{GCB=Control}\p{GCB=LF}\p{GCB=LV}\p{GCB=LVT}]"),
)
_COMPILED: Final = tuple((flag, regex.compile(pattern)) for flag, pattern in _PATTERNS)

_table: Final = np.zeros(_SIZE, dtype=np.uint8)
_known: Final = np.zeros(_SIZE // _PAGE, dtype=bool)


def flags(points: Points) -> Flags:
    """Return the flag byte of every code point: uint8 (n,), not to be written to."""
    if points.dtype == np.uint8:
        return through(_latin(), points)
    if len(points):
        _learn(points)
    return _table.take(points, mode="clip")


def through(table: bytes, points: Points) -> NDArray[np.uint8]:
    """Return ``table[point]`` for every code point, which must come as uint8; half the time of an index."""
    return np.frombuffer(points.tobytes().translate(table), dtype=np.uint8)


@lru_cache(maxsize=1)
def _latin() -> bytes:
    return bytes(map(_flags_of, map(chr, range(_PAGE))))


def _learn(points: Points) -> None:
    # Filling a page twice writes the same bytes, so threads may race here.
    pages = np.unique(points >> 8)
    for page in pages[~_known[pages]].tolist():
        for point in range(page * _PAGE, (page + 1) * _PAGE):
            _table[point] = _flags_of(chr(point))
        _known[page] = True


def _flags_of(char: str) -> int:
    return sum(flag for flag, pattern in _COMPILED if pattern.match(char))
