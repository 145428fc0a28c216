"""Sentences that change places, get lost or come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import regex

import augreg
from augreg import ConfigError
from augreg.param import integer, texts
from augreg_text.base import Ints, Page, RateAugmenter, declare
from augreg_text.block import Block, ranges
from augreg_text.edits import Edits

_ABBREVIATIONS: Final = r"Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|vs|etc|e\.g|i\.e|cf|No|Fig|approx|Inc|Ltd|Co|U\.S|a\.m|p\.m|[A-Z]"
_NOT_BEFORE_MARK: Final = r"(?![\p{GCB=Extend}\p{GCB=SpacingMark}\p{GCB=ZWJ}])"
"""A mark makes one grapheme cluster with what stands before it, a blank too: no cut there."""
_GAP: Final = regex.compile(r"\s+|(?<=[。｡\uff01\uff1f])(?=\S)")
"""All blanks between two others, or the place behind a full stop of Chinese and Japanese."""
_AFTER_ABBREVIATION: Final = regex.compile(rf"(?<=\b(?:{_ABBREVIATIONS})\.)")
_MARK: Final = regex.compile(r"[\p{GCB=Extend}\p{GCB=SpacingMark}\p{GCB=ZWJ}]")
_LOWER: Final = regex.compile(r"\p{Ll}")
_STOPS: Final = ".!?…"
_WIDE_STOPS: Final = "。｡\uff01\uff1f"
_CLOSING: Final = "\"'”’)]"
_LEADING_BLANKS: Final = regex.compile(rf"\s*{_NOT_BEFORE_MARK}")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Return where the sentences of a text begin and end, without the blanks between them.

    A sentence ends with a full stop, an exclamation or question mark or an ellipsis, with closing quotes and
    brackets, before blanks and something other than a lower-case letter; not after a known abbreviation or a
    single capital. So it does at an empty line, and after the full stops of Chinese and Japanese.
    """
    edges = [0, *(edge for gap in _GAP.finditer(text) for edge in _border(text, *gap.span())), len(text)]
    found = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        inner = text[start:end].rstrip()
        blank = _LEADING_BLANKS.match(inner)
        start, end = start + (blank.end() if blank else 0), start + len(inner)
        if start < end:
            found.append((start, end))
    return found


def _border(text: str, start: int, end: int) -> tuple[int, ...]:
    """Return where a sentence ends and the next begins, if they do at a gap; else nothing.

    Every character is looked at a bounded number of times: one expression for all this would take, of a long run of
    blanks or quotes, the square of its length.
    """
    mark = _MARK.match(text, end) is not None
    if end < len(text) and not mark:
        stop = start > 0 and text[start - 1] in _WIDE_STOPS
        if stop or (start < end and not _LOWER.match(text, end) and _ends(text, start)):
            return start, end
    end -= mark  # a mark makes one grapheme cluster with the last blank
    return (start, end) if text.count("\n", start, max(start, end)) > 1 else ()


def _ends(text: str, end: int) -> bool:
    """Whether what stands before ``end`` may end a sentence: a stop, with quotes and brackets behind it."""
    if _AFTER_ABBREVIATION.match(text, end):
        return False
    while end > 0 and text[end - 1] in _CLOSING:
        end -= 1
    return end > 0 and text[end - 1] in _STOPS


@dataclass(frozen=True)
class Sentences:
    """The s sentences of a page, numbered through its n texts.

    Args:
        starts, ends: int64 (s,), places in ``page.block.points``.
        counts: int64 (n,), sentences of each text.
        free: int64 (f,), numbers of those in which nothing is protected and no markup stands.

    """

    starts: Ints
    ends: Ints
    counts: Ints
    free: Ints

    @classmethod
    def of(cls, page: Page, *, whole: bool = False) -> Sentences:
        """Split the texts of a page; with ``whole`` each is one stretch, from the first sentence to the last."""
        rows = [split_sentences(text) for text in page.block.texts]
        if whole:
            rows = [[(row[0][0], row[-1][1])] if row else [] for row in rows]
        counts = np.asarray([len(row) for row in rows], dtype=np.int64)
        places = np.asarray([edges for row in rows for edges in row], dtype=np.int64).reshape(-1, 2)
        places = _whole_clusters(page.block, places + np.repeat(page.block.first, counts)[:, None])
        locked = np.append(0, np.cumsum(page.kept()))
        free = np.flatnonzero(locked[places[:, 1]] == locked[places[:, 0]])
        return cls(places[:, 0], places[:, 1], counts, free)

    def free_counts(self) -> Ints:
        """Return how many sentences of each text are free."""
        row = np.repeat(np.arange(len(self.counts)), self.counts)
        return np.bincount(row[self.free], minlength=len(self.counts)).astype(np.int64)


def _whole_clusters(block: Block, places: Ints) -> Ints:
    """Widen stretches (m, 2) to the borders of grapheme clusters; where two touch in one, the first has it."""
    starts, ends = block.widened(places)
    starts[1:] = np.maximum(starts[1:], ends[:-1])
    return np.stack([starts, np.maximum(ends, starts)], axis=1)


@dataclass(frozen=True, kw_only=True)
class SentenceShuffle(RateAugmenter):
    """Put sentences in another order.

    ``rate`` is the share of the sentences that may change places, among themselves. Spans travel along.
    """

    declares: ClassVar[augreg.Declaration] = declare("word_order", keeps_shape=True)

    min_edits: int = integer(2, "so many may change places at least, where the rate is not 0", low=0)

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        found = Sentences.of(page)
        chosen = self.choose("sentences", found.free_counts(), rng, level)
        which = found.free[chosen.index]
        row = np.repeat(np.arange(len(chosen.counts)), chosen.counts)
        # By what is left of the number that chose them: a random order.
        source = which[np.lexsort((chosen.unit, row))]
        moved = source != which
        which, source = which[moved], source[moved]
        counts = np.bincount(row[moved], minlength=len(chosen.counts)).astype(np.int64)
        lengths = found.ends[source] - found.starts[source]
        start, end, origin = (
            page.local(places, counts) for places in (found.starts[which], found.ends[which], found.starts[source])
        )
        return Edits(counts, start, end, lengths, page.block.points[ranges(found.starts[source], lengths)], origin)


@dataclass(frozen=True, kw_only=True)
class SentenceDelete(RateAugmenter):
    """Delete sentences; at least one of a text stays."""

    declares: ClassVar[augreg.Declaration] = declare("completeness", "meaning")

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        found = Sentences.of(page)
        free = found.free_counts()
        chosen = self.choose("sentences", free, rng, level, spare=page.spare(found.counts, free))
        which = found.free[chosen.index]
        row = np.repeat(np.arange(len(chosen.counts)), chosen.counts)
        behind = np.cumsum(found.counts)[row] - which
        last = behind == np.cumsum(chosen.counts)[row] - np.arange(len(which))
        # Each with the blanks behind it; where all that follow go too, with those before it.
        first = which == (np.cumsum(found.counts) - found.counts)[row]
        ends = np.where(last, found.ends[which], found.starts[np.minimum(which + 1, len(found.starts) - 1)])
        starts = np.where(last & ~first, found.ends[np.maximum(which - 1, 0)], found.starts[which])
        counts = chosen.counts
        none = np.zeros(len(starts), dtype=np.int64)
        return Edits(counts, page.local(starts, counts), page.local(ends, counts), none, page.block.points[:0])


@dataclass(frozen=True, kw_only=True)
class SentenceInsert(RateAugmenter):
    """Insert sentences from a list.

    They come before sentences of the text; ``rate`` is the share of the sentences that get one.
    """

    declares: ClassVar[augreg.Declaration] = declare("content", "meaning")
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"sentences": ["Indeed.", "Who knows?"]},)

    sentences: tuple[str, ...] = texts(doc="what is inserted, with a space behind it")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.sentences or not all(self.sentences):
            raise ConfigError(f"sentences={self.sentences!r} is not valid: expected a list of strings.")

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        found = Sentences.of(page)
        chosen = self.choose("sentences", found.free_counts(), rng, level)
        at = page.local(found.starts[found.free[chosen.index]], chosen.counts)
        which = (chosen.unit * len(self.sentences)).astype(np.int64)
        return Edits.from_texts(chosen.counts, at, at, [f"{self.sentences[i]} " for i in which.tolist()])
