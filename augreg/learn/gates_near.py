"""Finds candidates that are the same as something else, or nearly, by what `augreg clean` finds doubles by."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from augreg.jobs.cleaning.alike import Pictures, Texts
from augreg.jobs.cleaning.look import Seen
from augreg.learn.gates_seen import SeenRecord

Pair = tuple[int, int, float]
"""Two places, and how alike they are, 1 for the same."""


def pairs(seen: Sequence[Seen]) -> Iterator[Pair]:
    """Yield the pairs of places that are the same or nearly, sounds the same only; records in all fields."""
    if seen and isinstance(seen[0], SeenRecord):
        yield from _of_records([one for one in seen if isinstance(one, SeenRecord)])
        return
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


def _of_records(seen: Sequence[SeenRecord]) -> Iterator[Pair]:
    """Yield the pairs of records of which every field is the same or nearly; they are as alike as the least of them."""
    found: dict[tuple[int, int], float] | None = None
    for name in seen[0].fields:
        held: dict[tuple[int, int], float] = {}
        for a, b, likeness in _all_pairs([one.fields[name] for one in seen]):
            held[a, b] = max(likeness, held.get((a, b), 0.0))
        found = held if found is None else {at: min(found[at], held[at]) for at in found.keys() & held.keys()}
    yield from ((a, b, likeness) for (a, b), likeness in sorted((found or {}).items()))


def _all_pairs(seen: Sequence[Seen]) -> Iterator[Pair]:
    """Yield the pairs of one field, the lower place first; of what is the same every pair, not each with the first."""
    alike: dict[bytes, list[int]] = defaultdict(list)
    for place, one in enumerate(seen):
        alike[one.content].append(place)
    for content, places in alike.items():
        yield from ((a, b, 1.0) for at, b in enumerate(places) for a in places[:at] if content)
    yield from ((min(a, b), max(a, b), likeness) for a, b, likeness in pairs(seen))
