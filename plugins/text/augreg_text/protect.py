"""What must not be touched: labeled spans, regular expressions, stop words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import regex
from numpy.typing import NDArray

from augreg import ConfigError
from augreg_text.tokens import Words

Bools = NDArray[np.bool_]

DOC = "left alone: a word, 'regex:<pattern>', 'spans' or 'spans:<label>'; a list of those"


@dataclass(frozen=True)
class Protection:
    """Parsed ``protect=``: lower-case words, patterns, labels of spans (None: spans of any label)."""

    words: frozenset[str]
    patterns: tuple[Any, ...]
    labels: frozenset[str] | None

    @property
    def empty(self) -> bool:
        """Whether nothing is protected."""
        return not (self.words or self.patterns or self.labels is None or self.labels)

    def mask(self, words: Words, spans: Sequence[Any]) -> Bools | None:
        """Return which code points of a block must stay, bool (points,); None when all may change."""
        if self.empty:
            return None
        block = words.block
        found = np.zeros(len(block.points), dtype=bool)
        for row, text in enumerate(block.texts if self.patterns else ()):
            begin = int(block.first[row])
            for a, b in (match.span() for pattern in self.patterns for match in pattern.finditer(text)):
                found[begin + a : begin + b] = True
        self._mark_words(words, found)
        self._mark_spans(block.first, spans, found)
        return found

    def _mark_words(self, words: Words, found: Bools) -> None:
        if self.words:
            for a, b, text in zip(words.starts.tolist(), words.ends.tolist(), words.texts, strict=True):
                found[a:b] |= text.lower() in self.words

    def _mark_spans(self, first: Any, spans: Sequence[Any], found: Bools) -> None:
        if self.labels is not None and not self.labels:
            return
        for begin, row in zip(first.tolist(), spans, strict=True):
            for i, (a, b) in enumerate([] if row is None else row.data.tolist()):
                if self.labels is None or (row.labels is not None and str(row.labels[i]) in self.labels):
                    found[begin + a : begin + b] = True


def rules_of(given: Any) -> tuple[str, ...]:
    """Return what a user gave for ``protect`` as a tuple of rules: one rule or a list of them; None and "" are no rule.

    Raises:
        ConfigError: it is neither.

    """
    if given is None or given == "":
        return ()
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, (list, tuple, set, frozenset)):
        raise ConfigError(f"protect={given!r} is not valid; expected strings: {DOC}.")
    wrong = [rule for rule in given if not isinstance(rule, str) or not rule]
    if wrong:
        raise ConfigError(f"protect={given!r} holds {wrong[0]!r}; expected strings: {DOC}.")
    return tuple(given) if isinstance(given, (list, tuple)) else tuple(sorted(given))


@lru_cache(maxsize=256)
def parse(rules: tuple[str, ...]) -> Protection:
    """Parse the rules of ``protect=``.

    Raises:
        ConfigError: a pattern is not a regular expression.

    """
    words, patterns, labels, every = set(), [], set(), False
    for rule in rules:
        kind, _, rest = rule.partition(":")
        if rule == "spans":
            every = True
        elif kind == "spans":
            labels.add(rest)
        elif kind == "regex":
            patterns.append(_compiled(rest))
        else:
            words.add((rest if kind == "word" and rest else rule).lower())
    return Protection(frozenset(words), tuple(patterns), None if every else frozenset(labels))


def _compiled(pattern: str) -> Any:
    try:
        return regex.compile(pattern)
    except regex.error as error:
        raise ConfigError(f"protect: {pattern!r} is not a regular expression: {error}. Escape special signs.") from None
