"""Does the trainings of an experiment, the most telling first, in processes, for as long as the budget lasts."""

from __future__ import annotations

import multiprocessing
import pickle
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

from augreg.learn.examples import Arm
from augreg.learn.on_ray import RayPool
from augreg.learn.trainings import Result, Setup, load, store

Key = tuple[str, int]
"""Name of an arm, and a seed."""

FIRST: Final = 3
"""Seeds of the main arms, then of the operations, before any further one: with a small budget all is known a little."""

MAIN: Final = ("none", "repeat", "trivial", "pipeline")
"""Kinds of arms that every other one is compared with."""

Progress = Callable[[int, int], None]


def ordered(arms: Sequence[Arm], seeds: Sequence[int]) -> list[tuple[Arm, int]]:
    """Return the trainings in the order in which they are done."""
    kinds = (MAIN, ("operation",), ("dose", "without"))
    groups = [[arm for arm in arms if arm.kind in kind] for kind in kinds]
    parts = (seeds[:FIRST], seeds[FIRST:])
    return [(arm, seed) for part in parts for group in groups for seed in part for arm in group]


def run(
    setup: Setup,
    arms: Sequence[Arm],
    seeds: Sequence[int],
    folder: Path,
    *,
    workers: int = 1,
    engine: str = "process",
    ray_address: str | None = None,
    budget: float | None = None,
    progress: Progress = lambda done, wanted: None,
) -> dict[Key, Result]:
    """Return what each training gave; those that the budget did not afford are not there.

    Args:
        setup: what they share.
        arms, seeds: which trainings.
        folder: where each is kept, and looked for first.
        workers: processes; of "ray" the CPUs of a local Ray.
        engine, ray_address: "process", or "ray" and where its cluster is.
        budget: seconds, from now on. A training is begun if it would end in time, if it took as long as the longest.
        progress: called with how many are done, and how many there are.

    """
    end = None if budget is None else time.monotonic() + budget
    wanted = ordered(arms, seeds)
    found: dict[Key, Result] = {}
    missing = []
    for arm, seed in wanted:
        known = load(folder, setup.name(arm, seed))
        if known is None:
            missing.append((arm, seed))
        else:
            found[arm.name, seed] = known
    progress(len(found), len(wanted))
    pooled = _on_ray(setup, workers, ray_address) if engine == "ray" else _pool(setup, min(workers, len(missing)))
    for arm, seed, result in _done(pooled, missing, end) if missing else ():
        store(folder, setup.name(arm, seed), result)
        found[arm.name, seed] = result
        progress(len(found), len(wanted))
    return found


def check_learns(setup: Setup, folder: Path) -> None:
    """Train on ten samples, and refuse a model that does not learn them; see :meth:`Setup.check_learns`."""
    arm = Arm("ten samples", "overfit")
    name = setup.name(arm, 0)
    result = load(folder, name)
    if result is None:
        result = setup.train(arm, 0)
        store(folder, name, result)
    setup.check_learns(result)


Submit = Callable[[Arm, int], "Future[Result]"]


def _done(
    pooled: AbstractContextManager[tuple[Submit, Callable[[], int]]],
    missing: Sequence[tuple[Arm, int]],
    end: float | None,
) -> Iterator[tuple[Arm, int, Result]]:
    longest = 0.0
    with pooled as (submit, width):
        running: dict[Future[Result], tuple[Arm, int]] = {}
        left = list(missing)
        while left or running:
            while left and len(running) < width():
                if end is not None and time.monotonic() + longest > end:
                    left.clear()
                    break
                arm, seed = left.pop(0)
                running[submit(arm, seed)] = arm, seed
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                arm, seed = running.pop(future)
                result = future.result()
                longest = max(longest, result.seconds)
                yield arm, seed, result


@contextmanager
def _pool(setup: Setup, workers: int) -> Iterator[tuple[Submit, Callable[[], int]]]:
    """Give what begins a training, here and now for one worker, in a process of their own for several; and how many."""
    if workers < 2:
        yield lambda arm, seed: _here(setup, arm, seed), lambda: 1
        return
    # Spawned, as threads of torch do not survive a fork; pickled here, as torch would open a file for each tensor.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _prepare, (pickle.dumps(setup),))
    try:
        yield lambda arm, seed: pool.submit(_train, arm, seed), lambda: workers
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _on_ray(setup: Setup, cpus: int, address: str | None) -> Iterator[tuple[Submit, Callable[[], int]]]:
    """Give what begins a training on a Ray cluster, and how many it does at once."""
    pool = RayPool(setup, cpus, address)
    try:
        yield lambda arm, seed: pool.submit(Setup.train, arm, seed), lambda: pool.width
    finally:
        pool.close()


def _here(setup: Setup, arm: Arm, seed: int) -> Future[Result]:
    future: Future[Result] = Future()
    future.set_result(setup.train(arm, seed))
    return future


_HELD: dict[str, Setup] = {}
"""The setup of a worker."""


def _prepare(pickled: bytes) -> None:
    _HELD["setup"] = pickle.loads(pickled)


def _train(arm: Arm, seed: int) -> Result:
    return _HELD["setup"].train(arm, seed)


def by_seed(found: Mapping[Key, Result], arm: str) -> dict[int, Result]:
    """Return the trainings of an arm, in the order of the seeds."""
    return {seed: found[name, seed] for name, seed in sorted(found, key=lambda key: key[1]) if name == arm}


def mean_seconds(results: Mapping[int, Any]) -> float | None:
    """Return how long a training took on average."""
    return sum(result.seconds for result in results.values()) / len(results) if results else None
