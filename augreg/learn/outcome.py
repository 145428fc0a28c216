"""What an evaluation found: the numbers of each arm, differences over paired seeds, and who is harmed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np

from augreg.learn.arms import CONTROL
from augreg.learn.blocks import Block, blocks
from augreg.learn.doubles import Doubles
from augreg.learn.effects import Effect, Judged
from augreg.learn.examples import Arm
from augreg.learn.intervals import Interval, interval
from augreg.learn.probes import CORRUPTED
from augreg.learn.projection import Projection
from augreg.learn.schedule import MAIN, Key, by_seed, mean_seconds
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
        doubles: what is in the data more than once.
        projection: samples and augmented ones as points.
        cleaned: seed -> place of a training sample that cleaning left out -> code; {} without cleaning.

    """

    data: Mapping[str, Any]
    model: str
    arms: Sequence[Arm]
    seeds: Sequence[int]
    classes: Sequence[str]
    results: Mapping[Key, Result]
    notes: Sequence[str] = field(default=())
    doubles: Doubles = field(default_factory=lambda: Doubles(why="nothing was looked for"))
    projection: Projection = field(default_factory=lambda: Projection(why="nothing was looked for"))
    cleaned: Mapping[int, Mapping[int, str]] = field(default_factory=dict)

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

    @cached_property
    def blocks(self) -> list[Block]:
        """The tables B to J of the report, with what stands out in them."""
        return blocks(self)

    @property
    def flags(self) -> list[str]:
        """What stands out in the blocks, and what to do."""
        return [flag for block in self.blocks for flag in block.flags]

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
        # Of several operations, or variants of one arm, some would stand out by chance.
        alike = sum((one.kind, one.of) == (arm.kind, arm.of) for one in self.arms)
        level = LEVEL if arm.kind in MAIN else 1 - (1 - LEVEL) / alike
        to_control = self._difference(arm.name, self.control, level)
        wins = 0 if to_control is None else sum(value > 0 for value in to_control.values)
        seconds = mean_seconds(own)
        to_none = self._difference(arm.name, "none", level)
        to_trivial = self._difference(arm.name, "trivial", level) if arm.kind == "pipeline" else None
        to_parent = self._difference(arm.name, arm.of, level) if arm.of else None
        classes = self._classes(arm.name)
        return Effect(arm, numbers, to_none, to_control, to_trivial, to_parent, wins, classes, seconds)

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
        """Operation, or operation at a level -> what models make of samples that it has changed."""
        there = dict.fromkeys(name for one in self.results.values() for name in one.probes["changed"])
        names = dict.fromkeys([*(arm.name for arm in self.arms if arm.kind == "operation"), *there])
        return {
            name: Judged(
                self._judged("none", name, lambda changed, plain: changed - plain),
                self._judged("trivial", name, lambda changed, plain: changed / plain if plain else None),
                self._probed("none", "changed", name),
                self._diversity(name),
                self._probed("trivial", "shift", name),
            )
            for name in names
        }

    def _judged(self, arm: str, operation: str, compare: Any) -> Interval | None:
        results = by_seed(self.results, arm)
        there = {seed: one.judged for seed, one in results.items() if operation in one.judged}
        return _known({seed: compare(judged[operation], judged[""]) for seed, judged in there.items()})

    def _probed(self, arm: str, kind: str, name: str) -> Interval | None:
        results = by_seed(self.results, arm)
        return _known({seed: one.probes[kind].get(name) for seed, one in results.items()})

    def _diversity(self, operation: str) -> Interval | None:
        pairs = self._pairs(operation, "none")
        losses = {seed: [held.measured.numbers.get("train_loss") for held in (one, two)] for seed, one, two in pairs}
        return _known({seed: one / two if one and two else None for seed, (one, two) in losses.items()})

    def corrupted(self, arm: str, name: str) -> Interval | None:
        """Return what an arm reaches on a corrupted test."""
        return self._probed(arm, "corrupted", name)

    def corrupted_to_control(self, arm: str, name: str) -> Interval | None:
        """Return how far an arm is from the control on a corrupted test."""
        pairs = self._pairs(arm, self.control)
        there = {
            seed: (one.probes["corrupted"].get(name), two.probes["corrupted"].get(name)) for seed, one, two in pairs
        }
        known = {seed: one - two for seed, (one, two) in there.items() if one is not None and two is not None}
        grain = 0.0 if self.metric != "accuracy" else 1.0 / min([CORRUPTED, *(one.test for _, one, _ in pairs)])
        return interval(list(known.values()), list(known), grain=grain) if known else None

    def groups(self, arm: str) -> dict[str, tuple[Interval, Interval | None]]:
        """Return group -> its accuracy, and the difference to the control, over the seeds in whose test it is.

        Differences hold for all groups together, as those of classes do.
        """
        own = by_seed(self.results, arm)
        names = sorted({name for result in own.values() for name in result.groups})
        pairs, level = self._pairs(arm, self.control), 1 - (1 - LEVEL) / max(1, len(names))
        found = {}
        for name in names:
            accuracy = _known({seed: _accuracy(one, name) for seed, one in own.items()})
            there = {seed: (_accuracy(one, name), _accuracy(two, name)) for seed, one, two in pairs}
            apart = {seed: a - b for seed, (a, b) in there.items() if a is not None and b is not None}
            counts = [one.groups[name][1] for _, one, _ in pairs if name in one.groups]
            grain = 1.0 / min(counts) if counts else 0.0
            difference = interval(list(apart.values()), list(apart), level, grain) if apart else None
            if accuracy is not None:
                found[name] = accuracy, difference
        return found

    def confusion(self, arm: str) -> list[list[int]] | None:
        """Return who was taken for whom, summed over seeds; None where the task returned no predictions."""
        tables = [one.measured.confusion for one in by_seed(self.results, arm).values() if one.measured.confusion]
        return np.sum(tables, 0).tolist() if tables else None

    def f1(self, arm: str) -> dict[str, Interval]:
        """Return the F1 of each class, as a mean over seeds."""
        results = by_seed(self.results, arm)
        found = {}
        for code, name in enumerate(self.classes):
            one = _known({seed: held.measured.f1[code] for seed, held in results.items() if held.measured.f1})
            if one is not None:
                found[name] = one
        return found

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
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
            "operations": {name: one.to_json() for name, one in self.judged.items()},
            "doubles": self.doubles.to_json(),
            "projection": self.projection.to_json(),
            **(
                {"cleaned": {str(seed): Counter(out.values()) for seed, out in self.cleaned.items()}}
                if self.cleaned
                else {}
            ),
            "blocks": {block.letter: block.to_json() for block in self.blocks},
        }


def _known(values: Mapping[int, float | None]) -> Interval | None:
    """Return the interval over the seeds that have a number."""
    known = {seed: value for seed, value in values.items() if value is not None}
    return interval(list(known.values()), list(known)) if known else None


def _accuracy(result: Result, group: str) -> float | None:
    known, there = result.groups.get(group, (0, 0))
    return known / there if there else None
