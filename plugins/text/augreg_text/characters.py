"""Characters that change places or get lost."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

import augreg
from augreg.param import flag
from augreg_text import unicode
from augreg_text.base import Bools, Page, RateAugmenter, declare
from augreg_text.choose import coins
from augreg_text.choose import seeds as seeds_of
from augreg_text.choose_one import seed_of
from augreg_text.lazy_edits import UniformEdits
from augreg_text.short import Row, letters_of


def _letters(page: Page, digits: bool) -> Bools:
    return (page.block.flags & (unicode.LETTER | unicode.DIGIT)) != 0 if digits else page.block.letters


@dataclass(frozen=True, kw_only=True)
class CharSwap(RateAugmenter):
    """Swap neighboring letters of a word.

    ``rate`` is the share of the characters that change places. Each letter takes part in one swap at most.
    """

    declares: ClassVar[augreg.Declaration] = declare("legibility", keeps_shape=True)

    digits: bool = flag(False, "digits are swapped too")

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row:
        """See :class:`augreg_text.base.TextAugmenter`."""
        free, seed = letters_of(text, digits=self.digits), seed_of(rng, "pairs")
        odd = seed >> 63
        places = [a for a, b in pairwise(free) if b == a + 1 and a & 1 == odd and text[a] != text[b]]
        chosen = self.choose_one("pairs", len(places), rng, level, out_of=len(free) / 2, seed=seed)
        return [[at, at + 2, text[at + 1] + text[at]] for at in (places[i] for i, _ in chosen)]

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> UniformEdits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        block, points = page.block, page.block.points
        free = page.free(_letters(page, self.digits))
        seeds = seeds_of(rng, "pairs")
        # Pairs that begin at even places of a text, or those at odd places: so no two overlap.
        pair = block.alternate(coins(seeds))[:-1] & free[:-1] & free[1:] & (points[:-1] != points[1:])
        places = pair.nonzero()[0]
        half = block.count(free) / 2
        chosen = self.choose("pairs", block.counts(places), rng, level, out_of=half, seeds=seeds)
        at = places[chosen.drawn]
        swapped = np.empty((len(at), 2), dtype=points.dtype)
        swapped[:, 0], swapped[:, 1] = points[at + 1], points[at]
        return page.uniform_edits(chosen.counts, at, 2, swapped.ravel(), 2)


@dataclass(frozen=True, kw_only=True)
class CharDelete(RateAugmenter):
    """Delete letters; a letter that stands alone stays."""

    declares: ClassVar[augreg.Declaration] = declare("legibility")

    digits: bool = flag(False, "digits are deleted too")

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row:
        """See :class:`augreg_text.base.TextAugmenter`."""
        letters = letters_of(text, digits=self.digits)
        known = {*letters}
        places = [i for i in letters if i - 1 in known or i + 1 in known]
        chosen = self.choose_one("characters", len(places), rng, level)
        return [[places[i], places[i] + 1, ""] for i, _ in chosen]

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> UniformEdits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        letters = _letters(page, self.digits)
        company = letters.copy()
        company[1:-1] &= letters[:-2] | letters[2:]
        places = page.free_points(company)
        chosen = self.choose("characters", page.block.counts(places), rng, level)
        return page.uniform_edits(chosen.counts, places[chosen.drawn], 1, page.block.points[:0], 0)
