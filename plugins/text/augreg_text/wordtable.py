"""Substitution by table: word -> alternatives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from augreg_text.block import bounds

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class WordTable:
    """Alternatives for words, laid flat.

    ``number``: word -> number of its entry, from 1. ``first``, ``sizes``: by entry, where its alternatives
    begin in ``words`` and how many there are; entry 0 is empty.
    """

    number: Mapping[str, int]
    first: Ints
    sizes: Ints
    words: tuple[str, ...]

    @classmethod
    def of(cls, table: Mapping[str, Sequence[str]], *, cased: bool = True) -> WordTable:
        """Build the table; with ``cased`` also for Capitalised and UPPER-CASE words, whose case is kept."""
        full: dict[str, Sequence[str]] = {}
        if cased:
            for word, others in table.items():
                for shape in (str.upper, capitalize):
                    if shape(word) != word:
                        full[shape(word)] = [shape(other) for other in others]
        full.update(table)
        kept = {word: others for word, others in full.items() if others}
        sizes = np.asarray([0] + [len(others) for others in kept.values()], dtype=np.int64)
        flat = tuple(other for others in kept.values() for other in others)
        return cls({word: i for i, word in enumerate(kept, 1)}, bounds(sizes)[:-1], sizes, flat)

    def entries(self, words: Iterable[str]) -> Ints:
        """Return the number of each word's entry, 0 where it has none."""
        return np.fromiter(map(self.number.get, words, repeat(0)), dtype=np.int64)

    def pick(self, entries: Ints, unit: NDArray[np.float64]) -> list[str]:
        """Return one alternative for each entry, picked by a number in [0, 1)."""
        which = self.first[entries] + (unit * self.sizes[entries]).astype(np.int64)
        return [self.words[i] for i in which.tolist()]


def capitalize(word: str) -> str:
    """Put the first character in upper case and leave the others."""
    return word[:1].upper() + word[1:]


def like(word: str, model: str) -> str:
    """Give a word the case of another: UPPER, Capitalised or as it is."""
    if len(model) > 1 and model.isupper():
        return word.upper()
    return capitalize(word) if model[:1].isupper() else word
