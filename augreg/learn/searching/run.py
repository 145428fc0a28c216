"""`search`: learned policies, each confirmed against `policy.trivial` before it is written."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from augreg.errors import ConfigError, listing, nearest
from augreg.learn.data import Data
from augreg.learn.examples import Task
from augreg.learn.on_ray import check_engine
from augreg.learn.probes import Probes
from augreg.learn.reading import read
from augreg.learn.schedule import check_learns
from augreg.learn.searching.confirm import FEW, Finalist, confirm, finalists, groups_held
from augreg.learn.searching.found import Found
from augreg.learn.searching.methods import BATCH, METHODS, TRIALS
from augreg.learn.searching.page import page
from augreg.learn.searching.parts import Parts, parts_of
from augreg.learn.searching.pool import pool
from augreg.learn.searching.smoothed import promising
from augreg.learn.searching.space import TUNED, Space
from augreg.learn.searching.work import FINALISTS, LOOKS, MORE, PROMISING, Budget, Progress, SpentError, Work
from augreg.learn.splits import Splitter
from augreg.learn.tasks import check_task, model_name
from augreg.learn.trainings import Setup

HELD: Final = 0.3
"""Share of the training samples on which finalists are compared."""

SHARE: Final = 0.3
"""Share of the rest on which each trial is scored."""

BUDGET: Final = 600.0
"""Seconds of a search of which nothing else is said."""


def search(
    data: Data | str | Path,
    *,
    method: str = "optuna",
    task: str | None = None,
    model: str | Task | None = None,
    operations: Sequence[Any] | str | Path = (),
    tune: Sequence[str] = (),
    seeds: int = 5,
    seed: int = 0,
    budget: float | None = None,
    trainings: int | None = None,
    workers: int = 1,
    engine: str = "process",
    ray_address: str | None = None,
    train_size: int | None = None,
    held_share: float = HELD,
    test_share: float | None = None,
    report: str | Path | None = None,
    progress: Progress = lambda done, wanted, said: None,
) -> Found:
    """Search a policy by short real trainings, and keep it only if it beats ``policy.trivial``.

    The samples of a given test are never looked at. Those of the training are cut in two, groups and equal samples
    together. Trials are trained and scored on splits of one part; the best of them, trivial and no augmentation are
    then trained on all of it with fresh seeds, and scored on the other part. A candidate wins if the interval of its
    difference to trivial, over these seeds and over the samples (or, of five and more, the groups), is above 0.

    Args:
        data: a folder or a list, see :func:`augreg.learn.read`, or what that returned.
        method: "optuna", "random", "cta" or "weights", see docs/policy-search.md.
        task, model, train_size: as for :func:`augreg.learn.evaluate`.
        operations: names or steps that policies may draw from, or a file of steps; those of ``policy.trivial`` if none.
        tune: settings of the trainer that are searched, too: "lr", "batch_size". Trivial is trained with the same.
        seeds: trainings of each finalist in the confirmation, at least 2.
        seed: another one gives another search.
        budget: seconds, ten minutes where no ``trainings`` are given.
        trainings: how many at most, those of the confirmation among them; then results are the same on any machine.
        workers: processes. Results do not hang on it.
        engine: "process", or "ray": trainings are tasks of a Ray cluster, of a local one with ``workers`` CPUs where no
            ``ray_address`` is given ("auto" for that of this machine).
        held_share: share of the training samples on which finalists are compared.
        test_share: share of data without a split that is held back for a test of your own, and not looked at.
        report: a folder for search.json, search.html and a file for each training; those that are there are not done
            again.
        progress: called with how many trainings are done, how many there may be, and the best so far.

    Raises:
        ConfigError: an argument is wrong; data has one class only or too few samples; training diverged; or the model
            does not even learn ten samples by heart.

    >>> import augreg.learn
    >>> data = augreg.learn.digits(150)
    >>> found = augreg.learn.search(data, method="random", model="sklearn:GaussianNB", trainings=50, seeds=2)
    >>> len(found.trials) > 0, found.data["held"]
    (True, 40)

    """
    _check(method, seeds, budget, trainings, workers, tune)
    check_engine(engine, ray_address)
    held = data if isinstance(data, Data) else read(data, test=False)
    check_task(task, held.modality)
    if test_share is not None and held.is_test is not None:
        raise ConfigError(f"test_share={test_share} would do nothing: {held.name} has a test of its own. Leave it out.")
    parts = parts_of(held, test_share, held_share, seed)
    names = model_name(model, held.modality)
    splitters = {
        "trials": Splitter(parts.trials, SHARE, train_size),
        "confirm": Splitter(parts.whole, train_size=train_size),
    }
    for splitter in splitters.values():
        splitter.check()
    setups = {name: Setup(splitter, model, Probes(), names) for name, splitter in splitters.items()}
    space = Space.of(operations, held.modality, tune, setups["trials"].task)
    last = _arms(bool(tune)) * seeds + (PROMISING + 1) * MORE
    limit = Budget(None, trainings, last, workers)
    if budget is not None or trainings is None:
        limit.begin(BUDGET if budget is None else budget)
    with ExitStack() as stack:
        out = Path(report) if report is not None else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        check_learns(setups["trials"], out / "trainings")
        doing = stack.enter_context(pool(setups, out / "trainings", workers, engine, ray_address))
        limit.workers = doing.workers
        most = TRIALS * LOOKS + last
        work = Work(
            space,
            parts.trials,
            splitters["trials"],
            setups["trials"].task,
            doing,
            limit,
            out,
            seed,
            most if trainings is None else min(most, trainings),
            progress,
        )
        outcome, compared = _searched(work, METHODS[method], parts, splitters["confirm"], seeds)
        found = _found(work, method, names, parts, outcome, compared, space)
    if report is not None:
        text = json.dumps(found.to_json(), indent=1, default=str) + "\n"
        Path(report).joinpath("search.json").write_text(text, encoding="ascii")
        Path(report).joinpath("search.html").write_text(page(found), encoding="utf-8")
    return found


def _arms(tuned: bool) -> int:
    """Return the trainings of each seed of the confirmation: finalists, none, and trivial with the settings of each."""
    return 2 * FINALISTS + 1 if tuned else FINALISTS + 2


def _check(
    method: str, seeds: int, budget: float | None, trainings: int | None, workers: int, tune: Sequence[str]
) -> None:
    if method not in METHODS:
        raise ConfigError(f"method {method!r} is unknown.{nearest(method, METHODS)} Methods: {listing(METHODS)}.")
    for name, value, least in (("seeds", seeds, 2), ("workers", workers, 1)):
        if value < least:
            raise ConfigError(f"{name} is {value}; it must be at least {least}.")
    if budget is not None and budget <= 0:
        raise ConfigError(f"budget is {budget} seconds; it must be above 0.")
    least = BATCH * LOOKS + (PROMISING + 1) * MORE + _arms(bool(tune)) * seeds
    if trainings is not None and trainings < least:
        raise ConfigError(
            f"trainings is {trainings}; {BATCH} trials, a second look at the best of them, and {seeds} seeds of the "
            f"confirmation take {least}. Give at least that, or fewer seeds."
        )


def _searched(work: Work, method: Any, parts: Parts, splitter: Splitter, seeds: int) -> tuple[str, Sequence[Finalist]]:
    """Return how it ended, and the finalists as compared. Ctrl-C ends the trials, or what is left of the search."""
    try:
        with suppress(SpentError):
            method(work)
        work.budget.reserved = _arms(any(name in TUNED for name in work.space.start)) * seeds
        for many in (PROMISING, FINALISTS, 1):  # as many as can be afforded
            with suppress(SpentError):
                work.look_again(promising(work.trials, work.space, many))
                break
        if not work.trials:
            return "not confirmed", []
        chosen = finalists(work)
        if not chosen:
            return "nothing better tried", []
        compared = confirm(work, chosen, parts.whole, splitter, seeds)
    except KeyboardInterrupt:
        return "interrupted", []
    if not compared:
        return "not confirmed", []
    return ("better" if any(one.to_trivial.above for one in compared) else "not better"), compared


def _found(
    work: Work,
    method: str,
    model: str,
    parts: Parts,
    outcome: str,
    compared: Sequence[Finalist],
    space: Space,
) -> Found:
    examples = parts.whole.examples
    groups = groups_held(parts.whole)
    notes = [*parts.notes, *space.notes]
    if 0 < groups < FEW and compared:
        notes.append(
            f"only {groups} groups were held back: the intervals hold for further samples of these, and say little of "
            "other groups"
        )
    facts = {
        "name": parts.whole.name.removeprefix("the training part of "),
        "modality": parts.whole.modality,
        "samples": len(examples),
        "classes": len(examples.classes),
        "groups": 0 if parts.whole.groups is None else len(set(parts.whole.groups)),
        "searched": len(parts.trials.examples),
        "held": parts.held,
        "counts": np.bincount(examples.labels, minlength=len(examples.classes)).tolist(),
        "digest": parts.whole.digest,
    }
    result = next(iter(work.pool.known.values()), None)
    metric = "accuracy" if result is None else next(iter(result.measured.numbers))
    used = compared[0].to_trivial.seeds if compared else ()
    base = space.base.steps or {}
    said = (used, parts.tests, tuple(notes), work.learned)
    return Found(facts, method, model, metric, work.trials, compared, base, outcome, *said)
