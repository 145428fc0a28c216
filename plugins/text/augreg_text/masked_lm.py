"""What a masked language model expects in the place of words, or between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, ClassVar, Final

import numpy as np
import torch

import augreg
from augreg.kernel import exact
from augreg.param import choice, integer, number, text
from augreg_text import models
from augreg_text.base import Floats, Page, RateAugmenter, declare
from augreg_text.edits import Edits
from augreg_text.lexicon import like
from augreg_text.sentences import split_sentences

_BYTE_LEVEL_BLANK: Final = "\u0120"
_INSIDE_WORD: Final = "##"
"""BERT's mark before the rest of a word."""
_WORD_BEGINS: Final = (_BYTE_LEVEL_BLANK, "\u2581")
"""Other tokenizers' marks before the beginning of a word: byte-level ones (GPT-2, RoBERTa) and SentencePiece."""
_LOGIT_DIGITS: Final = 3
"""Decimals of a logit that count: what lies beyond hangs on which texts share a pass."""


@dataclass(frozen=True, kw_only=True)
class MaskedLm(RateAugmenter):
    """Replace words by, or insert, what a masked language model expects.

    All chosen words of a text are masked together, so a text costs one pass, texts are batched, and the edits
    are kept in params: a replay needs no model. A text that is too long for the model is read in pieces of whole
    sentences. One of the ``top_k`` likeliest whole words is drawn, as often as the model expects it at that
    ``temperature``; special tokens, parts of words and the word itself are none of them. Logits are rounded to
    0.001 first, so that a batch's composition hardly ever shows. After Kobayashi, "Contextual Augmentation",
    NAACL 2018.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = ()
    declares: ClassVar[augreg.Declaration] = declare("meaning")

    path: str = text(doc="folder of a Hugging Face masked language model and its tokenizer")
    action: str = choice("substitute", "in the place of words, or before them", options=("substitute", "insert"))
    top_k: int = integer(20, "how many of the likeliest words are drawn from", low=1)
    temperature: float = number(
        1.0, "1: as the model expects; above: more evenly; below: rather the likeliest", low=0.01
    )
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
        texts = page.block.texts
        for i, scores in self._scores([(texts[i], row) for i, row in enumerate(holes)]):
            rows[i] = self._filled(texts[i], holes[i], units[i], scores)
        return Edits.of(rows)

    def _scores(
        self, texts: list[tuple[str, list[tuple[int, int]]]]
    ) -> Iterator[tuple[int, list[torch.Tensor | None]]]:
        """Yield number and logits at the holes of every text with holes; None where a sentence was too long."""
        mask = models.load("AutoModelForMaskedLM", self.path, self.device)[0].mask_token
        todo = [(i, *text) for i, text in enumerate(texts) if text[1] and mask not in text[0]]
        limit = models.max_text_tokens(self.path, self.device)
        counts = models.token_counts([source for _, source, _ in todo], self.path, self.device)
        pieces = []
        for (i, source, holes), count in zip(todo, counts, strict=True):
            # A hole takes one token, as a word does at least; inserted ones come on top.
            whole = count + len(holes) * (self.action == "insert") <= limit
            cut = [(0, len(source))] if whole else self._cut(source, limit)
            pieces += [(i, self._masked(source, a, b, holes, mask)) for a, b in cut]
        found: dict[int, list[torch.Tensor | None]] = {i: [] for i, _, _ in todo}
        for (i, piece), logits in zip(pieces, self._in_batches([piece for _, piece in pieces]), strict=True):
            found[i] += [*logits, *[None] * (piece.count(mask) - len(logits))]
        yield from found.items()

    def _in_batches(self, pieces: list[str]) -> list[torch.Tensor]:
        """Return the logits at the masks of every piece; those of like length go together: less padding."""
        order = sorted(range(len(pieces)), key=lambda i: len(pieces[i]))
        out: list[torch.Tensor] = [torch.empty(0)] * len(pieces)
        for at in range(0, len(order), self.batch_size):
            group = order[at : at + self.batch_size]
            made = models.mask_logits([pieces[i] for i in group], self.path, self.device)
            for i, logits in zip(group, made, strict=True):
                out[i] = logits
        return out

    def _cut(self, source: str, limit: int) -> list[tuple[int, int]]:
        """Cut a text into stretches of whole sentences, as few as fit the model; a long sentence is one."""
        starts = [0, *(start for start, _ in split_sentences(source)[1:])]
        spans = list(zip(starts, [*starts[1:], len(source)], strict=True))
        counts = models.token_counts([source[a:b] for a, b in spans], self.path, self.device)
        cut, size = [spans[0]], counts[0]
        for (a, b), count in zip(spans[1:], counts[1:], strict=True):
            # Inserted masks at most double the words.
            if (size + count) * (2 if self.action == "insert" else 1) <= limit:
                cut[-1], size = (cut[-1][0], b), size + count
            else:
                cut.append((a, b))
                size = count
        return cut

    def _masked(self, source: str, begin: int, stop: int, holes: list[tuple[int, int]], mask: str) -> str:
        """Return a stretch of a text with masks in its holes."""
        parts, at = [], begin
        for start, end in (hole for hole in holes if begin <= hole[0] < stop):
            parts += [source[at:start], mask, " " if self.action == "insert" else ""]
            at = start if self.action == "insert" else end
        return "".join([*parts, source[at:stop]])

    def _filled(
        self, source: str, holes: list[tuple[int, int]], unit: Floats, logits: list[torch.Tensor | None]
    ) -> list[list[Any]]:
        """Return the edits of a text; none for a hole without logits."""
        row: list[list[Any]] = []
        for (start, end), u, scores in zip(holes, unit.tolist(), logits, strict=True):
            if scores is None:
                continue
            old = source[start:end]
            best, share = self._best(scores, "" if self.action == "insert" else old.lower())
            new = best[min(int(np.searchsorted(share, u * share[-1], side="right")), len(best) - 1)] if best else old
            if self.action == "insert":
                row += [[start, start, f"{new} "]] if best else []
            elif new != old:
                row.append([start, end, like(new, old)])
        return row

    def _best(self, scores: torch.Tensor, but: str) -> tuple[list[str], Floats]:
        """Return the likeliest words, and the running sums of how likely they are."""
        ids, names = _vocabulary(self.path, self.device)
        rounded = np.round(scores.numpy()[ids].astype(np.float64), _LOGIT_DIGITS)
        order = np.lexsort((ids, -rounded))[: self.top_k + 1]
        kept = [i for i in order.tolist() if names[i].lower() != but][: self.top_k]
        likely = exact.exp((rounded[kept] - rounded[kept[:1]]) / self.temperature)
        return [names[i] for i in kept], np.cumsum(likely)


@lru_cache(maxsize=8)
def _vocabulary(path: str, device: str) -> tuple[np.ndarray, list[str]]:
    """Return the tokens that are whole words of letters: their numbers and the words."""
    tokenizer = models.load("AutoModelForMaskedLM", path, device)[0]
    tokens = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    special = set(tokenizer.all_special_tokens)
    begin = next((mark for mark in _WORD_BEGINS if any(token.startswith(mark) for token, _ in tokens)), "")
    # Byte-level tokens spell bytes: "cafÃ©" is how they have "café".
    kept = [
        (
            number,
            tokenizer.convert_tokens_to_string([token]).strip()
            if begin == _BYTE_LEVEL_BLANK
            else token.removeprefix(begin),
        )
        for token, number in tokens
        if token not in special and token.startswith(begin) and not token.startswith(_INSIDE_WORD)
    ]
    kept = [(number, word) for number, word in kept if word.isalpha()]
    return np.asarray([number for number, _ in kept], dtype=np.int64), [word for _, word in kept]
