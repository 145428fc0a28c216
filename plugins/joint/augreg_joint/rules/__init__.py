"""Rules of captions: which words hang on what augmenters change. Data, one file per language, extended by users."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from augreg import ConfigError
from augreg.kernel import listing, nearest, read_file

PATTERNS: Final = (("mirror", "refuse"), ("mirror", "keep"), ("mirror", "weak"), ("color", "fixed"), ("crop", "refuse"))
"""The lists that hold regular expressions."""

TEXTS: Final = ("last", "comma")
"""What holds one string."""

RULES_FOLDER: Final = Path(__file__).parent
"""One file per language."""

SECTIONS: Final = {
    "mirror": ("refuse", "keep", "weak", "swap"),
    "color": ("words", "beginnings", "endings", "fixed", "cycles", "brightness", "saturation"),
    "crop": ("refuse", "count", "separators", "last", "comma", "determiners"),
}
"""The tables of a rule file, and what each may hold."""


@dataclass(frozen=True, eq=False)
class Swap:
    """A pair of words that exchange their meaning: regular expressions say in which context they do."""

    other: str
    before: re.Pattern[str] | None
    after: re.Pattern[str] | None
    sure: re.Pattern[str] | None = None

    def fits(self, text: str, start: int, end: int) -> bool:
        """Whether the word at start..end stands in a context where it is swapped."""
        if self.before is None and self.after is None:
            return True
        before = self.before is not None and self.before.search(text[:start]) is not None
        return before or (self.after is not None and self.after.match(text, end) is not None)

    def sure_of(self, text: str, start: int) -> bool:
        """Whether what stands before the word leaves no doubt that it is a direction."""
        return self.sure is not None and self.sure.search(text[:start]) is not None


@dataclass(frozen=True, eq=False)
class Cycle:
    """Color words that give way to each other where channels change places; ``before`` tells their gender apart."""

    words: tuple[str, ...]
    before: re.Pattern[str] | None = None

    def turned(self, word: str, steps: int) -> str:
        """Return the word that is true after so many moves."""
        return self.words[(self.words.index(word) + steps) % len(self.words)]


@dataclass(frozen=True, eq=False)
class Rules:
    """The rules of some languages, compiled.

    Args:
        swaps: word in lower case -> what it may turn into.
        swapped: finds these words.
        cycles: the color words that give way to each other.
        tables: the merged data of the rule files, section -> name -> list.

    """

    swaps: Mapping[str, tuple[Swap, ...]]
    swapped: re.Pattern[str]
    cycles: tuple[Cycle, ...]
    tables: Mapping[str, Mapping[str, Any]]

    def patterns(self, section: str, name: str) -> tuple[re.Pattern[str], ...]:
        """Return the regular expressions of a list of the rule files."""
        return _patterns(tuple(self.tables[section].get(name, ())))

    def words(self, section: str, name: str) -> re.Pattern[str]:
        """Return what finds the words of a list."""
        return word_pattern(tuple(self.tables[section].get(name, ())))

    @property
    def vocabulary(self) -> list[str]:
        """All words that can change, which say what script the rules are for."""
        return [*self.swaps, *(word for cycle in self.cycles for word in cycle.words)]

    @property
    def colors(self) -> re.Pattern[str]:
        """What finds color words, each with one of the beginnings and one of the endings, or none."""
        table = self.tables["color"]
        return word_pattern(*(tuple(table.get(name, ())) for name in ("words", "beginnings", "endings")))


def parse(languages: Any, extra: Any) -> Rules:
    """Return the rules of some languages with further ones.

    Raises:
        ConfigError: a language has no rules, a section or a name is unknown, a regular expression is wrong.

    """
    chosen = (languages,) if isinstance(languages, str) else tuple(languages)
    return load(chosen, given(extra))


def known() -> list[str]:
    """Return the languages that have rules."""
    return sorted(path.stem for path in RULES_FOLDER.glob("*.toml"))


def given(extra: Any) -> str:
    """Return further rules, a mapping or the path of a file, as one string that is the same for the same rules."""
    return json.dumps(_given(extra), sort_keys=True)


@lru_cache(maxsize=64)
def load(languages: tuple[str, ...], extra: str) -> Rules:
    """Return the rules of some languages with what :func:`given` wrote."""
    merged: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for source in [_file(language) for language in languages] + [json.loads(extra)]:
        _merge(merged, source)
    swaps: dict[str, list[Swap]] = {}
    for entry in merged["mirror"].get("swap", []):
        _add(swaps, entry)
    table = {word: tuple(found) for word, found in swaps.items()}
    for section, name in PATTERNS:
        _patterns(tuple(merged[section].get(name, ())))
    cycles = tuple(_cycle(entry) for entry in merged["color"].get("cycles", ()))
    return Rules(table, word_pattern(tuple(table)), cycles, merged)


def _file(language: str) -> dict[str, Any]:
    if language not in known():
        raise ConfigError(
            f"languages={language!r}: there are no rules for it.{nearest(language, known())} "
            f"Languages: {listing(known())}. Give your own as rules=."
        )
    return tomllib.loads((RULES_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def _given(extra: Any) -> dict[str, Any]:
    if extra is None:
        return {}
    if isinstance(extra, (str, Path)):
        try:
            return tomllib.loads(read_file(extra, 2**20).decode("utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise ConfigError(f"rules={str(extra)!r} cannot be read: {error}. Give the path of a TOML file.") from None
    if not isinstance(extra, Mapping):
        raise ConfigError(f"rules={extra!r} is not valid: expected a mapping such as {{mirror: {{keep: [...]}}}}.")
    return dict(extra)


def _merge(merged: dict[str, dict[str, Any]], source: Mapping[str, Any]) -> None:
    """Append lists; a string replaces the one before."""
    for section, table in source.items():
        if section not in SECTIONS:
            raise ConfigError(f"rules have no section {section!r}.{nearest(section, SECTIONS)} {listing(SECTIONS)}.")
        if not isinstance(table, Mapping):
            raise ConfigError(f"rules: {section}={table!r} is not valid: expected a mapping such as {{keep: [...]}}.")
        for name, found in table.items():
            if name not in SECTIONS[section]:
                hint = nearest(name, SECTIONS[section])
                raise ConfigError(f"rules: {section} has no {name!r}.{hint} It has {listing(SECTIONS[section])}.")
            _check(section, name, found)
            target = merged[section]
            target[name] = found if name in TEXTS else [*target.get(name, []), *found]


def _check(section: str, name: str, found: Any) -> None:
    """Refuse what is no string where there must be one, and no list of its kind elsewhere."""
    where = f"rules: {section}.{name}={found!r} is not valid: expected"
    if name in TEXTS:
        if not isinstance(found, str):
            raise ConfigError(f"{where} a string.")
    elif not isinstance(found, (list, tuple)):
        raise ConfigError(f"{where} a list.")
    elif name == "swap":
        for entry in found:
            if not _is_swap(entry):
                raise ConfigError(f"{where} entries such as {{words: [left, right], before: '...', after: '...'}}.")
    elif name == "cycles":
        for entry in found:
            listed = entry.get("words") if isinstance(entry, Mapping) else entry
            if not _words(listed) or (isinstance(entry, Mapping) and not _holds(entry, {"before"})):
                raise ConfigError(f"{where} entries such as [red, green, blue] or {{words: [...], before: '...'}}.")
    elif not _words(found):
        raise ConfigError(f"{where} a list of strings.")


def _is_swap(entry: Any) -> bool:
    if not isinstance(entry, Mapping) or not _words(entry.get("words"), 2):
        return False
    return _holds({name: found for name, found in entry.items() if name != "one_way"}, {"before", "after", "sure"})


def _holds(entry: Mapping[str, Any], patterns: set[str]) -> bool:
    """Whether an entry has nothing but words and these patterns, each a string or none."""
    strings = all(entry.get(name) is None or isinstance(entry[name], str) for name in patterns)
    return strings and not set(entry) - patterns - {"words"}


def _words(listed: Any, count: int | None = None) -> bool:
    strings = isinstance(listed, (list, tuple)) and all(isinstance(word, str) for word in listed)
    return strings and (count is None or len(listed) == count)


def _cycle(entry: Any) -> Cycle:
    given: Mapping[str, Any] = entry if isinstance(entry, Mapping) else {"words": entry}
    before = given.get("before")
    return Cycle(tuple(w.lower() for w in given["words"]), None if before is None else _patterns((before,))[0])


def _add(swaps: dict[str, list[Swap]], entry: Mapping[str, Any]) -> None:
    first, second = (str(word).lower() for word in entry["words"])
    contexts = (entry.get(name) for name in ("before", "after", "sure"))
    compiled = [None if p is None else _patterns((p,))[0] for p in contexts]
    swaps.setdefault(first, []).append(Swap(second, *compiled))
    if not entry.get("one_way"):
        swaps.setdefault(second, []).append(Swap(first, *compiled))


@lru_cache(maxsize=256)
def _patterns(texts: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    found = []
    for text in texts:
        try:
            found.append(re.compile(text, re.IGNORECASE))
        except re.error as error:
            raise ConfigError(f"rules: {text!r} is no regular expression: {error}.") from None
    return tuple(found)


@lru_cache(maxsize=256)
def word_pattern(
    words: tuple[str, ...], beginnings: tuple[str, ...] = (), endings: tuple[str, ...] = ()
) -> re.Pattern[str]:
    """Return what finds any of the words, longest first, as whole words; nothing if there are none."""
    if not words:
        return re.compile(r"(?!)")
    listed, head, tail = (_either(found) for found in (words, beginnings, endings))
    head, tail = (f"(?:{part})?" if part else "" for part in (head, tail))
    return re.compile(rf"(?<!\w){head}(?:{listed}){tail}(?!\w)", re.IGNORECASE)


def _either(words: tuple[str, ...]) -> str:
    """Return an expression for one of the words."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda w: (-len(w), w)))
