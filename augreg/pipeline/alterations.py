"""What the steps of a pipeline may alter, and which of it makes a caption of the same record false."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from augreg.contract.declaration import Declaration
from augreg.contract.meanings import IN_CAPTIONS
from augreg.errors import AugregError
from augreg.modalities.known import Modalities
from augreg.pipeline.parse import RECORD
from augreg.pipeline.pipeline import Pipeline
from augreg.registry import Registry

SAID: Final = frozenset({"meaning"})
"""What a caption itself may not lose while picture and sound stay: it would say something that they do not show."""


@dataclass(frozen=True, slots=True)
class Alteration:
    """What one step may alter.

    Args:
        branch: a modality, "record", or "fields/<name>".
        name: the registered name of the step.
        alters, mends: what it declares.
        untrue: the meanings among them in which captions may become false.
        captions: the fields that hold these captions.
        instead: joint steps that mend captions in all these meanings.

    """

    branch: str
    name: str
    alters: frozenset[str]
    mends: frozenset[str]
    untrue: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()


def fields_of(pipeline: Pipeline) -> dict[str, str]:
    """Return field -> modality of the pipeline's records, as schema and joint steps say; empty if neither does."""
    roles = {role: role for _, members in pipeline.joint for role in members}
    return dict(pipeline.schema or roles)


def alterations(pipeline: Pipeline) -> list[Alteration]:
    """Return what every step may alter, in order, each step once."""
    fields, found = fields_of(pipeline), []
    captions = tuple(field for field, kind in fields.items() if pipeline.known[kind].describes)
    for branch, program in pipeline.programs.items():
        modality = pipeline.modality_of[branch]
        spoken_of = _spoken_of(modality, fields, pipeline.known)
        for built in {e.path: e.built for e in program.executions}.values():
            declares = built.augmenter.declares
            untrue = tuple(sorted((declares.alters - declares.mends) & spoken_of))
            if untrue:
                instead = tuple(_mending(untrue, modality, pipeline.registry))
                step = Alteration(branch, built.name, declares.alters, declares.mends, untrue, captions, instead)
            else:
                step = Alteration(branch, built.name, declares.alters, declares.mends)
            found.append(step)
    return found


def _spoken_of(modality: str, fields: Mapping[str, str], known: Modalities) -> frozenset[str]:
    """Return the meanings of which captions speak, where a step works on fields of this modality."""
    speaking = {kind for kind in fields.values() if known[kind].describes}
    if not speaking or (modality != RECORD and modality not in fields.values()):
        return frozenset()
    if modality not in speaking:
        return IN_CAPTIONS
    return SAID if speaking != set(fields.values()) else frozenset()


def _mending(meanings: tuple[str, ...], modality: str, registry: Registry) -> Iterator[str]:
    """Yield the names of installed joint steps that alter all these and keep captions true."""
    for spec in registry.augmenters():
        if modality not in spec.modalities or len(spec.modalities) < 2:
            continue
        try:
            cls: Any = registry.load(spec.id)
        except AugregError:
            continue  # what cannot be loaded helps nobody, and `augreg plugins` says why
        declares: Declaration = cls.declares
        if modality in declares.joint and declares.mends.issuperset(meanings):
            yield spec.name
