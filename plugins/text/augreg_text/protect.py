"""What must not be touched: labeled spans, regular expressions, words and phrases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import regex
from numpy.typing import NDArray

from augreg import ConfigError
from augreg_text.block import Block
from augreg_text.phrase_patterns import patterns_of
from augreg_text.tokens import Words

Bools = NDArray[np.bool_]

DOC = "left alone: a word or phrase, 'regex:<pattern>', 'spans' or 'spans:<label>'; a list of those"
_SLIPS: Final = {"span": "spans", "regexp": "regex", "regexes": "regex", "words": "word"}
"""What people write for the kinds of rules; taken for a phrase it would protect nothing, and nobody would be told."""


@dataclass(frozen=True)
class Protection:
    """Parsed ``protect=``: patterns, of words and phrases too, and labels of spans (None: spans of any label)."""

    patterns: tuple[Any, ...]
    labels: frozenset[str] | None

    @property
    def empty(self) -> bool:
        """Whether nothing is protected."""
        return not (self.patterns or self.labels is None or self.labels)

    def mask(self, words: Words, spans: Sequence[Any]) -> Bools | None:
        """Return which code points of a block must stay, bool (points,); None when all may change."""
        if self.empty:
            return None
        block = words.block
        found = np.zeros(len(block.points), dtype=bool)
        for row, text in enumerate(block.texts if self.patterns else ()):
            begin = int(block.first[row])
            for pattern in self.patterns:
                # Overlapped: of "New York" and "York City" both stay in "New York City".
                for match in pattern.finditer(text, overlapped=True):
                    found[begin + match.start() : begin + match.end()] = True
        self._mark_spans(block.first, spans, found)
        return found

    def _mark_spans(self, first: Any, spans: Sequence[Any], found: Bools) -> None:
        if self.labels is not None and not self.labels:
            return
        for begin, row in zip(first.tolist(), spans, strict=True):
            for i, (a, b) in enumerate([] if row is None else row.data.tolist()):
                if self.labels is None or (row.labels is not None and str(row.labels[i]) in self.labels):
                    found[begin + a : begin + b] = True


def with_entities(mask: Bools | None, block: Block, spans: Sequence[Any]) -> Bools:
    """Return the mask of code points that must stay with those of spans that are marked as parts of entities."""
    found = np.zeros(len(block.points), dtype=bool) if mask is None else mask
    for begin, row in zip(block.first.tolist(), spans, strict=True):
        if row is not None and "entity" in row.columns:
            for a, b in row.data[np.asarray(row.columns["entity"], dtype=bool)].tolist():
                found[begin + a : begin + b] = True
    return found


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
        ConfigError: a pattern is not a regular expression, or a rule could protect nothing.

    """
    phrases, patterns, labels, every = [], [], set(), False
    for rule in rules:
        kind, _, rest = rule.partition(":")
        _refuse_idle(rule, kind, rest)
        if rule == "spans":
            every = True
        elif kind == "spans":
            labels.add(rest)
        elif kind == "regex":
            patterns.append(_compiled(rest))
        else:
            phrases.append(rest if kind == "word" and rest else rule)
    return Protection((*patterns_of(phrases), *patterns), None if every else frozenset(labels))


def _refuse_idle(rule: str, kind: str, rest: str) -> None:
    """Refuse what could protect nothing."""
    if not rule.strip():
        raise ConfigError(f"protect holds {rule!r}, which is nothing but blanks. For blanks write 'regex:\\s'.")
    if kind in ("regex", "spans") and rule != "spans" and not rest:
        raise ConfigError(f"protect holds {rule!r} with nothing behind the colon; expected: {DOC}.")
    if kind in _SLIPS and rest:
        raise ConfigError(
            f"protect holds {rule!r}; did you mean '{_SLIPS[kind]}:{rest}'? For these very words write 'word:{rule}'."
        )


def _compiled(pattern: str) -> Any:
    try:
        return regex.compile(pattern)
    except regex.error as error:
        raise ConfigError(f"protect: {pattern!r} is not a regular expression: {error}. Escape special signs.") from None
