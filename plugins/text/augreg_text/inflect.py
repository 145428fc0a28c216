"""English inflection: from a form to its lemma and back, by rules and exceptions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

Exists = Callable[[str, str], bool]
Irregular = Mapping[tuple[str, str], list[str]]

# Part of speech, ending of the form, ending of the lemma, name of the form: WordNet's rules of detachment (morphy).
_DETACH: Final = (
    ("n", "ses", "s", "plural"), ("n", "xes", "x", "plural"), ("n", "zes", "z", "plural"),
    ("n", "ches", "ch", "plural"), ("n", "shes", "sh", "plural"), ("n", "ies", "y", "plural"),
    ("n", "men", "man", "plural"), ("n", "s", "", "plural"),
    ("v", "ies", "y", "third"), ("v", "es", "e", "third"), ("v", "es", "", "third"), ("v", "s", "", "third"),
    ("v", "ied", "y", "past"), ("v", "ed", "e", "past"), ("v", "ed", "", "past"),
    ("v", "ying", "ie", "gerund"), ("v", "ing", "e", "gerund"), ("v", "ing", "", "gerund"),
    ("a", "ier", "y", "more"), ("a", "er", "e", "more"), ("a", "er", "", "more"),
    ("a", "iest", "y", "most"), ("a", "est", "e", "most"), ("a", "est", "", "most"),
)  # fmt: skip
FORMS: Final = {"n": ("base", "plural"), "v": ("base", "third", "past", "gerund"), "a": ("base", "more", "most")}
_SIBILANT: Final = re.compile(r"(s|x|z|ch|sh)$")
_CONSONANT_Y: Final = re.compile(r"[^aeiou]y$")
_LONGEST_COMPARED: Final = 6
"""Letters; longer adjectives are compared by "more" instead of an ending, unless they end in y."""


class Reading(NamedTuple):
    """A word as a form of a lemma: part of speech n, v, a or r, and base, plural, third, past, gerund, more or most."""

    lemma: str
    part: str
    form: str


def readings(word: str, exists: Exists, lemmas_of: Mapping[str, list[tuple[str, str]]]) -> Iterator[Reading]:
    """Yield what an inflected word may be a form of.

    Args:
        word: in lower case.
        exists: whether there is a lemma of a part of speech.
        lemmas_of: irregular form -> (part of speech, lemma).

    """
    for part, lemma in lemmas_of.get(word, ()):
        if exists(lemma, part):
            yield Reading(lemma, part, _irregular_form(word, part))
    for part, ending, instead, form in _DETACH:
        if word.endswith(ending) and len(word) - len(ending) + len(instead) > 1:
            lemma = word[: len(word) - len(ending)] + instead
            # Only if the way back leads here: "bus" is no plural of "bu".
            if exists(lemma, part) and regular(lemma, part, form) == word:
                yield Reading(lemma, part, form)


def _irregular_form(word: str, part: str) -> str:
    if part == "v":
        return "gerund" if word.endswith("ing") else "third" if word.endswith("s") else "past"
    if part == "a":
        return "most" if word.endswith("st") else "more"
    return "plural"


def inflect(lemma: str, part: str, form: str, forms_of: Irregular) -> str | None:
    """Return a form of a lemma, or None where it is not certain ("took" or "taken", "pianos" or "potatoes").

    ``forms_of``: (part of speech, lemma) -> irregular forms.
    """
    if form == "base":
        return lemma
    if not lemma.isalpha():
        return None
    irregular = [word for word in forms_of.get((part, lemma), ()) if _irregular_form(word, part) == form]
    if irregular:
        return irregular[0] if len(irregular) == 1 else None
    return regular(lemma, part, form)


def regular(lemma: str, part: str, form: str) -> str | None:
    """Return the form that a lemma has by the rules, or None where they leave it open."""
    if form in ("plural", "third"):
        return _with_s(lemma, part)
    if form == "past":
        return lemma + "d" if lemma.endswith("e") else _y_to_i(lemma) + "ed"
    if form == "gerund":
        return _with_ing(lemma)
    if lemma.endswith(("er", "en", "ed", "st")) or (len(lemma) > _LONGEST_COMPARED and not lemma.endswith("y")):
        return None
    stem = lemma.removesuffix("e") if lemma.endswith("e") else _y_to_i(lemma)
    return stem + ("er" if form == "more" else "est")


def _y_to_i(lemma: str) -> str:
    return lemma[:-1] + "i" if _CONSONANT_Y.search(lemma) else lemma


def _with_s(lemma: str, part: str) -> str | None:
    if part == "n" and lemma.endswith("man"):
        return lemma[:-3] + "men"
    if re.search(r"[^aeiou]o$", lemma):
        return None
    if _SIBILANT.search(lemma) or _CONSONANT_Y.search(lemma):
        return _y_to_i(lemma) + "es"
    return lemma + "s"


def _with_ing(lemma: str) -> str:
    if lemma.endswith("ie"):
        return lemma[:-2] + "ying"
    if lemma.endswith("e") and not lemma.endswith(("ee", "oe", "ye")):
        return lemma[:-1] + "ing"
    return lemma + "ing"
