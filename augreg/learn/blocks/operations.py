"""D: what trained models make of each operation, and which do nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augreg.learn.arms import at_level
from augreg.learn.blocks.base import Block, apart, told
from augreg.learn.variants import DOSES

if TYPE_CHECKING:
    from augreg.learn.outcome import Outcome

TITLE = "Operations alone, judged by trained models"
HEADS = ("operation", "affinity", "kept by a judge", "changed", "diversity", "distance")
ALIKE = 0.005
"""A hundredth of which half is rounding: below it an affinity of a few hundred samples is 0."""

SPREAD = 0.1
"""How far from 1 the diversity of a dead operation may be."""

KEPT = 0.9
"""Of what a judge recognizes as it is; below it an operation at this level may change what samples are."""


def block(outcome: Outcome) -> Block:
    """Return the block."""
    if not outcome.judged:
        return Block("D", TITLE, why="there are no operations; give a pipeline, or operations=... (--operations)")
    rows, flags = [], []
    operations = [effect.arm.name for effect in outcome.effects if effect.arm.kind == "operation"]
    levels = {op: [at_level(op, level) for level in (*DOSES, 1.0)] for op in operations}
    for op in operations:
        for name in [op, *(level for level in levels[op] if level in outcome.judged)]:
            one = outcome.judged[name]
            rows.append(
                (
                    name,
                    apart(one.affinity, outcome.metric),
                    told(one.kept, "accuracy"),
                    told(one.changed, "accuracy"),
                    "" if one.diversity is None else told(one.diversity, "ratio"),
                    "" if one.shift is None else told(one.shift, "ratio"),
                )
            )
        flags += _flags(outcome, op, [level for level in levels[op] if level in outcome.judged])
    return Block("D", TITLE, HEADS, tuple(rows), tuple(flags))


def _flags(outcome: Outcome, name: str, levels: list[str]) -> list[str]:
    one, found = outcome.judged[name], []
    if one.changed is not None and one.changed.mean == 0:
        return [f"{name} changes no sample of the test: it does nothing on such data. Leave it out."]
    dead = one.affinity is not None and abs(one.affinity.mean) < ALIKE and one.diversity is not None
    if dead and one.diversity is not None and abs(one.diversity.mean - 1) < SPREAD:
        found.append(f"{name} is dead for this model: it recognizes all as before, and fits it as fast. Leave it out.")
    low = [level for level in levels if (kept := outcome.judged[level].kept) and kept.mean < KEPT]
    if low:
        kept = outcome.judged[low[0]].kept
        assert kept is not None
        found.append(
            f"{low[0]}: a judge recognizes {kept.mean:.0%} of what it recognizes unchanged; stay below that level."
        )
    return found
