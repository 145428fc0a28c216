"""F: who is recognized less often, by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augreg.learn.blocks.base import Block, apart, told
from augreg.learn.schedule import MAIN
from augreg.learn.telling import difference

if TYPE_CHECKING:
    from augreg.learn.outcome import Outcome

TITLE = "Accuracy of each group"
HEADS = ("arm", "group", "seeds", "accuracy", "to control")
SHOWN = 10
"""Groups of an arm that the table shows, those that lose most."""


def block(outcome: Outcome) -> Block:
    """Return the block."""
    if not outcome.data.get("groups"):
        return Block("F", TITLE, why="the data has no groups; say whose a sample is by groups (--groups)")
    rows, flags = [], []
    for effect in outcome.effects:
        if effect.arm.kind not in MAIN:
            continue
        found = outcome.groups(effect.arm.name)
        worst = sorted(found, key=lambda name: (found[name][1] or found[name][0]).mean)
        for name in worst[:SHOWN]:
            own, compared = found[name]
            same = effect.arm.name == outcome.control
            rows.append(
                (
                    effect.arm.name,
                    name,
                    str(own.n),
                    told(own, "accuracy"),
                    "" if same else apart(compared, "accuracy"),
                )
            )
            if not same and compared is not None and compared.below and effect.arm.steps is not None:
                flags.append(f"{effect.arm.name} costs group {name}: {difference(compared, 'accuracy')}.")
        if len(worst) > SHOWN:
            rows.append((effect.arm.name, f"... {len(worst) - SHOWN} more", "", "", ""))
    if not rows:
        return Block("F", TITLE, why="the task returned no predictions")
    return Block("F", TITLE, HEADS, tuple(rows), tuple(flags))
