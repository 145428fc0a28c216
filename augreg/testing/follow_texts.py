"""Rules: spans still cover the same words, where the words are left."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np

from augreg.data.targets import Spans
from augreg.modalities.text import TEXTS, Text
from augreg.testing.check import require
from augreg.testing.rule import Rule
from augreg.testing.subject import Subject

N: Final = 24
AGREE: Final = 0.97


def _sample(number: int) -> Text:
    """Return a text with a span over every word that occurs once; labels are the words."""
    text = TEXTS[number % len(TEXTS)]
    spans, at = [], 0
    for word in text.split(" "):
        core = word.strip(",.;?!¿()'’،")
        if len(core) > 2 and text.count(core) == 1:
            spans.append((at + word.index(core), at + word.index(core) + len(core)))
        at += len(word) + 1
    return Text(text, Spans(np.array(spans), [text[a:b] for a, b in spans]))


def spans_follow(subject: Subject) -> None:
    """A word that is left whole is still covered by its span, exactly; spans stay inside the text."""
    samples = [subject.fit(_sample(i)) for i in range(N)]
    for name, augmenter in subject.each():
        right = wrong = 0
        shown = ""
        for result in subject.run(augmenter, samples):
            a, b = _count(name, result)
            right, wrong = right + a, wrong + len(b)
            shown = shown or (b[0] if b else "")
        total = right + wrong
        require(
            total == 0 or right / total >= AGREE,
            f"{name}: {wrong} of {total} spans no longer cover their words, e.g. {shown}.",
        )


def _count(name: str, result: Any) -> tuple[int, list[str]]:
    """Return how many spans cover their words, and what the others cover; words that are gone don't count."""
    text, spans = result.data, result.spans
    right, wrong = 0, []
    for (start, end), word in zip(spans.data, spans.labels, strict=True):
        require(0 <= start <= end <= len(text), f"{name}: span ({start}, {end}) in a text of {len(text)} characters.")
        covered = text[start:end]
        if covered == word:
            right += 1
        elif len(re.findall(rf"\b{re.escape(word)}\b", text)) == 1:
            wrong.append(f"{covered!r} instead of {word!r} in {text!r}")
    return right, wrong


def _handles(subject: Subject) -> bool:
    return subject.modality.name == "text" and subject.declares.supports("spans") and subject.declares.labels != "mixes"


RULES: Final = (Rule(spans_follow, _handles),)
