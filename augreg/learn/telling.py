"""Effects in words: the sentence on top of a report, and how numbers are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from augreg.errors import listing
from augreg.learn.effects import SHARES, Effect
from augreg.learn.intervals import Interval

ABSENT: Final = "not measured"

NAMED: Final = 4
"""Harmed classes that the sentence names; tables name all."""


def sentence(effects: Sequence[Effect], metric: str, control: str) -> str:
    """Return what was found in plain words."""
    said = [_main(effect, metric, control) for effect in effects if effect.arm.kind in ("pipeline", "trivial")]
    said.reverse()  # what the user gave comes first, then what it has to beat
    operations = [effect for effect in effects if effect.arm.kind == "operation"]
    said += [_main(effect, metric, control) for effect in operations if effect.harmful]
    quiet = [effect for effect in operations if effect.verdict != ABSENT and not effect.harmful]
    if quiet:
        said.append(f"Alone, {listing(effect.arm.name for effect in quiet)}: no harm shown.")
    if unknown := [effect.arm.name for effect in operations if effect.verdict == ABSENT]:
        said.append(f"Alone, {listing(unknown)}: {ABSENT}.")
    return " ".join(said)


def _main(effect: Effect, metric: str, control: str) -> str:
    name, found = effect.arm.name, effect.to_control
    if effect.verdict == ABSENT or found is None:
        few = found is not None and found.half is None
        return f"{name}: {ABSENT}{', as one seed tells no spread' if few else ''}."
    verb = {"helps": "helps", "hurts": "hurts"}.get(effect.verdict, "shows no difference")
    unit = f" points of {metric}" if metric in SHARES else f" in {metric}"
    said = f"{name} {verb}: {difference(found, metric)}{unit} ({found.n} seeds, against {control})"
    if effect.harmed:
        several = "classes" if len(effect.harmed) > 1 else "class"
        said += f"; it costs {several} {listing(effect.harmed, NAMED)}"
    if effect.to_trivial is not None and effect.to_trivial.below:
        said += f"; trivial is better: {difference(effect.to_trivial, metric)} against it"
    return f"{said}."


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
