"""H: how far augmented samples are from plain ones, in the features of a model that was trained with trivial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augreg.learn.blocks.base import Block, told

if TYPE_CHECKING:
    from augreg.learn.outcome import Outcome

TITLE = "Distance of augmented samples from plain ones"
HEADS = ("operation", "times the distance of two plain halves", "kept by a judge")
FAR, KEPT = 10.0, 0.9
"""Both together: far away, and not recognized there by who was trained with augmentation."""


def block(outcome: Outcome) -> Block:
    """Return the block."""
    measured = {name: one for name, one in outcome.judged.items() if one.shift is not None}
    if not measured:
        return Block("H", TITLE, why="there are no operations, or the task has no embed(fitted, samples)")
    rows = tuple((name, told(one.shift, "ratio"), told(one.kept, "accuracy")) for name, one in measured.items())
    alone = {arm.name for arm in outcome.arms if arm.kind == "operation"}
    flags = tuple(
        f"{name} leads far away ({one.shift.mean:.0f} times as far as plain samples are apart), where a judge "
        f"recognizes {one.kept.mean:.0%}: it may make what is never met. Make it weaker, or leave it out."
        for name, one in measured.items()
        if name in alone  # levels of which that holds are named by block D
        if one.shift is not None and one.kept is not None and one.shift.mean > FAR and one.kept.mean < KEPT
    )
    return Block("H", TITLE, HEADS, rows, flags)
