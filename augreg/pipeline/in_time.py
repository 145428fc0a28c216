"""Which steps of a pipeline move one field of a record in time, and which fields need not run in time with others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from augreg.errors import ConfigError, listing, nearest
from augreg.pipeline.parse import RECORD, Built
from augreg.pipeline.program import Program

SYNCHRONY: Final = "synchrony"
"""The meaning that is lost where a film moves in time and its sound does not."""


def retiming_of(programs: Mapping[str, Program]) -> dict[str, Built]:
    """Return branch -> the first step that moves its samples in time and nothing else of their record.

    Joint steps are left out: they look after the other fields, or put them out of step on purpose, as ``av.offset``.
    """
    found: dict[str, Built] = {}
    for branch, program in programs.items():
        for built in (e.built for e in program.executions):
            if branch != RECORD and built.step.p != 0 and SYNCHRONY in built.augmenter.declares.alters:
                found.setdefault(branch, built)
    return found


def separate_of(fields: Any, schema: Mapping[str, str] | None) -> frozenset[str]:
    """Return the fields that need not run in time with the others of their record.

    Raises:
        ConfigError: they are no list of fields, or the schema lacks one.

    """
    if fields is None:
        return frozenset()
    listed = [fields] if isinstance(fields, str) else fields
    if not isinstance(listed, (list, tuple, set, frozenset)) or not all(isinstance(field, str) for field in listed):
        raise ConfigError(f"separate={fields!r} is not valid: expected a list of fields, e.g. [music].")
    for field in listed:
        if schema and field not in schema:
            hint = nearest(field, schema)
            raise ConfigError(f"separate: the schema has no field {field!r}.{hint} Fields: {listing(schema)}.")
    return frozenset(listed)
