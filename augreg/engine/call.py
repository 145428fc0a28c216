"""One call: what was passed is read, every modality gets a store and an executor, and the results are put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch

from augreg.compute.memory import keep_freed_memory
from augreg.data.targets import BOX_COLUMNS
from augreg.engine.by_modality import Part, finished, joined, read_parts
from augreg.engine.executor import Executor
from augreg.engine.kept_labels import check_labels
from augreg.engine.memo import memo_of
from augreg.engine.reach import Reach
from augreg.engine.spoken import heeds_captions, said_of, spared
from augreg.engine.synchrony import check_synchrony
from augreg.engine.trace import Trace
from augreg.errors import ConfigError, SampleError, listing, nearest
from augreg.intake.container import Container, Unit
from augreg.intake.keys import KEY_FIELDS
from augreg.intake.reader import Reader
from augreg.intake.rows import fields_of
from augreg.intake.tables import table_of
from augreg.modalities.base import Hints, Modality, spelled
from augreg.modalities.known import Modalities
from augreg.modalities.rates import check_rate, rate_of
from augreg.pipeline.level_fields import check_untouched
from augreg.pipeline.parse import RECORD
from augreg.pipeline.pipeline import Pipeline
from augreg.pipeline.program import Fired, Program
from augreg.pipeline.schema import Schema, parse_schema
from augreg.pipeline.ties import check_followed, merged, moves
from augreg.random.rng import Rng


class Stream(NamedTuple):
    """What the random numbers of a call hang on, beside the samples' keys."""

    seed: int
    epoch: int
    copy: int


class Call:
    """One call: the stores and executors of all modalities, and what comes out of them."""

    def __init__(
        self,
        container: Container,
        pipe: Pipeline,
        device: torch.device | None,
        stream: Stream,
        *,
        fuse: bool,
        record: bool,
    ) -> None:
        keep_freed_memory()
        self.container, self.pipe, self.stream = container, pipe, stream
        self.tie = merged(pipe.tie, container.tie) if container.tie else pipe.tie
        self.programs = pipe.tied(self.tie) if container.tie else pipe.programs
        """The steps by branch; those of fields that are tied to others draw as those do."""
        self.said = said_of(container, pipe) if container.records and heeds_captions(pipe, container) else {}
        self.parts = read_parts(container, self.tie)
        self.members = {name: [m for part in parts for m in part.numbers] for name, parts in self.parts.items()}
        self.executors: dict[str, Executor] = {}
        for name, parts in self.parts.items():
            store = joined(parts, container.stack)
            rng = Rng(stream.seed, store.info.keys, epoch=stream.epoch, copy=stream.copy)
            if container.levels:
                rng = rng.with_fields(self._levels(name))
            rng = rng.prefetching(memo_of(pipe).draws.setdefault(name, set()))
            self.executors[name] = Executor(store, rng, pipe.registry, device, fuse=fuse, record=record)
            if self.tie:
                self.executors[name].tied = self.reach.pairs(name)

    def _levels(self, modality: str) -> dict[str, np.ndarray]:
        """Return the strengths that the records of a modality's samples hold, in the order of its store."""
        entries = [self.container.units[m].entry for m in self.members[modality]]
        return {field: held[entries] for field, held in self.container.levels.items()}

    @cached_property
    def reach(self) -> Reach:
        """Which samples the steps of a branch reach; asked where fields are tied or have steps of their own."""
        return Reach(self.container, self.members, self.programs, self.tie)

    def branch(self, branch: str, program: Program) -> None:
        """Run the steps of a modality, or of one field and of what is tied to it."""
        modality = self.pipe.modality_of[branch]
        if branch == RECORD or modality not in self.executors:
            return
        executor = self.executors[modality]
        fires = self._heeding(program, executor, modality)
        within, moved = self.reach.of(branch, modality) if self.tie or branch != modality else (None, None)
        if within is None or moved is None:
            executor.run(program.executions, fires, within)
            return
        check_followed(program.executions)
        for execution, fired in zip(program.executions, fires, strict=True):
            some = within | moved if moves(execution) else within
            if some.any():
                executor.run([execution], [fired], some)

    def _heeding(self, program: Program, executor: Executor, modality: str) -> Sequence[Fired]:
        """Draw where steps fire; operations of policies are left out where captions speak of what they alter."""
        fires = program.fires(executor.rng)
        if not self.said or self.pipe.known[modality].describes:
            return fires
        entries = [self.container.units[m].entry for m in self.members[modality]]
        found = []
        for execution, (fired, left) in zip(
            program.executions, spared(program.executions, fires, entries, self.said), strict=True
        ):
            found.append(fired)
            for row, reason in left.items():
                executor.notes.setdefault(row, []).append(f"{execution.label}: {reason}")
        return found

    def results(self) -> list[Any] | torch.Tensor:
        """Carry out what is pending and return every unit's result."""
        values: list[tuple[Part, list[Any] | torch.Tensor]] = []
        for name, executor in self.executors.items():
            executor.finish()
            if name in self.pipe.classes:
                executor.store.weigh_labels(self.pipe.classes[name])
            values += zip(self.parts[name], finished(self.parts[name], executor.store), strict=True)
        if len(values) == 1 and isinstance(values[0][0].numbers, range):
            return values[0][1]
        found: list[Any] = [None] * sum(len(part.numbers) for part, _ in values)
        for part, results in values:
            for number, result in zip(part.numbers, results, strict=True):
                found[number] = result
        return found

    def traced(self, notes: Mapping[int, Sequence[str]]) -> Trace:
        """Return the trace of everything that was run; ``notes``: unit -> why joint steps left it so."""
        trace = Trace(*self.stream)
        told: dict[int, list[str]] = {unit: list(found) for unit, found in notes.items()}
        for name, executor in self.executors.items():
            for row, found in executor.notes.items():
                told.setdefault(self.members[name][row], []).extend(found)
        numbers = [_trace_unit(trace, unit, self.pipe, told.get(i, ())) for i, unit in enumerate(self.container.units)]
        for name, executor in self.executors.items():
            trace.record([numbers[m] for m in self.members[name]], executor.recorded, executor.fallen_back)
        entries: list[list[int]] = [[] for _ in range(self.container.entries)]
        for unit, number in zip(self.container.units, numbers, strict=True):
            entries[unit.entry].append(number)
        trace.link(entries, records=self.container.records)
        return trace


def read(
    samples: Any,
    pipe: Pipeline,
    keys: Sequence[Any] | str | int | None,
    hints: Hints,
    schema: Mapping[str, Any] | None,
    lengths: Any = None,
    *,
    draws: bool = True,
) -> Container:
    """Read what was passed, with what the caller said about it; strengths that records hold, if steps are to draw.

    Raises:
        ConfigError, UnknownModalityError, SampleError: see :func:`augreg.augment`.

    """
    known = pipe.known
    if hints.modality is not None:
        known[hints.modality]
    if hints.sample_rate is not None:
        check_rate(hints.sample_rate)
        hints = replace(hints, sample_rate=rate_of(hints.sample_rate))
    if hints.layout is not None:
        valid = known.layouts if hints.modality is None else known[hints.modality].layouts
        if hints.layout not in valid:
            hint, whose = nearest(str(hints.layout), valid), "" if hints.modality is None else f" for {hints.modality}"
            raise SampleError(
                f"layout={hints.layout!r} is unknown{whose}.{hint} Valid: {listing(valid, 30) or 'none'}."
            )
    if hints.boxes is not None and hints.boxes not in BOX_COLUMNS:
        hint = nearest(str(hints.boxes), BOX_COLUMNS)
        raise ConfigError(
            f"boxes={hints.boxes!r} is no format of boxes.{hint} Valid: {listing(BOX_COLUMNS)}. Shares of the sides "
            "are said by a schema: 'cxcywh_norm boxes of ...'."
        )
    roles = pipe.roles if schema is None else parse_schema(schema, known)
    tie = pipe.tie if roles is pipe.roles else merged(pipe.tie, roles.tie)
    allowed = pipe.allowed_with(tie, roles.samples, _exact(roles, tie, known)) if tie else pipe.allowed
    asked = pipe.level_fields if draws else {}
    if asked and roles is not pipe.roles:
        check_untouched(asked, roles)
    reader = Reader(known, hints, keys, roles, pipe.moving, allowed, pipe.mixing, pipe.mirrored, asked)
    container = reader.read(samples, lengths)
    if schema and container.entries and not container.records and not reader.paired:
        raise ConfigError(
            f"schema={dict(schema)!r} names fields, but the samples are no records. Pass dicts, or leave it out."
        )
    if hints.layout is not None:
        _check_layout(container, hints.layout)
    if roles is not pipe.roles:
        container.tie = roles.tie
    if tie and container.records:
        _check_tied(container, tie)
    if container.records:
        check_synchrony(container, pipe)
        check_labels(samples, container, pipe)
        _check_unsure(samples, container, [known[name] for name in pipe.modalities], roles.samples)
    return container


def _exact(roles: Schema, tie: Mapping[str, str], known: Modalities) -> frozenset[str]:
    """Return the tied fields that follow only what moves the other: they hold no colors or the like, and it does."""

    def exact(field: str) -> bool:
        modality = roles.samples.get(field)
        return modality is not None and known[modality].says_exact(dict(roles.options.get(field, ())))

    return frozenset(field for field, leader in tie.items() if exact(field) and not exact(leader))


def _check_unsure(samples: Any, container: Container, stepped: Sequence[Modality], schema: Any) -> None:
    """Say so when steps would silently do nothing, because what they are for may be something else in records.

    A str in a record may be a caption, and it may be a path.
    """
    there = {unit.modality.name for unit in container.units}
    for modality in stepped:
        if schema or not modality.unsure or modality.name in there:
            continue
        fields = _first_fields(samples, container)
        names = [k for k, v in fields.items() if isinstance(v[0] if isinstance(v, list) and v else v, modality.unsure)]
        names = [k for k in names if k not in KEY_FIELDS]
        if names:
            wrap = "" if modality.sample_type is None else f", or wrap values in {spelled(modality)}"
            raise ConfigError(
                f"the pipeline has {modality.name} steps, but which of the fields {', '.join(map(repr, names))} "
                f"is {modality.name}? Pass schema={{{names[0]!r}: {modality.name!r}, ...}} with all fields to augment"
                f"{wrap}."
            )


def _first_fields(samples: Any, container: Container) -> Mapping[str, Any]:
    """Return the fields of the first record, or the columns."""
    if isinstance(samples, tuple) and container.entries == 1 and container.alone:
        return fields_of(samples)
    if isinstance(samples, (list, tuple)):
        samples = next((record for record in samples if record is not None), {})
    elif not isinstance(samples, Mapping):
        table = table_of(samples)
        samples = {} if table is None or table.names is None else table.columns
    return fields_of(samples) if isinstance(samples, (Mapping, tuple)) else {}


def _check_layout(container: Container, layout: str) -> None:
    """Refuse a layout that no sample heeded, because it is one of another modality."""
    there = {bulk.modality.name: bulk.modality for bulk in container.bulks}
    there |= {unit.modality.name: unit.modality for unit in container.single}
    if there and not any(layout in modality.layouts for modality in there.values()):
        valid = [name for modality in there.values() for name in modality.layouts]
        raise SampleError(
            f"layout={layout!r} is no layout of {' or '.join(there)}, and nothing else was passed. "
            f"Valid: {listing(valid, 30) or 'none; leave it out'}."
        )


def _check_tied(container: Container, tie: Mapping[str, str]) -> None:
    """Refuse ties of fields that are lists: which element would follow which is not said."""
    for unit in container.units:
        if unit.outer is not None and (unit.outer in tie or unit.outer in tie.values()):
            raise SampleError(
                f"record {unit.entry}: field {unit.outer!r} is tied, and holds a list; only one sample can be tied. "
                "Give its elements fields of their own."
            )


def _trace_unit(trace: Trace, unit: Unit, pipe: Pipeline, notes: Sequence[str]) -> int:
    name = unit.modality.name
    note = "; ".join(notes) if name in pipe.modalities else f"no steps for {name}; passed through"
    return trace.add(unit.key, name, unit.field, note)
