"""One block of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from augreg.learn.intervals import Interval
from augreg.learn.telling import ABSENT, difference, number

FULL: Final = "give full=True (--full)"
"""What to do where a block needs trainings of its own."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block: the terminal, the page and the JSON file show the same.

    Args:
        letter: under which reports file it.
        title: what it shows.
        heads, rows: a table, whose first column names what a row is about.
        flags: sentences on what stands out, and what to do.
        why: why nothing was measured; "" where something was.
        curves: name -> (x, y, half an interval or None) of each point, for a plot.
        axis: what x is.

    """

    letter: str
    title: str
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    flags: tuple[str, ...] = ()
    why: str = ""
    curves: Mapping[str, Sequence[tuple[float, float, float | None]]] | None = None
    axis: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        if self.why:
            return {"title": self.title, "not measured": self.why}
        table = [dict(zip(self.heads, row, strict=True)) for row in self.rows]
        curves = {name: [list(point) for point in points] for name, points in (self.curves or {}).items()}
        return {
            "title": self.title,
            "table": table,
            "flags": list(self.flags),
            **({"curves": curves} if curves else {}),
        }


BUDGET: Final = "the budget did not afford it"


def told(found: Interval | None, metric: str) -> str:
    """Return a mean with its interval, or that there is none."""
    return ABSENT if found is None else number(found, metric)


def apart(found: Interval | None, metric: str) -> str:
    """Return a difference with its sign, or that there is none."""
    return ABSENT if found is None else difference(found, metric)
