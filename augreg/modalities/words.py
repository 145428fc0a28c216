"""A list of words as one text: joined by spaces, each word a span, and found again after the steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from augreg.data.targets import Spans
from augreg.errors import SampleError
from augreg.modalities.base import Result, Wrapped

_PARTS: Final = ("B-", "I-", "L-", "U-", "E-", "S-")
"""How tags of words in entities begin, in the schemes BIO, BILOU and BIOES."""


class Words(NamedTuple):
    """Words after the steps, and which of the former words each was; -1: a step inserted it.

    >>> from augreg.modalities import Words
    >>> Words(["a", "black", "cat"], [0, -1, 1]).origins  # "black" was inserted
    [0, -1, 1]

    """

    words: list[str]
    origins: list[int]


def wrap_words(words: Sequence[str]) -> Wrapped:
    """Wrap words as one text; its results are :class:`Words`.

    A word that steps change stays one word, even where a blank came into it; characters that touch a word belong to
    it; one of which nothing is left is gone. Every other stretch without blanks is a word that a step inserted.

    Raises:
        SampleError: a word holds a blank, so that it could not be told from two.

    """
    blank = next((word for word in words if len(word.split()) != 1), None)
    if blank is not None:
        raise SampleError(f"the word {blank!r} holds a blank or is empty; give words without, one per entry.")
    ends = np.cumsum([len(word) + 1 for word in words], dtype=np.int64) - 1
    begins = ends - np.asarray([len(word) for word in words], dtype=np.int64)
    spans = Spans(np.stack([begins, ends], axis=1), columns={"word": np.arange(len(words))})

    def restore(result: Result) -> Words:
        return _found(str(result.row), result.targets.pop("spans"))

    return Wrapped(" ".join(words), restore, targets={"spans": spans})


def mark_entities(wrapped: Wrapped, tags: Sequence[Any]) -> None:
    """Mark the words of a text of :func:`wrap_words` that are parts of entities, so that steps leave them alone.

    The spans get the column "entity" (bool), true where a tag is a str that begins with B-, I-, L-, U-, E- or S-. What
    numbers mean is not known: with those nothing is marked.

    >>> from augreg.modalities.words import mark_entities, wrap_words
    >>> wrapped = wrap_words(["in", "New", "York"])
    >>> mark_entities(wrapped, ["O", "B-LOC", "I-LOC"])
    >>> wrapped.targets["spans"].columns["entity"].tolist()
    [False, True, True]

    """
    marks = np.asarray([isinstance(tag, str) and tag[:2] in _PARTS for tag in tags], dtype=bool)
    spans = wrapped.targets["spans"]
    if marks.any():
        wrapped.targets["spans"] = Spans(spans.data, columns={**spans.columns, "entity": marks})


def _found(text: str, spans: Any) -> Words:
    """Return the words of a text whose former words lie at spans."""
    places = sorted((int(a), int(b), int(i)) for (a, b), i in zip(spans.data, spans.columns["word"], strict=True))
    words, origins, at = [], [], 0
    for k, (begin, end, origin) in enumerate(places):
        begin, end = max(begin, at), max(end, at)
        loose, begin = _loose(text, at, begin)
        stop = places[k + 1][0] if k + 1 < len(places) else len(text)
        while end < stop and not text[end].isspace():
            end += 1
        words += [*loose, text[begin:end]]
        origins += [-1] * len(loose) + [origin]
        at = end
    rest = text[at:].split()
    return Words(words + rest, origins + [-1] * len(rest))


def _loose(text: str, at: int, begin: int) -> tuple[list[str], int]:
    """Return the words before a former word, and where that begins with the characters which touch it."""
    while begin > at and not text[begin - 1].isspace():
        begin -= 1
    return text[at:begin].split(), begin
