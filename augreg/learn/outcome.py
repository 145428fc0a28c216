"""What an evaluation found: the numbers of each arm, differences over paired seeds, and who is harmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np

from augreg.learn.arms import CONTROL
from augreg.learn.examples import Arm
from augreg.learn.intervals import Interval, interval
from augreg.learn.schedule import Key, by_seed, mean_seconds
from augreg.learn.trainings import Result

LEVEL: Final = 0.95
"""Confidence of intervals: of several operations, or classes, together (Bonferroni)."""

SHARES: Final = frozenset({"accuracy", "macro_f1", "macro_recall", "ece"})
"""Metrics that are shares, which people read in percent and whose differences are points."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One arm, and how it differs from others over the seeds that both have.

    Args:
        arm: the arm.
        numbers: metric -> its mean over seeds; {} where nothing was measured.
        to_none, to_control: difference of the main metric to no augmentation, and to as many looks without; None where
            it was not measured, or is 0 by definition.
        wins: in how many seeds it was above the control.
        classes: class -> difference of its recall to the control, in intervals that hold for all classes together.
        seconds: of a training.

    """

    arm: Arm
    numbers: Mapping[str, Interval]
    to_none: Interval | None
    to_control: Interval | None
    wins: int
    classes: Mapping[str, Interval]
    seconds: float | None

    @property
    def verdict(self) -> str:
        """One of "not measured", "helps", "hurts", "no difference shown", "baseline"."""
        if not self.numbers:
            return "not measured"
        if self.arm.kind in ("none", "repeat"):
            return "baseline"
        found = self.to_control
        if found is None or found.half is None:
            return "not measured"
        return "helps" if found.above else "hurts" if found.below else "no difference shown"

    @property
    def harmed(self) -> list[str]:
        """The classes that are recognized less often, the worst first."""
        found = [name for name, effect in self.classes.items() if effect.below]
        return sorted(found, key=lambda name: self.classes[name].mean)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        plain = {name: None if one is None else one.to_json() for name, one in self._differences().items()}
        return {
            "arm": self.arm.name,
            "kind": self.arm.kind,
            "steps": self.arm.steps,
            "verdict": self.verdict,
            "harmed_classes": self.harmed,
            "numbers": {name: one.to_json() for name, one in self.numbers.items()},
            **plain,
            "wins": self.wins,
            "classes": {name: one.to_json() for name, one in self.classes.items()},
            "seconds": self.seconds,
        }

    def _differences(self) -> dict[str, Interval | None]:
        return {"to_none": self.to_none, "to_control": self.to_control}


@dataclass(frozen=True, slots=True)
class Judged:
    """What trained models make of test samples that an operation has changed.

    Args:
        affinity: how much less a model that was trained without augmentation recognizes, in shares.
        kept: what a model that was trained with ``trivial`` recognizes of them, as a share of what it recognizes of
            the same samples as they are.

    """

    affinity: Interval | None
    kept: Interval | None


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

    def effect(self, name: str) -> Effect:
        """Return one arm by its name."""
        return next(effect for effect in self.effects if effect.arm.name == name)

    @property
    def harmful(self) -> list[Effect]:
        """The arms that hurt, or in which a class is recognized less often."""
        return [one for one in self.effects if one.verdict == "hurts" or one.harmed]

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
        return Effect(arm, numbers, to_none, to_control, wins, self._classes(arm.name), seconds)

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
                if one.measured.recall
                and (first := one.measured.recall[code]) is not None
                and (second := two.measured.recall[code]) is not None
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
        from augreg.learn.telling import sentence

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
            "summary": sentence(self),
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
