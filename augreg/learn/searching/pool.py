"""Trainings of a search: one after another here, or in processes, kept as files by which a search goes on."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from augreg.errors import AugregError
from augreg.learn.examples import Arm
from augreg.learn.on_ray import RayPool
from augreg.learn.searching.space import Candidate, tuned
from augreg.learn.trainings import Result, Setup, load, store


@dataclass(frozen=True)
class Job:
    """One training.

    Args:
        part: "trials" or "confirm": which samples.
        candidate: what augments them, and settings of the trainer.
        seed: of the training.

    """

    part: str
    candidate: Candidate
    seed: int

    @property
    def arm(self) -> Arm:
        """The candidate as an arm of an experiment."""
        if self.candidate.steps is None:
            return Arm("none", "repeat")  # as many looks as the others have
        return Arm("candidate", "candidate", self.candidate.steps)


@dataclass(frozen=True)
class Pool:
    """Does trainings.

    Args:
        setups: part -> what its trainings share.
        folder: where they are kept.
        submit: begins one in a process, or on Ray; None to do them here.
        workers: how many are done at once.

    """

    setups: Mapping[str, Setup]
    folder: Path
    submit: Callable[[Job], Future[Result | None]] | None = None
    workers: int = 1
    known: dict[str, Result] = field(default_factory=dict)

    def results(self, jobs: Sequence[Job]) -> Generator[tuple[Job, Result | None], None, None]:
        """Give each training as it is done; None for one that diverged with settings that the search chose.

        Raises:
            AugregError: a training failed with the settings that the user gave.

        """
        missing: dict[str, Job] = {}
        for job in jobs:
            name = self.name(job)
            found = self.known.get(name) or load(self.folder, name)
            if found is None:
                missing[name] = job
            else:
                self.known[name] = found
                yield job, found
        for name, result in self._done(missing):
            if result is not None:
                store(self.folder, name, result)
                self.known[name] = result
            yield missing[name], result

    def name(self, job: Job) -> str:
        """Return a name for everything that a training hangs on."""
        return _setup(self.setups[job.part], job.candidate).name(job.arm, job.seed)

    def _done(self, missing: Mapping[str, Job]) -> Iterator[tuple[str, Result | None]]:
        if self.submit is None:
            for name, job in missing.items():
                yield name, _train(self.setups, job)
            return
        waiting = list(missing.items())[::-1]
        running: dict[Future[Result | None], str] = {}
        try:
            while waiting or running:
                while waiting and len(running) < self.workers:  # no more, since what was handed over is done to its end
                    name, job = waiting.pop()
                    running[self.submit(job)] = name
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        finally:
            for future in running:
                future.cancel()


@contextmanager
def pool(
    setups: Mapping[str, Setup], folder: Path, workers: int, engine: str = "process", ray_address: str | None = None
) -> Iterator[Pool]:
    """Give what does trainings, in so many processes, or on a Ray cluster."""
    if engine == "ray":
        ray = RayPool(dict(setups), workers, ray_address)
        try:
            yield Pool(setups, folder, lambda job: ray.submit(_train, job), ray.width)
        finally:
            ray.close()
        return
    if workers < 2:
        yield Pool(setups, folder)
        return
    # Spawned, as threads of torch do not survive a fork; pickled here, as torch would open a file for each tensor.
    context = multiprocessing.get_context("spawn")
    processes = ProcessPoolExecutor(workers, context, _prepare, (pickle.dumps(dict(setups)),))
    try:
        yield Pool(setups, folder, lambda job: processes.submit(_train_held, job), workers)
    finally:
        processes.shutdown(wait=True, cancel_futures=True)


_HELD: dict[str, Setup] = {}
"""The setups of a worker."""


def _prepare(pickled: bytes) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes of a terminal; the first one decides
    _HELD.update(pickle.loads(pickled))


def _train_held(job: Job) -> Result | None:
    return _train(_HELD, job)


def _train(setups: Mapping[str, Setup], job: Job) -> Result | None:
    try:
        return _setup(setups[job.part], job.candidate).train(job.arm, job.seed)
    except AugregError:
        if job.candidate.settings:
            return None
        raise


def _setup(setup: Setup, candidate: Candidate) -> Setup:
    return replace(setup, model=tuned(setup.task, candidate.settings)) if candidate.settings else setup
