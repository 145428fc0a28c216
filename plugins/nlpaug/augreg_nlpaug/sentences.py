"""nlpaug's sentence augmenters as augreg augmenters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from augreg_text import Edits, Page, Sentences, declare

import augreg
from augreg.param import choice, integer, number
from augreg_nlpaug import engine
from augreg_nlpaug.text import NlpaugText


@dataclass(frozen=True, kw_only=True)
class RandomSent(NlpaugText):
    """Swap sentences with others, with nlpaug's RandomSentAug.

    Sentences end where augreg-text's do, so nltk is not needed; what lies between them stays. Spans travel along.
    """

    path: ClassVar[str] = "augmenter.sentence:RandomSentAug"
    act: ClassVar[str] = "swap"
    declares: ClassVar[augreg.Declaration] = declare("word_order", level=None, keeps_shape=True)

    mode: str = choice("neighbor", "which sentence it swaps with", options=("left", "right", "neighbor", "random"))
    aug_p: float = number(0.3, "share of the sentences", low=0.0, high=1.0, unit="fraction")
    aug_min: int = integer(1, "sentences, at least", low=0)
    aug_max: int | None = integer(10, "sentences, at most", low=1, optional=True)

    def options(self) -> engine.Options:
        """See :class:`augreg_nlpaug.text.NlpaugText`; nlpaug is given the numbers of sentences for a text."""
        return (*super().options(), ("tokenizer", str.split))

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        found = Sentences.of(page)
        rows = []
        first, counts = np.cumsum(found.counts) - found.counts, found.counts
        for i, seed in enumerate(rng.noise_key("seed").tolist()):
            mine = found.free[(found.free >= first[i]) & (found.free < first[i] + counts[i])]
            rows.append(self._moves(page, found, mine, i, seed))
        return Edits.of(rows)

    def _moves(self, page: Page, found: Sentences, mine: np.ndarray, text: int, seed: int) -> list[list[Any]]:
        if len(mine) < 2 or self.aug_p == 0:
            return []
        with engine.seeded(seed):
            order = self.build().swap(" ".join(map(str, mine.tolist())))
        joined, begin = page.block.joined, int(page.block.first[text])
        row = []
        for place, source in zip(mine.tolist(), map(int, order.split()), strict=True):
            if place != source:
                a, b = int(found.starts[source]), int(found.ends[source])
                start, end = int(found.starts[place]) - begin, int(found.ends[place]) - begin
                row.append([start, end, joined[a:b], a - begin])
        return row
