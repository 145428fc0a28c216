"""What an evaluation found: the numbers of each arm, differences over paired seeds, and who is harmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np

from augreg.learn.arms import CONTROL
from augreg.learn.effects import Effect, Judged
from augreg.learn.examples import Arm
from augreg.learn.intervals import Interval, interval
from augreg.learn.schedule import Key, by_seed, mean_seconds
from augreg.learn.telling import sentence
from augreg.learn.trainings import Result

LEVEL: Final = 0.95
"""Confidence of intervals: of several operations, or classes, together (Bonferroni)."""


@dataclass(frozen=True)
class Outcome:
    """What :func:`augreg.learn.evaluate` found.

    Args:
        data: name, modality, counts of samples and classes.
        model: what was trained.
        arms: what was compared.
        seeds: of the trainings.
        classes: the names of the classes.
        results: (arm, seed) -> training; those that the budget did not afford are not there.
        notes: what the user should know of the data.

    """

    data: Mapping[str, Any]
    model: str
    arms: Sequence[Arm]
    seeds: Sequence[int]
    classes: Sequence[str]
    results: Mapping[Key, Result]
    notes: Sequence[str] = field(default=())

    @property
    def control(self) -> str:
        """The arm that others are compared with."""
        return CONTROL if any(arm.name == CONTROL for arm in self.arms) else "none"

    @cached_property
    def metric(self) -> str:
        """What arms are compared by."""
        return next((next(iter(result.measured.numbers)) for result in self.results.values()), "accuracy")

    @cached_property
    def effects(self) -> list[Effect]:
        """Each arm, as compared."""
        return [self._effect(arm) for arm in self.arms]

    @property
    def summary(self) -> str:
        """What was found, in plain words."""
        return sentence(self.effects, self.metric, self.control)

    def effect(self, name: str) -> Effect:
        """Return one arm by its name."""
        return next(effect for effect in self.effects if effect.arm.name == name)

    @property
    def harmful(self) -> list[Effect]:
        """The arms that hurt, or in which a class is recognized less often."""
        return [one for one in self.effects if one.harmful]

    def _effect(self, arm: Arm) -> Effect:
        own = by_seed(self.results, arm.name)
        names = next((list(result.measured.numbers) for result in own.values()), [])
        numbers = {
            name: interval([result.measured.numbers[name] for result in own.values()], list(own)) for name in names
        }
        operations = sum(one.kind == "operation" for one in self.arms)
        level = 1 - (1 - LEVEL) / operations if arm.kind == "operation" else LEVEL
        to_control = self._difference(arm.name, self.control, level)
        wins = 0 if to_control is None else sum(value > 0 for value in to_control.values)
        seconds = mean_seconds(own)
        to_none = self._difference(arm.name, "none", level)
        to_trivial = self._difference(arm.name, "trivial", level) if arm.kind == "pipeline" else None
        return Effect(arm, numbers, to_none, to_control, to_trivial, wins, self._classes(arm.name), seconds)

    def _pairs(self, arm: str, other: str) -> list[tuple[int, Result, Result]]:
        own, theirs = by_seed(self.results, arm), by_seed(self.results, other)
        return [] if arm == other else [(seed, own[seed], theirs[seed]) for seed in own if seed in theirs]

    def _difference(self, arm: str, other: str, level: float) -> Interval | None:
        pairs = self._pairs(arm, other)
        values = [one.main - two.main for _, one, two in pairs]
        return interval(values, [seed for seed, *_ in pairs], level, self._grain(pairs)) if pairs else None

    def _grain(self, pairs: Sequence[tuple[int, Result, Result]], code: int | None = None) -> float:
        """Return the step in which accuracy, or the recall of a class, comes; 0 of metrics that are no counts."""
        tables = [np.asarray(one.measured.confusion) for _, one, _ in pairs if one.measured.confusion]
        if not tables or self.metric != "accuracy":
            return 0.0
        return 1.0 / max(1, min(int((table if code is None else table[code]).sum()) for table in tables))

    def _classes(self, arm: str) -> dict[str, Interval]:
        found, level = {}, 1 - (1 - LEVEL) / len(self.classes)
        pairs = self._pairs(arm, self.control)
        for code, name in enumerate(self.classes):
            there = [
                (seed, first - second)
                for seed, one, two in pairs
                if one.measured.each
                and (first := one.measured.each[code]) is not None
                and (second := two.measured.each[code]) is not None
            ]
            if there:
                values, seeds = [value for _, value in there], [seed for seed, _ in there]
                found[name] = interval(values, seeds, level, self._grain(pairs, code))
        return found

    @cached_property
    def judged(self) -> dict[str, Judged]:
        """Operation -> what models make of samples that it has changed."""
        names = [arm.name for arm in self.arms if arm.kind == "operation"]
        return {
            name: Judged(
                self._judged("none", name, lambda changed, plain: changed - plain),
                self._judged("trivial", name, lambda changed, plain: changed / plain if plain else None),
            )
            for name in names
        }

    def _judged(self, arm: str, operation: str, compare: Any) -> Interval | None:
        results = by_seed(self.results, arm)
        there = {seed: one.judged for seed, one in results.items() if operation in one.judged}
        values = {seed: compare(judged[operation], judged[""]) for seed, judged in there.items()}
        known = {seed: value for seed, value in values.items() if value is not None}
        return interval(list(known.values()), list(known)) if known else None

    def confusion(self, arm: str) -> list[list[int]] | None:
        """Return who was taken for whom, summed over seeds; None where the task returned no predictions."""
        tables = [one.measured.confusion for one in by_seed(self.results, arm).values() if one.measured.confusion]
        return np.sum(tables, 0).tolist() if tables else None

    def f1(self, arm: str) -> dict[str, Interval]:
        """Return the F1 of each class, as a mean over seeds."""
        results = by_seed(self.results, arm)
        found = {}
        for code, name in enumerate(self.classes):
            held = {seed: one.measured.f1[code] for seed, one in results.items() if one.measured.f1}
            known = {seed: value for seed, value in held.items() if value is not None}
            if known:
                found[name] = interval(list(known.values()), list(known))
        return found

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        judged = {
            name: {"affinity": one.affinity and one.affinity.to_json(), "kept": one.kept and one.kept.to_json()}
            for name, one in self.judged.items()
        }
        arms = [
            {
                **effect.to_json(),
                "f1": {name: one.to_json() for name, one in self.f1(effect.arm.name).items()},
                "confusion": self.confusion(effect.arm.name),
            }
            for effect in self.effects
        ]
        return {
            "summary": self.summary,
            "data": dict(self.data),
            "model": self.model,
            "metric": self.metric,
            "control": self.control,
            "seeds": list(self.seeds),
            "classes": list(self.classes),
            "notes": list(self.notes),
            "arms": arms,
            "operations": judged,
        }
