"""Language resources: those inside the installed nlpaug package, read without importing it, and our own."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from importlib import util
from pathlib import Path
from typing import Final

from augreg.errors import ConfigError, nearest

MISSING: Final = "nlpaug is not installed, and its keyboards and word lists with it. Run: pip install nlpaug"


@lru_cache(maxsize=1)
def nlpaug_dir() -> Path:
    """Return the folder of nlpaug's resources; nlpaug itself (which imports pandas and torch) is not imported."""
    spec = util.find_spec("nlpaug")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(MISSING)
    return Path(spec.submodule_search_locations[0]) / "res"


def keyboards() -> list[str]:
    """Return the languages that there is a keyboard of."""
    return sorted(path.stem for path in (nlpaug_dir() / "char" / "keyboard").glob("*.json"))


@lru_cache(maxsize=32)
def keyboard(lang: str) -> dict[str, tuple[str, ...]]:
    """Return key -> neighbouring keys, lower case, sorted.

    Raises:
        ConfigError: there is no keyboard of that language.

    """
    if lang not in keyboards():
        raise ConfigError(
            f"lang={lang!r}: no such keyboard.{nearest(lang, keyboards())} Valid: {', '.join(keyboards())}."
        )
    path = nlpaug_dir() / "char" / "keyboard" / f"{lang}.json"
    table = json.loads(path.read_text("utf-8"))
    return {key: tuple(sorted({v for v in near if v != key})) for key, near in table.items()}


@lru_cache(maxsize=1)
def ocr() -> dict[str, tuple[str, ...]]:
    """Return character -> characters that it is mistaken for; a confusion holds in both directions."""
    table = json.loads((nlpaug_dir() / "char" / "ocr" / "en.json").read_text("utf-8"))
    both: dict[str, set[str]] = {}
    for char, others in table.items():
        for other in others:
            both.setdefault(char, set()).add(other)
            both.setdefault(other, set()).add(char)
    return {char: tuple(sorted(others)) for char, others in sorted(both.items())}


@lru_cache(maxsize=1)
def spelling() -> dict[str, tuple[str, ...]]:
    """Return word -> misspellings seen in real text, sorted.

    The list holds some mark-up, numbers and translations ("and": "und", "als"): they are left out, by their
    brackets, and by having no letters or few letters of the word.
    """
    path = nlpaug_dir() / "word" / "spelling" / "spelling_en.txt"
    found: dict[str, set[str]] = {}
    for line in path.read_text("utf-8").splitlines():
        word, *wrong = line.split()
        found.setdefault(word, set()).update(w for w in wrong if w != word and "[" not in w and _alike(word, w))
    return {word: tuple(sorted(wrong)) for word, wrong in sorted(found.items()) if wrong and _proper(word)}


def _proper(word: str) -> bool:
    return "[" not in word and any(char.isalpha() for char in word)


def _alike(word: str, other: str) -> bool:
    """Whether two words share at least six letters of ten (Dice's coefficient)."""
    shared = (Counter(word.lower()) & Counter(other.lower())).total()
    return 10 * 2 * shared >= 6 * (len(word) + len(other))
