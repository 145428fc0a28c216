"""From nlpaug's token lists back to edits of the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any, Final

from augreg_text import Token

from augreg import SampleError

MOST_PAIRS: Final = 5_000_000
"""Pairs of equal words, one of each text, that are compared. That is seconds of work; in English prose, 130 kB."""


def edits_between(text: str, old: Sequence[Token], new: Sequence[str]) -> list[list[Any]]:
    """Return the edits that turn the old tokens of a text into new ones: ``[[start, end, replacement], ...]``.

    Tokens in the same place are compared one by one; when their number changed, the longest matching runs stay.
    A token that goes takes one space beside it along, one that comes brings one.

    Raises:
        SampleError: the text is so long, and repeats its words so much, that comparing would take minutes.

    """
    if len(old) == len(new):
        return [[t.start, t.end, word] for t, word in zip(old, new, strict=True) if t.text != word]
    edits: list[list[Any]] = []
    _check_pairs(old, new)
    matcher = SequenceMatcher(None, [t.text for t in old], list(new), autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "replace":
            edits += _one_by_one(text, old[a:b], new[c:d], first=a == 0)
        elif kind == "delete":
            edits += [[*_with_blank(text, old[i], first=i == 0), ""] for i in range(a, b)]
        elif kind == "insert":
            edits.append(_inserted(old, a, new[c:d]))
    return _apart(edits)


def _check_pairs(old: Sequence[Token], new: Sequence[str]) -> None:
    """Refuse what would take long: the longest matching runs cost time by the pairs of equal words."""
    counts = Counter(new)
    pairs = sum(counts[token.text] for token in old)
    if pairs > MOST_PAIRS:
        raise SampleError(
            f"a text of {len(old):_} words in which {pairs:_} pairs of words are equal; where nlpaug changes their "
            f"number, {MOST_PAIRS:_} can be compared. Split the text, or use a step of augreg-text."
        )


def _one_by_one(text: str, old: Sequence[Token], new: Sequence[str], *, first: bool) -> list[list[Any]]:
    """Give each old token its words: the parts it was split into, else one, the last one all that are left."""
    edits: list[list[Any]] = []
    at = 0
    for i, token in enumerate(old):
        count = _parts(token.text, new[at:]) or 1
        words = new[at:] if i == len(old) - 1 else new[at : at + count]
        at += len(words)
        if words:
            edits.append([token.start, token.end, " ".join(words)])
        else:
            edits.append([*_with_blank(text, token, first=first and i == 0), ""])
    return [edit for edit in edits if text[edit[0] : edit[1]] != edit[2]]


def _parts(word: str, new: Sequence[str]) -> int:
    """Return how many of the new words make up the word when put together, 0 if they don't."""
    joined = ""
    for count, part in enumerate(new, 1):
        joined += part
        if joined == word:
            return count
        if not word.startswith(joined):
            return 0
    return 0


def _with_blank(text: str, token: Token, *, first: bool) -> tuple[int, int]:
    if not first and text[token.start - 1 : token.start] == " ":
        return token.start - 1, token.end
    return token.start, token.end + (text[token.end : token.end + 1] == " ")


def _inserted(old: Sequence[Token], at: int, words: Sequence[str]) -> list[Any]:
    joined = " ".join(words)
    if at < len(old):
        return [old[at].start, old[at].start, f"{joined} "]
    end = old[-1].end if old else 0
    return [end, end, f" {joined}"]


def _apart(edits: list[list[Any]]) -> list[list[Any]]:
    """Keep two edits from taking the same blank."""
    end = 0
    for edit in edits:
        edit[0], edit[1] = max(edit[0], end), max(edit[1], end)
        end = edit[1]
    return edits
