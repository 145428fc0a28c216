"""What can be wrong with a data set besides files that cannot be read, whose codes are those of `augreg.media`."""

from __future__ import annotations

from typing import Final

KINDS: Final = {
    "W_EXT": "named as another format than it is",
    "W_BLANK": "a picture or clip of one color, or nearly",
    "W_SMALL": "a picture far smaller than the others",
    "W_SILENT": "a sound in which nothing is heard",
    "W_CLIPPED": "a sound that was recorded too loud: its peaks are cut off",
    "W_NO_WORDS": "a text without a word",
    "W_GARBLED": "a text that was decoded by the wrong encoding",
    "W_LANGUAGE": "a text in another language than most",
    "W_CLASS": "a sample that looks like one of another class",
    "W_LEAK": "the same, or nearly, as a file of another split",
    "W_DUPLICATE": "the same as another file, by its bytes or by what they decode to",
    "W_NEAR": "nearly the same as another file",
    "W_LABEL": "labels that name no file, belong to none, or are wrong",
}
"""Code -> meaning. They can be left out by name."""

KEPT: Final = frozenset({"W_EXT"})
"""Faults with which a file is good nevertheless: `augreg run` reads it as what it is."""


def sure(value: float, threshold: float, certain: float) -> float:
    """Return how sure a finding is: 0.5 where the value has just reached its threshold, 1 where it is certain.

    >>> sure(0.8, 0.7, 1.0).__round__(2)
    0.67

    """
    return 0.5 + 0.5 * min(max((value - threshold) / (certain - threshold), 0.0), 1.0)
