"""In which language a text is, where that is sure; and whether it was decoded wrongly, by ftfy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Final

from augreg.jobs.cleaning.words import words_of

NEEDED: Final = ("ftfy", "py3langid")
"""Libraries of the extra ``clean`` that texts are judged with."""

WORDS: Final = 15
"""Different words below which no language is told: short texts are names, numbers, or words of several languages."""

LETTERS: Final = 300
"""Of either half so many are looked at; more hardly ever changes what is found, and takes longer."""

SURE: Final = 0.6
"""Probability that either half needs by itself. Naive Bayes takes letters for independent and is too sure of itself, so
that both halves have to say the same."""

LEAST: Final = 20
"""Texts of known language below which nothing is said of what most are in."""

MAIN: Final = 0.8
"""Share of these that must be in one language: a data set of many languages has no strangers."""

CLOSE: Final = (
    frozenset({"da", "nb", "nn", "no", "sv"}),
    frozenset({"bs", "hr", "sr", "sl"}),
    frozenset({"id", "jv", "ms"}),
    frozenset({"an", "ca", "es", "gl", "oc", "pt"}),
    frozenset({"cs", "sk"}),
    frozenset({"af", "nl"}),
    frozenset({"be", "ru", "uk"}),
    frozenset({"bg", "mk"}),
    frozenset({"hi", "mr", "ne"}),
    frozenset({"xh", "zu"}),
)
"""Languages that share so many words that one is taken for another; texts of one are no strangers among the other."""

CHARACTERS: Final = 100_000
"""Of a text so many are looked through for wrong decoding."""


@lru_cache(maxsize=1)
def available() -> bool:
    """Whether the libraries are there."""
    return all(find_spec(name) is not None for name in NEEDED)


@lru_cache(maxsize=1)
def _model() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language(text: str) -> str:
    """Return the ISO 639-1 code of the language of a text, "" where it is not sure.

    By langid's naive Bayes over byte sequences (Lui and Baldwin 2012), asked for either half of the text.
    """
    if len({word for word in words_of(text[: 8 * LETTERS]) if word.isalpha()}) < WORDS:
        return ""
    half = min(len(text) // 2, 4 * LETTERS)
    first, second = _told(text[: min(half, LETTERS)]), _told(text[half : half + LETTERS])
    return first if first == second else ""


def _told(text: str) -> str:
    code, sure = _model().classify(text)
    return str(code) if sure >= SURE else ""


def strangers(found: dict[int, str]) -> tuple[str, list[int]]:
    """Return the language that most texts are in, and the numbers of those in another; "" and none if there is none.

    >>> strangers({n: "en" for n in range(30)} | {30: "fi", 31: ""})
    ('en', [30])

    """
    counts = Counter(code for code in found.values() if code)
    main, most = counts.most_common(1)[0] if counts else ("", 0)
    alike = next((group for group in CLOSE if main in group), frozenset({main}))
    own = sum(count for code, count in counts.items() if code in alike)
    if most == 0 or counts.total() < LEAST or own < MAIN * counts.total():
        return "", []
    return main, [number for number, code in found.items() if code and code not in alike]


def of_languages(codes: Sequence[str]) -> tuple[str, ...]:
    """Return what to say of the languages of all texts, "" for those of which it is not sure."""
    if not codes:
        return ()
    if not available():
        return ("languages and wrong decoding of texts were not judged: pip install 'augreg[clean]'",)
    known = Counter(filter(None, codes))
    if not known:
        return ()
    unsure = len(codes) - known.total()
    said = ", ".join(f"{count} {code}" for code, count in known.most_common(6))
    return (f"languages of texts: {said}; {unsure} are too short or too mixed to tell",)


def misread(text: str) -> str:
    """Return what became of a text that was decoded by the wrong encoding, "" if none did that ftfy can tell."""
    from ftfy import fix_encoding_and_explain
    from ftfy.badness import is_bad

    for line in text[:CHARACTERS].splitlines():
        if is_bad(line):
            mended = fix_encoding_and_explain(line)
            if mended.text != line:
                return _steps(mended.explanation or [])
    return ""


def _steps(explanation: list[Any]) -> str:
    """Return what was done to a text, of the steps that would undo it."""
    wrong = [step[1] for step in explanation if step[0] == "encode"]
    right = [step[1] for step in explanation if step[0] == "decode"]
    if not (wrong and right):
        return "parts of it are UTF-8 that was read as another encoding and written again"
    return f"its {right[-1].upper()} was read as {wrong[0]} and written again" + (", more than once" * (len(wrong) > 1))
