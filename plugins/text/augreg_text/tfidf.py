"""Substitution of words that tell little, by TF-IDF."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np

import augreg
from augreg import ConfigError
from augreg.kernel import exact, read_file
from augreg.param import choice, text
from augreg_text.base import Floats, Ints, Page, RateAugmenter, declare
from augreg_text.block import Block
from augreg_text.choose import Quota
from augreg_text.edits import Edits
from augreg_text.lexicon import like
from augreg_text.tokens import Words

IDF_FILE: Final = "tfidfaug_w2idf.txt"
TFIDF_FILE: Final = "tfidfaug_w2tfidf.txt"
"""The names and the form (word, space, number) that nlpaug uses."""


def fit_tfidf(texts: Iterable[str], folder: str | Path) -> None:
    """Score the words of a corpus and write them to a folder, for ``text.tfidf`` and for nlpaug.

    idf(w) = log(n / texts with w); a word's score is the sum over the texts of its share there times idf. What
    is written for sampling is (max - score), normalized to 1: words that tell little are drawn more often.
    """
    documents = [[word.lower() for word in Words(Block.of([one])).texts] for one in texts]
    frequency = Counter(word for words in documents for word in set(words))
    idf = {word: math.log(len(documents) / count) for word, count in sorted(frequency.items())}
    score = dict.fromkeys(idf, 0.0)
    for words in documents:
        for word in words:
            score[word] += idf[word] / len(words)
    most = max(score.values(), default=0.0)
    total = sum(most - s for s in score.values())
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    _write(target / IDF_FILE, idf)
    _write(target / TFIDF_FILE, {word: (most - s) / total if total else 1 / len(score) for word, s in score.items()})


def _write(path: Path, numbers: dict[str, float]) -> None:
    path.write_text("".join(f"{word} {number!r}\n" for word, number in numbers.items()), "utf-8")


def _read(path: Path) -> dict[str, float]:
    try:
        rows = [line.rpartition(" ") for line in read_file(path).decode("utf-8").splitlines()]
        return {word: float(number) for word, _, number in rows}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: no TF-IDF scores: {error}. Write them with augreg_text.fit_tfidf.") from None


@dataclass(frozen=True, eq=False)
class _Scores:
    idf: dict[str, float]
    words: tuple[str, ...]
    cumulative: Floats


@lru_cache(maxsize=8)
def _scores(path: str) -> _Scores:
    folder = Path(path)
    idf, weights = _read(folder / IDF_FILE), _read(folder / TFIDF_FILE)
    cumulative = np.cumsum(list(weights.values()))
    if not len(cumulative) or not cumulative[-1] > 0:
        raise ConfigError(f"{folder / TFIDF_FILE}: no word has a weight above 0. Fit it on more than one text.")
    return _Scores(idf, tuple(weights), cumulative)


@dataclass(frozen=True, kw_only=True)
class TfIdf(RateAugmenter):
    """Replace words that tell little by others that do, or insert such words, after TF-IDF scores of a corpus.

    A word is the likelier to go the lower its idf is, and what comes in is drawn likewise, so words that carry
    the meaning stay. Inserted words come before any words of the text. ``rate`` is the share of the words, for
    substitution of those that the corpus knows. After Xie et al., "Unsupervised Data Augmentation for Consistency
    Training", NeurIPS 2020.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = ()
    declares: ClassVar[augreg.Declaration] = declare("meaning")

    path: str = text(doc="folder of scores, written by augreg_text.fit_tfidf or by nlpaug")
    action: str = choice("substitute", "in the place of words, or before them", options=("substitute", "insert"))

    def __post_init__(self) -> None:
        super().__post_init__()
        _scores(self.path)

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        scores, words, free = _scores(self.path), page.words, page.free_words()
        if self.action == "insert":
            chosen = self.choose("words", page.block.counts(words.starts[free]), rng, level)
            start = page.local(words.starts[free[chosen.index]], chosen.counts)
            texts = [f"{scores.words[i]} " for i in self._drawn(scores, chosen.counts, rng)]
            return Edits.from_texts(chosen.counts, start, start, texts)
        idf = np.asarray([scores.idf.get(word.lower(), -1.0) for word in words.some(free)])
        free, idf = free[idf >= 0], idf[idf >= 0]
        sizes = page.block.counts(words.starts[free])
        which, counts = self._least(idf, sizes, rng, level)
        which = free[which]
        new = self._drawn(scores, counts, rng)
        texts = [like(scores.words[i], old) for i, old in zip(new, words.some(which), strict=True)]
        start, end = page.local(words.starts[which], counts), page.local(words.ends[which], counts)
        return Edits.from_texts(counts, start, end, texts)

    def _drawn(self, scores: _Scores, counts: Ints, rng: augreg.Rng) -> list[int]:
        """Draw numbers of words, as many as ``counts`` say."""
        drawn = rng.ragged("new", counts) * scores.cumulative[-1]
        found: list[int] = np.searchsorted(scores.cumulative, drawn, side="right").tolist()
        return [min(i, len(scores.words) - 1) for i in found]

    def _least(self, idf: Floats, sizes: Ints, rng: augreg.Rng, level: np.ndarray | None) -> tuple[Ints, Ints]:
        """Choose words without repeats, in proportion to (max idf of the text - idf).

        The k smallest of -log(u) / weight: Efraimidis and Spirakis, "Weighted Random Sampling with a Reservoir",
        2006.
        """
        rate = self.sample("rate", rng, level)
        counts = Quota(rate, self.min_edits, self.max_edits).count(sizes, rng.uniform("rounding"))
        row, first = np.repeat(np.arange(len(sizes)), sizes), np.cumsum(sizes) - sizes
        most = np.full(len(sizes), 0.0)
        np.maximum.at(most, row, idf)
        weight = np.maximum(most[row] - idf, 1e-6)
        order = np.lexsort((-exact.log(rng.ragged("words", sizes)) / weight, row))
        kept = order[np.arange(len(order)) - first[row] < counts[row]]
        return np.sort(kept), counts
