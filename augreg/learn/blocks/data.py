"""G: what is in the data more than once, across the split, or wrong by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augreg.jobs.cleaning.kinds import KINDS
from augreg.learn.blocks.base import Block
from augreg.learn.doubles import NAMED

if TYPE_CHECKING:
    from augreg.learn.outcome import Outcome

TITLE = "The data"
HEADS = ("what", "how many")


def block(outcome: Outcome) -> Block:
    """Return the block."""
    found, counts = outcome.doubles, outcome.data["counts"]
    rows = [("smallest and largest class", f"{min(counts)} and {max(counts)} samples")]
    for code in sorted({code for out in outcome.cleaned.values() for code in out.values()}):
        each = [sum(held == code for held in out.values()) for out in outcome.cleaned.values()]
        span = str(each[0]) if len({*each}) == 1 else f"{min(each)} to {max(each)} of a seed"
        rows.append((f"left out of the training by cleaning: {KINDS.get(code, code)}", span))
    flags = []
    if found.why:
        rows.append(("nearly equal samples", f"not measured: {found.why}"))
        return Block("G", TITLE, HEADS, tuple(rows))
    rows.append(("pairs of nearly equal samples", str(found.near)))
    rows.append(("of these one in training, one in test (first seed)", str(len(found.across))))
    rows += [(KINDS.get(code, code), str(count)) for code, count in found.faults.items()]
    if found.across:
        some = "; ".join(f"{one} and {two} ({alike:.2f})" for one, two, alike in found.across[:NAMED])
        flags.append(
            f"{len(found.across)} test samples are nearly the same as training samples, so the test is easier than it "
            f"looks: {some}. Put them on one side by groups (--groups), or see augreg clean."
        )
    return Block("G", TITLE, HEADS, tuple(rows), tuple(flags))
