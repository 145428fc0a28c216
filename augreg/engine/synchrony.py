"""Refuses records whose film would run in another time than its sound: a step moves only one of the two."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from augreg.errors import AugregError, ConfigError, listing
from augreg.intake.container import Container, Unit
from augreg.pipeline.in_time import SYNCHRONY
from augreg.pipeline.parse import Built
from augreg.pipeline.pipeline import Pipeline

MOVING: Final = frozenset({"duration", "position", "tempo", "time_order"})
"""What steps in time alter: a joint step that alters one of them as a plain step does may stand in for it."""


def check_synchrony(container: Container, pipe: Pipeline) -> None:
    """Refuse records in which a step moves one field in time, and not another one that runs in time with it.

    What counts is that the step may run, so that the answer does not hang on the draw. Every kind of record is looked
    at once. Fields of one modality (a sound with and without noise) are left to those who tie them.

    Raises:
        ConfigError: there is such a record; the message names the step, both fields, and what to do.

    """
    if not pipe.retiming:
        return
    timed: dict[int, list[Unit]] = {}
    for unit in container.units:
        if unit.modality.timed and not {unit.field, unit.record_field} & pipe.separate:
            timed.setdefault(unit.entry, []).append(unit)
    kinds = {tuple((unit.modality.name, unit.field) for unit in units): units for units in timed.values()}
    for units in kinds.values():
        for unit in units:
            other = next((u for u in units if u.modality.name != unit.modality.name), None)
            step = pipe.retiming.get(f"fields/{unit.record_field}") or pipe.retiming.get(unit.modality.name)
            if step is not None and other is not None:
                raise _apart(step, unit, other, pipe)


def _apart(step: Built, unit: Unit, other: Unit, pipe: Pipeline) -> ConfigError:
    joint = _instead(step, {unit.modality.name, other.modality.name}, pipe)
    instead = f"Move both with {listing(joint, 5)} under 'record'. If" if joint else "If"
    return ConfigError(
        f"record {unit.entry}: {step.name} moves {unit.field!r} ({unit.modality.name}) in time and leaves "
        f"{other.field!r} ({other.modality.name}) as it is, so that they no longer agree. {instead} they need not "
        f"agree, say so in the pipeline: separate: [{other.record_field}]."
    )


def _instead(step: Built, roles: set[str], pipe: Pipeline) -> list[str]:
    """Return the joint steps that do the like to both: those of the same last name, if there are any."""
    wanted, own = step.augmenter.declares.alters & MOVING, step.name.rpartition(".")[2]
    found = list(_joint(wanted, roles, pipe))
    return [name for name in found if name.rpartition(".")[2] == own] or found


def _joint(wanted: frozenset[str], roles: set[str], pipe: Pipeline) -> Iterator[str]:
    for spec in pipe.registry.augmenters():
        if not roles.issubset(spec.modalities):
            continue
        try:
            declares = pipe.registry.load(spec.id).declares
        except AugregError:
            continue  # what cannot be loaded helps nobody, and `augreg plugins` says why
        moves_both = roles.issubset({*declares.joint, *declares.joint_optional}) and SYNCHRONY not in declares.alters
        if moves_both and declares.alters & wanted:
            yield spec.name
