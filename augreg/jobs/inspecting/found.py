"""What a look at a job's outputs found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from augreg.jobs.inspecting.chosen import Account, Line
from augreg.jobs.inspecting.drift import Drift

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Pair:
    """One output that was read, with its input where that is known.

    Args:
        line: its line of the manifest.
        before, after: the samples; ``before`` is None where no source was given, or the input cannot be read.

    """

    line: Line
    before: Any
    after: Any


Draw = Callable[[Pair], Any]


@dataclass(slots=True)
class Inspection:
    """What :func:`inspect` found.

    Args:
        out: the output folder.
        account: what all lines of the manifest say.
        sampled: modality -> how many outputs were read.
        unchanged: modality -> how many of these hold, decoded, what their input holds; {} without a source.
        drift: modality -> its numbers, before and after.
        classes: the share of each folder in inputs and outputs.
        faults: what could not be read, or is not what was recorded, one line each.
        compared: whether inputs were looked at.
        drawn: modality -> what ``draw`` made of its outputs.

    """

    out: Path
    account: Account
    sampled: dict[str, int] = field(default_factory=dict)
    unchanged: dict[str, int] = field(default_factory=dict)
    drift: dict[str, list[Drift]] = field(default_factory=dict)
    classes: list[Drift] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    compared: bool = False
    drawn: dict[str, list[Any]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        account = self.account
        modalities = {
            name: {
                "outputs": count,
                "untouched": account.untouched[name],
                "steps": dict(account.steps[name].most_common()),
                "sampled": self.sampled.get(name, 0),
                "unchanged": self.unchanged.get(name) if self.compared else None,
                "numbers": {one.name: one.to_json() for one in self.drift.get(name, ())},
            }
            for name, count in sorted(account.outputs.items())
        }
        said = {"v": VERSION, "compared": self.compared, "modalities": modalities, "refused": dict(account.refused)}
        return {**said, "classes": {one.name: one.to_json() for one in self.classes}, "faults": self.faults}
