"""E: the pipeline with each step left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augreg.learn.blocks.base import BUDGET, FULL, Block, apart, told
from augreg.learn.telling import difference

if TYPE_CHECKING:
    from augreg.learn.outcome import Outcome

TITLE = "The pipeline with one step left out"
HEADS = ("arm", "metric", "to the pipeline")


def block(outcome: Outcome) -> Block:
    """Return the block."""
    measured = [effect for effect in outcome.effects if effect.arm.kind == "without" and effect.numbers]
    if not measured:
        several = any(effect.arm.kind == "operation" for effect in outcome.effects)
        if any(arm.kind == "without" for arm in outcome.arms):
            return Block("E", TITLE, why=BUDGET)
        return Block("E", TITLE, why=FULL if several else "there is no pipeline of several steps")
    rows = tuple(
        (
            effect.arm.name,
            told(effect.numbers.get(outcome.metric), outcome.metric),
            apart(effect.to_parent, outcome.metric),
        )
        for effect in measured
    )
    flags = tuple(
        f"{effect.arm.name} is better: {difference(effect.to_parent, outcome.metric)} ({effect.to_parent.n} seeds)."
        for effect in measured
        if effect.to_parent is not None and effect.to_parent.above
    )
    return Block("E", TITLE, HEADS, rows, flags)
