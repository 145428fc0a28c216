"""Substitution by table: word -> alternatives, looked up for all words of a batch at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from augreg_text.block import Block, bounds
from augreg_text.hashing import LONGEST_HASHED, Hashes, hash_texts, hash_words
from augreg_text.tokens import Words
from augreg_text.unicode import Points

Ints = NDArray[np.int64]

_FEWEST_NEW_WORDS: Final = 256
"""A lazy lexicon's table is not built anew for fewer words, lest a small one be built for every batch."""
_MOST_KNOWN_WORDS: Final = 1 << 19
"""A lazy lexicon's table takes up about so many words, in 8 MB of slots; further ones are looked up one by one."""
_ANSWERS_KEPT: Final = 1 << 17
"""Latest answers that a lazy lexicon keeps."""
_SPREAD: Final = np.uint64(0xD6E8FEB86659FD93)
"""An odd number with well-mixed bits, so that the upper bits of a product depend on all bits of a hash."""


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Alternatives for words, laid flat, behind a hash table with linear probing. Upper and lower case are one.

    ``words``: the lower-case word of each entry; entry 0 is empty. ``first``, ``sizes``: by entry, where its
    alternatives begin in ``others`` and how many there are. ``slots``: entry by slot, 0 where free.
    ``hashes``: by entry.
    """

    words: tuple[str, ...]
    first: Ints
    sizes: Ints
    others: tuple[str, ...]
    slots: NDArray[np.int32]
    hashes: Hashes

    @classmethod
    def of(cls, table: Mapping[str, Iterable[str]]) -> Lexicon:
        """Build the table; words that differ in case only share an entry."""
        merged: dict[str, dict[str, None]] = {}
        for word, others in table.items():
            merged.setdefault(word.lower(), {}).update(dict.fromkeys(others))
        kept = {word: list(others) for word, others in merged.items() if others and len(word) <= LONGEST_HASHED}
        return cls.flat(list(kept), [len(others) for others in kept.values()], [o for os in kept.values() for o in os])

    @classmethod
    def flat(cls, words: Sequence[str], sizes: Sequence[int], others: Sequence[str]) -> Lexicon:
        """Build the table from lower-case words, the number of alternatives of each, and all of those."""
        counts = np.asarray([0, *sizes], dtype=np.int64)
        hashes = np.append(np.zeros(1, dtype=np.uint64), hash_texts(words))
        return cls(("", *words), bounds(counts)[:-1], counts, tuple(others), _slots(hashes), hashes)

    def entries(self, words: Words) -> Ints:
        """Return the number of each word's entry, int64 (w,), 0 where it has none."""
        return self.find(words.block.points, words.starts, words.ends)

    def find(self, points: Points, starts: Ints, ends: Ints) -> Ints:
        """Return the number of the entry of each stretch of a text, 0 where it has none; ``starts`` ascend."""
        hashes = hash_words(points, starts, ends)
        slot = _slot(hashes, len(self.slots))
        found = self.slots.take(slot).astype(np.int64)
        left = (self.hashes.take(found) != hashes).nonzero()[0]
        left = left[found[left] != 0]
        slot = slot[left]
        while len(left):
            slot = (slot + 1) & (len(self.slots) - 1)
            entry = self.slots[slot]
            found[left] = entry
            on = (entry != 0) & (self.hashes[entry] != hashes[left])
            left, slot = left[on], slot[on]
        found[ends - starts > LONGEST_HASHED] = 0
        return found

    def others_of(self, words: Sequence[str]) -> list[Sequence[str]]:
        """Return the alternatives of each lower-case word, none where it has no entry."""
        entries = map(self._numbers.get, words)
        return [() if e is None else self.others[self.first[e] : self.first[e] + self.sizes[e]] for e in entries]

    @cached_property
    def lengths(self) -> list[int]:
        """How many words there are in an entry: each number that occurs, descending; "A/B" and "北京" have two."""
        return sorted({*Words(Block.of(self.words[1:])).counts.tolist()} - {0}, reverse=True)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words) if number}

    def pick(self, entries: Ints, unit: NDArray[np.float64], words: Sequence[str]) -> list[str]:
        """Return one alternative for each entry, picked by a number in [0, 1), in the case of the word in the text."""
        which = self.first[entries] + (unit * self.sizes[entries]).astype(np.int64)
        # Two words may have one hash: then the word stays.
        return [
            self.others[i] if self.words[entry] == word else self._cased(i, entry, word)
            for i, entry, word in zip(which.tolist(), entries.tolist(), words, strict=True)
        ]

    def _cased(self, i: int, entry: int, word: str) -> str:
        return like(self.others[i], word) if self.words[entry] == word.lower() else word


class LazyLexicon:
    """Alternatives for words, found by a function of the lower-case word.

    Its latest answers are kept, and a table of the words seen so far says at once which have any: most words of
    a batch were seen before. What comes out does not depend on what was seen.
    """

    def __init__(self, find: Callable[[str], Sequence[str]]) -> None:
        self.find = lru_cache(maxsize=_ANSWERS_KEPT)(find)
        self._table = Lexicon.flat([], [], [])
        self._new: set[str] = set()
        self._lock = threading.Lock()

    def entries(self, words: Words) -> Ints:
        """Return 1 for words that have alternatives, 0 for the others: int64 (w,)."""
        table = self._table
        known = table.entries(words)
        found = (table.sizes[known] > 0).astype(np.int64)
        new = np.flatnonzero(known == 0)
        if len(new):
            texts = [word.lower() for word in words.some(new)]
            found[new] = [len(self.find(text)) > 0 for text in texts]
            self._learn(texts)
        return found

    def others_of(self, words: Sequence[str]) -> list[Sequence[str]]:
        """Return the alternatives of each lower-case word."""
        return [*map(self.find, words)]

    def pick(self, entries: Ints, unit: NDArray[np.float64], words: Sequence[str]) -> list[str]:
        """Return one alternative for each word, see :meth:`Lexicon.pick`."""
        found = [self.find(word.lower()) or (word,) for word in words]
        return [like(others[int(u * len(others))], w) for others, u, w in zip(found, unit.tolist(), words, strict=True)]

    def _learn(self, texts: Sequence[str]) -> None:
        """Take up words; the table is built anew when a quarter would be new."""
        with self._lock:
            self._new.update(text for text in texts if len(text) <= LONGEST_HASHED)
            old = self._table.words[1:]
            if len(self._new) > len(old) // 4 + _FEWEST_NEW_WORDS and len(old) < _MOST_KNOWN_WORDS:
                words = [*old, *sorted(self._new.difference(old))]
                self._table = Lexicon.flat(words, [int(len(self.find(word)) > 0) for word in words], [])
                self._new = set()


def like(word: str, model: str) -> str:
    """Give a word the case of another: UPPER, Capitalized, or as it is."""
    if len(model) > 1 and model.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word


def _slot(hashes: Hashes, slots: int) -> Ints:
    """Spread hashes over slots, a power of two: the upper bits of a product (Fibonacci hashing)."""
    shift = np.uint64(64 - (slots.bit_length() - 1))
    return (hashes * _SPREAD >> shift).astype(np.int64)


def _slots(hashes: Hashes) -> NDArray[np.int32]:
    """Place the entries 1, 2, ...: each goes to the first free slot from its own on."""
    size = max(16, 1 << (4 * len(hashes) - 1).bit_length())
    slots = np.zeros(size, dtype=np.int32)
    left = np.arange(1, len(hashes), dtype=np.int32)
    slot = _slot(hashes[1:], size)
    while len(left):
        free = slots[slot] == 0
        # Where several want one slot, the last written has it; the others go on.
        slots[slot[free]] = left[free]
        on = slots[slot] != left
        left, slot = left[on], (slot[on] + 1) & (size - 1)
    return slots
