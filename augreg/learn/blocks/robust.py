"""I: what is recognized of corrupted tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augreg.learn.blocks.base import Block, apart, told
from augreg.learn.schedule import MAIN

if TYPE_CHECKING:
    from augreg.learn.outcome import Outcome

TITLE = "Corrupted tests"
HEADS = ("test", "arm", "metric", "to control")


def block(outcome: Outcome) -> Block:
    """Return the block."""
    names = list(dict.fromkeys(name for one in outcome.results.values() for name in one.probes["corrupted"]))
    if not names:
        return Block("I", TITLE, why="name corruptions by corrupt (--corrupt default), or give full=True (--full)")
    rows, better = [], set()
    for name in names:
        for effect in outcome.effects:
            if effect.arm.kind in MAIN and (found := outcome.corrupted(effect.arm.name, name)) is not None:
                compared = outcome.corrupted_to_control(effect.arm.name, name)
                same = effect.arm.name == outcome.control
                rows.append(
                    (
                        name,
                        effect.arm.name,
                        told(found, outcome.metric),
                        "" if same else apart(compared, outcome.metric),
                    )
                )
                if compared is not None and compared.above:
                    better.add(effect.arm.name)
    flags = tuple(
        f"{one.arm.name} hurts on the clean test, and no corrupted one gains by it."
        for one in outcome.effects
        if one.arm.kind in ("trivial", "pipeline") and one.verdict == "hurts" and one.arm.name not in better
    )
    return Block("I", TITLE, HEADS, tuple(rows), flags)
