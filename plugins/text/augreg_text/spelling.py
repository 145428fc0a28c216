"""Misspellings that people make, by dictionary."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

import augreg
from augreg_text import resources
from augreg_text.articles import replacing, replacing_words
from augreg_text.base import Page, RateAugmenter, declare
from augreg_text.edits import Edits
from augreg_text.lexicon import LazyLexicon, Lexicon, like
from augreg_text.short import Row, has_capital, words_of


@dataclass(frozen=True, kw_only=True)
class LexiconAugmenter(RateAugmenter):
    """Replaces words by one of their alternatives; a subclass has the table. The case of a word is kept."""

    scripted: ClassVar[bool] = True

    def table(self) -> Lexicon | LazyLexicon:
        """Return the alternatives."""
        raise NotImplementedError

    def english(self) -> bool | None:
        """Return whether articles before the words agree, see :class:`augreg_text.articles.Agreeing`."""
        return False

    def takes_capitals(self) -> bool:
        """Return whether words with a capital letter are replaced too."""
        return True

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row | None:
        """See :class:`augreg_text.base.TextAugmenter`."""
        if not text.isascii():
            return None  # a table's hashes lower some letters otherwise than Python does
        words = words_of(text)
        others = self.table().others_of([text[a:b].lower() for a, b in words])
        known = [i for i, found in enumerate(others) if found]
        if not self.takes_capitals():
            known = [i for i in known if not has_capital(text[words[i][0] : words[i][1]])]
        new = []
        for k, unit in self.choose_one("words", len(known), rng, level):
            i = known[k]
            start, end = words[i]
            new.append((i, like(others[i][int(unit * len(others[i]))], text[start:end])))
        return replacing_words(text, words, new, self.english())

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        table, words = self.table(), page.words
        free = page.free_words()
        entries = table.entries(words)[free]
        known = (entries > 0).nonzero()[0]
        if not self.takes_capitals():
            known = known[~words.capitals[free[known]]]
        free, entries = free[known], entries[known]
        chosen = self.choose("words", page.block.counts(words.starts[free]), rng, level)
        which, counts = free[chosen.index], chosen.counts
        texts = table.pick(entries[chosen.index], chosen.unit, words.some(which))
        return replacing(page, which, words.ends[which], counts, texts, self.english())


@dataclass(frozen=True, kw_only=True)
class Spelling(LexiconAugmenter):
    """Replace English words by misspellings that people have made.

    ``rate`` is the share of the words that have a known misspelling. The list (7,000 words, 30,000
    misspellings) is nlpaug's, from Belinkov and Bisk, "Synthetic and Natural Noise Both Break Neural Machine
    Translation", ICLR 2018.
    """

    declares: ClassVar[augreg.Declaration] = declare("legibility")

    def table(self) -> Lexicon:
        """Return the misspellings of every word."""
        return _misspellings()


@lru_cache(maxsize=1)
def _misspellings() -> Lexicon:
    # The list has words among their own misspellings.
    return Lexicon.of(
        {word: [o for o in others if o.lower() != word.lower()] for word, others in resources.spelling().items()}
    )
