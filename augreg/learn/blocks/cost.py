"""J: what augmenting costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augreg.learn.blocks.base import Block
from augreg.learn.schedule import by_seed

if TYPE_CHECKING:
    from augreg.learn.outcome import Outcome

TITLE = "What it costs (one thread)"
HEADS = ("arm", "seconds of a training", "samples augmented a second", "share of the training")
HALF = 0.5


def block(outcome: Outcome) -> Block:
    """Return the block."""
    rows, flags = [], []
    for effect in outcome.effects:
        results = list(by_seed(outcome.results, effect.arm.name).values())
        if not results:
            continue
        whole = sum(one.seconds for one in results)
        samples, spent = (sum(one.augmented[place] for one in results) for place in (0, 1))
        rate, share = (f"{samples / spent:,.0f}", f"{spent / whole:.0%}") if spent else ("", "")
        rows.append((effect.arm.name, f"{whole / len(results):.2f}", rate, share))
        if spent > HALF * whole and effect.arm.kind in ("trivial", "pipeline"):
            flags.append(
                f"{effect.arm.name}: augmenting takes longer than the model does. It runs in workers beside the model "
                "where a loader has some (augreg.loader)."
            )
    if not rows:
        return Block("J", TITLE, why="no training was done")
    return Block("J", TITLE, HEADS, tuple(rows), tuple(flags))
