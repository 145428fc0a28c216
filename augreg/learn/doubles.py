"""What is in a data set more than once, or nearly, and across its split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from augreg.errors import AugregError
from augreg.learn.gates_near import pairs
from augreg.learn.gates_seen import JUDGED, seen_of
from augreg.learn.splits import Splitter

MOST: Final = 20_000
"""Samples that are compared with each other; more take minutes, and `augreg clean` compares millions."""

NAMED: Final = 5
"""Pairs that are named."""


@dataclass(frozen=True)
class Doubles:
    """What was found.

    Args:
        near: how many pairs of samples are the same or nearly.
        across: pairs of a training and a test sample of the first seed: keys, and how alike they are.
        faults: what is wrong with samples by themselves, code -> how many.
        why: why nothing was looked for; "" if it was.

    """

    near: int = 0
    across: tuple[tuple[str, str, float], ...] = ()
    faults: Mapping[str, int] = field(default_factory=dict)
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        if self.why:
            return {"not measured": self.why}
        return {"near_doubles": self.near, "across_the_split": list(self.across), "faults": dict(self.faults)}


def doubles(splitter: Splitter) -> Doubles:
    """Look for samples that are nearly the same, by what `augreg clean` finds them by."""
    examples = splitter.data.examples
    if splitter.data.modality not in JUDGED:
        return Doubles(why=f"{splitter.data.modality} is not compared")
    if len(examples) > MOST:
        return Doubles(why=f"there are more than {MOST:,} samples; augreg clean compares as many")
    try:
        seen = [seen_of(sample, "sample", place) for place, sample in enumerate(examples.samples)]
    except AugregError as error:
        return Doubles(why=str(error).rstrip("."))
    train, test = (set(side.tolist()) for side in splitter.of(0))
    found = list(pairs(seen))
    across = [
        (examples.keys[a], examples.keys[b], round(alike, 3))
        for one, two, alike in found
        for a, b in ((one, two), (two, one))
        if a in train and b in test
    ]
    codes = [fault.code for one in seen for fault in one.faults]
    names, counts = np.unique(np.array(codes, object).astype(str), return_counts=True)
    faults = dict(zip(names.tolist(), counts.tolist(), strict=True))
    return Doubles(len(found), tuple(sorted(across, key=lambda pair: -pair[2])), faults)
