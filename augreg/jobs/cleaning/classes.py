"""The classes of a data set: how many inputs each has, and whose class is likely wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from augreg.jobs.cleaning.judge import Doubt, Judgement, judge
from augreg.jobs.cleaning.look import Fault, Seen
from augreg.jobs.cleaning.scratch import Scratch
from augreg.jobs.cleaning.splits import balance

CODE: Final = "W_CLASS"


class Classes:
    """What is known of the classes of inputs.

    Args:
        names: the class of each input, None for none.
        folder: where to keep what they are judged by; None where they are not judged.

    """

    def __init__(self, names: Sequence[str | None], folder: Path | None) -> None:
        self.names, self.folder = names, folder
        self._kept: dict[str, tuple[list[int], Scratch]] = {}

    def add(self, place: int, seen: Seen) -> None:
        """Take in what was seen of an input without a fault."""
        if seen.features is not None and self.folder is not None and self.names[place] is not None:
            modality = seen.item.modality
            if modality not in self._kept:
                self._kept[modality] = [], Scratch(self.folder / f"features-{len(self._kept)}", "float32")
            self._kept[modality][0].append(place)
            self._kept[modality][1].keep(place, seen.features)

    def balance(
        self, splits: Sequence[str], beside: frozenset[int]
    ) -> tuple[Mapping[str, Counter[str]], tuple[str, ...]]:
        """Return split -> class -> how many inputs it has, and what is uneven in it; nothing of a single class."""
        classes: dict[str, Counter[str]] = defaultdict(Counter)
        for place, (name, split) in enumerate(zip(self.names, splits, strict=True)):
            if place not in beside and name is not None:
                classes[split][name] += 1
        if len({name for found in classes.values() for name in found}) < 2:
            return {}, ()
        return classes, tuple(balance(classes))

    def judge(self, paths: Sequence[str], notes: list[str]) -> Iterator[tuple[int, Fault]]:
        """Yield the inputs whose class is likely wrong, and note how well classes are recognized at all."""
        for modality, (places, kept) in sorted(self._kept.items()):
            features = np.stack([np.asarray(kept[place], np.float32) for place in places])
            found = judge(features, [str(self.names[place]) for place in places])
            kept.close()
            notes.append(_note(modality, found))
            yield from ((places[doubt.number], _fault(paths[places[doubt.number]], doubt)) for doubt in found.doubts)
        if self.folder is not None and not self._kept:
            notes.append("classes were not judged: no picture, sound or text has one")


def _note(modality: str, found: Judgement) -> str:
    small = f"; {found.small} classes are too small to be judged" if found.small else ""
    if found.reason:
        seen = f" (recognized without their label: {found.accuracy:.0%})" if found.judged else ""
        return f"classes of {modality} cannot be judged: {found.reason}{seen}{small}"
    share = f"{found.accuracy:.1%} are recognized without their label, on average over classes"
    return f"classes of {found.judged} x {modality} were judged: {share}{small}"


def _fault(path: str, doubt: Doubt) -> Fault:
    given, seen = doubt.chances
    said = f"its class is {shown(doubt.given)}, and it looks like {shown(doubt.seen)} ({seen:.2f} against {given:.2f})."
    return Fault(path, CODE, said, 0.5 + 0.5 * (seen - given))


def shown(name: Any) -> str:
    """Return a class as messages name it."""
    return repr(name) if name else "(no folder)"
