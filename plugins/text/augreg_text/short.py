"""One short text by itself, read with Python's strings.

numpy takes a microsecond for a call on an array of a hundred code points, and a step needs a hundred calls. Here one
pass over the text finds the candidates, and only the few that are chosen are looked at. The edits are those that the
text has in a batch, bit for bit.
"""

from __future__ import annotations

import re
from typing import Any, Final

import regex

from augreg_text import markup, unicode

Row = list[list[Any]]
"""The edits of one text, ascending: ``[[start, end, replacement], ...]``, see :class:`augreg_text.edits.Edits`."""
Span = tuple[int, int]

LONGEST: Final = 512
"""Code points up to which this is quicker than numpy, whatever share of them is edited."""
_ENTITY_SIGNS: Final = ("@", "#", "://", "www.")
"""Without one of them a text holds no URL, e-mail address, @mention or #tag."""
_ODD: Final = regex.compile(
    r"[\p{Ideographic}[^\p{GCB=Other}\p{GCB=Control}\p{GCB=LF}\p{GCB=LV}\p{GCB=LVT}]]", regex.V1
)
"""What may stand in a grapheme cluster with its neighbors, and what is a word by itself."""

_ASCII: Final = {"W": "A-Za-z0-9_", "L": "A-Za-z", "N": "0-9", "C": "$", "A": r"'\-", "P": "%", "S": r"'\-%$.,:/"}
_ANY: Final = {
    "W": r"\p{L}\p{N}_[\p{M}&&\p{GCB=Other}]",
    "L": r"\p{L}",
    "N": r"\p{N}",
    "C": r"\p{Sc}",
    "A": unicode.APOSTROPHES + regex.escape(unicode.HYPHENS),
    "P": "%\u2030",
}
_ANY["S"] = _ANY["A"] + _ANY["P"] + _ANY["C"] + ".,:/"
"""Characters of words, letters, digits, currencies; what joins words, what stands behind numbers; all such signs."""
_WORD: Final = "|".join(
    (
        "(?:[W]+",
        "(?=[S])(?:(?<=[W])[A](?=[W])",  # at blanks the look at the sign saves the five others
        "(?<=[N])[.,:/](?=[N])",
        r"(?<=(?<![W])[L])\.(?=[L](?![W]))",  # initials
        "(?<=[N])[CP]",
        "[C](?=[N])))+",
    )
)
"""A word or number, see :func:`augreg_text.tokens.tokenize`."""


def _spelled(pattern: str, classes: dict[str, str]) -> str:
    """Return a pattern with the members of its classes, which are single capitals in brackets."""
    return re.sub(r"\[([A-Z]+)\]", lambda m: f"[{''.join(classes[name] for name in m[1])}]", pattern)


_ASCII_WORD: Final = re.compile(_spelled(_WORD, _ASCII))
_ANY_WORD: Final = regex.compile(_spelled(_WORD, _ANY), regex.V1)
_ANY_LETTER: Final = regex.compile(r"\p{L}")
_ANY_LETTER_OR_DIGIT: Final = regex.compile(r"[\p{L}\p{N}]")
_BLANKS: Final = regex.compile(r"\s*")


def is_plain(text: str) -> bool:
    """Whether a text is short, each code point is a grapheme cluster, no ideograph, and no part of an entity.

    >>> from augreg_text.short import is_plain
    >>> [is_plain(text) for text in ("naïve café", "see https://example.org", "e\u0301", "敏捷", "a<br />b")]
    [True, False, False, False, False]

    """
    if len(text) > LONGEST or "\r" in text:
        return False
    for sign in _ENTITY_SIGNS:
        if sign in text:
            return False
    for sign in markup.SIGNS:
        if sign in text and markup.has_markup(text):
            return False
    return text.isascii() or _ODD.search(text) is None


def words_of(text: str) -> list[Span]:
    """Return where the words and numbers of a plain text begin and end.

    >>> from augreg_text.short import words_of
    >>> [text[a:b] for text in ("don't pay $3.50, say 'hi'",) for a, b in words_of(text)]
    ["don't", 'pay', '$3.50', 'say', 'hi']

    """
    pattern: Any = _ASCII_WORD if text.isascii() else _ANY_WORD
    return [match.span() for match in pattern.finditer(text)]


def lettered_of(text: str, words: list[Span]) -> list[Span]:
    """Return those of the words that hold a letter; the others are numbers and low lines."""
    return [(start, end) for start, end in words if _ANY_LETTER.search(text, start, end) is not None]


def has_capital(word: str) -> bool:
    """Whether a word holds a capital letter.

    >>> from augreg_text.short import has_capital
    >>> has_capital("iPhone"), has_capital("don't")
    (True, False)

    """
    return word != word.lower()


def letters_of(text: str, *, digits: bool = False) -> list[int]:
    """Return where the letters of a plain text stand, and with ``digits`` its digits.

    >>> from augreg_text.short import letters_of
    >>> letters_of("a 1é"), letters_of("a 1é", digits=True)
    ([0, 3], [0, 2, 3])

    """
    if not text.isascii():
        # Python's own tables are of another version of Unicode.
        return [match.start() for match in (_ANY_LETTER_OR_DIGIT if digits else _ANY_LETTER).finditer(text)]
    if digits:
        return [i for i, char in enumerate(text) if char.isalnum()]
    return [i for i, char in enumerate(text) if char.isalpha()]


def only_blanks(text: str) -> bool:
    """Whether a stretch is blanks and nothing else, or empty."""
    return text == " " or _BLANKS.fullmatch(text) is not None


def edited(text: str, row: Row) -> str:
    """Return the text with its edits carried out; without any, the same object.

    >>> from augreg_text.short import edited
    >>> edited("a cat", [[0, 1, "the"], [5, 5, "s"]])
    'the cats'

    """
    if not row:
        return text
    parts: list[str] = []
    at = 0
    for edit in row:
        start, end = int(edit[0]), int(edit[1])
        parts += (text[at:start], str(edit[2]))
        at = end
    parts.append(text[at:])
    return "".join(parts)
