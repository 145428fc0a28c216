"""Language resources: those inside the installed nlpaug package, read without importing it, and our own."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from importlib import resources, util
from pathlib import Path
from typing import Final

from augreg import ConfigError
from augreg.kernel import nearest, read_file

_ROW_OFFSETS: Final = (0.0, 0.5, 0.75, 0.25)
"""Where the four rows of a keyboard begin, in widths of a key."""
_ALIKE_TENTHS: Final = 6
"""A misspelling shares at least so many letters of ten with the word; translations and other words share fewer."""
NLPAUG_MISSING: Final = "nlpaug is not installed, and its keyboards and word lists with it. Run: pip install nlpaug"


@lru_cache(maxsize=1)
def nlpaug_dir() -> Path:
    """Return the folder of nlpaug's resources; nlpaug itself (which imports pandas and torch) is not imported."""
    spec = util.find_spec("nlpaug")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(NLPAUG_MISSING)
    return Path(spec.submodule_search_locations[0]) / "res"


@lru_cache(maxsize=1)
def keyboards() -> list[str]:
    """Return the layouts that there are: nlpaug's and ours."""
    return sorted({*(path.stem for path in (nlpaug_dir() / "char" / "keyboard").glob("*.json")), *_layouts()})


@lru_cache(maxsize=64)
def keyboard(lang: str) -> dict[str, tuple[str, ...]]:
    """Return key -> neighboring keys, lower case, sorted.

    Args:
        lang: name of a layout, or the path of a JSON file: a mapping of that form, as nlpaug's are, or the four
            rows of keys from left to right, the last one beginning with the key left of z, or a blank.

    Raises:
        ConfigError: there is no such layout or file.

    """
    if lang.endswith(".json"):
        return _own_keyboard(lang)
    if lang not in keyboards():
        raise ConfigError(
            f"lang={lang!r}: no such keyboard.{nearest(lang, keyboards())} Valid: {', '.join(keyboards())}, or the "
            "path of a JSON file."
        )
    if lang in _layouts():
        return neighbors(_layouts()[lang])
    path = nlpaug_dir() / "char" / "keyboard" / f"{lang}.json"
    return _sorted(json.loads(path.read_text("utf-8")))


def _own_keyboard(path: str) -> dict[str, tuple[str, ...]]:
    try:
        found = json.loads(read_file(path))
        return _sorted(found) if isinstance(found, dict) else neighbors(found)
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(
            f"lang={path!r} is no keyboard: {error}. Expected {{key: [neighboring keys]}} or four rows of keys."
        ) from None


def _sorted(table: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(sorted({v for v in near if v != key})) for key, near in table.items()}


@lru_cache(maxsize=1)
def _layouts() -> dict[str, list[str]]:
    """Return our layouts: four rows of keys each, the last one beginning with the key left of z."""
    text = resources.files("augreg_text").joinpath("data/keyboards.json").read_text("utf-8")
    return dict(json.loads(text))


def neighbors(rows: list[str]) -> dict[str, tuple[str, ...]]:
    """Return key -> the keys that touch it, of four rows that are shifted as on every keyboard.

    Raises:
        ValueError: there are not four rows, or a row is no string.

    """
    if len(rows) != len(_ROW_OFFSETS) or not all(isinstance(row, str) for row in rows):
        raise ValueError(f"{len(rows)} rows, expected {len(_ROW_OFFSETS)} strings")
    places = [(key, i, j + _ROW_OFFSETS[i]) for i, row in enumerate(rows) for j, key in enumerate(row) if key != " "]
    table: dict[str, list[str]] = {}
    for key, row, place in places:
        near = (k for k, i, p in places if abs(i - row) <= 1 and abs(p - place) <= (1.0 if i == row else 0.8))
        table.setdefault(key, []).extend(near)
    return _sorted(table)


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

    The list holds some mark-up, numbers, translations ("and": "und", "als") and other words ("not": "dont'n"): they
    are left out, by their brackets or apostrophes, and by having no letters or few letters of the word.
    """
    path = nlpaug_dir() / "word" / "spelling" / "spelling_en.txt"
    found: dict[str, set[str]] = {}
    for line in path.read_text("utf-8").splitlines():
        word, *wrong = line.split()
        found.setdefault(word, set()).update(w for w in wrong if w != word and _a_slip(word, w))
    return {word: tuple(sorted(wrong)) for word, wrong in sorted(found.items()) if wrong and _proper(word)}


def _a_slip(word: str, wrong: str) -> bool:
    return "[" not in wrong and ("'" in word or "'" not in wrong) and _share_letters(word, wrong)


def _proper(word: str) -> bool:
    return "[" not in word and any(char.isalpha() for char in word)


def _share_letters(word: str, other: str) -> bool:
    """Whether two words share most letters (Dice's coefficient)."""
    shared = (Counter(word.lower()) & Counter(other.lower())).total()
    return 10 * 2 * shared >= _ALIKE_TENTHS * (len(word) + len(other))
