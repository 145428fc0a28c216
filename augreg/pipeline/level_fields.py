"""Which fields of records the steps of a pipeline take their strengths from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from augreg.errors import ConfigError
from augreg.param import FromField
from augreg.pipeline.levels import fields_of_policy
from augreg.pipeline.parse import RECORD
from augreg.pipeline.program import Execution, Program
from augreg.pipeline.schema import Schema

LevelFields = Mapping[str, Mapping[str, str]]
"""Modality -> field -> the name of the first step on such samples that takes its strength from the field."""


def level_fields(programs: Mapping[str, Program], modality_of: Mapping[str, str]) -> LevelFields:
    """Return the fields that records must hold, by the modality of the samples that need them."""
    found: dict[str, dict[str, str]] = {}
    for branch, program in programs.items():
        steps = program.expanded() if branch == RECORD else [(e, {modality_of[branch]: e}) for e in program.executions]
        for execution, members in steps:
            for field, step in _asked(execution):
                for modality in members:
                    found.setdefault(modality, {}).setdefault(field, step)
    return found


def check_untouched(asked: LevelFields, roles: Schema) -> None:
    """Refuse fields that a schema gives to a sample: steps may change what belongs to one.

    Raises:
        ConfigError: it names the field and what the schema says of it.

    """
    tags = {tag for listed in roles.tags.values() for tag in listed}
    for fields in asked.values():
        for field, step in fields.items():
            if field in roles.samples or field in roles.roles or field in tags:
                said = roles.plain().get(field, "tags")
                raise ConfigError(
                    f"{step}: level={{'field': {field!r}}} is a number that passes through untouched, but the schema "
                    f"says {field!r}: {said!r}. Say 'extra' there, or leave it out of the schema."
                )


def _asked(execution: Execution) -> Iterator[tuple[str, str]]:
    """Yield the fields that an execution needs, each with the name of the step or policy that says so."""
    level = execution.built.step.level
    if isinstance(level, FromField):
        yield level.name, execution.built.name
    if execution.policy is not None:
        for field in fields_of_policy(execution.policy.policy):
            yield field, execution.policy.name
    elif execution.built.policy is not None:
        for field in fields_of_policy(execution.built.policy):
            yield field, execution.built.name
