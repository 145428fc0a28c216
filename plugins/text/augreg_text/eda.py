"""Easy data augmentation: synonyms in place or added, swaps, deletions; and words put in from a list."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final

import numpy as np

import augreg
from augreg import ConfigError
from augreg.param import choice, flag, integer, text, texts
from augreg_text import unedited
from augreg_text.base import Ints, Page, RateAugmenter, declare
from augreg_text.block import Block
from augreg_text.edits import Edits
from augreg_text.lexicon import LazyLexicon, like
from augreg_text.short import Row, words_of
from augreg_text.thesaurus import CAPITALS_DOC, Synonym, related
from augreg_text.tokens import Words
from augreg_text.words import WordDelete, WordSwap

OPERATIONS: Final = ("synonym", "insert", "swap", "delete")


@dataclass(frozen=True, kw_only=True)
class SynonymInsert(RateAugmenter):
    """Insert synonyms of words of the text before words of the text.

    ``rate`` is the share of the words with a synonym of which one comes in.
    """

    scripted: ClassVar[bool] = True

    declares: ClassVar[augreg.Declaration] = declare("content", "meaning")

    senses: int = integer(1, "how many senses of a word are looked at, the most frequent first", low=1)
    language: str = text("en", "en, or a code of nltk's Open Multilingual WordNet, as for text.synonym")
    capitals: bool = flag(False, f"for synonyms {CAPITALS_DOC}")

    def __post_init__(self) -> None:
        super().__post_init__()
        Synonym(language=self.language)

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row | None:
        """See :class:`augreg_text.base.TextAugmenter`."""
        if not text.isascii():
            return None
        words = words_of(text)
        lower = [text[a:b].lower() for a, b in words]
        others = self._table().others_of(lower)
        rich = [i for i, found in enumerate(others) if found]
        if not self.capitals:
            rich = [i for i in rich if text[words[i][0] : words[i][1]] == lower[i]]
        chosen = [(rich[k], unit) for k, unit in self.choose_one("words", len(rich), rng, level)]
        drawn = sorted(int(unit * len(words)) for unit in rng.ragged("places", [len(chosen)]).tolist())
        coming: dict[int, str] = {}  # several at one place come in together
        for (i, unit), place in zip(chosen, drawn, strict=True):
            coming[place] = f"{coming.get(place, '')}{like(others[i][int(unit * len(others[i]))], lower[i])} "
        return [[words[place][0], words[place][0], new] for place, new in coming.items()]

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        table, words, free = self._table(), page.words, page.free_words()
        entries = table.entries(words)[free]
        rich = free[entries > 0]
        if not self.capitals:
            rich = rich[~words.capitals[rich]]
        sizes = page.block.counts(words.starts[free])
        chosen = self.choose("words", np.minimum(page.block.counts(words.starts[rich]), sizes), rng, level)
        which = rich[chosen.index]
        texts = table.pick(entries, chosen.unit, [word.lower() for word in words.some(which)])
        at = free[self._places(sizes, chosen.counts, rng)]
        # Several at one place come in together.
        place, first, number = np.unique(words.starts[at], return_index=True, return_counts=True)
        joined = ["".join(f"{texts[i]} " for i in range(a, a + n)) for a, n in zip(first, number, strict=True)]
        counts = page.block.counts(place)
        start = page.local(place, counts)
        return Edits.from_texts(counts, start, start, joined)

    def _table(self) -> LazyLexicon:
        return related("synonym", self.senses, self.language, self.capitals)

    def _places(self, sizes: Ints, counts: Ints, rng: augreg.Rng) -> Ints:
        """Draw numbers of words, ascending within each text: ``counts`` of ``sizes``, with repeats."""
        row = np.repeat(np.arange(len(sizes)), counts)
        drawn = (rng.ragged("places", counts) * sizes[row]).astype(np.int64) + (np.cumsum(sizes) - sizes)[row]
        drawn.sort()
        return drawn


@dataclass(frozen=True, kw_only=True)
class Eda(RateAugmenter):
    """Do one of: replace words by synonyms, insert synonyms, swap words, delete words (EDA).

    Which of them is drawn per sample. After Wei and Zou, "EDA: Easy Data Augmentation Techniques for Boosting
    Performance on Text Classification Tasks", EMNLP 2019.
    """

    declares: ClassVar[augreg.Declaration] = declare("completeness", "content", "meaning", "word_order")

    operations: tuple[str, ...] = texts(OPERATIONS, "what may happen, each as likely", options=OPERATIONS)

    language: str = text("en", "of synonyms: en, or a code of nltk's Open Multilingual WordNet, as for text.synonym")
    capitals: bool = flag(False, f"for synonyms {CAPITALS_DOC}")

    def __post_init__(self) -> None:
        super().__post_init__()
        Synonym(language=self.language)
        if not self.operations:
            raise ConfigError(
                f"operations={list(self.operations)!r} is not valid: expected some of {', '.join(OPERATIONS)}."
            )

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row | None:
        """See :class:`augreg_text.base.TextAugmenter`."""
        name = self.operations[rng.choice("operation", len(self.operations)).item()]
        return _operation(name, self).short_edits(text, rng.at(name), level)

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        which = rng.choice("operation", len(self.operations))
        parts, order = [], []
        for number, name in enumerate(self.operations):
            rows = np.flatnonzero(which == number)
            if not len(rows):
                continue
            made = _operation(name, self)
            mine = None if level is None else level[rows]
            some, numbers = take(page, rows), rng.take(rows).at(name)
            found = made.edits(some, numbers, mine)
            if made.scripted and not some.block.joined.isascii():
                unedited.look(made, some, found.counts, numbers)
            parts.append(found.flat())
            order.append(rows)
        return Edits.concat(parts).take(np.argsort(np.concatenate(order), kind="stable"))


@lru_cache(maxsize=64)
def _operation(name: str, eda: Eda) -> RateAugmenter:
    """Return the augmenter that does one of the operations."""
    kinds = {"synonym": Synonym, "insert": SynonymInsert, "swap": WordSwap, "delete": WordDelete}
    made: RateAugmenter = kinds[name](
        rate=eda.rate, min_edits=eda.min_edits, max_edits=eda.max_edits, protect=eda.protect,
        **({"language": eda.language, "capitals": eda.capitals} if name in ("synonym", "insert") else {}),
    )  # fmt: skip
    return made


def take(page: Page, rows: Ints) -> Page:
    """Return the page of some of its texts."""
    texts = [page.block.texts[i] for i in rows.tolist()]
    return Page(Words(Block.of(texts)), page.protection, page.info.take(rows), page.entities)


@dataclass(frozen=True, kw_only=True)
class WordSubstitute(RateAugmenter):
    """Replace words by words drawn from a list, a blank to fill by default; or insert those."""

    declares: ClassVar[augreg.Declaration] = declare("meaning")

    words: tuple[str, ...] = texts(("_",), "what comes in")
    action: str = choice("substitute", "in the place of words, or before them", options=("substitute", "insert"))

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.words:
            raise ConfigError(f"words={self.words!r} is not valid: expected a list of strings, such as ['_'].")

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row:
        """See :class:`augreg_text.base.TextAugmenter`."""
        words = words_of(text)
        row: Row = []
        for i, unit in self.choose_one("words", len(words), rng, level):
            new, (start, end) = self.words[int(unit * len(self.words))], words[i]
            row.append([start, start, f"{new} "] if self.action == "insert" else [start, end, new])
        return row

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        free = page.free_words()
        chosen = self.choose("words", page.block.counts(page.words.starts[free]), rng, level)
        which, counts = free[chosen.index], chosen.counts
        new = [self.words[i] for i in (chosen.unit * len(self.words)).astype(np.int64).tolist()]
        start, end = page.local(page.words.starts[which], counts), page.local(page.words.ends[which], counts)
        if self.action == "insert":
            return Edits.from_texts(counts, start, start, [f"{word} " for word in new])
        return Edits.from_texts(counts, start, end, new)
