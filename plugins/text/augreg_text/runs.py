"""Words that are cut out in a run, run together, said twice, or put in another case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Final

import numpy as np

import augreg
from augreg.param import choice
from augreg_text import unicode
from augreg_text.articles import Agreeing, replacing
from augreg_text.base import Ints, Page, RateAugmenter, declare
from augreg_text.block import bounds, decode, ranges
from augreg_text.edits import Edits
from augreg_text.lazy_edits import UniformEdits
from augreg_text.short import Row, lettered_of, words_of
from augreg_text.words import deletions, with_blanks

CASES: Final[dict[str, Callable[[str], str]]] = {
    "upper": str.upper,
    "lower": str.lower,
    "capitalize": lambda word: word[:1].upper() + word[1:].lower(),
}


@dataclass(frozen=True, kw_only=True)
class WordCrop(RateAugmenter):
    """Delete one run of neighboring words; at least one word of a text stays.

    ``rate`` is the share of the words in the run. Locked words inside it stay.
    """

    declares: ClassVar[augreg.Declaration] = declare("completeness", "meaning")

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row:
        """See :class:`augreg_text.base.TextAugmenter`."""
        words = words_of(text)
        count = len(self.choose_one("words", len(words), rng, level, spare=1))
        first = int(rng.uniform("first").item() * (len(words) - count + 1))
        return deletions(text, words, range(first, first + count))

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        free = page.free_words()
        sizes = page.block.counts(page.words.starts[free])
        counts = self.choose("words", sizes, rng, level, spare=page.spare(page.words.counts, sizes)).counts
        first = (rng.uniform("first") * (sizes - counts + 1)).astype(np.int64)
        which = free[ranges(np.cumsum(sizes) - sizes + first, counts)]
        starts, ends = with_blanks(page, which, counts)
        none = np.zeros(len(starts), dtype=np.int64)
        return Edits(counts, page.local(starts, counts), page.local(ends, counts), none, page.block.points[:0])


@dataclass(frozen=True, kw_only=True)
class WordMerge(RateAugmenter):
    """Run neighboring words together by deleting the space between them."""

    declares: ClassVar[augreg.Declaration] = declare("legibility")

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row:
        """See :class:`augreg_text.base.TextAugmenter`."""
        words = pairwise(words_of(text))
        places = [end for (_, end), (start, _) in words if start == end + 1 and text[end] == " "]
        return [[places[i], places[i] + 1, ""] for i, _ in self.choose_one("spaces", len(places), rng, level)]

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> UniformEdits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        space = page.block.points == ord(" ")
        word = np.zeros(len(space) + 1, dtype=bool)
        word[page.words.starts] = True
        ends = np.zeros(len(space) + 1, dtype=bool)
        ends[page.words.ends] = True
        locked = page.locked()
        if locked is not None:
            # A protected word that ran into its neighbor would not be that word any more.
            word[:-1] &= ~locked
            ends[1:-1] &= ~locked[:-1]
        places = page.free_points(space & ends[:-1] & word[1:])
        chosen = self.choose("spaces", page.block.counts(places), rng, level)
        return page.uniform_edits(chosen.counts, places[chosen.drawn], 1, page.block.points[:0], 0)


@dataclass(frozen=True, kw_only=True)
class WordDuplicate(RateAugmenter):
    """Say words twice."""

    declares: ClassVar[augreg.Declaration] = declare("legibility")

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row:
        """See :class:`augreg_text.base.TextAugmenter`."""
        words = words_of(text)
        chosen = [words[i] for i, _ in self.choose_one("words", len(words), rng, level)]
        return [[end, end, f" {text[start:end]}"] for start, end in chosen]

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        words, free = page.words, page.free_words()
        chosen = self.choose("words", page.block.counts(words.starts[free]), rng, level)
        which = free[chosen.index]
        at = page.local(words.ends[which], chosen.counts)
        return Edits.from_texts(chosen.counts, at, at, [f" {word}" for word in words.some(which)])


@dataclass(frozen=True, kw_only=True)
class WordCase(RateAugmenter):
    """Put words in upper case, lower case, or a capital in front."""

    scripted: ClassVar[bool] = True

    declares: ClassVar[augreg.Declaration] = declare("case")

    case: str = choice("upper", "which case", options=tuple(CASES))

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row:
        """See :class:`augreg_text.base.TextAugmenter`."""
        found = [(a, b, CASES[self.case](text[a:b])) for a, b in lettered_of(text, words_of(text))]
        found = [(a, b, new) for a, b, new in found if new != text[a:b]]
        return [[*found[i]] for i, _ in self.choose_one("words", len(found), rng, level)]

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        words, free = page.words, page.free_words()
        free = free[words.lettered[free]]
        new = [CASES[self.case](word) for word in words.some(free)]
        differs = np.asarray([a != b for a, b in zip(new, words.some(free), strict=True)], dtype=bool)
        free, kept = free[differs], [word for word, other in zip(new, differs.tolist(), strict=True) if other]
        chosen = self.choose("words", page.block.counts(words.starts[free]), rng, level)
        texts = [kept[i] for i in chosen.index.tolist()]
        start, end = _stretches(page, free[chosen.index], chosen.counts)
        return Edits.from_texts(chosen.counts, start, end, texts)


@dataclass(frozen=True, kw_only=True)
class Number(Agreeing, RateAugmenter):
    """Replace numbers by others with as many digits; separators, currency and per cent signs stay."""

    declares: ClassVar[augreg.Declaration] = declare("facts", "meaning")

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        words, points = page.words, page.block.points
        free = page.free_words()
        digit = (points >= ord("0")) & (points <= ord("9"))
        free = free[~words.lettered[free] & (digit[words.starts[free]] | digit[words.ends[free] - 1])]
        chosen = self.choose("numbers", page.block.counts(words.starts[free]), rng, level)
        which = free[chosen.index]
        if not len(which):
            return Edits.from_texts(chosen.counts, which, which, [])
        lengths = words.ends[which] - words.starts[which]
        inside = ranges(words.starts[which], lengths)
        size = np.bincount(np.repeat(np.arange(len(chosen.counts)), chosen.counts), lengths, len(chosen.counts))
        drawn = (rng.ragged("digits", size.astype(np.int64)) * 9).astype(np.int64)
        other = _other_digits(points[inside], drawn, digit[inside - 1])
        # A lone 0 is not in front of anything.
        alone = (np.add.reduceat(digit[inside], bounds(lengths)[:-1], dtype=np.int64) == 1).repeat(lengths)
        other = np.where(alone & (points[inside] == ord("0")), ord("1") + drawn, other)
        new = np.where(digit[inside], other, points[inside])
        joined, edges = decode(new.astype(points.dtype)), bounds(lengths).tolist()
        texts = [joined[a:b] for a, b in pairwise(edges)]
        return replacing(page, which, words.ends[which], chosen.counts, texts, self.english())


def _other_digits(points: unicode.Points, drawn: Ints, inner: np.ndarray) -> Ints:
    """Return another digit for each: never the same, and no 0 in front unless there is one."""
    old = points.astype(np.int64) - ord("0")
    # 1 to 9 in front, where one is old; 0 to 9 behind.
    front = np.where(old == 0, 0, 1 + (old - 1 + 1 + drawn * 8 // 9) % 9)
    return ord("0") + np.where(inner, (old + 1 + drawn) % 10, front)


def _stretches(page: Page, which: Ints, counts: Ints) -> tuple[Ints, Ints]:
    return page.local(page.words.starts[which], counts), page.local(page.words.ends[which], counts)
