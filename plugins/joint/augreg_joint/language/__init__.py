"""Which language a caption is in, told from short word lists: certain, or not told at all."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

EVIDENCE: Final = 0.65
"""The least that must speak for a language: most of a word that it may share with rare ones."""

LEAD: Final = 1.4
"""How much more must speak for it than for the next; in captions of two words a smaller lead is often wrong."""

CLEAR: Final = 1.8
"""So much for a language, and three times as much as for the next, lets half as many known words do: in long sentences
of rare nouns."""

COVERED: Final = 0.3
"""The least share of the words that must be known: the rest are the nouns, which no short list can hold."""

ENDED: Final = 5
"""The least length of a word whose ending is looked at."""

COMMON: Final = frozenset(
    ("en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "no", "pl", "cs", "tr", "id", "vi", "ro", "hu", "fi")
)
"""Languages in which many captions are written: a word that they share with others is more likely theirs."""

RARE: Final = 0.25
"""What a word weighs in the others. "cat" is Irish, Scots Gaelic and Occitan, too."""

_TAGS: Final = re.compile(r"<[^<>\s]{1,30}>")
_WORDS: Final = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=1)
def tables() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Return language -> "words", "directions" -> the list."""
    source = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))
    return {lang: {name: frozenset(text.split()) for name, text in table.items()} for lang, table in source.items()}


@lru_cache(maxsize=1)
def _shares() -> Mapping[str, Mapping[str, float]]:
    """Return word -> language -> how much it speaks for it."""
    found: dict[str, list[str]] = defaultdict(list)
    for language, table in tables().items():
        for word in table["words"] | table["directions"]:
            found[word].append(language)
    return {word: _shared(listed) for word, listed in found.items()}


def _shared(languages: list[str]) -> Mapping[str, float]:
    weights = {language: 1.0 if language in COMMON else RARE for language in languages}
    return {language: weight / sum(weights.values()) for language, weight in weights.items()}


@lru_cache(maxsize=1 << 16)
def language_of(text: str) -> str | None:
    """Return the language of a text, such as "en"; None where the words do not say it for certain.

    A text that says left or right in another language too, as one in two languages does, is not certain.
    """
    words = words_of(text)
    scores: dict[str, float] = defaultdict(float)
    for word in words:
        for language, share in (_shares().get(word) or _endings(word)).items():
            scores[language] += share
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    if not ranked or ranked[0][1] < EVIDENCE or (len(ranked) > 1 and ranked[0][1] < LEAD * ranked[1][1]):
        return None
    best = ranked[0][0]
    own = tables()[best]["words"] | tables()[best]["directions"]
    clear = ranked[0][1] >= CLEAR and (len(ranked) == 1 or ranked[0][1] >= 3 * ranked[1][1])
    covered = sum(word in own for word in words) >= (COVERED / 2 if clear else COVERED) * len(words)
    return best if covered and not any(word in _foreign(best) for word in words) else None


@lru_cache(maxsize=1 << 16)
def _endings(word: str) -> Mapping[str, float]:
    """Return language -> how much the ending of a word that no list has speaks for it."""
    if len(word) < ENDED:
        return {}
    return {lang: 0.4 for lang, table in tables().items() if word.endswith(tuple(table.get("endings", ())))}


@lru_cache(maxsize=64)
def _foreign(language: str) -> frozenset[str]:
    """Return the words for left and right of all other languages."""
    own = tables()[language]["words"] | tables()[language]["directions"]
    return frozenset().union(*(table["directions"] for table in tables().values())) - own


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, without markup such as ``<image>``."""
    return _WORDS.findall(unicodedata.normalize("NFC", _TAGS.sub(" ", text)).lower())


def strange(text: str, scripts: frozenset[str]) -> str | None:
    """Return the first word in another script than these ("LATIN", "CYRILLIC", "CJK"); None if there is none.

    A single letter, as in "an α particle", is a sign and no word, but in Chinese and its kin one may say it all.
    """
    if text.isascii() and "LATIN" in scripts:
        return None
    for word in words_of(text):
        found = [script_of(letter) for letter in word]
        other = [script for script in found if script not in scripts]
        if len(other) > 1 or any(script in ("CJK", "HIRAGANA", "KATAKANA", "HANGUL") for script in other):
            return word
    return None


def script_of(letter: str) -> str:
    """Return the script of a letter, as the first word of its name in Unicode says it."""
    name = unicodedata.name(letter, "UNKNOWN").split()[0]
    # Superscripts and the like are Latin letters in another shape; marks on letters belong to any script.
    return "LATIN" if name in ("FEMININE", "MASCULINE", "MODIFIER", "FULLWIDTH", "COMBINING", "MATHEMATICAL") else name
