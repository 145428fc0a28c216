"""C: how well the training samples are fitted, augmented and plain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from augreg.learn.blocks.base import Block, told
from augreg.learn.intervals import Interval
from augreg.learn.schedule import by_seed

if TYPE_CHECKING:
    from augreg.learn.outcome import Outcome

TITLE = "Loss on training samples (as augmented) and on the test"
HEADS = ("arm", "train loss", "test loss", "epochs to plateau")
NEAR = 0.05
"""Share of the whole fall of the loss that may be left at the plateau."""


def block(outcome: Outcome) -> Block:
    """Return the block."""
    rows, flags, curves = [], [], {}
    for effect in outcome.effects:
        train, test = effect.numbers.get("train_loss"), effect.numbers.get("loss")
        if train is None or effect.arm.kind in ("dose", "without"):
            continue
        losses = [one.measured.losses for one in by_seed(outcome.results, effect.arm.name).values()]
        known = [held for held in losses if held]
        mean = [sum(column) / len(known) for column in zip(*known, strict=False)] if known else []
        plateau = str(_plateau(mean)) if mean else ""
        rows.append((effect.arm.name, told(train, "loss"), told(test, "loss"), plateau))
        if mean:
            curves[effect.arm.name] = [(float(epoch), loss, None) for epoch, loss in enumerate(mean, 1)]
        if test is not None and effect.arm.steps is not None and _low(train) > _high(test):
            flags.append(
                f"{effect.arm.name} is not fitted: its loss is {train.mean:.2g} on augmented training samples and "
                f"{test.mean:.2g} on plain test samples. Try fewer operations, or more steps."
            )
    if not rows:
        return Block("C", TITLE, why="the task told no train_loss")
    return Block("C", TITLE, HEADS, tuple(rows), tuple(flags), curves=curves, axis="epoch (of many, every so many)")


def _low(found: Interval) -> float:
    return found.mean - (math.inf if found.half is None else found.half)


def _high(found: Interval) -> float:
    return found.mean + (math.inf if found.half is None else found.half)


def _plateau(losses: Sequence[float]) -> int:
    """Return the first of the epochs that were kept in which nearly all of the fall is done."""
    lowest = min(losses)
    enough = lowest + NEAR * (losses[0] - lowest)
    return next(place for place, loss in enumerate(losses, 1) if loss <= enough)
