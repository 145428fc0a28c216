"""What a masked language model expects in the place of words, or between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import torch

import augreg
from augreg.fields import choice, integer, text
from augreg_text import models
from augreg_text.base import Floats, Page, RateAugmenter, declare
from augreg_text.edits import Edits
from augreg_text.lexicon import like

MARKS = ("##", "\u0120", "\u2581")
"""How tokens are marked: ## before the rest of a word (BERT); Ġ or ▁ before the beginning of one (others)."""


@dataclass(frozen=True, kw_only=True)
class MaskedLm(RateAugmenter):
    """Replace words by, or insert, what a masked language model expects.

    All chosen words of a text are masked together, so a text costs one pass, texts are batched, and the edits
    are kept in params: a replay needs no model. One of the ``top_k`` likeliest whole words is drawn, each as
    likely; special tokens, parts of words and the word itself are none of them. Logits are rounded to 0.001
    before they are ranked, so that a batch's composition hardly ever shows. After Kobayashi, "Contextual
    Augmentation", NAACL 2018.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = ()
    declares: ClassVar[augreg.Declaration] = declare("meaning")

    path: str = text(doc="folder of a Hugging Face masked language model and its tokenizer")
    action: str = choice("substitute", "in the place of words, or before them", options=("substitute", "insert"))
    top_k: int = integer(20, "how many of the likeliest words are drawn from", low=1)
    batch_size: int = integer(32, "texts in a pass", low=1)
    device: str = text("cpu", "where the model runs: cpu, cuda, auto")

    def __post_init__(self) -> None:
        super().__post_init__()
        models.check(self.path, self.device)

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        words, free = page.words, page.free_words()
        free = free[words.lettered[free]]
        chosen = self.choose("words", page.block.counts(words.starts[free]), rng, level)
        which = free[chosen.index]
        starts = page.local(words.starts[which], chosen.counts).tolist()
        ends = page.local(words.ends[which], chosen.counts).tolist()
        edges = np.append(0, np.cumsum(chosen.counts)).tolist()
        holes = [list(zip(starts[a:b], ends[a:b], strict=True)) for a, b in pairwise(edges)]
        units = [chosen.unit[a:b] for a, b in pairwise(edges)]
        rows: list[list[list[Any]]] = [[] for _ in holes]
        # Texts of like length together: less padding.
        todo = sorted((i for i, row in enumerate(holes) if row), key=lambda i: len(page.block.texts[i]))
        for at in range(0, len(todo), self.batch_size):
            group = todo[at : at + self.batch_size]
            masked = [self._masked(page.block.texts[i], holes[i]) for i in group]
            for i, logits in zip(group, models.mask_logits(masked, self.path, self.device), strict=True):
                rows[i] = self._filled(page.block.texts[i], holes[i], units[i], logits)
        return Edits.of(rows)

    def _masked(self, source: str, holes: list[tuple[int, int]]) -> str:
        mask = models.load("AutoModelForMaskedLM", self.path, self.device)[0].mask_token
        if mask in source:
            return source[:0]
        for start, end in reversed(holes):
            source = source[:start] + mask + (" " + source[start:] if self.action == "insert" else source[end:])
        return source

    def _filled(self, source: str, holes: list[tuple[int, int]], unit: Floats, logits: torch.Tensor) -> list[list[Any]]:
        """Return the edits of a text; without logits for a hole (the text was too long) there is none."""
        row: list[list[Any]] = []
        for (start, end), u, scores in zip(holes, unit.tolist(), logits, strict=False):
            old = source[start:end]
            best = self._best(scores, "" if self.action == "insert" else old.lower())
            new = best[int(u * len(best))] if best else old
            if self.action == "insert":
                row += [[start, start, f"{new} "]] if best else []
            elif new != old:
                row.append([start, end, like(new, old)])
        return row

    def _best(self, scores: torch.Tensor, but: str) -> list[str]:
        ids, names = _vocabulary(self.path, self.device)
        rounded = np.round(scores.numpy()[ids].astype(np.float64), 3)
        order = np.lexsort((ids, -rounded))[: self.top_k + 1]
        return [names[i] for i in order.tolist() if names[i].lower() != but][: self.top_k]


@lru_cache(maxsize=8)
def _vocabulary(path: str, device: str) -> tuple[np.ndarray, list[str]]:
    """Return the tokens that are whole words of letters: their numbers and the words."""
    tokenizer = models.load("AutoModelForMaskedLM", path, device)[0]
    tokens = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    special = set(tokenizer.all_special_tokens)
    rest, *begins = MARKS
    begin = next((mark for mark in begins if any(token.startswith(mark) for token, _ in tokens)), "")
    kept = [
        (number, token.removeprefix(begin))
        for token, number in tokens
        if token not in special and token.startswith(begin) and not token.startswith(rest)
    ]
    kept = [(number, word) for number, word in kept if word.isalpha()]
    return np.asarray([number for number, _ in kept], dtype=np.int64), [word for _, word in kept]
