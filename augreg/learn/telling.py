"""An outcome in words: the sentence on top, and the rows of its tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from augreg.errors import listing
from augreg.learn.intervals import Interval
from augreg.learn.outcome import SHARES, Effect, Outcome

ABSENT: Final = "not measured"

NAMED: Final = 4
"""Harmed classes that the sentence names; tables name all."""

HEADS: Final = ("arm", "seeds", "metric", "to none", "to control", "wins", "verdict", "classes harmed")
JUDGED: Final = ("operation alone", "affinity", "kept by a judge")


def sentence(outcome: Outcome) -> str:
    """Return what was found in plain words."""
    said = [_main(outcome, effect) for effect in outcome.effects if effect.arm.kind in ("pipeline", "trivial")]
    said.reverse()  # what the user gave comes first, then what it has to beat
    operations = [effect for effect in outcome.effects if effect.arm.kind == "operation"]
    said += [_main(outcome, effect) for effect in operations if effect.verdict == "hurts" or effect.harmed]
    quiet = [effect for effect in operations if effect.verdict != ABSENT and effect not in outcome.harmful]
    if quiet:
        said.append(f"Alone, {listing(effect.arm.name for effect in quiet)}: no harm shown.")
    if unknown := [effect.arm.name for effect in operations if effect.verdict == ABSENT]:
        said.append(f"Alone, {listing(unknown)}: {ABSENT}.")
    return " ".join(said)


def _main(outcome: Outcome, effect: Effect) -> str:
    name, found = effect.arm.name, effect.to_control
    if effect.verdict == ABSENT or found is None:
        few = found is not None and found.half is None
        return f"{name}: {ABSENT}{', as one seed tells no spread' if few else ''}."
    verb = {"helps": "helps", "hurts": "hurts"}.get(effect.verdict, "shows no difference")
    unit = f" points of {outcome.metric}" if outcome.metric in SHARES else f" in {outcome.metric}"
    said = f"{name} {verb}: {difference(found, outcome.metric)}{unit} ({found.n} seeds, against {outcome.control})"
    if effect.harmed:
        several = "classes" if len(effect.harmed) > 1 else "class"
        said += f"; it costs {several} {listing(effect.harmed, NAMED)}"
    return f"{said}."


def rows(outcome: Outcome) -> list[tuple[str, ...]]:
    """Return a row for each arm; the head is :data:`HEADS`."""
    return [_row(outcome, effect) for effect in outcome.effects]


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


def judged_rows(outcome: Outcome) -> list[tuple[str, ...]]:
    """Return a row for each operation; the head is :data:`JUDGED`."""
    return [
        (name, ABSENT if one.affinity is None else difference(one.affinity, outcome.metric), _share(one.kept))
        for name, one in outcome.judged.items()
    ]


def _share(found: Interval | None) -> str:
    return ABSENT if found is None else number(found, "accuracy")


def metric_rows(outcome: Outcome) -> tuple[Sequence[str], list[tuple[str, ...]]]:
    """Return the head and the rows of all metrics, arm by arm."""
    names = list(dict.fromkeys(name for effect in outcome.effects for name in effect.numbers))
    found = [
        (effect.arm.name, *(number(effect.numbers[n], n) if n in effect.numbers else ABSENT for n in names))
        for effect in outcome.effects
    ]
    return ("arm", *names), found


def number(found: Interval, metric: str) -> str:
    """Return a mean with its interval, shares in percent.

    >>> from augreg.learn.intervals import interval
    >>> number(interval([0.79, 0.80, 0.81], [0, 1, 2]), "accuracy")
    '80.0 ± 2.5'

    """
    return _written(found, metric, "")


def difference(found: Interval, metric: str) -> str:
    """Return a difference with its sign and interval."""
    return _written(found, metric, "+")


def _written(found: Interval, metric: str, sign: str) -> str:
    scale, digits = (100, ".1f") if metric in SHARES else (1, ".3g")
    half = "" if found.half is None else f" ± {found.half * scale:{digits}}"
    mean = f"{found.mean * scale:{sign}{digits}}"
    return f"{'0.0' if mean in ('-0.0', '+0.0') else mean}{half}"
