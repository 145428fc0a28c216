"""Finds candidates that are the same as something else, or nearly, by what `augreg clean` finds doubles by."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from augreg.jobs.cleaning.alike import Pictures, Texts
from augreg.jobs.cleaning.look import Seen

Pair = tuple[int, int, float]
"""Two places, and how alike they are, 1 for the same."""


def pairs(seen: Sequence[Seen]) -> Iterator[Pair]:
    """Yield the pairs of places that are the same or nearly, sounds the same only."""
    yield from ((a, b, 1.0) for a, b in _same(seen))
    with tempfile.TemporaryDirectory() as folder:
        for kind, held in ((Pictures, "thumb"), (Texts, "keys")):
            there = [place for place, one in enumerate(seen) if getattr(one, held) is not None]
            found = kind(Path(folder))
            for place in there:
                found.add(place, seen[place])
            yield from ((a, b, likeness) for a, b, likeness, _ in found.pairs())
            found.close()


def _same(seen: Sequence[Seen]) -> Iterator[tuple[int, int]]:
    """Yield pairs of the same content: of many, each with the first."""
    first: dict[bytes, int] = defaultdict(int)
    for place, one in enumerate(seen):
        if one.content and (leader := first.setdefault(one.content, place)) != place:
            yield leader, place
