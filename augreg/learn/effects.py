"""One arm of an experiment as compared with others, and what models make of an operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from augreg.learn.examples import Arm
from augreg.learn.intervals import Interval

BASELINES: Final = ("none", "repeat")
"""Kinds of arms without augmentation."""

SHARES: Final = frozenset({"accuracy", "macro_f1", "macro_recall", "ece", "map", "map50", "recall"})
"""Metrics that are shares, which people read in percent and whose differences are points."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One arm, and how it differs from others over the seeds that both have.

    Args:
        arm: the arm.
        numbers: metric -> its mean over seeds; {} where nothing was measured.
        to_none, to_control: difference of the main metric to no augmentation, and to as many looks without; None where
            it was not measured, or is 0 by definition.
        to_trivial: of a pipeline, its difference to ``trivial``, which it has to beat.
        to_parent: of a variant, its difference to what it is a variant of.
        wins: in how many seeds it was above the control.
        classes: class -> difference of its recall, or of boxes its average precision, to the control, in intervals that
            hold for all classes together.
        seconds: of a training.

    """

    arm: Arm
    numbers: Mapping[str, Interval]
    to_none: Interval | None
    to_control: Interval | None
    to_trivial: Interval | None
    to_parent: Interval | None
    wins: int
    classes: Mapping[str, Interval]
    seconds: float | None

    @property
    def verdict(self) -> str:
        """One of "not measured", "helps", "hurts", "no difference shown", "baseline"."""
        if not self.numbers:
            return "not measured"
        if self.arm.kind in BASELINES:
            return "baseline"
        found = self.to_control
        if found is None or found.half is None:
            return "not measured"
        return "helps" if found.above else "hurts" if found.below else "no difference shown"

    @property
    def harmed(self) -> list[str]:
        """The classes that are recognized less often, the worst first; none of what others are compared with."""
        if self.arm.kind in BASELINES:
            return []
        found = [name for name, effect in self.classes.items() if effect.below]
        return sorted(found, key=lambda name: self.classes[name].mean)

    @property
    def harmful(self) -> bool:
        """Whether it hurts, or a class is recognized less often."""
        return self.verdict == "hurts" or bool(self.harmed)

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
        return {name: getattr(self, name) for name in ("to_none", "to_control", "to_trivial", "to_parent")}


@dataclass(frozen=True, slots=True)
class Judged:
    """What trained models make of test samples that an operation has changed.

    Args:
        affinity: how much less a model that was trained without augmentation recognizes, in shares.
        kept: what a model that was trained with ``trivial`` recognizes of them, as a share of what it recognizes of
            the same samples as they are.
        changed: the share of the samples whose values it changes.
        diversity: the loss on the training samples that it augments, when a model has been trained with it, as so many
            times that without augmentation (Gontijo-Lopes et al., 2020, arXiv:2002.08973).
        shift: how many times as far as two halves of the plain samples those that it has changed are from plain ones.

    """

    affinity: Interval | None
    kept: Interval | None
    changed: Interval | None = None
    diversity: Interval | None = None
    shift: Interval | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        found = {name: getattr(self, name) for name in ("affinity", "kept", "changed", "diversity", "shift")}
        return {name: None if one is None else one.to_json() for name, one in found.items()}
