"""Words that nobody wants in a text of theirs: slurs, obscenities, insults. They are known by digests only."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from importlib import resources
from typing import Final

_ENDING: Final = re.compile(r"(?<=..)(?:(?<!s)s|([b-df-hj-np-tv-z])\1?(?:y|ed|er|ing))$")
_DIGITS: Final = 16
"""Hexadecimal digits of a digest: that two of a million words share one has a chance of 1 : 10^7."""


def digest(word: str) -> str:
    """Return what stands for a word in ``data/offensive.txt``."""
    return sha256(word.lower().encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def is_offensive(phrase: str) -> bool:
    """Whether a phrase or a word in it stands in the list of ``data/offensive.txt``; case does not count.

    >>> from augreg_text.offensive import is_offensive
    >>> is_offensive("bastard"), is_offensive("a bitch of a day"), is_offensive("film")
    (True, True, False)

    """
    words = phrase.replace("_", " ").replace("-", " ").split()
    forms = {" ".join(words), *words}
    # An ending makes no insult harmless.
    forms |= {_ENDING.sub(r"\1", form.lower()) for form in forms}
    return any(digest(form) in _digests() for form in forms)


@lru_cache(maxsize=1)
def _digests() -> frozenset[str]:
    lines = resources.files("augreg_text").joinpath("data/offensive.txt").read_text("ascii").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))
