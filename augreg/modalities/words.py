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

_PHRASES: Final = frozenset(("NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP"))
"""The kinds of chunks of CoNLL-2000, tagged as entities are: nearly every word is part of one, and could not change."""


class Words(NamedTuple):
    """Words after the steps, and which of the former words each was; -1: a step inserted it.

    >>> from augreg.modalities import Words
    >>> Words(["a", "black", "cat"], [0, -1, 1]).origins  # "black" was inserted
    [0, -1, 1]

    """

    words: list[str]
    origins: list[int]


def wrap_words(words: Sequence[str], tags: Sequence[Sequence[Any]] = ()) -> Wrapped:
    """Wrap words as one text; its results are :class:`Words`.

    A word that steps change stays one word, even where a blank came into it; characters that touch a word belong to
    it; one of which nothing is left is gone. Every other stretch without blanks is a word that a step inserted.

    Words that ``tags`` (lists with one for each word) mark as parts of entities are left alone: the spans get the
    column "entity" (bool), see :func:`in_entities`.

    Raises:
        SampleError: a word holds a blank, so that it could not be told from two.

    >>> from augreg.modalities.words import wrap_words
    >>> wrapped = wrap_words(["in", "New", "York"], [["IN", "NNP", "NNP"], ["O", "B-LOC", "I-LOC"]])
    >>> wrapped.row, wrapped.targets["spans"].columns["entity"].tolist()
    ('in New York', [False, True, True])

    """
    blank = next((word for word in words if len(word.split()) != 1), None)
    if blank is not None:
        raise SampleError(f"the word {blank!r} holds a blank or is empty; give words without, one per entry.")
    ends = np.cumsum([len(word) + 1 for word in words], dtype=np.int64) - 1
    begins = ends - np.asarray([len(word) for word in words], dtype=np.int64)
    columns: dict[str, Any] = {"word": np.arange(len(words))}
    entity = np.asarray([in_entities(each) for each in tags], dtype=bool).reshape(len(tags), len(words)).any(axis=0)
    if entity.any():
        columns["entity"] = entity
    spans = Spans(np.stack([begins, ends], axis=1), columns=columns)

    def restore(result: Result) -> Words:
        return _found(str(result.row), result.targets.pop("spans"))

    return Wrapped(" ".join(words), restore, targets={"spans": spans})


def in_entities(tags: Sequence[Any]) -> list[bool]:
    """Return which words are parts of entities, as their tags say.

    Each tag is "O" or begins with B-, I-, L-, U-, E- or S-; where one is anything else (a lemma such as "E-mail", a
    number, whose meaning is not known), the list says nothing of entities. Chunks such as "B-NP" are none.

    >>> from augreg.modalities.words import in_entities
    >>> in_entities(["O", "B-LOC", "I-LOC"]), in_entities([0, 3, 4]), in_entities(["E-mail", "be"])
    ([False, True, True], [False, False, False], [False, False])

    """
    held = [str(tag) if isinstance(tag, str) else "" for tag in tags]
    if not all(tag == "O" or tag.startswith(_PARTS) for tag in held):
        return [False] * len(held)
    return [tag != "O" and tag[2:] not in _PHRASES for tag in held]


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
