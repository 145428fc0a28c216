"""The check that augmenters take no more memory than they declare: each runs once on a sample of some megabytes."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import torch

from augreg.contract.augmenter import memory_of
from augreg.data.samples import Sample
from augreg.errors import AugregError
from augreg.pipeline import Pipeline
from augreg.testing.check import Check, require
from augreg.testing.subject import SEED, Subject

BYTES: Final = 4_000_000
"""Of the sample: so many that they stand out from what a process takes anyway, and so few that most steps take less
than a tenth of a second. A plugin of a hundred augmenters is done in about 15 s."""

TOLERANCE: Final = 1.5
"""How many times what is declared may be taken: chance decides about parameters, and allocators about pages."""

SLACK: Final = 12_000_000
"""Bytes that may be taken beside that: tables, and memory that is kept for later."""


class Job(NamedTuple):
    """A step to be measured: its name in messages, on what, and what it declares."""

    name: str
    pipeline: Pipeline
    small: Any
    large: Any
    declared: float


def memory_checks(subjects: Sequence[Subject]) -> list[Check]:
    """Return the check of all augmenters of a plugin, none where the system cannot fork processes."""

    def memory_is_declared() -> None:
        greedy = _greedy([job for subject in subjects for job in _jobs(subject, BYTES)])
        if greedy:  # libraries of matrices take some 30 MB when they are first used, whatever the sample
            again = (job for subject in subjects for job in _jobs(subject, 8 * BYTES))
            greedy = _greedy([job for job in again if job.name in greedy])
        both = greedy.items()
        too_much = [f"{name} took {taken:.1f} bytes for each byte of a sample, {said}" for name, (taken, said) in both]
        advice = "Work in stretches, or declare it: Declaration(memory=...), or a property memory of the class."
        require(not too_much, f"{'; '.join(too_much)}. {advice}")

    doc = "No augmenter takes much more memory for a large sample than it declares."
    return [Check("memory_is_declared", memory_is_declared, doc, slow=True)] if hasattr(os, "fork") else []


def _greedy(jobs: Sequence[Job]) -> dict[str, tuple[float, str]]:
    """Return which jobs took more than they declare: name -> bytes for each byte of a sample, and what is declared."""
    return {
        name: (taken, f"and declares {declared:g}")
        for name, declared, taken, size in _measured(jobs)
        if taken * size > TOLERANCE * declared * size + SLACK
    }


def _jobs(subject: Subject, size: int) -> Iterator[Job]:
    """Yield one job of a subject; none where its modality's samples are no tensors, and cannot be enlarged."""
    small = subject.samples(2 if subject.declares.labels == "mixes" else 1)
    large = [_enlarged(sample, size) for sample in small]
    if all(sample is not None for sample in large):
        augmenter = subject.configs[0]
        yield Job(subject.named(augmenter), subject.pipeline(augmenter), small, large, memory_of(augmenter))


def _enlarged(sample: Any, size: int) -> Sample | None:
    """Return a sample of about so many bytes without targets, repeated along its last axis, or its last two."""
    data: Any = getattr(sample, "data", None)
    if not isinstance(sample, Sample) or not isinstance(data, torch.Tensor) or data.ndim < 2 or not data.numel():
        return None
    times = max(1.0, size / (data.numel() * data.element_size()))
    repeats = [round(times)] if data.ndim == 2 else [round(times**0.5)] * 2
    larger = data.repeat(*[1] * (data.ndim - len(repeats)), *repeats)
    changes: dict[str, Any] = {"data": larger, **dict.fromkeys(sample.targets)}
    return dataclasses.replace(sample, **changes)


def _measured(jobs: Sequence[Job]) -> list[tuple[str, float, float, int]]:
    """Return of each job that could be run: name, what it declares, what it took per byte, and the sample's bytes.

    They are run in processes forked from a new one: those of a process that has used threads may hang.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(jobs, theirs))
    process.start()
    theirs.close()
    try:
        found: list[tuple[str, float, float, int]] = ours.recv()
    finally:
        process.join()
    return found


def _measure(jobs: Sequence[Job], pipe: Any) -> None:
    torch.set_num_threads(1)
    os.environ["AUGREG_THREADS"] = "1"
    found = []
    for job in jobs:
        taken = _in_child(job)
        size = sum(sample.data.numel() * sample.data.element_size() for sample in job.large)
        if taken is not None:
            found.append((job.name, job.declared, taken / size, size))
    pipe.send(found)


def _in_child(job: Job) -> float | None:
    """Return by how many bytes a process grew that ran a job, None if the step refused the sample."""
    read, write = os.pipe()
    if not (child := os.fork()):
        try:
            os.write(write, json.dumps(_growth(job)).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as answer:
        said = answer.read()
    os.waitpid(child, 0)
    require(bool(said), f"{job.name}: its process died on a sample of {BYTES:_} bytes.")
    growth: float | None = json.loads(said)
    return growth


def _growth(job: Job) -> float | None:
    try:
        keys = list(range(len(job.large)))
        job.pipeline(job.small, seed=SEED, keys=keys)  # imports what it needs
        before = _peak()
        job.pipeline(job.large, seed=SEED, keys=keys)
    except AugregError:
        return None
    return _peak() - before


def _peak() -> float:
    """Return the largest resident size of this process so far, in bytes."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
