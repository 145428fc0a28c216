"""Calls on one sample or one record: which of them need nothing of what a batch needs, and how those run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from augreg.engine.by_modality import follows_exactly, same_size, sample_keys
from augreg.engine.line import UNCHANGED, Line
from augreg.engine.memo import memo_of
from augreg.engine.spoken import heeds_captions
from augreg.intake.container import Container, Unit
from augreg.modalities.base import Modality
from augreg.pipeline.parse import RECORD
from augreg.pipeline.pipeline import Pipeline
from augreg.pipeline.ties import merged, route
from augreg.random.keys import Keys
from augreg.random.one import OneRng

Stream = tuple[int, int, int]
"""Seed, epoch and copy."""


def way_of(
    pipe: Pipeline,
    modality: Modality,
    field: str | None,
    tie: Mapping[str, str] = MappingProxyType({}),
    *,
    exact: bool = False,
) -> Line | None:
    """Return the line on which samples can go by themselves; None if steps look at several samples or fields.

    ``exact`` is said of samples that follow only what moves the one that they are tied to.
    """
    lines = memo_of(pipe).lines
    leader = tie.get(field or "")
    place = modality.name, field, None if leader is None else (leader, exact)
    if place not in lines:
        lines[place] = _made(pipe, modality, field, tie, exact=exact)
    return lines[place]


def _made(pipe: Pipeline, modality: Modality, field: str | None, tie: Mapping[str, str], *, exact: bool) -> Line | None:
    leader = tie.get(field or "")
    programs = route(pipe.tied(tie), modality.name, field, leader, exact=exact)
    mixes = any(e.augmenter.declares.labels == "mixes" for p in programs for e in p.executions)
    return None if mixes or RECORD in pipe.programs else Line(modality, programs, pipe.registry)


def run_alone(container: Container, pipe: Pipeline, stream: Stream) -> list[Any] | None:
    """Return what becomes of the samples of a record, or of one sample; None if they need the means of a batch."""
    units = container.units
    tie = merged(pipe.tie, container.tie) if container.tie else pipe.tie
    lines = _tied_ways(pipe, units, tie) if tie else [way_of(pipe, u.modality, u.record_field) for u in units]
    if pipe.registry.has_execute_wrappers or (container.records and heeds_captions(pipe, container)):
        return None
    if not all(line is not None and line.takes(unit.wrapped) for line, unit in zip(lines, units, strict=True)):
        return None
    found = []
    for line, unit, keys in zip(lines, units, _keys(units, tie), strict=True):
        assert line is not None
        seed, epoch, copy = stream
        rng = OneRng(seed, keys, epoch=epoch, copy=copy)
        if container.levels:
            rng = rng.with_fields({field: held[unit.entry, None] for field, held in container.levels.items()})
        result = line.run(unit.wrapped, rng)
        found.append(unit.original if result is UNCHANGED else result)
    return found


def _tied_ways(pipe: Pipeline, units: Sequence[Unit], tie: Mapping[str, str]) -> list[Line | None]:
    """Return the lines of samples of which some are tied; None where what moves them has to be compared."""
    of_field = {unit.record_field: unit for unit in units}
    found: list[Line | None] = []
    for unit in units:
        field, modality = unit.record_field, unit.modality
        if field is None or field not in tie:
            found.append(way_of(pipe, modality, field, tie))
            continue
        leader = of_field.get(tie[field])
        if leader is not None and leader.modality is not modality:
            leader = None
        exact = follows_exactly(modality, unit.wrapped, None if leader is None else leader.wrapped)
        alike = leader is None or not modality.same_places or same_size(modality, unit.wrapped, leader.wrapped)
        found.append(way_of(pipe, modality, field, tie, exact=exact) if alike else None)
    return found


def _keys(units: Sequence[Unit], tie: Mapping[str, str]) -> list[Keys]:
    """Return the key of every sample, uint64 (1,)."""
    if len(units) == 1:
        return [sample_keys(units, tie)]
    found: list[Keys] = [np.zeros(1, dtype=np.uint64)] * len(units)
    for name in {unit.modality.name for unit in units}:
        at = [i for i, unit in enumerate(units) if unit.modality.name == name]
        keys = sample_keys([units[i] for i in at], tie)
        for k, i in enumerate(at):
            found[i] = keys[k : k + 1]
    return found
