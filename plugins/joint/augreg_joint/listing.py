"""Enumerations in captions: taking out what can no longer be seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from augreg_joint.captions import Edit
from augreg_joint.rules import Rules


@lru_cache(maxsize=4096)
def phrase(name: str) -> re.Pattern[str]:
    """Return what finds the name of a thing in a caption, in singular or plural."""
    return re.compile(rf"(?<!\w){re.escape(name)}(?:s|es)?(?!\w)", re.IGNORECASE)


def without(rules: Rules, text: str, lost: Sequence[str]) -> tuple[Edit, ...] | None:
    """Return the edits that take things out of a caption; None where it is no enumeration of which they are items.

    "a dog, a cat and a ball" without the ball is "a dog and a cat". An item goes only if it is nothing but the
    thing with a determiner and up to two adjectives; at least one item stays.
    """
    items = _items(rules, text)
    gone = [i for i, (a, b) in enumerate(items) if any(_is_item(rules, text[a:b], name) for name in lost)]
    kept = [i for i in range(len(items)) if i not in gone]
    rest = " ".join(text[slice(*items[i])] for i in kept)
    if not kept or any(phrase(name).search(rest) for name in lost):
        return None
    return _edits(rules, text, items, kept)


def _items(rules: Rules, text: str) -> list[tuple[int, int]]:
    end = len(text.rstrip(" .!?"))
    breaks = sorted(m.span() for p in rules.patterns("crop", "separators") for m in p.finditer(text, 0, end))
    items, at = [], 0
    for start, stop in breaks:
        if start >= at:
            items.append((at, start))
            at = stop
    return [*items, (at, end)]


def _is_item(rules: Rules, item: str, name: str) -> bool:
    words = "|".join(map(re.escape, rules.tables["crop"].get("determiners", ())))
    whole = rf"(?:(?:{words})\s+)?(?:[\w-]+\s+){{0,2}}{re.escape(name)}(?:s|es)?"
    return re.fullmatch(whole, item, re.IGNORECASE) is not None


def _edits(rules: Rules, text: str, items: list[tuple[int, int]], kept: list[int]) -> tuple[Edit, ...]:
    crop = rules.tables["crop"]
    first, last = items[kept[0]], items[kept[-1]]
    edits: list[Edit] = []
    if first[0] > 0:
        edits.append((0, first[0], ""))
        if text[:1].isupper():
            edits.append((first[0], first[0] + 1, text[first[0]].upper()))
    for a, b in pairwise(kept):
        start, end = items[a][1], items[b][0]
        wanted = crop["last"] if b == kept[-1] else crop["comma"]
        if b - a > 1 or (b == kept[-1] and kept[-1] != len(items) - 1):
            edits.append((start, end, wanted))
    if last != items[-1]:
        edits.append((last[1], items[-1][1], ""))
    return tuple(edits)
