"""Characters that change places or get lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import augreg
from augreg.fields import flag
from augreg_text import unicode
from augreg_text.base import Bools, Ints, Page, RateAugmenter, declare
from augreg_text.edits import Edits


def _letters(page: Page, digits: bool) -> Bools:
    wanted = unicode.LETTER | unicode.DIGIT if digits else unicode.LETTER
    return (page.block.flags & wanted) != 0


@dataclass(frozen=True, kw_only=True)
class CharSwap(RateAugmenter):
    """Swap neighbouring letters of a word.

    ``rate`` is the share of the characters that change places. Each letter takes part in one swap at most.
    """

    declares: ClassVar[augreg.Declaration] = declare("legibility", keeps_shape=True)

    digits: bool = flag(False, "digits are swapped too")

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        points = page.block.points
        free = np.zeros(len(points), dtype=bool)
        letters = page.free_points(_letters(page, self.digits))
        free[letters] = True
        places = np.flatnonzero(free[:-1] & free[1:] & (points[:-1] != points[1:]))
        places = places[self._even(page, places, rng)]
        half = page.block.counts(letters) / 2
        chosen = self.choose("pairs", page.block.counts(places), rng, level, out_of=half)
        at = places[chosen.index]
        start = page.local(at, chosen.counts)
        swapped = np.stack([points[at + 1], points[at]], axis=1).ravel()
        return Edits(chosen.counts, start, start + 2, np.full(len(at), 2), swapped)

    def _even(self, page: Page, places: Ints, rng: augreg.Rng) -> Bools:
        """Keep the pairs that begin at even places of a text, or those at odd places: so no two overlap."""
        counts = page.block.counts(places)
        odd = rng.bernoulli("odd", 0.5)
        return (page.local(places, counts) + np.repeat(odd, counts)) % 2 == 0


@dataclass(frozen=True, kw_only=True)
class CharDelete(RateAugmenter):
    """Delete letters; a letter that stands alone stays."""

    declares: ClassVar[augreg.Declaration] = declare("legibility")

    digits: bool = flag(False, "digits are deleted too")

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        letters = _letters(page, self.digits)
        company = letters.copy()
        company[1:-1] &= letters[:-2] | letters[2:]
        places = page.free_points(company)
        chosen = self.choose("characters", page.block.counts(places), rng, level)
        start = page.local(places[chosen.index], chosen.counts)
        return Edits(chosen.counts, start, start + 1, np.zeros(len(start), dtype=np.int64), page.block.points[:0])
