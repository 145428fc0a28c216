"""The confirmation: finalists against `policy.trivial`, with fresh seeds, on samples that no trial has seen."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg.learn.data import Data
from augreg.learn.intervals import Interval, interval
from augreg.learn.searching.crossed import crossed
from augreg.learn.searching.pool import Job
from augreg.learn.searching.space import Candidate
from augreg.learn.searching.work import APART, FINALISTS, FRESH, Trial, Work, gain, ranked
from augreg.learn.splits import Splitter
from augreg.learn.trainings import Result

LEVEL: Final = 0.95
"""Confidence of the intervals, of all finalists together (Bonferroni)."""

FEW: Final = 5
"""Groups in the part held back below which an interval over groups tells nothing, and one over samples is taken."""


@dataclass(frozen=True)
class Finalist:
    """A candidate that was confirmed, or not.

    Args:
        candidate: the policy.
        trial: how much better than trivial it was in the trials.
        number: its metric on the part held back.
        trivial: that of trivial.
        to_trivial, to_none: the differences.

    """

    candidate: Candidate
    trial: float
    number: Interval
    trivial: Interval
    to_trivial: Interval
    to_none: Interval

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        said = ("number", "trivial", "to_trivial", "to_none")
        return {
            "steps": self.candidate.steps,
            "settings": dict(self.candidate.settings),
            "gain_in_trials": self.trial,
            **{name: getattr(self, name).to_json() for name in said},
        }


def finalists(work: Work) -> list[tuple[Trial, float]]:
    """Return the trials that were better than trivial, the best first, with how much."""
    found = []
    for trial in ranked(work.trials):
        better = gain(trial, work.base_of(trial))
        if trial.candidate.steps not in (None, work.space.base.steps) and better > 0:
            found.append((trial, better))
    return found[:FINALISTS]


def confirm(
    work: Work, chosen: Sequence[tuple[Trial, float]], whole: Data, splitter: Splitter, seeds: int
) -> list[Finalist]:
    """Return the finalists as compared, over as many of the seeds as the budget affords, at least 2; else none."""
    bare = Candidate(None)
    bases = {
        repr(one.candidate.settings): Candidate(work.space.base.steps, one.candidate.settings) for one, _ in chosen
    }
    arms = [*(one.candidate for one, _ in chosen), *bases.values(), bare]
    held: dict[int, list[Result]] = {}
    work.budget.reserved = 0
    for seed in (work.seed * APART + FRESH + place for place in range(seeds)):
        lasting = work.budget.lasting * math.ceil(len(arms) / work.budget.workers)
        if work.budget.end is not None and time.monotonic() + lasting > work.budget.end:
            break
        results = work.results([Job("confirm", arm, seed) for arm in arms])
        held[seed] = [result for result in results if result is not None]
        if len(held[seed]) < len(arms):
            return []  # a setting of the trainer that diverges now and then is nothing to recommend
    if len(held) < 2:
        return []
    named = list(bases)
    compare = _Compare(held, splitter, units(whole), 1 - (1 - LEVEL) / len(chosen))
    return [
        compare.finalist(trial, better, place, len(chosen) + named.index(repr(trial.candidate.settings)), len(arms) - 1)
        for place, (trial, better) in enumerate(chosen)
    ]


@dataclass(frozen=True)
class _Compare:
    held: dict[int, list[Result]]
    splitter: Splitter
    units: list[list[int]]
    level: float

    def finalist(self, trial: Trial, better: float, place: int, base: int, bare: int) -> Finalist:
        seeds = list(self.held)
        number, trivial = (interval([self.held[s][arm].main for s in seeds], seeds) for arm in (place, base))
        to_trivial, to_none = (self._difference(place, other) for other in (base, bare))
        return Finalist(trial.candidate, better, number, trivial, to_trivial, to_none)

    def _difference(self, arm: int, other: int) -> Interval:
        seeds = list(self.held)
        if not all(self.held[s][arm].measured.right and "accuracy" in _first(self.held[s][arm]) for s in seeds):
            values = [self.held[s][arm].main - self.held[s][other].main for s in seeds]
            return interval(values, seeds, self.level)
        rows = [self._right(s, arm) - self._right(s, other) for s in seeds]
        return crossed(np.stack(rows), self.units, seeds, self.level)

    def _right(self, seed: int, arm: int) -> NDArray[np.float64]:
        """Return which samples of the part held back were recognized, in the order of the data."""
        _, tests = self.splitter.of(seed)
        found = np.zeros(len(self.splitter.data.examples))
        found[tests] = [float(mark) for mark in self.held[seed][arm].measured.right]
        return found[np.sort(tests)]


def _first(result: Result) -> list[str]:
    return list(result.measured.numbers)[:1]


def units(whole: Data) -> list[list[int]]:
    """Return the samples of the part held back by which belong together: of one group, where there are some groups."""
    assert whole.is_test is not None
    tests = np.flatnonzero(whole.is_test)
    place = {int(sample): rank for rank, sample in enumerate(tests)}
    few = groups_held(whole) < FEW
    data = Data(whole.examples, None, whole.is_test) if few else whole
    return [[place[one] for one in unit if one in place] for unit in data.units if any(one in place for one in unit)]


def groups_held(whole: Data) -> int:
    """Return how many groups the part held back has; 0 of data without groups."""
    if whole.groups is None or whole.is_test is None:
        return 0
    return len({group for group, held in zip(whole.groups, whole.is_test, strict=True) if held})
