"""Brace ranges in names of shards, "train-{000..012}.tar", with the meaning that bash and webdataset give them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product
from typing import Final

from augreg.errors import ConfigError

MOST: Final = 1_000_000
"""Names that one pattern may stand for; more are a slip of the pen, and would fill the memory."""

_NUMBERS: Final = re.compile(r"(-?\d+)\.\.(-?\d+)(?:\.\.-?(\d+))?")
_LETTERS: Final = re.compile(r"([A-Za-z])\.\.([A-Za-z])(?:\.\.-?(\d+))?")
_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def expand(pattern: str) -> list[str]:
    r"""Return the names that a pattern stands for, in order.

    ``{000..012}`` counts, with as many digits as are written; ``{0..8..4}`` counts in steps; ``{a..e}`` goes through
    letters; ``{train,val}`` lists; they may be nested. A backslash takes the meaning from the sign behind it.

    Raises:
        ConfigError: a brace is not closed, or the pattern stands for more than a million names.

    """
    found = list(islice(_names(pattern, pattern), MOST + 1))
    if len(found) > MOST:
        raise ConfigError(f"{pattern!r} stands for more than {MOST:,} names. Give a smaller range.")
    return [re.sub(r"\\(.)", r"\1", name) for name in found]


def split(text: str, separator: str) -> list[str]:
    """Return the parts of a text between separators that stand in no braces."""
    parts, depth, start, i = [], 0, 0, 0
    while i < len(text):
        if text[i] == "\\":
            i += 1
        elif text[i] in "{}":
            depth += 1 if text[i] == "{" else -1
        elif depth == 0 and text.startswith(separator, i):
            parts.append(text[start:i])
            i += len(separator) - 1
            start = i + 1
        i += 1
    return [*parts, text[start:]]


def _names(pattern: str, whole: str) -> Iterator[str]:
    opened = _place(pattern, "{")
    if opened is None:
        if _place(pattern, "}") is not None:
            raise ConfigError(f"a brace of {whole!r} is not opened. Write {{ and }} in pairs, or \\}} for a plain one.")
        yield pattern
        return
    closed = _closing(pattern, opened, whole)
    inner = pattern[opened + 1 : closed]
    before, after = pattern[:opened], pattern[closed + 1 :]
    if "}" in before and _place(before, "}") is not None:
        raise ConfigError(f"a brace of {whole!r} is not opened. Write {{ and }} in pairs, or \\}} for a plain one.")
    for middle, rest in product(_choices(inner, whole), _Again(after, whole)):
        yield before + middle + rest


class _Again:
    """Names that product() asks for lazily: a list of all would be made before its bound is seen."""

    def __init__(self, pattern: str, whole: str) -> None:
        self.pattern, self.whole = pattern, whole

    def __iter__(self) -> Iterator[str]:
        return islice(_names(self.pattern, self.whole), MOST + 1)


def _choices(inner: str, whole: str) -> Iterator[str]:
    """Yield what stands for the inside of one pair of braces."""
    if found := _NUMBERS.fullmatch(inner):
        yield from islice(_counted(*found.groups()), MOST + 1)
    elif found := _LETTERS.fullmatch(inner):
        yield from _lettered(*found.groups())
    elif len(parts := split(inner, ",")) > 1:
        for part in parts:
            yield from islice(_names(part, whole), MOST + 1)
    else:  # nothing to choose from: the braces are plain signs
        for name in _names(inner, whole):
            yield f"{{{name}}}"


def _counted(first: str, last: str, step: str | None) -> Iterator[str]:
    padded = any(number.lstrip("-").startswith("0") and number not in ("0", "-0") for number in (first, last))
    width = max(len(first), len(last)) if padded else 0
    by = int(step or 1) or 1
    numbers = range(int(first), int(last) + 1, by) if int(first) < int(last) else range(int(first), int(last) - 1, -by)
    return (f"{number:0{width}}" if width else str(number) for number in numbers)


def _lettered(first: str, last: str, step: str | None) -> Iterator[str]:
    by, start, end = int(step or 1) or 1, _ALPHABET.index(first), _ALPHABET.index(last)
    places = range(start, end + 1, by) if start < end else range(start, end - 1, -by)
    return (_ALPHABET[place] for place in places)


def _place(text: str, sign: str) -> int | None:
    """Return where a sign stands that no backslash makes plain."""
    i = 0
    while i < len(text):
        if text[i] == "\\":
            i += 1
        elif text[i] == sign:
            return i
        i += 1
    return None


def _closing(pattern: str, opened: int, whole: str) -> int:
    depth, i = 0, opened
    while i < len(pattern):
        if pattern[i] == "\\":
            i += 1
        elif pattern[i] in "{}":
            depth += 1 if pattern[i] == "{" else -1
            if depth == 0:
                return i
        i += 1
    raise ConfigError(f"a brace of {whole!r} is not closed. Write {{ and }} in pairs, or \\{{ for a plain one.")
