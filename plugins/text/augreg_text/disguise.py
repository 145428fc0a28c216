"""Characters in disguise: look-alikes, leet, other case, accents, styled letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import augreg
from augreg.param import choice, flag
from augreg_text import tables
from augreg_text.base import Page, RateAugmenter, declare
from augreg_text.edits import Edits
from augreg_text.lookup import CharTable
from augreg_text.typos import TableAugmenter


@dataclass(frozen=True, kw_only=True)
class Homoglyph(TableAugmenter):
    """Replace Latin letters by letters of other scripts that look the same."""

    declares: ClassVar[augreg.Declaration] = declare("encoding", keeps_shape=True)

    def table(self) -> CharTable:
        """Return the look-alikes."""
        return tables.homoglyphs()


@dataclass(frozen=True, kw_only=True)
class Leet(TableAugmenter):
    """Replace Latin letters by digits and signs that resemble them."""

    declares: ClassVar[augreg.Declaration] = declare("legibility")

    long: bool = flag(False, "also signs of several characters, such as |\\/| for m")

    def table(self) -> CharTable:
        """Return the signs."""
        return tables.leet(self.long)


@dataclass(frozen=True, kw_only=True)
class Style(TableAugmenter):
    """Replace Latin letters by styled ones: bold, script, full width, circled, ..."""

    declares: ClassVar[augreg.Declaration] = declare("encoding", keeps_shape=True)

    style: str = choice("bold", "which letters", options=tables.STYLES)

    def table(self) -> CharTable:
        """Return the styled letters."""
        return tables.style(self.style)


@dataclass(frozen=True, kw_only=True)
class CharCase(TableAugmenter):
    """Turn letters into the other case."""

    declares: ClassVar[augreg.Declaration] = declare("case", keeps_shape=True)

    def table(self) -> CharTable:
        """Return the letters in the other case."""
        return tables.other_case()


@dataclass(frozen=True, kw_only=True)
class AddDiacritics(TableAugmenter):
    """Put accents on Latin letters."""

    declares: ClassVar[augreg.Declaration] = declare("legibility", keeps_shape=True)

    def table(self) -> CharTable:
        """Return the accented letters."""
        return tables.accented()


@dataclass(frozen=True, kw_only=True)
class StripDiacritics(RateAugmenter):
    """Take the accents off Latin, Greek and Cyrillic letters, composed or combining."""

    declares: ClassVar[augreg.Declaration] = declare("legibility")

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        block, table = page.block, tables.unaccented()
        entries = table.entries(block.points)
        marks = (block.points >= tables.ACCENTS.start) & (block.points < tables.ACCENTS.stop)
        starts, ends = page.free_clusters()
        marked = np.append(0, np.cumsum(marks))
        # A base letter, and accents only behind it.
        number = marked[ends] - marked[starts]
        accented = (entries[starts] > 0) | ((number > 0) & (block.flags[starts] & 1 > 0))
        pick = np.flatnonzero(accented & (number == ends - starts - 1))
        chosen = self.choose("letters", block.counts(starts[pick]), rng, level)
        at = pick[chosen.index]
        first = entries[starts[at]]
        bare = np.where(first > 0, table.points[table.begin[table.first[first]]], block.points[starts[at]])
        counts = chosen.counts
        ones = np.ones(len(at), dtype=np.int64)
        return Edits(counts, page.local(starts[at], counts), page.local(ends[at], counts), ones, bare)
