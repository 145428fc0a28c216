"""What the steps of a pipeline may alter, and which of it makes a caption of the same record false."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
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
UNREAD: Final = "\u16a0\u16c1\u16cb\u16b2\u16a8 \u16d2\u16c1\u16a6"
"""A caption in runes. Who reads captions answers to what it cannot read with every meaning that it looks for."""


@dataclass(frozen=True, slots=True)
class Alteration:
    """What one step may alter.

    Args:
        branch: a modality, "record", or "fields/<name>".
        name: the registered name of the step.
        alters, mends: what it declares.
        untrue: the meanings among them in which captions may become false.
        captions: the fields that hold the captions.
        instead: joint steps that mend captions in all these meanings.
        spared: the meanings of what a policy draws for which it is left out where a record's caption speaks of them.

    """

    branch: str
    name: str
    alters: frozenset[str]
    mends: frozenset[str]
    untrue: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()


def fields_of(pipeline: Pipeline) -> dict[str, str]:
    """Return field -> modality of the pipeline's records, as schema and joint steps say; empty if neither does."""
    roles = {role: role for _, members in pipeline.joint for role in members}
    return dict(pipeline.schema or roles)


def alterations(pipeline: Pipeline) -> list[Alteration]:
    """Return what every step may alter, in order, each step once."""
    fields, found = fields_of(pipeline), []
    captions = tuple(field for field, kind in fields.items() if pipeline.known[kind].describes)
    looked_for = _looked_for(pipeline.registry) if captions else frozenset()
    for branch, program in pipeline.programs.items():
        modality = pipeline.modality_of[branch]
        spoken_of = _spoken_of(modality, fields, pipeline.known)
        heeded = looked_for if spoken_of == IN_CAPTIONS and modality != RECORD else frozenset()
        for execution in {e.path: e for e in program.executions}.values():
            declares = execution.built.augmenter.declares
            lost = declares.alters - declares.mends
            spared = lost & heeded if execution.slot else frozenset()
            untrue = tuple(sorted((lost & spoken_of) - spared))
            step = Alteration(branch, execution.built.name, declares.alters, declares.mends)
            if untrue:
                instead = tuple(_mending(untrue, modality, pipeline.registry))
                step = replace(step, untrue=untrue, instead=instead)
            if untrue or spared:
                step = replace(step, captions=captions, spared=tuple(sorted(spared)))
            found.append(step)
    return found


def _looked_for(registry: Registry) -> frozenset[str]:
    """Return the meanings that policies spare where captions speak of them; none if no plugin reads captions."""
    told = registry.hook.augreg_spoken_of(records=[[UNREAD]])
    return frozenset(told[0]) if told else frozenset()


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
