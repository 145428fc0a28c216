"""What hangs on the language of a text: contractions, gendered words, names, dates, number words, cities.

One JSON file per language; a file of one's own has the same form and is named by its path. All sections are
optional:

``names``, ``dates``, ``number_words``, ``cities``
    groups of equals, ``[["Monday", "Tuesday"], ...]``; a word is replaced by others of its groups only, so a
    group holds what fits the same grammar ("avril" and "août", but not "mars": d'avril, de mars).
``cased``
    which of those sections count only where they are written with a capital ("Mark", not "mark").
``expand``, ``contract``
    phrase -> what it becomes: ``{"don't": "do not"}``, ``{"do not": "don't"}``.
``contraction_rules``
    ``{"words": ["he"], "verb": "has", "ending": "'s", "before": ["been"], "to": "expand"}`` stands for "he has
    been" and "he's been"; without ``before`` for "he has" and "he's", without ``to`` for both directions.
``contract_inside``
    endings of short forms that need a word behind them ("it's" in "it is late", not in "how late it is").
``not_after_comma``
    phrases that are not contracted behind a comma ("das Haus, in dem er wohnt").
``gendered``
    pairs of words, ``[["he", "she"], ...]``; ``female``, ``male``: word -> word in one direction only.
``gendered_phrases``
    ``{"determiners": [["le", "la"]], "nouns": [["père", "mère"]], "to": "female"}``: every determiner with every
    noun; without ``to`` in both directions.
``gendered_stays``
    phrases with such words that stay ("il y a").
``adjectives``, ``linking_verbs``, ``adverbs``, ``conjunctions``
    ``[["grand", "grande"], ...]``: what agrees with a gendered word before it, right behind it or behind a linking
    verb ("est") and adverbs ("très"), and what may stand between two of them ("et").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any, Final, TypeVar

from augreg import ConfigError
from augreg.kernel import read_file

T = TypeVar("T")
Table = tuple[tuple[str, tuple[str, ...]], ...]

DOC: Final = "de, en, es, fr, it, nl, pt as far as there are tables; or a JSON file of your own"
GROUPS: Final = ("names", "dates", "number_words", "cities")
_KEYS_OF_SECTION: Final = {
    "contractions": ("expand", "contract", "contraction_rules"),
    "gendered": ("gendered", "gendered_phrases", "female", "male"),
} | {name: (name,) for name in GROUPS}
_AGREEMENT_KEYS: Final = ("adjectives", "linking_verbs", "adverbs", "conjunctions")
_VALID_KEYS: Final = sorted(
    {
        *sum(_KEYS_OF_SECTION.values(), ()),
        "cased",
        "contract_inside",
        "not_after_comma",
        "gendered_stays",
        *_AGREEMENT_KEYS,
    }
)
_CURLY_APOSTROPHE: Final = "\u2019"


def available() -> dict[str, Any]:
    """Return code -> file of the languages in this package."""
    folder = resources.files("augreg_text").joinpath("data/languages")
    return {p.name.removesuffix(".json"): p for p in sorted(folder.iterdir(), key=lambda p: p.name)}


def check(language: str, section: str) -> None:
    """Make sure that a language has a section: "contractions", "gendered" or one of :data:`GROUPS`.

    Raises:
        ConfigError: there is no such language or file, it has no such section, or it is not of the right form.

    """
    if any(key in load(language) for key in _KEYS_OF_SECTION[section]):
        return
    having = [code for code in available() if any(key in load(code) for key in _KEYS_OF_SECTION[section])]
    raise ConfigError(
        f"language={language!r} has no {section}. Those with: {', '.join(having)}; or give the path of a JSON file "
        f"with {' or '.join(repr(key) for key in _KEYS_OF_SECTION[section])}."
    )


@lru_cache(maxsize=32)
def load(language: str) -> Mapping[str, Any]:
    """Return the sections of a language, a code or the path of a JSON file; see this module.

    Raises:
        ConfigError: see :func:`check`.

    """
    file = available().get(language) or Path(language)
    try:
        found = json.loads(read_file(file))
    except FileNotFoundError:
        raise ConfigError(
            f"language={language!r}: no such language. Valid: {', '.join(available())}; or the path of a JSON file."
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"language={language!r} cannot be read: {error}. Give a JSON file.") from None
    wrong = sorted(set(found) - set(_VALID_KEYS)) if isinstance(found, dict) else ["no mapping"]
    if wrong:
        raise ConfigError(f"language={language!r} holds {wrong[0]!r}. Valid sections: {', '.join(_VALID_KEYS)}.")
    return dict(found)


def others(groups: Sequence[Sequence[str]]) -> Table:
    """Return every word of a group with the others of its group, as they are written."""
    table: dict[str, dict[str, None]] = {}
    for group in groups:
        for word in group:
            table.setdefault(word, {}).update(dict.fromkeys(o for o in group if o.lower() != word.lower()))
    return tuple((word, tuple(found)) for word, found in table.items())


@lru_cache(maxsize=64)
def grouped(language: str, section: str) -> Table:
    """Return the words of a section of groups, each with the others of its groups."""
    return _made(language, section, lambda: others([tuple(map(str, group)) for group in load(language)[section]]))


@lru_cache(maxsize=32)
def contractions(language: str, mode: str) -> Table:
    """Return short forms with what they stand for ("expand"), the other way round ("contract"), or both."""
    return _made(language, "contractions", lambda: _both_apostrophes(dict(_contractions(load(language), mode))))


@lru_cache(maxsize=32)
def contracted(language: str) -> frozenset[str]:
    """Return the phrases that a contraction makes shorter, in lower case."""
    return frozenset(phrase.lower() for phrase, _ in contractions(language, "contract"))


@lru_cache(maxsize=32)
def gendered(language: str, mode: str) -> Table:
    """Return words with those of the other gender: all ("swap"), or towards one ("female", "male")."""
    return _made(language, "gendered", lambda: _both_apostrophes(dict(_gendered(load(language), mode))))


@lru_cache(maxsize=32)
def adjectives(language: str) -> list[tuple[str, str]]:
    """Return adjectives and participles that agree with a gendered word: male and female form, singular."""
    return _made(language, "adjectives", lambda: [(str(m), str(f)) for m, f in load(language).get("adjectives", ())])


@lru_cache(maxsize=32)
def capital_nouns(language: str) -> bool:
    """Return whether the tables write nouns with a capital, as German does."""
    phrases = load(language).get("gendered_phrases", ())
    return any(noun[:1].isupper() for phrase in phrases for pair in phrase["nouns"] for noun in pair)


def _made(language: str, section: str, make: Callable[[], T]) -> T:
    try:
        return make()
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ConfigError(
            f"language={language!r}: {section} are not of the form that augreg_text.languages says: {error!r}."
        ) from None


def _contractions(found: Mapping[str, Any], mode: str) -> Iterator[tuple[str, str]]:
    """Yield phrase and replacement; what comes first counts."""
    if mode != "expand":
        yield from found.get("contract", {}).items()
    if mode != "contract":
        yield from found.get("expand", {}).items()
    for rule in reversed(found.get("contraction_rules", ())):
        to = rule.get("to", mode)
        for word, behind in product(rule["words"], rule.get("before", [""])):
            short, long = f"{word}{rule['ending']} {behind}".strip(), f"{word} {rule['verb']} {behind}".strip()
            if mode != "expand" and to != "expand":
                yield long, short
            if mode != "contract" and to != "contract":
                yield short, long


def _gendered(found: Mapping[str, Any], mode: str) -> Iterator[tuple[str, str]]:
    yield from ((phrase, phrase) for phrase in found.get("gendered_stays", ()))
    for male, female in found.get("gendered", ()):
        yield from _pair(male, female, "both", mode)
    for phrase in found.get("gendered_phrases", ()):
        for (a, b), (male, female) in product(phrase["determiners"], phrase["nouns"]):
            yield from _pair(f"{a} {male}", f"{b} {female}", phrase.get("to", "both"), mode)
    if mode != "male":
        yield from found.get("female", {}).items()
    if mode != "female":
        yield from found.get("male", {}).items()


def _pair(male: str, female: str, to: str, mode: str) -> Iterator[tuple[str, str]]:
    if mode != "male" and to != "male":
        yield male, female
    if mode != "female" and to != "female":
        yield female, male


def _both_apostrophes(pairs: Mapping[str, str]) -> Table:
    """Return the pairs, those with an apostrophe also with the typographic one on both sides."""
    table = {}
    for old, new in pairs.items():
        table[old] = (str(new),)
        curly = old.replace("'", _CURLY_APOSTROPHE)
        table.setdefault(curly, (str(new).replace("'", _CURLY_APOSTROPHE),))
    return tuple(table.items())
