"""What is kept of a text: its shingles, and a MinHash to find texts by that share most of them."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

SHINGLE: Final = 3
"""Words in a row that are compared. Single words are shared by all texts of a language."""

ROWS: Final = 4
BANDS: Final = 32
"""Of MinHash: texts that share a share s of their shingles are found with probability 1 - (1 - s^4)^32: 0.99985 at
0.7, where they count as nearly the same, 0.26 at 0.3."""

_WORD: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]|\w+")
"""A word; of scripts that write without spaces, a character."""

AT_ONCE: Final = 1 << 13
"""Shingles that are hashed at once: 8 MB."""

_DRAWN: Final = np.random.Generator(np.random.PCG64(0)).integers(0, 2**64, (2, ROWS * BANDS), np.uint64)
_FACTORS: Final = _DRAWN[0] | np.uint64(1)
_SHIFTS: Final = _DRAWN[1]
_MIXER: Final = np.uint64(0x9E3779B97F4A7C15)


def words_of(text: str) -> list[str]:
    """Return the words of a text, without case and punctuation."""
    return _WORD.findall(text.casefold())


def shingles(words: list[str]) -> Hashes:
    """Return the hashes of all runs of three words, each once, rising; of a shorter text, of the whole."""
    size = min(SHINGLE, len(words))
    hashes = hashes_of(words)
    mixed = np.zeros(len(words) - size + 1, np.uint64)
    for first in range(size):
        mixed = _stirred(mixed * _MIXER + hashes[first : first + len(mixed)])
    return np.unique(mixed)


def hashes_of(words: list[str]) -> Hashes:
    """Return a number for each word."""
    return np.array([_hashed(word) for word in words], np.uint64)


@lru_cache(maxsize=1 << 16)
def _hashed(word: str) -> int:
    raw = word.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "little")


def _stirred(values: Hashes) -> Hashes:
    """Spread every bit of numbers over all others: the end of MurmurHash3 (Appleby)."""
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return values ^ (values >> np.uint64(33))


def band_keys(found: Hashes) -> Hashes:
    """Return one key for each band, uint64 (32,): texts that share a key are candidates.

    MinHash (Broder 1997) with 128 multiply-shift hashes (Dietzfelbinger 1997): two texts agree in each of them with
    the probability of their Jaccard similarity. A package for it would be larger than these lines.
    """
    least = np.full(ROWS * BANDS, 2**64 - 1, np.uint64)
    for start in range(0, len(found), AT_ONCE):
        part = found[start : start + AT_ONCE, None] * _FACTORS + _SHIFTS
        least = np.minimum(least, part.min(0) >> np.uint64(16))
    keys = np.zeros(BANDS, np.uint64)
    for row in least.reshape(BANDS, ROWS).T:
        keys = _stirred(keys * _MIXER + row)
    return keys


def jaccard(first: Hashes, second: Hashes) -> float:
    """Return which share of the shingles of either text both have."""
    both = len(np.intersect1d(first, second, assume_unique=True))
    return both / max(len(first) + len(second) - both, 1)


def garbled(text: str) -> str:
    """Return why a text looks as if it had been decoded by the wrong encoding; "" if it does not."""
    if "\ufffd" in text:
        return f"it holds {text.count(chr(0xFFFD))} characters U+FFFD, which stand for bytes that were lost"
    try:
        meant = text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return ""
    return "its UTF-8 was read as Windows-1252 and written again" if len(meant) < len(text) else ""
