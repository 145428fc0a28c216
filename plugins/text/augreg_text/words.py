"""Words that change places, get lost or fall apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import augreg
from augreg.param import integer
from augreg_text.base import Ints, Page, RateAugmenter, declare
from augreg_text.block import Bools, alternating, bounds, ranges
from augreg_text.choose import coins
from augreg_text.choose import seeds as seeds_of
from augreg_text.choose_one import seed_of
from augreg_text.edits import Edits
from augreg_text.lazy_edits import UniformEdits
from augreg_text.short import Row, Span, lettered_of, only_blanks, words_of


@dataclass(frozen=True, kw_only=True)
class WordSwap(RateAugmenter):
    """Swap neighboring words with nothing but blanks between them.

    ``rate`` is the share of the words that change places. Each word takes part in one swap at most. Spans
    inside a word travel with it.
    """

    declares: ClassVar[augreg.Declaration] = declare("meaning", "word_order", keeps_shape=True)

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row:
        """See :class:`augreg_text.base.TextAugmenter`."""
        words, seed = words_of(text), seed_of(rng, "pairs")
        pairs = zip(words[seed >> 63 :: 2], words[(seed >> 63) + 1 :: 2], strict=False)
        near = [(one, two) for one, two in pairs if only_blanks(text[one[1] : two[0]])]
        row: Row = []
        for i, _ in self.choose_one("pairs", len(near), rng, level, out_of=len(words) / 2, seed=seed):
            (a, b), (c, d) = near[i]
            row += ([a, b, text[c:d], c], [c, d, text[a:b], a])
        return row

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        words = page.words
        seeds = seeds_of(rng, "pairs")
        left = _pairs(page, coins(seeds))
        half = page.word_counts() / 2
        chosen = self.choose("pairs", page.block.counts(words.starts[left]), rng, level, out_of=half, seeds=seeds)
        left = left[chosen.index]
        both = np.stack([left, left + 1], axis=1).ravel()
        other = np.stack([left + 1, left], axis=1).ravel()
        twice = 2 * chosen.counts
        starts, ends = words.starts, words.ends
        lengths = ends[other] - starts[other]
        points = page.block.points[ranges(starts[other], lengths)]
        local = (page.local(places, twice) for places in (starts[both], ends[both], starts[other]))
        start, end, source = local
        return Edits(twice, start, end, lengths, points, source)


def _pairs(page: Page, odd: Ints) -> Ints:
    """Return the left words of the pairs: those at even places of a text, or those at odd places."""
    words = page.words
    pair = alternating(words.counts, odd)
    free = page.free_words()
    if len(free) < len(pair):
        mask = np.zeros(len(pair) + 1, dtype=bool)
        mask[free] = True
        pair &= mask[:-1] & mask[1:]
    pair[:-1] &= words.neighbors
    pair[-1:] = False
    return pair.nonzero()[0]


@dataclass(frozen=True, kw_only=True)
class WordDelete(RateAugmenter):
    """Delete words, each with one blank beside it; at least one word of a text stays.

    The blank before the word goes, or the one behind it where there is none before.
    After Wei and Zou, "EDA: Easy Data Augmentation Techniques", EMNLP 2019.
    """

    declares: ClassVar[augreg.Declaration] = declare("completeness", "meaning")

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row:
        """See :class:`augreg_text.base.TextAugmenter`."""
        words = words_of(text)
        chosen = self.choose_one("words", len(words), rng, level, spare=1)
        return deletions(text, words, [i for i, _ in chosen])

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        free = page.free_words()
        # A locked word stays anyway.
        counts = page.word_counts()
        chosen = self.choose("words", counts, rng, level, spare=page.spare(page.words.counts, counts))
        starts, ends = with_blanks(page, free[chosen.index], chosen.counts)
        none = np.zeros(len(starts), dtype=np.int64)
        return Edits(
            chosen.counts,
            page.local(starts, chosen.counts),
            page.local(ends, chosen.counts),
            none,
            page.block.points[:0],
        )


def with_blanks(page: Page, which: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Return the stretches of some words, each with one blank beside it, so that none overlap.

    Args:
        page: the texts.
        which: numbers of the words, ascending.
        counts: how many of them belong to each text.

    """
    words = page.words
    starts, ends = words.starts[which], words.ends[which]
    # Only a space is taken along: a line feed or a tab means something.
    before = _free_space(page, starts - 1)
    behind = _free_space(page, ends)
    # When all words before it go too, the blank before it is theirs.
    before &= which - np.arange(len(which)) != (bounds(words.counts) - bounds(counts))[:-1].repeat(counts)
    starts, ends = starts - before, ends + (behind & ~before)
    # The blank between two of them may be wanted by both.
    starts[1:] = np.maximum(starts[1:], ends[:-1])
    return starts, ends


def deletions(text: str, words: list[Span], which: Sequence[int]) -> Row:
    """Return the deletions of some words of one text, each with one blank, as :func:`with_blanks` has them."""
    row: Row = []
    for k, i in enumerate(which):
        start, end = words[i]
        if i != k and text[start - 1] == " ":
            start -= 1
        elif text[end : end + 1] == " ":
            end += 1
        row.append([max(start, row[-1][1]) if row else start, end, ""])
    return row


def _free_space(page: Page, places: Ints) -> Bools:
    block, locked = page.block, page.locked()
    found: Bools = block.points[places] == ord(" ")
    if block.alone is not None:
        found &= block.alone[places]
    if locked is not None:
        found &= ~locked[places]
    return found


@dataclass(frozen=True, kw_only=True)
class WordSplit(RateAugmenter):
    """Split words in two by a space."""

    declares: ClassVar[augreg.Declaration] = declare("legibility")

    min_length: int = integer(4, "shorter words stay whole", low=2, unit="characters")

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row:
        """See :class:`augreg_text.base.TextAugmenter`."""
        words = [(a, b) for a, b in lettered_of(text, words_of(text)) if b - a >= self.min_length]
        row: Row = []
        for i, unit in self.choose_one("words", len(words), rng, level):
            start, end = words[i]
            at = start + 1 + int(unit * (end - start - 1))
            row.append([at, at, " "])
        return row

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> UniformEdits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        words = page.words
        first, inner = _inner_borders(page)
        free = page.free_words()
        free = free[(inner[free] + 1 >= self.min_length) & words.lettered[free]]
        chosen = self.choose("words", page.block.counts(words.starts[free]), rng, level)
        which = free[chosen.drawn]
        place = first[which] + (chosen.drawn_unit * inner[which]).astype(np.int64)
        if page.block.starts_cluster is not None:
            place = np.flatnonzero(page.block.starts_cluster)[place]
        return page.uniform_edits(chosen.counts, place, 0, np.full(len(place), ord(" "), dtype=np.uint8), 1)


def _inner_borders(page: Page) -> tuple[Ints, Ints]:
    """Return the first border between two clusters inside each word, and how many there are.

    Borders are numbered through the block; without clusters of several code points a border is its place.
    """
    words = page.words
    if page.block.starts_cluster is None:
        return words.starts + 1, words.ends - words.starts - 1
    borders = np.flatnonzero(page.block.starts_cluster)
    first = np.searchsorted(borders, words.starts) + 1
    return first, np.searchsorted(borders, words.ends) - first
