"""Decides which of files that are the same, or nearly, is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from augreg.jobs.cleaning.look import Fault
from augreg.jobs.cleaning.splits import rank


@dataclass(frozen=True, slots=True)
class Match:
    """Why two inputs are the same, or nearly."""

    code: str
    said: str
    likeness: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Inputs:
    """All inputs, by their place: what each is called, and its split ("" for none)."""

    paths: Sequence[str]
    splits: Sequence[str]

    def ordered(self, places: Iterable[int]) -> list[int]:
        """Return places in the order in which they are kept: those of a test set first."""
        return sorted(places, key=lambda place: (rank(self.splits[place]), place))


def copies(inputs: Inputs, places: Iterable[int], hashes: Mapping[int, bytes]) -> dict[int, int]:
    """Return place -> the first place with the same hash, for those that are not the first; b"" is none."""
    first: dict[bytes, int] = {}
    found = {}
    for place in inputs.ordered(places):
        if (value := hashes[place]) and (leader := first.setdefault(value, place)) != place:
            found[place] = leader
    return found


def doubles(
    inputs: Inputs, same: Mapping[int, tuple[int, Match]], near: Iterable[tuple[int, int, Match]]
) -> dict[int, Fault]:
    """Return the faults of the inputs that are left out, by their place.

    Inputs are taken in order: each is kept unless one that is kept already is like it, so that for everything that is
    left out something like it stays.

    Args:
        inputs: all inputs.
        same: place -> the first place that is the same.
        near: pairs of places that are nearly the same, neither of them in ``same``.

    """
    matches: dict[int, list[tuple[int, Match]]] = defaultdict(list)
    for a, b, match in near:
        matches[a].append((b, match))
        matches[b].append((a, match))
    instead: dict[int, tuple[int, Match]] = {}
    for place in inputs.ordered(matches):
        if alike := [pair for pair in matches[place] if pair[0] not in instead and _before(inputs, pair[0], place)]:
            instead[place] = max(alike, key=lambda pair: pair[1].likeness)
    for place, (leader, match) in same.items():
        # Where the first of the same was left out itself, what was kept for it was kept for all of them.
        instead[place] = (instead[leader][0], instead[leader][1]) if leader in instead else (leader, match)
    return {place: _fault(inputs, place, *kept) for place, kept in sorted(instead.items())}


def _before(inputs: Inputs, other: int, place: int) -> bool:
    """Whether an input is kept rather than another."""
    return inputs.ordered([place, other])[0] == other


def _fault(inputs: Inputs, place: int, other: int, match: Match) -> Fault:
    its, leaked = inputs.splits[other], inputs.splits[place] != inputs.splits[other]
    said = f"{match.said} {inputs.paths[other]}" + (f", which is in {its or 'no split'}" if leaked else "")
    code = "W_LEAK" if leaked else match.code
    return Fault(inputs.paths[place], code, f"{said}.", match.confidence, inputs.paths[other], match.likeness)
