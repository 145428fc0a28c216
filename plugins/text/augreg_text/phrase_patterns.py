"""Words and phrases as patterns that find them in a text: "New York", "C++", "[id]", "don't"."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any, Final

import regex

from augreg_text import unicode

_UNSPACED: Final = r"\p{Ideographic}\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
"""Scripts without blanks between words: there a phrase may begin and end anywhere."""
_INNER: Final = rf"[\w--[{_UNSPACED}]]"
_IS_INNER: Final = regex.compile(_INNER, regex.V1)
_IS_WORD: Final = regex.compile(rf"{_INNER}*[{_INNER}--\d]{_INNER}*", regex.V1)
_NOT_INSIDE_NUMBER: Final = (r"(?<!\d[.,:/])", r"(?![.,:/]\d)")
"""3 is no part of 3.50."""


def patterns_of(phrases: Iterable[str]) -> list[Any]:
    """Return patterns that together find all phrases, as whole words and in upper or lower case.

    A blank stands for any run of blanks, an apostrophe for all of their kind, a composed letter for a letter with its
    combining mark, and the other way round.

    >>> from augreg_text.phrase_patterns import patterns_of
    >>> text = "Newark; NEW  YORK's C++, not [id]s"
    >>> patterns = patterns_of(["new", "New York", "C++", "[id]"])
    >>> [match.group() for pattern in patterns for match in pattern.finditer(text)]
    ['NEW', 'NEW  YORK', 'C++', '[id]']

    """
    forms = dict.fromkeys(form for phrase in phrases for form in _forms(phrase.strip()))
    words = [form for form in forms if _IS_WORD.fullmatch(form)]
    found = [_compiled(_phrase(form)) for form in forms if not _IS_WORD.fullmatch(form)]
    if words:
        # A set of words is searched at once, however many they are.
        found.insert(0, _compiled(rf"(?<!{_INNER})\L<words>(?!{_INNER})", words=words))
    return found


def _forms(phrase: str) -> tuple[str, ...]:
    return (phrase, unicodedata.normalize("NFC", phrase), unicodedata.normalize("NFD", phrase))


def _phrase(phrase: str) -> str:
    before, behind = _border(phrase[0], 0), _border(phrase[-1], 1)
    return before + r"\s+".join(map(_spelled, phrase.split())) + behind


def _border(char: str, end: int) -> str:
    """Return what must hold at an end of a phrase: no word goes on there. Next to "[" or "+" anything may stand."""
    if not _IS_INNER.match(char):
        return ""
    inner = (rf"(?<!{_INNER})", rf"(?!{_INNER})")[end]
    return inner + (_NOT_INSIDE_NUMBER[end] if char.isdigit() else "")


def _spelled(word: str) -> str:
    signs = (rf"[{unicode.APOSTROPHES}]" if char in unicode.APOSTROPHES else regex.escape(char) for char in word)
    return "".join(signs)


def _compiled(pattern: str, **lists: Any) -> Any:
    return regex.compile(pattern, regex.IGNORECASE | regex.V1, **lists)
