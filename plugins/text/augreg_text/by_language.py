"""Words and phrases of a language: contractions, gendered words, names, dates, number words, cities."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import augreg
from augreg.param import choice, text
from augreg_text import languages
from augreg_text.agreement import Behind, agreeing
from augreg_text.articles import Agreeing
from augreg_text.base import Bools, Ints, Page, declare
from augreg_text.lexicon import Lexicon
from augreg_text.phrases import PhraseAugmenter, lexicon_of


@dataclass(frozen=True, kw_only=True)
class LanguageAugmenter(Agreeing, PhraseAugmenter):
    """Replaces phrases after a section of a language's tables, see :mod:`augreg_text.languages`."""

    scripted: ClassVar[bool] = True

    section: ClassVar[str]

    language: str = text("en", languages.DOC)

    def __post_init__(self) -> None:
        super().__post_init__()
        languages.check(self.language, self.section)
        self.table()

    def knows(self, script: str, page: Page, rng: augreg.Rng) -> bool:
        """Return whether the table holds words of a script: that a text has none of them is nothing to speak of."""
        return any(unicodedata.name(word[0], "").startswith(script) for word in self.table().words if word)


@dataclass(frozen=True, kw_only=True)
class GroupAugmenter(LanguageAugmenter):
    """Replaces words by others of their group."""

    def table(self) -> Lexicon:
        """Return the others of each group."""
        return lexicon_of(languages.grouped(self.language, self.section))

    def fits(self, joined: str, starts: Ints, ends: Ints, new: list[str]) -> Bools:
        """See :class:`augreg_text.phrases.PhraseAugmenter`."""
        cased = self.section in languages.load(self.language).get("cased", ())
        return np.asarray([not cased or joined[a].isupper() for a in starts.tolist()], dtype=bool)


@dataclass(frozen=True, kw_only=True)
class Contraction(LanguageAugmenter):
    """Expand contractions ("don't", "do not") or contract what can be."""

    declares: ClassVar[augreg.Declaration] = declare("wording")
    section: ClassVar[str] = "contractions"

    mode: str = choice("both", "which way", options=("expand", "contract", "both"))

    def table(self) -> Lexicon:
        """Return the other ways to say it."""
        return lexicon_of(languages.contractions(self.language, self.mode))

    def fits(self, joined: str, starts: Ints, ends: Ints, new: list[str]) -> Bools:
        """See :class:`augreg_text.phrases.PhraseAugmenter`."""
        found = languages.load(self.language)
        relative, inside = found.get("not_after_comma", ()), tuple(found.get("contract_inside", ()))
        contracted = languages.contracted(self.language)
        keep = []
        for a, b, short in zip(starts.tolist(), ends.tolist(), new, strict=True):
            phrase = joined[a:b].lower()
            behind = phrase in relative and joined[max(a - 2, 0) : a].rstrip().endswith(",")
            final = short.replace("\u2019", "'").endswith(inside) and not _goes_on(joined, b)
            keep.append(phrase not in contracted or not (behind or final))
        return np.asarray(keep, dtype=bool)


def _goes_on(joined: str, place: int) -> bool:
    """Whether a blank and a letter follow."""
    return joined[place : place + 1] == " " and joined[place + 1 : place + 2].isalpha()


@dataclass(frozen=True, kw_only=True)
class Gender(LanguageAugmenter):
    """Swap gendered words ("he", "she"), or use those of one gender only.

    English "her" counts as possessive, which it is more often than not. In German, French and Spanish nouns
    change along with the article or possessive before them. French and Spanish adjectives and participles right
    behind, or behind "est", "son" and the like, agree as far as the table has them ("il est content", "elle est
    contente"); others, later pronouns and German words between article and noun do not. German feminine nouns become
    masculine only where their case is certain; names ("la Copa del Rey") stay.
    """

    declares: ClassVar[augreg.Declaration] = declare("meaning", "gender")
    section: ClassVar[str] = "gendered"

    mode: str = choice("swap", "swap, or towards one gender", options=("swap", "female", "male"))

    def __post_init__(self) -> None:
        super().__post_init__()
        languages.adjectives(self.language)

    def behind(self, page: Page, first: Ints, last: Ints, old: list[str]) -> list[Behind]:
        """See :class:`augreg_text.phrases.PhraseAugmenter`."""
        return agreeing(page, self.language, first, last, old)

    def table(self) -> Lexicon:
        """Return the words of the other gender."""
        return lexicon_of(languages.gendered(self.language, self.mode))

    def fits(self, joined: str, starts: Ints, ends: Ints, new: list[str]) -> Bools:
        """See :class:`augreg_text.phrases.PhraseAugmenter`; a capital inside a phrase is a name's, but in German."""
        capitals = languages.capital_nouns(self.language)
        old = [joined[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
        names = [not capitals and phrase[:1].islower() and not phrase.islower() for phrase in old]
        stays = [phrase.lower() == other.lower() for phrase, other in zip(old, new, strict=True)]
        return np.asarray([not (a or b) for a, b in zip(names, stays, strict=True)], dtype=bool)


@dataclass(frozen=True, kw_only=True)
class Name(GroupAugmenter):
    """Replace first names by others of the same gender and language."""

    declares: ClassVar[augreg.Declaration] = declare("facts", "meaning")
    section: ClassVar[str] = "names"


@dataclass(frozen=True, kw_only=True)
class Date(GroupAugmenter):
    """Replace weekdays and months by others."""

    declares: ClassVar[augreg.Declaration] = declare("facts", "meaning")
    section: ClassVar[str] = "dates"


@dataclass(frozen=True, kw_only=True)
class NumberWord(GroupAugmenter):
    """Replace number words by others: "three" by "seven", "third" by "fifth"."""

    declares: ClassVar[augreg.Declaration] = declare("facts", "meaning")
    section: ClassVar[str] = "number_words"


@dataclass(frozen=True, kw_only=True)
class City(GroupAugmenter):
    """Replace names of well-known cities by others."""

    declares: ClassVar[augreg.Declaration] = declare("facts", "meaning")
    section: ClassVar[str] = "cities"
