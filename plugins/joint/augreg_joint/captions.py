"""What the rules say about one caption: edits that keep it true, or that it cannot be kept true."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from augreg_joint import coordinates
from augreg_joint.rules import Rules

Edit = tuple[int, int, str]
"""Characters start to end (half-open) give way to a replacement."""


@lru_cache(maxsize=1 << 16)
def mirrored(rules: Rules, text: str) -> tuple[Edit, ...] | str:
    """Return the edits that make a caption true of the mirrored picture, or why the rules cannot tell.

    A word of direction is swapped where a rule's context says that it is one, kept where another says that it is
    none. A word that both or neither speak for is in doubt, and one doubt refuses the whole caption; a context
    that is sure of a direction settles the first kind.
    """
    for pattern in rules.patterns("mirror", "refuse"):
        if found := pattern.search(text):
            return f"{found.group()!r} may not be true of a mirrored picture"
    kept = [m.span() for pattern in rules.patterns("mirror", "keep") for m in pattern.finditer(text)]
    for start, end in coordinates.spans(text):
        if not _inside(start, end, kept):
            return f"{text[start:end]!r} may be a place in the picture"
    weak = [m.span() for pattern in rules.patterns("mirror", "weak") for m in pattern.finditer(text)]
    edits: list[Edit] = []
    for match in rules.swapped.finditer(text):
        start, end = match.span()
        if _inside(start, end, kept):
            continue
        fits = [swap for swap in rules.swaps[match.group().lower()] if swap.fits(text, start, end)]
        doubtful = _inside(start, end, weak) and not any(swap.sure_of(text, start) for swap in fits)
        if bool(fits) == doubtful:
            return f"{match.group()!r} may be a direction or not"
        if fits:
            edits.append((start, end, cased(match.group(), fits[0].other)))
    return tuple(edits)


class Mentions(NamedTuple):
    """What a caption speaks of."""

    hue: bool
    brightness: bool
    saturation: bool


EVERYTHING: Final = Mentions(hue=True, brightness=True, saturation=True)
"""What a caption may speak of that nobody understands."""


@lru_cache(maxsize=1 << 16)
def mentions(rules: Rules, text: str) -> Mentions:
    """Return which properties of color a caption speaks of."""
    hue = rules.colors.search(text) is not None
    found = [rules.words("color", name).search(text) is not None for name in ("brightness", "saturation")]
    return Mentions(hue, *found)


@lru_cache(maxsize=1 << 16)
def turned(rules: Rules, text: str, steps: int) -> tuple[Edit, ...] | None:
    """Return the edits of a caption whose picture's channels moved on; None if a color has no word then.

    Where a word could give way to several, as those that are alike in both genders, what stands before it decides;
    a color that is part of a name ("red wine", "Red Cross") has no other word.
    """
    if any(pattern.search(text) for pattern in rules.patterns("color", "fixed")):
        return None
    edits: list[Edit] = []
    for match in rules.colors.finditer(text):
        word = match.group().lower()
        cycles = [cycle for cycle in rules.cycles if word in cycle.words]
        words = {cycle.turned(word, steps) for cycle in cycles}
        if len(words) > 1:
            before = text[: match.start()]
            words = {c.turned(word, steps) for c in cycles if c.before is not None and c.before.search(before)}
        if len(words) != 1:
            return None
        edits.append((*match.span(), cased(match.group(), words.pop())))
    return tuple(edits)


def cased(model: str, word: str) -> str:
    """Return a word in the case of another: lower, Capitalised or UPPER."""
    if len(model) > 1 and model.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word


def _inside(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(a <= start and end <= b for a, b in spans)
