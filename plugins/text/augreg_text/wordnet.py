"""WordNet 3.0 from the table in this package: synonyms, antonyms, hypernyms, in the form of the word at hand."""

from __future__ import annotations

import lzma
import re
from functools import lru_cache
from importlib import resources
from typing import Final

from augreg_text import inflect
from augreg_text.inflect import Reading
from augreg_text.offensive import is_offensive

_SYMBOL: Final = re.compile(r"[^aeiouy]*|.|[ivxlcdm]+|.*\d.*")
"""What nobody writes for a word: no vowel ("km", "Pb"), one letter, Roman numerals, digits."""
_ROMAN_WORDS: Final = frozenset({"civil", "did", "dim", "ill", "livid", "mid", "mild", "mix", "mill", "mimic", "vivid"})
_SHORTEST_NAME: Final = 4
"""Letters; a shorter word with capitals is a symbol or an abbreviation ("Pm", "La", "PC"), whatever the text means."""
_COMMON_RANK: Final = 3
"""A word comes in for one of its three most frequent senses only: nobody understands "game" as the plot of a film."""


class WordNet:
    """Synsets, their lemmas, and how they hang together; built by ``tools/build_wordnet.py``."""

    def __init__(self, table: str) -> None:
        synsets, parts, exceptions = (section.split("\n") for section in table.split("\n\n"))
        self.parts: list[str] = []
        self.lemmas: list[list[str]] = []
        self.hypernyms: list[str] = []
        self.antonyms: list[str] = []
        self.senses: dict[str, list[tuple[str, int, int]]] = {}
        self.unseen: set[tuple[str, int]] = set()
        for number, line in enumerate(synsets):
            part, lemmas, *rest = line.split("\t")
            self.parts.append(part)
            self.lemmas.append([self._enter(lemma, part, number) for lemma in lemmas.split("|")])
            self.hypernyms.append(rest[0] if rest else "")
            self.antonyms.append(rest[1] if len(rest) > 1 else "")
        self.main = dict(line.split("\t") for line in parts)
        self.lemmas_of: dict[str, list[tuple[str, str]]] = {}
        self.forms_of: dict[tuple[str, str], list[str]] = {}
        for part, form, lemma in (line.split("\t") for line in exceptions):
            self.lemmas_of.setdefault(form, []).append((part, lemma))
            self.forms_of.setdefault((part, lemma), []).append(form)

    def _enter(self, ranked: str, part: str, number: int) -> str:
        lemma, _, rank = ranked.partition("#")
        if rank.endswith("-"):
            self.unseen.add((lemma.lower(), number))
        self.senses.setdefault(lemma.lower(), []).append((part, int(rank.removesuffix("-") or 1), number))
        return lemma

    def exists(self, lemma: str, part: str) -> bool:
        """Whether there is a lemma of a part of speech."""
        return any(found == part for found, _, _ in self.senses.get(lemma, ()))

    def read(self, word: str) -> Reading | None:
        """Return what a word most likely is: a lemma of its most frequent part of speech, else a form of one."""
        part = self.main.get(word) or (self.senses[word][0][0] if word in self.senses else "")
        if part and self.exists(word, part):
            return Reading(word, part, "base")
        found = list(inflect.readings(word, self.exists, self.lemmas_of))
        fitting = [r for r in found if r.part == (part or self.main.get(r.lemma, r.part))]
        return next(iter(fitting or found), None)

    def related(self, word: str, relation: str, senses: int, *, capitals: bool = True) -> tuple[str, ...]:
        """Return the words that stand in a relation to a word, in the same form.

        Offensive words, symbols and Roman numerals are left out, and synonyms that hardly ever have that meaning.

        Args:
            word: in lower case.
            relation: "synonym", "antonym" or "hypernym".
            senses: how many of the word's senses are looked at, the most frequent first.
            capitals: whether senses count that are written with a capital: "Monday".

        """
        reading = self.read(word)
        if reading is None or _is_symbol(word):
            return ()
        found: dict[str, None] = {}
        for number in self._synsets(reading, capitals)[:senses]:
            others = getattr(self, f"_{relation}s_of")(reading.lemma, number)
            found.update(dict.fromkeys(other for other in others if is_said(other)))
        formed = (self._formed(other, reading) for other in found)
        # "Smith" is no reason to speak of Ian Smith, nor "dog" of Canis familiaris.
        proper = (other for other in formed if other and other != word and other.islower())
        return tuple(other for other in proper if not is_offensive(other))

    def _synsets(self, reading: Reading, capitals: bool) -> list[int]:
        """Return the synsets of a lemma, the most frequent first; an abbreviation is no reading of a word ("Ada")."""
        ranked = sorted((rank, number) for part, rank, number in self.senses[reading.lemma] if part == reading.part)
        return [number for _, number in ranked if self._is_word(self._written(reading.lemma, number), capitals)]

    def _is_word(self, written: str, capitals: bool) -> bool:
        name = capitals and len(written) >= _SHORTEST_NAME and not written.isupper()
        return name or written == written.lower()

    def _written(self, lemma: str, number: int) -> str:
        """Return a lemma as a synset writes it."""
        return next(other for other in self.lemmas[number] if other.lower() == lemma)

    def forms(self, word: str) -> tuple[str, ...]:
        """Return the other forms of a word's lemma: "runs", "ran" and "running" for "run"."""
        reading = self.read(word)
        if reading is None or reading.part not in inflect.FORMS or self._is_name(reading) or _is_symbol(word):
            return ()
        forms = (self._formed(reading.lemma, reading._replace(form=f)) for f in inflect.FORMS[reading.part])
        return tuple(sorted({form for form in forms if form and form != word}))

    def _is_name(self, reading: Reading) -> bool:
        """Whether a lemma is always written with a capital: "Paris" has no plural."""
        numbers = [number for part, _, number in self.senses[reading.lemma] if part == reading.part]
        return not any(self._written(reading.lemma, number).islower() for number in numbers)

    def _formed(self, lemma: str, reading: Reading) -> str | None:
        if reading.form == "base":
            return lemma.replace("_", " ")
        return inflect.inflect(lemma, reading.part, reading.form, self.forms_of)

    def _synonyms_of(self, lemma: str, number: int) -> list[str]:
        return [other for other in self.lemmas[number] if self._means(other, number)]

    def _hypernyms_of(self, lemma: str, number: int) -> list[str]:
        return [other for above in self.hypernyms[number].split() for other in self.lemmas[int(above)]]

    def _means(self, lemma: str, number: int) -> bool:
        """Whether a synset is one of the frequent senses of a lemma of it, and its first or one found in texts."""
        plain, part = lemma.lower(), self.parts[number]
        rank = next(rank for other, rank, sense in self.senses[plain] if (other, sense) == (part, number))
        return rank == 1 or (rank <= _COMMON_RANK and (plain, number) not in self.unseen)

    def _antonyms_of(self, lemma: str, number: int) -> list[str]:
        pairs = (pair.partition(":") for pair in self.antonyms[number].split("|") if pair)
        return [other for i, _, other in pairs if self.lemmas[number][int(i)].lower() == lemma]


def is_said(lemma: str) -> bool:
    """Whether a person would put a lemma into a text: no symbol, no number, nothing offensive.

    >>> from augreg_text.wordnet import is_said
    >>> [is_said(lemma) for lemma in ("film", "Pb", "xii", "domestic_dog")]
    [True, False, False, True]

    """
    return not _is_symbol(lemma.lower()) and not is_offensive(lemma)


def _is_symbol(word: str) -> bool:
    return word not in _ROMAN_WORDS and _SYMBOL.fullmatch(word) is not None


@lru_cache(maxsize=1)
def load_wordnet() -> WordNet:
    """Read the table; takes about a second, once."""
    packed = resources.files("augreg_text").joinpath("data/wordnet.txt.xz").read_bytes()
    return WordNet(lzma.decompress(packed).decode())
