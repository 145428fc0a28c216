"""Adjectives and participles that agree with a word whose gender changed: "il est content", "elle est contente"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from augreg_text import languages
from augreg_text.base import Ints, Page
from augreg_text.lexicon import like

Behind = tuple[int, int, int, str]
"""Number of a replaced phrase, and an edit behind it: start and end in the block, what comes in."""


def agreeing(page: Page, language: str, first: Ints, last: Ints, phrases: Sequence[str]) -> list[Behind]:
    """Return the edits of what is said of phrases that change their gender.

    That is what follows with nothing but blanks between: a linking verb, adverbs, and an adjective of the language's
    table, or that right behind a noun; more of them behind "and".

    Args:
        page: the texts.
        language: a code or file of :mod:`augreg_text.languages`.
        first, last: int64 (m,), numbers of the first and the last word of each phrase, ascending.
        phrases: the phrases as they are.

    """
    rules = languages.load(language)
    if not phrases or not languages.adjectives(language):
        return []
    words, found = page.words, []
    females = {old.lower(): new[0] for old, new in languages.gendered(language, "female")}
    stops = [*first[1:].tolist(), len(words.starts)]
    for i, (word, stop, phrase) in enumerate(zip(last.tolist(), stops, phrases, strict=True)):
        male = phrase.lower() in females
        # "le fils" ends as a plural does, "la fille" does not.
        plural = females.get(phrase.lower(), phrase).lower().endswith("s")
        table = _forms(language, male, plural)
        for number in _described(page, word, stop, rules, table):
            a, b = int(words.starts[number]), int(words.ends[number])
            text = page.block.joined[a:b]
            found.append((i, a, b, like(table[text.lower()], text)))
    return found


def _described(page: Page, word: int, stop: int, rules: Mapping[str, Any], table: Mapping[str, str]) -> list[int]:
    """Return the numbers of the words between two, neither counted, that agree with the first."""
    verbs, adverbs, joints = (rules.get(name, ()) for name in ("linking_verbs", "adverbs", "conjunctions"))
    found: list[int] = []
    at, verb = word + 1, False
    while at < stop and (text := _next(page, at)):
        if text in table and not _is_locked(page, at):
            found.append(at)
        elif text in verbs and not verb:
            verb = True
        elif text not in adverbs and (text not in joints or not found):
            break
        at += 1
    return found


def _next(page: Page, number: int) -> str:
    """Return a word in lower case, or nothing where more than blanks stand before it, or another text begins."""
    words, block = page.words, page.block
    begin, place = int(words.ends[number - 1]), int(words.starts[number])
    if not block.joined[begin:place].isspace() or "\n" in block.joined[begin:place]:
        return ""
    return block.joined[place : int(words.ends[number])].lower().replace("\u2019", "'")


def _is_locked(page: Page, number: int) -> bool:
    locked = page.locked()
    return locked is not None and bool(locked[page.words.starts[number] : page.words.ends[number]].any())


@lru_cache(maxsize=32)
def _forms(language: str, from_male: bool, plural: bool) -> Mapping[str, str]:
    """Return the forms of one gender and number with those of the other gender."""
    pairs = languages.adjectives(language)
    if plural:
        pairs = [(_plural(male, language), _plural(female, language)) for male, female in pairs]
    return {a: b for a, b in (pairs if from_male else [(f, m) for m, f in pairs]) if a != b}


def _plural(word: str, language: str) -> str:
    """Return the plural of an adjective, as French and Spanish form it."""
    if language == "fr" and word.endswith("eau"):
        return f"{word}x"
    if word.endswith(("s", "x")):
        return word if language == "fr" or word.endswith("x") else f"{_bare(word)}es"
    if language == "es" and word[-1] not in "aeiouáéó":
        return f"{_bare(word)}es"
    return f"{word}s"


def _bare(word: str) -> str:
    """Return a word without the accent on its last syllable: "inglés", "ingleses"."""
    return word[:-2] + word[-2].translate(str.maketrans("áéíóú", "aeiou")) + word[-1]
