"""English contractions, gendered words, first names, weekdays and months."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from typing import Final

Table = tuple[tuple[str, tuple[str, ...]], ...]

_ENDINGS: Final = {
    "'m": (("i",), ("am",)),
    "'re": (("you", "we", "they"), ("are",)),
    "'s": (("he", "she", "it", "that", "there", "what", "who", "where", "here", "how"), ("is", "has")),
    "'ve": (("i", "you", "we", "they"), ("have",)),
    "'ll": (("i", "you", "he", "she", "it", "we", "they", "that", "there"), ("will",)),
    "'d": (("i", "you", "he", "she", "it", "we", "they"), ("would", "had")),
}
_NEGATED: Final = (
    "are", "could", "did", "do", "does", "had", "has", "have", "is", "must", "need", "should", "was", "were", "would",
)  # fmt: skip
_SINGLE: Final = {"can not": "can't", "cannot": "can't", "will not": "won't", "let us": "let's"}

_GENDERED: Final = (
    ("he", "she"), ("him", "her"), ("himself", "herself"), ("man", "woman"), ("men", "women"), ("boy", "girl"),
    ("boys", "girls"), ("father", "mother"), ("fathers", "mothers"), ("dad", "mum"), ("son", "daughter"),
    ("sons", "daughters"), ("brother", "sister"), ("brothers", "sisters"), ("husband", "wife"), ("husbands", "wives"),
    ("uncle", "aunt"), ("uncles", "aunts"), ("nephew", "niece"), ("grandfather", "grandmother"),
    ("grandson", "granddaughter"),
    ("king", "queen"), ("kings", "queens"), ("prince", "princess"), ("princes", "princesses"), ("actor", "actress"),
    ("actors", "actresses"), ("waiter", "waitress"), ("gentleman", "lady"), ("gentlemen", "ladies"), ("mr", "mrs"),
    ("sir", "madam"), ("male", "female"), ("males", "females"), ("guy", "gal"), ("hero", "heroine"),
    ("widower", "widow"),
)  # fmt: skip

_MALE: Final = """
    James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel Matthew Anthony
    Mark Donald Steven Paul Andrew Joshua Kenneth Kevin Brian George Edward Ronald Timothy Jason Jeffrey Ryan
    Jacob Gary Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Frank Alexander
    Raymond Patrick Jack Dennis Peter Henry Adam Simon Oliver Harry Martin Arthur Walter Philip Oscar Leon Felix
    Victor
"""
_FEMALE: Final = """
    Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Betty Margaret Sandra
    Ashley Kimberly Emily Donna Michelle Carol Amanda Dorothy Melissa Deborah Stephanie Rebecca Sharon Laura
    Cynthia Kathleen Amy Angela Shirley Anna Brenda Pamela Emma Nicole Helen Samantha Katherine Christine Debra
    Rachel Carolyn Janet Catherine Maria Heather Diane Julie Joyce Victoria Kelly Lauren Martha Judith Alice
    Julia Sophie Clara Ellen
"""
NAMES: Final = (tuple(_MALE.split()), tuple(_FEMALE.split()))

DATES: Final = (
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ("Mon", "Tue", "Wed", "Thu", "Fri"),
    # "May" and "Mar" are too often something else.
    ("January", "February", "March", "April", "June", "July", "August", "September", "October", "November", "December"),
    ("Jan", "Feb", "Apr", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


@lru_cache(maxsize=64)
def others(groups: Sequence[tuple[str, ...]]) -> Table:
    """Return every word of a group with the others of its group, as they are written."""
    return tuple((word, tuple(o for o in group if o.lower() != word.lower())) for group in groups for word in group)


@lru_cache(maxsize=4)
def contractions(mode: str) -> Table:
    """Return contractions with what they stand for, the other way round, or both."""
    pairs = [(f"{word}{ending}", f"{word} {verb}")
             for ending, (words, verbs) in _ENDINGS.items() for word, verb in product(words, verbs)]  # fmt: skip
    pairs += [(f"{verb}n't", f"{verb} not") for verb in _NEGATED]
    pairs += [(short, long) for long, short in _SINGLE.items()]
    table: dict[str, tuple[str, ...]] = {}
    for short, long in pairs:
        if mode != "expand":
            table[long] = (short,)
        if mode != "contract":
            # The first reading is the usual one: "he's" is "he is" rather than "he has".
            table.setdefault(short, (long,))
            table.setdefault(short.replace("'", "\u2019"), (long,))
    return tuple(table.items())


@lru_cache(maxsize=4)
def gendered(mode: str) -> Table:
    """Return words with those of the other gender; "his" and "her" as possessives."""
    table: dict[str, tuple[str, ...]] = {}
    for male, female in (*_GENDERED, ("his", "her"), ("his", "hers")):
        if mode != "male":
            table.setdefault(male, (female,))
        if mode != "female":
            table[female] = (male,)
    return tuple(table.items())
