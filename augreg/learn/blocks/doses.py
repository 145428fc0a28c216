"""B: what more and less of an augmentation does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augreg.learn.blocks.base import BUDGET, FULL, Block, apart, told
from augreg.learn.telling import difference

if TYPE_CHECKING:
    from augreg.learn.outcome import Outcome

TITLE = "More and less of it"
HEADS = ("arm", "dose", "metric", "to none", "to dose 1")


def block(outcome: Outcome) -> Block:
    """Return the block: doses 0 (none), 0.25 to 0.75, 1 and 2 of trivial and the pipeline."""
    measured = [effect for effect in outcome.effects if effect.arm.kind == "dose" and effect.numbers]
    if not measured:
        return Block("B", TITLE, why=BUDGET if any(arm.kind == "dose" for arm in outcome.arms) else FULL)
    rows, flags, curves = [], [], {}
    for name in dict.fromkeys(effect.arm.of for effect in measured):
        own = [effect for effect in measured if effect.arm.of == name]
        there = sorted([*((one.arm.dose or 0.0, one) for one in own), (1.0, outcome.effect(name))], key=lambda p: p[0])
        points = [(0.0, outcome.effect("none")), *there]
        rows += [
            (
                effect.arm.name,
                f"{dose:g}",
                told(effect.numbers.get(outcome.metric), outcome.metric),
                "" if effect.arm.kind == "none" else apart(effect.to_none, outcome.metric),
                apart(effect.to_parent, outcome.metric) if effect.arm.kind == "dose" else "",
            )
            for dose, effect in points
        ]
        found = [(dose, effect.numbers[outcome.metric]) for dose, effect in points if outcome.metric in effect.numbers]
        curves[name] = [(dose, one.mean, one.half) for dose, one in found]
        better = [one for one in own if one.to_parent is not None and one.to_parent.above]
        if better:
            best = max(better, key=lambda one: one.to_parent.mean if one.to_parent else 0.0)
            assert best.to_parent is not None
            what = "less" if (best.arm.dose or 0) < 1 else "more"
            flags.append(
                f"{name}: {what} of it is better: {best.arm.name}, {difference(best.to_parent, outcome.metric)} "
                f"({best.to_parent.n} seeds)."
            )
    return Block("B", TITLE, HEADS, tuple(rows), tuple(flags), curves=curves, axis="dose")
