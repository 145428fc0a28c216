"""What a method of search works with: it tries candidates, in batches, until the budget is spent."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from augreg.learn.data import Data
from augreg.learn.examples import Examples, Task
from augreg.learn.searching.pool import Job, Pool
from augreg.learn.searching.space import Candidate, Space
from augreg.learn.splits import Splitter
from augreg.learn.trainings import Result

Progress = Callable[[int, int, str], None]
"""Called with how many trainings are done, how many there may be, and the best so far in words."""

LOOKS: Final = 3
"""Seeds of every trial: each draws its own split of the part that is searched on."""

MORE: Final = 4
"""Further seeds of the most promising trials, and of trivial: the best of many was lucky, too."""

PROMISING: Final = 6

FINALISTS: Final = 3
"""Candidates that are confirmed. Their intervals hold for all of them together, so more of them are wider."""

FRESH: Final = 5_000
"""Seeds of the confirmation begin here: no trial has had them."""

APART: Final = 10_000
"""Seeds of a search lie so far from those of one with the next ``seed``."""


SOMETHING: Final = 1 / 2
"""The share of the time that the confirmation may have where a trial was better than trivial."""

NOTHING: Final = 1 / 4
"""The same where none was so far."""


class SpentError(Exception):
    """No further trainings can be afforded."""


@dataclass
class Trial:
    """One candidate, and what it gave on splits of the part that is searched on.

    Args:
        candidate: what was tried.
        scores: seed -> the metric; of one that diverged there is none.

    """

    candidate: Candidate
    scores: dict[int, float] = field(default_factory=dict)


@dataclass
class Budget:
    """What a search may cost.

    Args:
        end: when it has to be over, by :func:`time.monotonic`; None for any time.
        trainings: how many it may do, those of the confirmation among them; None for any number.
        reserved: how many the confirmation takes.
        workers: how many trainings are done at once.

    """

    end: float | None
    trainings: int | None
    reserved: int
    workers: int
    done: int = 0
    seconds: list[float] = field(default_factory=list)
    seconds_in_all: float = float("inf")
    """Seconds that there are in all."""

    share: float = SOMETHING
    """What the confirmation may have of them."""

    def begin(self, seconds: float) -> None:
        """Let the time begin."""
        self.seconds_in_all, self.end = seconds, time.monotonic() + seconds

    @property
    def lasting(self) -> float:
        """Seconds that nine in ten trainings do not exceed: the first ones of a process import libraries."""
        return sorted(self.seconds)[int(0.9 * (len(self.seconds) - 1))] if self.seconds else 0.0

    @property
    def kept_back(self) -> float:
        """Seconds that the confirmation is to have: what it takes, but at most a share of all."""
        # Its trainings learn from a third more samples; until one was done nobody knows how long it takes.
        wanted = 1.4 * self.lasting * self.reserved / self.workers
        return min(wanted, self.seconds_in_all * self.share)

    def lasts(self, many: int) -> bool:
        """Whether there is time for so many trainings, and for the confirmation."""
        wanted = self.lasting * many / self.workers + self.kept_back
        return self.end is None or time.monotonic() + wanted <= self.end

    def check(self, many: int, at_once: int | None = None) -> None:
        """Raise SpentError if so many trainings, and those of the confirmation, cannot be afforded.

        ``at_once`` is of how many the time has to suffice, where some of them would be of use.
        """
        over = self.trainings is not None and self.done + many + self.reserved > self.trainings
        if over or not self.lasts(many if at_once is None else at_once):
            raise SpentError


@dataclass
class Work:
    """What a method has.

    Args:
        space: the candidates.
        data: the samples that may be searched on.
        splitter: their splits; :meth:`parts` gives the samples of one.
        task: the model.
        pool: does trainings.
        budget: what may be afforded.
        folder: where a method may keep files, to go on after a stop.
        seed: of the search.
        wanted: how many trainings there may be.
        progress: shows how it goes on.

    """

    space: Space
    data: Data
    splitter: Splitter
    task: Task
    pool: Pool
    budget: Budget
    folder: Path
    seed: int
    wanted: int
    progress: Progress
    trials: list[Trial] = field(default_factory=list)
    learned: Mapping[str, Any] | None = None
    """What a method learned beside its trials."""

    def seeds(self, many: int = LOOKS, start: int = 0) -> list[int]:
        """Return seeds of trials: the same ones for each, so that they are compared on the same splits."""
        return [self.seed * APART + start + place for place in range(many)]

    def parts(self, seed: int) -> tuple[Examples, Examples]:
        """Return the training and the validation samples of a seed."""
        train, held = (self.data.examples.take(places) for places in self.splitter.of(seed))
        return train, held

    def attempt(self, candidates: Sequence[Candidate]) -> list[Trial]:
        """Train candidates on the splits of all trials, and return what that gave.

        Raises:
            SpentError: that cannot be afforded; what was tried before is in ``trials``.

        """
        trials = [Trial(candidate) for candidate in candidates]
        seeds = self.seeds()
        self.budget.check(len(trials) * len(seeds), len(seeds))
        try:
            for _ in self._trained(trials, seeds):
                better = any(gain(trial, self.base_of(trial, trials)) > 0 for trial in (*self.trials, *trials))
                self.budget.share = SOMETHING if better else NOTHING
                if not self.budget.lasts(1):
                    raise SpentError
        except (SpentError, KeyboardInterrupt):
            self.trials += [trial for trial in trials if trial.scores]
            raise
        self.trials += trials
        self._tell()
        return trials

    def look_again(self, chosen: Sequence[Trial]) -> None:
        """Give trials, and trivial with the same settings of the trainer, further seeds."""
        bases = {repr(trial.candidate.settings): self.base_of(trial) for trial in chosen}
        new = [base for base in bases.values() if not base.scores]
        several = [*chosen, *(base for base in bases.values() if all(base is not one for one in chosen))]
        self.budget.check(len(several) * MORE + len(new) * LOOKS)
        self._train(new, self.seeds())
        self.trials += new
        self._train(several, self.seeds(MORE, LOOKS))
        self._tell()

    def base_of(self, trial: Trial, more: Sequence[Trial] = ()) -> Trial:
        """Return the trial of trivial with the same settings of the trainer; one without scores if there is none."""
        same = (one for one in (*self.trials, *more) if one.candidate.steps == self.space.base.steps)
        found = next((one for one in same if one.candidate.settings == trial.candidate.settings), None)
        return found or Trial(Candidate(self.space.base.steps, trial.candidate.settings))

    def results(self, jobs: Sequence[Job]) -> list[Result | None]:
        """Return what each training gave, and count them."""
        found: list[Result | None] = [None] * len(jobs)
        for place, result in self._results(jobs):
            found[place] = result
        return found

    def _results(self, jobs: Sequence[Job]) -> Generator[tuple[int, Result | None], None, None]:
        """Give each training's place and what it gave, as it is done, and count it."""
        places = {id(job): place for place, job in enumerate(jobs)}
        with closing(self.pool.results(jobs)) as results:
            for job, result in results:
                self.count(0.0 if result is None else result.seconds)
                yield places[id(job)], result

    def count(self, seconds: float) -> None:
        """Count a training that took so long."""
        self.budget.done += 1
        self.budget.seconds.append(seconds)
        self._tell()

    def _train(self, trials: Sequence[Trial], seeds: Sequence[int]) -> None:
        self.budget.check(len(trials) * len(seeds))
        for _ in self._trained(trials, seeds):
            pass

    def _trained(self, trials: Sequence[Trial], seeds: Sequence[int]) -> Generator[None, None, None]:
        """Train candidates with seeds; what one gives is in its trial when this comes back for the next."""
        jobs = [Job("trials", trial.candidate, seed) for trial in trials for seed in seeds]
        with closing(self._results(jobs)) as results:
            for place, result in results:
                if result is not None:
                    trials[place // len(seeds)].scores[seeds[place % len(seeds)]] = result.main
                yield

    def _tell(self) -> None:
        best = ranked(self.trials)
        said = ""
        if best:
            first = mean(best[0])
            said = "best so far: trivial" if best[0].candidate.steps == self.space.base.steps else f"best {first:.4g}"
            base = self.base_of(best[0])
            if base.scores and said != "best so far: trivial":
                said += f", trivial {mean(base):.4g}"
        self.progress(self.budget.done, self.wanted, said)


def mean(trial: Trial) -> float:
    """Return the metric of a trial; of one that diverged, less than any."""
    return sum(trial.scores.values()) / len(trial.scores) if trial.scores else float("-inf")


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    """Return trials that differ, the best first; those with more seeds come before all that were given fewer."""
    several: dict[str, Trial] = {}
    for trial in trials:
        name = repr((trial.candidate.steps, sorted(trial.candidate.settings.items())))
        if name not in several or len(trial.scores) > len(several[name].scores):
            several[name] = trial
    return sorted(several.values(), key=lambda trial: (-len(trial.scores), -mean(trial)))


def gain(trial: Trial, base: Trial) -> float:
    """Return how much better a trial was than trivial over the seeds that both have."""
    seeds = trial.scores.keys() & base.scores.keys()
    if not seeds:
        return float("-inf")
    return sum(trial.scores[seed] - base.scores[seed] for seed in seeds) / len(seeds)


Method = Callable[[Work], None]
"""A method calls :meth:`Work.attempt` with candidates until it raises SpentError, or until it has no more."""
