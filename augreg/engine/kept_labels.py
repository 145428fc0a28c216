"""Refuses records whose class would no longer be true of their samples, as that of a text behind an antonym."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from augreg.errors import UnsupportedError
from augreg.intake.classes import CLASS_FIELDS
from augreg.intake.container import Container
from augreg.intake.rows import fields_of
from augreg.intake.tables import table_of
from augreg.pipeline.parse import Built
from augreg.pipeline.pipeline import Pipeline


def check_labels(samples: Any, container: Container, pipe: Pipeline) -> None:
    """Refuse records with a class which a step that may run does not leave true.

    The class belongs to the samples if all of the record are of one modality: that of a picture with a caption is the
    picture's. (A label on a sample itself is looked at with its other targets.)

    Raises:
        UnsupportedError: there is such a record; the message names the step and the field.

    """
    if not pipe.untrue:
        return
    kinds: dict[int, set[str]] = {}
    samples_in: dict[int, set[str | None]] = {}
    for unit in container.units:
        kinds.setdefault(unit.entry, set()).add(unit.modality.name)
        samples_in.setdefault(unit.entry, set()).add(unit.record_field)
    stepped: dict[int, Built] = {}
    for unit in container.units:
        step = pipe.untrue.get(f"fields/{unit.record_field}") or pipe.untrue.get(unit.modality.name)
        if step is not None and len(kinds[unit.entry]) == 1:
            stepped.setdefault(unit.entry, step)
    for entry, step in stepped.items():
        for name in _classes(_fields(samples, container, entry), samples_in[entry]):
            raise UnsupportedError(
                f"record {entry}: {step.name} may make the {next(iter(kinds[entry]))} say the opposite, and field "
                f"{name!r} would no longer be true of it. Leave the step out, or, if the label holds all the same, say "
                "so at the step: labels: keep."
            )


def _classes(fields: Mapping[Any, Any], samples: Collection[Any]) -> Iterator[Any]:
    """Yield the fields that hold a class; of a tuple those beside the samples, which have no names."""
    positions = all(str(name).isdecimal() for name in fields)
    for name, value in fields.items():
        missing = name in samples or value is None or (isinstance(value, list) and all(one is None for one in value))
        if not missing and (not isinstance(value, (str, Sequence)) if positions else name in CLASS_FIELDS):
            yield name


def _fields(samples: Any, container: Container, entry: int) -> Mapping[Any, Any]:
    """Return the fields of a record; of columns the columns."""
    table = table_of(samples)
    if table is not None:
        samples = table.columns
    alone = isinstance(samples, (Mapping, tuple)) and container.alone
    record = samples if alone or isinstance(samples, Mapping) else samples[entry]
    return fields_of(record) if isinstance(record, (Mapping, tuple)) else {}
