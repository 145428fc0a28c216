"""What happened to each sample: kept as tables while running, turned into plain records when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from typing import Any, Self

import numpy as np

from augreg.data.batch import BatchInfo
from augreg.data.params import Params
from augreg.errors import ConfigError
from augreg.pipeline import Execution


@dataclass(frozen=True, slots=True)
class Recorded:
    """One execution: which samples of a branch it ran on, with which parameters.

    ``info`` are the facts of these samples before it, without targets; None for what mixes samples.
    """

    execution: Execution
    rows: np.ndarray
    params: Params
    info: BatchInfo | None = None
    level: np.ndarray | None = None
    """How strong, one number for each of the samples, where a policy said it."""


@dataclass(frozen=True, slots=True)
class SampleTrace:
    """What happened to one sample (or one field of a record).

    ``steps`` holds ``{"step", "augmenter", "params"}`` in the order in which they were applied, and ``"device"``
    where a step had no kernel for the wanted device, ``"level"`` where a policy drew how strong the step is, and
    ``"state"`` where that policy learns: 16 digits that stand for what it knew. ``note`` says why nothing
    happened, when the reason is not chance.
    """

    key: str | int
    modality: str
    seed: int
    epoch: int = 0
    copy: int = 0
    field: str | None = None
    steps: tuple[Mapping[str, Any], ...] = ()
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the trace as JSON-able data."""
        plain: dict[str, Any] = {"key": self.key, "modality": self.modality}
        if self.field is not None:
            plain["field"] = self.field
        plain.update(seed=self.seed, epoch=self.epoch, copy=self.copy, steps=[dict(s) for s in self.steps])
        return {**plain, "note": self.note} if self.note else plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read a trace back.

        Raises:
            ConfigError: an entry is missing or unknown.

        """
        try:
            found = cls(**{**data, "steps": tuple(data["steps"])})
        except (KeyError, TypeError) as error:
            raise ConfigError(
                f"this is no trace of a sample: {error}. Give what SampleTrace.to_dict returned."
            ) from None
        for step in found.steps:
            if not (isinstance(step, Mapping) and "step" in step and isinstance(step.get("params"), Mapping)):
                raise ConfigError(
                    f"the trace of sample {found.key!r} has {step!r} where a step belongs; "
                    "expected {'step': name, 'params': {...}}. Give what SampleTrace.to_dict returned."
                )
        return found


@dataclass(slots=True)
class _Sample:
    key: str | int
    modality: str
    field: str | None
    note: str
    recorded: list[tuple[Recorded, int]] = default(default_factory=list)


class Trace(Sequence[Any]):
    """The traces of one call: ``trace[i]`` belongs to output i.

    For records ``trace[i]`` is a mapping field -> :class:`SampleTrace`.
    """

    def __init__(self, seed: int, epoch: int, copy: int) -> None:
        self.seed, self.epoch, self.copy = seed, epoch, copy
        self._samples: list[_Sample] = []
        self._entries: list[list[int]] = []
        self._records = False
        self._fallen_back: set[str] = set()

    def add(self, key: str | int, modality: str, name: str | None, note: str) -> int:
        """Add one sample; return its number."""
        self._samples.append(_Sample(key, modality, name, note))
        return len(self._samples) - 1

    def link(self, entries: list[list[int]], *, records: bool) -> None:
        """Say which samples make up each entry of the output."""
        self._entries, self._records = entries, records

    def record(self, numbers: Sequence[int], recorded: Sequence[Recorded], fallen_back: set[str]) -> None:
        """Store what an executor recorded; ``numbers`` maps its rows to samples."""
        self._fallen_back |= fallen_back
        for part in recorded:
            for j, row in enumerate(part.rows):
                self._samples[numbers[row]].recorded.append((part, j))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return [self[j] for j in range(len(self))[i]]
        numbers = self._entries[i]
        if not self._records:
            return self.sample(numbers[0]) if numbers else None
        return {str(self._samples[n].field): self.sample(n) for n in numbers}

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def sample(self, number: int) -> SampleTrace:
        """Return the trace of one sample."""
        found = self._samples[number]
        steps = tuple(self._step(part, j) for part, j in found.recorded)
        return SampleTrace(found.key, found.modality, self.seed, self.epoch, self.copy, found.field, steps, found.note)

    def _step(self, part: Recorded, j: int) -> dict[str, Any]:
        label, name = part.execution.label, part.execution.built.name
        plain: dict[str, Any] = {"step": label, "augmenter": name, "params": part.params.row(j)}
        if part.level is not None:
            plain["level"] = float(part.level[j])
        if part.execution.policy is not None and part.execution.policy.state:
            plain["state"] = part.execution.policy.state
        return {**plain, "device": "cpu"} if label in self._fallen_back else plain

    def to_dicts(self) -> list[Any]:
        """Return all traces as JSON-able data."""
        return [{k: v.to_dict() for k, v in t.items()} if isinstance(t, dict) else t and t.to_dict() for t in self]
