"""The names that people know from other libraries, and which of ours does the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from augreg.registry.spec import AugmenterSpec, PolicySpec

SUGGESTED: Final = 3
"""Augmenters that are suggested at most: more help nobody."""

GROUPS: Final = {
    "Compose": "A pipeline is a list of steps: augreg.Pipeline([...])",
    "AugmentationSequential": "A pipeline is a list of steps: augreg.Pipeline([...])",
    "Sequential": "Write a nested list, or the group sequential",
    "ReplayCompose": "Every call can be replayed: augreg.augment(..., return_trace=True), then augreg.replay",
    "OneOf": "Write the group {one_of: {steps: [...]}}",
    "RandomChoice": "Write the group {one_of: {steps: [...]}}",
    "SomeOf": "Write the group {some_of: {steps: [...], n: 2}}",
    "RandomOrder": "Write the group {some_of: {steps: [...], order: random}}",
    "RandomApply": "Every step and every group has a p",
    "NoOp": "Leave it out, or take a step with p: 0",
    "Identity": "Leave it out, or take a step with p: 0",
}
"""What others need a class for, and a pipeline writes."""


@dataclass(frozen=True, slots=True)
class Alias:
    """What one library calls one of ours."""

    library: str
    name: str
    ours: str
    same: bool
    """Whether ours does the same; else it is only like it."""

    def __str__(self) -> str:
        owner = f"{self.library}'" if self.library.endswith("s") else f"{self.library}'s"
        return f"{self.ours} ({'' if self.same else 'like '}{owner} {self.name})"


def aliases(specs: Iterable[AugmenterSpec | PolicySpec]) -> list[Alias]:
    """Return every alias that some spec states."""
    found = []
    for spec in specs:
        for alias in spec.aliases:
            library, _, name = alias.removeprefix("~").partition(".")
            found.append(Alias(library, name, spec.name, not alias.startswith("~")))
    return found


def folded(name: str) -> str:
    """Return a name as it is compared: RandomCrop, random_crop and random-crop are one."""
    return name.casefold().replace("_", "").replace("-", "").replace(" ", "")


def known_as(name: str, known: Iterable[Alias], *, exact: bool = False) -> list[Alias]:
    """Return what *name*, "RandomCrop", "T.RandomCrop" or "torchvision.RandomCrop", stands for; one for each of ours.

    With *exact*, as it is written. What does the same comes before what is only like it, and hides it.
    """
    library, _, short = name.rpartition(".")
    found = [one for one in known if (one.name == short if exact else folded(one.name) == folded(short))]
    # Of a library that is known the name means its own; "T" and "iaa" are what people import libraries as.
    found = [one for one in found if one.library == library.casefold()] or found
    found = [one for one in found if one.same] or found
    return list({one.ours: one for one in reversed(found)}.values())[::-1]


def near(name: str, known: Iterable[Alias]) -> list[Alias]:
    """Return what the closest alias stands for: for names with a slip."""
    by_name: dict[str, list[Alias]] = {}
    for one in known:
        by_name.setdefault(folded(one.name), []).append(one)
    close = get_close_matches(folded(name.rpartition(".")[2]), by_name, n=1, cutoff=0.8)
    return known_as(by_name[close[0]][0].name, by_name[close[0]]) if close else []


def suggestion(found: list[Alias]) -> str:
    """Return " Did you mean image.hflip (torchvision's RandomHorizontalFlip)?", or "" where there is none."""
    if not found:
        return ""
    return f" Did you mean {' or '.join(map(str, found[:SUGGESTED]))}?"
