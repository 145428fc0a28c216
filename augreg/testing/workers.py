"""The check that a plugin's augmenters run in spawned DataLoader workers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch.utils.data import DataLoader, Dataset

from augreg.pipeline import Pipeline
from augreg.testing.check import Check, require
from augreg.testing.compare import explain
from augreg.testing.subject import SEED, Subject


class _Work(Dataset[Any]):
    """One item for each pipeline: its samples, augmented."""

    def __init__(self, work: Sequence[tuple[Pipeline, list[Any]]]) -> None:
        self.work = list(work)

    def __len__(self) -> int:
        return len(self.work)

    def __getitem__(self, i: int) -> list[Any]:
        pipeline, samples = self.work[i]
        found: list[Any] = pipeline(samples, seed=SEED, keys=list(range(len(samples))))
        return found


def _first(items: list[Any]) -> Any:
    return items[0]


def worker_check(subjects: Sequence[Subject]) -> Check:
    """Return the check of all augmenters of a plugin: starting workers costs more than the rest."""

    def spawned_workers() -> None:
        work = _Work([(s.pipeline(s.configs[0]), s.samples(2)) for s in subjects])
        loader = DataLoader(work, num_workers=2, multiprocessing_context="spawn", collate_fn=_first)
        for i, found in enumerate(loader):
            different = explain(work[i], found, rounding=True)
            require(not different, f"{subjects[i].label}: comes out otherwise in a worker: {different}.")

    doc = "Every augmenter gives the same in spawned DataLoader workers."
    return Check("runs_in_spawned_workers", spawned_workers, doc, slow=True)
