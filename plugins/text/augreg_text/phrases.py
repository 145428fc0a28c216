"""Words and phrases by table: one's own, groups of equals, and what a language has of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import Any, ClassVar

import numpy as np

import augreg
from augreg import ConfigError
from augreg.param import value
from augreg_text import languages
from augreg_text.agreement import Behind
from augreg_text.articles import replacing
from augreg_text.base import Bools, Ints, Page, RateAugmenter, declare
from augreg_text.edits import Edits
from augreg_text.lexicon import Lexicon
from augreg_text.tokens import tokenize

Table = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class PhraseAugmenter(RateAugmenter):
    """Replaces words and phrases by one of their alternatives, in their case; a subclass has the table.

    Where phrases overlap the longest counts, then the first. ``rate`` is the share of those that are found.
    """

    def table(self) -> Lexicon:
        """Return the alternatives."""
        raise NotImplementedError

    def english(self) -> bool | None:
        """Return whether articles before the phrases agree, see :class:`augreg_text.articles.Agreeing`."""
        return False

    def behind(self, page: Page, first: Ints, last: Ints, old: list[str]) -> list[Behind]:
        """Return edits that go with those of phrases, behind them; see :func:`augreg_text.agreement.agreeing`.

        Args:
            page: the texts.
            first, last: int64 (m,), numbers of the first and the last word of each phrase.
            old: the phrases.

        """
        return []

    def fits(self, joined: str, starts: Ints, ends: Ints, new: list[str]) -> Bools:
        """Return which of the phrases ``joined[start:end]`` may be replaced; ``new`` holds an alternative of each."""
        return np.ones(len(starts), dtype=bool)

    @cached_property
    def _lexicon(self) -> Lexicon:
        # Finding it by its pairs means to hash them all, which takes longer than a text.
        return self.table()

    def __getstate__(self) -> dict[str, Any]:
        """Return the configuration: workers make the table themselves."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        table = self._lexicon
        first, last, entries = _apart(*_found(page, table))
        starts, ends = page.words.starts[first], page.words.ends[last]
        fits = self.fits(page.block.joined, starts, ends, [table.others[i] for i in table.first[entries].tolist()])
        first, last, starts, ends, entries = first[fits], last[fits], starts[fits], ends[fits], entries[fits]
        chosen = self.choose("phrases", page.block.counts(starts), rng, level)
        first, last = first[chosen.index], last[chosen.index]
        starts, ends = starts[chosen.index], ends[chosen.index]
        old = [page.block.joined[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
        texts = table.pick(entries[chosen.index], chosen.unit, old)
        behind = self.behind(page, first, last, old)
        return replacing(page, first, ends, chosen.counts, texts, self.english(), behind)


def _found(page: Page, table: Lexicon) -> tuple[Ints, Ints, Ints]:
    """Return first word, last word and entry of everything in the table, longer phrases first."""
    words = page.words
    row = np.repeat(np.arange(len(words.counts)), words.counts)
    free = np.zeros(len(row) + 1, dtype=np.int64)
    free[1:][page.free_words()] = 1
    free = np.cumsum(free)
    parts = []
    for length in table.lengths:
        first = np.arange(max(len(row) - length + 1, 0))
        last = first + length - 1
        keep = (row[first] == row[last]) & (free[last + 1] - free[first] == length)
        first, last = first[keep], last[keep]
        entries = table.find(page.block.points, words.starts[first], words.ends[last])
        parts.append(np.stack([first, last, entries])[:, entries > 0])
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return none, none, none
    first, last, entries = np.concatenate(parts, axis=1)
    return first, last, entries


def _apart(first: Ints, last: Ints, entries: Ints) -> tuple[Ints, Ints, Ints]:
    """Leave out what overlaps something earlier in the list; return the rest in the order of the text."""
    taken: set[int] = set()
    kept = []
    for i, (a, b) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        if taken.isdisjoint(range(a, b + 1)):
            taken.update(range(a, b + 1))
            kept.append(i)
    order = np.asarray(sorted(kept, key=first.tolist().__getitem__), dtype=np.int64)
    return first[order], last[order], entries[order]


def check_findable(name: str, phrases: Iterable[str]) -> None:
    """Refuse phrases that would never be found, for they do not begin and end with a word.

    Raises:
        ConfigError: there is one; ``name`` is the parameter that holds it.

    """
    for phrase in phrases:
        tokens = tokenize(phrase)
        if not all(token.kind in ("word", "number") for token in (tokens[0], tokens[-1])):
            raise ConfigError(
                f"{name} holds {phrase!r}, which would never be found: what is replaced begins and ends with a word or "
                f"a number. Write it so, such as {_inner(phrase)!r}; to leave signs alone there is protect."
            )


def _inner(phrase: str) -> str:
    words = [token for token in tokenize(phrase) if token.kind in ("word", "number")]
    return phrase[words[0].start : words[-1].end] if words else "word"


@lru_cache(maxsize=64)
def lexicon_of(table: Table) -> Lexicon:
    """Return the table of pairs (phrase, alternatives)."""
    return Lexicon.of(dict(table))


@dataclass(frozen=True, kw_only=True)
class Replace(PhraseAugmenter):
    """Replace words and phrases by alternatives from a table of your own."""

    declares: ClassVar[augreg.Declaration] = declare("wording")
    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"pairs": {"the": ["this"], "quick": ["fast", "rapid"], "big house": ["villa"], "and": ["or"], "he": ["they"]}},
    )

    pairs: tuple[tuple[str, tuple[str, ...]], ...] = value(
        doc="word or phrase -> alternatives: {colour: [color], 'New York': [Boston, Chicago]}"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        items = self.pairs.items() if isinstance(self.pairs, Mapping) else self.pairs
        try:
            table = tuple((key, (new,) if isinstance(new, str) else tuple(new)) for key, new in items)
        except (TypeError, ValueError):
            table = ()
        if not table or not all(isinstance(word, str) and word for key, new in table for word in (key, *new)):
            raise ConfigError(f"pairs={self.pairs!r} is not valid: expected a mapping {{word: [alternative, ...]}}.")
        check_findable("pairs", (key for key, _ in table))
        object.__setattr__(self, "pairs", table)

    def table(self) -> Lexicon:
        """Return the alternatives."""
        return lexicon_of(self.pairs)


@dataclass(frozen=True, kw_only=True)
class Reserved(PhraseAugmenter):
    """Replace words and phrases by others of their group."""

    declares: ClassVar[augreg.Declaration] = declare("wording")
    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"groups": [["the", "this", "that"], ["and", "or"], ["was", "is", "will be"], ["he", "she"]]},
    )

    groups: tuple[tuple[str, ...], ...] = value(doc="groups of equals: [[FWD, Fwd, FW], [Best regards, Sincerely]]")

    def __post_init__(self) -> None:
        super().__post_init__()
        for group in self.groups if isinstance(self.groups, tuple) else [self.groups]:
            if not isinstance(group, tuple) or len(group) < 2 or not all(isinstance(w, str) and w for w in group):
                raise ConfigError(f"groups holds {group!r}; expected groups of two or more words or phrases.")
            check_findable("groups", group)

    def table(self) -> Lexicon:
        """Return the others of each group."""
        return lexicon_of(languages.others(self.groups))
