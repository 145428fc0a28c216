"""Tags of words in the schemes BIO, BILOU and BIOES: of words that became several, and of entities cut short."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

TAG: Final = re.compile(r"O|[BIESLU]-\S+")
"""What stands in a column of tags."""

_BEGINS: Final = {"S": "B", "U": "B", "E": "I", "L": "I"}
"""What the tag of a whole word is for the first of several words: the end comes with the last one."""

_GOES_ON: Final = {"B": "I", "S": "I", "U": "I", "E": "I", "L": "I", "I": "I"}
_ENDS: Final = {"S": "E", "U": "L", "E": "E", "L": "L", "B": "I", "I": "I"}


def part(tag: Any, number: int, many: int) -> str:
    """Return the tag of one of the words that a word became.

    >>> from augreg.media.labels import bio
    >>> [bio.part("B-PER", k, 2) for k in range(2)], [bio.part("S-LOC", k, 3) for k in range(3)]
    (['B-PER', 'I-PER'], ['B-LOC', 'I-LOC', 'E-LOC'])

    """
    text = str(tag)
    if many == 1 or not TAG.fullmatch(text) or text == "O":
        return text
    names = _BEGINS if number == 0 else _ENDS if number == many - 1 else _GOES_ON
    return names.get(text[0], text[0]) + text[1:]


def begun(tags: Sequence[Any]) -> bool:
    """Whether every entity begins with B-, as IOB2 has it, and no other scheme is there."""
    before = "O"
    for tag in map(str, tags):
        if tag[:2] not in ("B-", "I-") and tag != "O":
            return False
        if tag.startswith("I-") and before[2:] != tag[2:]:
            return False
        before = tag
    return True


def mended(tags: Sequence[Any], before: Sequence[Any]) -> list[str]:
    """Return tags in which entities begin with B-, if those of the sentence before did.

    A step that takes away the first word of a chunk, or moves it, leaves an I- that begins one now.

    >>> from augreg.media.labels import bio
    >>> bio.mended(["O", "I-NP"], ["O", "B-NP", "I-NP"]), bio.mended(["O", "I-NP"], ["O", "I-NP", "I-NP"])
    (['O', 'B-NP'], ['O', 'I-NP'])

    """
    found = [str(tag) for tag in tags]
    if not begun(before):
        return found
    for i, tag in enumerate(found):
        if tag.startswith("I-") and (i == 0 or found[i - 1][2:] != tag[2:]):
            found[i] = f"B-{tag[2:]}"
    return found
