"""Characters that come in: letters, invisible signs, punctuation, blanks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final

import numpy as np

import augreg
from augreg import ConfigError
from augreg.param import interval, text, texts
from augreg_text.base import Floats, Ints, Page, RateAugmenter, declare
from augreg_text.block import encode
from augreg_text.edits import Edits
from augreg_text.lazy_edits import UniformEdits
from augreg_text.short import Row, letters_of, words_of
from augreg_text.unicode import Points

ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz"
INVISIBLE: Final = "\u200b\u2060\ufeff"
PUNCTUATION: Final = (".", ";", "?", ":", "!", ",")
_BLANKS: Final = {"double": "  ", "delete": "", "tab": "\t", "no-break": "\u00a0"}
WHITESPACE_EDITS: Final = tuple(_BLANKS)


def _drawn(alphabet: str, unit: Floats) -> Points:
    points = encode(alphabet)
    return points[(unit * len(points)).astype(np.int64)]


@lru_cache(maxsize=16)
def _numbers(alphabet: str) -> Ints:
    """Return the number of each code point's letter in an alphabet, the length of that where it has none."""
    found = np.full(max(map(ord, alphabet), default=0) + 2, len(alphabet))
    for number, letter in reversed(list(enumerate(alphabet))):
        found[ord(letter)] = number
        if "a" <= letter <= "z" and letter.upper() not in alphabet:
            found[ord(letter.upper())] = number
    return found


def _cased(drawn: Points, model: Points) -> Points:
    """Put drawn ASCII letters in upper case where the letter in the text is an ASCII one in upper case."""
    upper = (model >= ord("A")) & (model <= ord("Z")) & (drawn >= ord("a")) & (drawn <= ord("z"))
    lowered: Points = drawn - (upper * 32).astype(drawn.dtype)
    return lowered


@dataclass(frozen=True, kw_only=True)
class AlphabetAugmenter(RateAugmenter):
    """Draws letters from an alphabet; the case is that of the letter in the text."""

    scripted: ClassVar[bool] = True

    alphabet: str = text(ALPHABET, "letters to draw from")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.alphabet:
            raise ConfigError("alphabet='' holds no letters to draw from; leave it out for a to z.")

    def letters(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> tuple[Ints, Ints, Points]:
        """Choose letters of the texts: how many of each text, their places, and a letter drawn for each."""
        places = page.free_points(page.block.letters)
        chosen = self.choose("characters", page.block.counts(places), rng, level)
        at = places[chosen.drawn]
        model = page.block.points[at]
        return chosen.counts, at, _cased(self.drawn(chosen.drawn_unit, model), model)

    def short_letters(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> list[tuple[int, str]]:
        """Choose letters of one plain text: their places, and a letter drawn for each, as :meth:`letters` does."""
        places = letters_of(text)
        found = []
        for i, unit in self.choose_one("characters", len(places), rng, level):
            model = text[places[i]]
            new = self.short_drawn(unit, model)
            found.append((places[i], new.upper() if "A" <= model <= "Z" and "a" <= new <= "z" else new))
        return found

    def short_drawn(self, unit: float, model: str) -> str:
        """Return one letter, see :meth:`drawn`."""
        return self.alphabet[int(unit * len(self.alphabet))]

    def drawn(self, unit: Floats, model: Points) -> Points:
        """Return a letter of the alphabet for each number in [0, 1); ``model`` holds the letters in the text."""
        return _drawn(self.alphabet, unit)


@dataclass(frozen=True, kw_only=True)
class CharInsert(AlphabetAugmenter):
    """Insert random letters before letters."""

    declares: ClassVar[augreg.Declaration] = declare("legibility")

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row:
        """See :class:`augreg_text.base.TextAugmenter`."""
        return [[at, at, new] for at, new in self.short_letters(text, rng, level)]

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> UniformEdits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        counts, at, drawn = self.letters(page, rng, level)
        return page.uniform_edits(counts, at, 0, drawn, 1)


@dataclass(frozen=True, kw_only=True)
class CharSubstitute(AlphabetAugmenter):
    """Replace letters by random ones."""

    declares: ClassVar[augreg.Declaration] = declare("legibility", keeps_shape=True)

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row:
        """See :class:`augreg_text.base.TextAugmenter`."""
        return [[at, at + 1, new] for at, new in self.short_letters(text, rng, level)]

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> UniformEdits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        counts, at, drawn = self.letters(page, rng, level)
        return page.uniform_edits(counts, at, 1, drawn, 1)

    def short_drawn(self, unit: float, model: str) -> str:
        """See :class:`AlphabetAugmenter`; never the letter that is there, unless the alphabet has no other."""
        count, numbers = len(self.alphabet), _numbers(self.alphabet)
        own = numbers.item(min(ord(model), len(numbers) - 1))
        which = int(unit * (count - (own < count)))
        return self.alphabet[min(which + (which >= own), count - 1)]

    def drawn(self, unit: Floats, model: Points) -> Points:
        """See :class:`AlphabetAugmenter`; never the letter that is there, unless the alphabet has no other."""
        letters, own = encode(self.alphabet), _numbers(self.alphabet).take(model, mode="clip")
        which = (unit * (len(letters) - (own < len(letters)))).astype(np.int64)
        which += which >= own
        return letters.take(which, mode="clip")


@dataclass(frozen=True, kw_only=True)
class ZeroWidth(RateAugmenter):
    """Insert invisible characters inside words."""

    declares: ClassVar[augreg.Declaration] = declare("encoding")

    characters: str = text(INVISIBLE, "what is inserted; zero-width space, word joiner, no-break space by default")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.characters:
            raise ConfigError("characters='' holds nothing to insert; leave it out for zero-width spaces.")

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row:
        """See :class:`augreg_text.base.TextAugmenter`."""
        letters = letters_of(text)
        known = {*letters}
        places = [i for i in letters if i - 1 in known]
        row: Row = []
        for i, unit in self.choose_one("places", len(places), rng, level):
            row.append([places[i], places[i], self.characters[int(unit * len(self.characters))]])
        return row

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> UniformEdits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        letters = page.block.letters
        places = page.free_points(letters)
        places = places[letters[places - 1]]
        chosen = self.choose("places", page.block.counts(places), rng, level)
        drawn = _drawn(self.characters, chosen.drawn_unit)
        return page.uniform_edits(chosen.counts, places[chosen.drawn], 0, drawn, 1)


@dataclass(frozen=True, kw_only=True)
class Aeda(RateAugmenter):
    """Insert punctuation marks before words (AEDA).

    After Karimi, Rossi and Prati, "AEDA: An Easier Data Augmentation Technique for Text Classification", EMNLP
    Findings 2021: marks for one word up to a third of them.
    """

    declares: ClassVar[augreg.Declaration] = declare("legibility")

    rate: tuple[float, float] = interval(
        (0.0, 1 / 3), "share of the words that get a mark", low=0.0, high=1.0, unit="fraction"
    )
    marks: tuple[str, ...] = texts(PUNCTUATION, "what is inserted, with a space behind it")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.marks:
            raise ConfigError(f"marks={self.marks!r} is not valid: expected a list of strings, such as ['.', ';'].")

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row:
        """See :class:`augreg_text.base.TextAugmenter`."""
        words = words_of(text)
        row: Row = []
        for i, unit in self.choose_one("words", len(words), rng, level):
            row.append([words[i][0], words[i][0], f"{self.marks[int(unit * len(self.marks))]} "])
        return row

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        free = page.free_words()
        starts = page.words.starts[free]
        chosen = self.choose("words", page.block.counts(starts), rng, level)
        at = page.local(starts[chosen.index], chosen.counts)
        which = (chosen.unit * len(self.marks)).astype(np.int64)
        return Edits.from_texts(chosen.counts, at, at, [f"{self.marks[i]} " for i in which.tolist()])


@dataclass(frozen=True, kw_only=True)
class Whitespace(RateAugmenter):
    """Double, delete or change spaces between words."""

    declares: ClassVar[augreg.Declaration] = declare("legibility")

    kinds: tuple[str, ...] = texts(WHITESPACE_EDITS, "what happens, each as likely", options=WHITESPACE_EDITS)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.kinds:
            raise ConfigError(
                f"kinds={list(self.kinds)!r} is not valid: expected some of {', '.join(WHITESPACE_EDITS)}."
            )

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row:
        """See :class:`augreg_text.base.TextAugmenter`."""
        places = [i for i, char in enumerate(text) if char == " "]
        chosen = self.choose_one("spaces", len(places), rng, level)
        return [[places[i], places[i] + 1, _BLANKS[self.kinds[int(unit * len(self.kinds))]]] for i, unit in chosen]

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        places = page.free_points(page.block.points == ord(" "))
        chosen = self.choose("spaces", page.block.counts(places), rng, level)
        at = page.local(places[chosen.index], chosen.counts)
        which = (chosen.unit * len(self.kinds)).astype(np.int64)
        return Edits.from_texts(chosen.counts, at, at + 1, [_BLANKS[self.kinds[i]] for i in which.tolist()])
