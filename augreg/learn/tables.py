"""The rows of the tables of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from augreg.errors import listing
from augreg.learn.effects import Effect
from augreg.learn.intervals import Interval
from augreg.learn.outcome import Outcome
from augreg.learn.telling import ABSENT, difference, number

HEADS: Final = ("arm", "seeds", "metric", "to none", "to control", "wins", "verdict", "classes harmed")


def rows(outcome: Outcome) -> list[tuple[str, ...]]:
    """Return a row for each arm that is no variant of another; the head is :data:`HEADS`."""
    return [_row(outcome, effect) for effect in outcome.effects if not effect.arm.of]


def _row(outcome: Outcome, effect: Effect) -> tuple[str, ...]:
    found = effect.numbers.get(outcome.metric)
    if found is None:
        return (effect.arm.name, "0", *[ABSENT] * 3, "", ABSENT, "")
    compared = effect.to_control
    return (
        effect.arm.name,
        str(found.n),
        number(found, outcome.metric),
        _or_same(effect.to_none, outcome.metric, effect.arm.name == "none"),
        _or_same(compared, outcome.metric, effect.arm.name == outcome.control),
        "" if compared is None else f"{effect.wins}/{compared.n}",
        effect.verdict,
        listing(effect.harmed, len(outcome.classes)) if effect.harmed else "",
    )


def _or_same(found: Interval | None, metric: str, same: bool) -> str:
    return "" if same else ABSENT if found is None else difference(found, metric)


def metric_rows(outcome: Outcome) -> tuple[Sequence[str], list[tuple[str, ...]]]:
    """Return the head and the rows of all metrics, arm by arm; variants have tables of their own."""
    names = list(dict.fromkeys(name for effect in outcome.effects for name in effect.numbers))
    found = [
        (effect.arm.name, *(number(effect.numbers[n], n) if n in effect.numbers else ABSENT for n in names))
        for effect in outcome.effects
        if effect.numbers and not effect.arm.of
    ]
    return ("arm", *names), found
