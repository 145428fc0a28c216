"""Misspellings that people make, by dictionary."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

import augreg
from augreg_text import resources
from augreg_text.base import Page, RateAugmenter, declare
from augreg_text.edits import Edits
from augreg_text.wordtable import WordTable


@dataclass(frozen=True, kw_only=True)
class WordTableAugmenter(RateAugmenter):
    """Replaces words by one of their alternatives; a subclass has the table. The case of a word is kept."""

    def table(self) -> WordTable:
        """Return the alternatives."""
        raise NotImplementedError

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        table, words = self.table(), page.words
        free = page.free_words()
        entries = table.entries(words.texts)[free]
        free, entries = free[entries > 0], entries[entries > 0]
        chosen = self.choose("words", page.block.counts(words.starts[free]), rng, level)
        which, counts = free[chosen.index], chosen.counts
        texts = table.pick(entries[chosen.index], chosen.unit)
        start, end = page.local(words.starts[which], counts), page.local(words.ends[which], counts)
        return Edits.from_texts(counts, start, end, texts)


@dataclass(frozen=True, kw_only=True)
class Spelling(WordTableAugmenter):
    """Replace English words by misspellings that people have made.

    ``rate`` is the share of the words that have a known misspelling. The list (7,000 words, 30,000
    misspellings) is nlpaug's, from Belinkov and Bisk, "Synthetic and Natural Noise Both Break Neural Machine
    Translation", ICLR 2018.
    """

    declares: ClassVar[augreg.Declaration] = declare("legibility")

    def table(self) -> WordTable:
        """Return the misspellings of every word."""
        return _misspellings()


@lru_cache(maxsize=1)
def _misspellings() -> WordTable:
    return WordTable.of(resources.spelling())
