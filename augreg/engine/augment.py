"""The dispatcher: every sample of a mixed batch to the steps of its modality, and back in the order it came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from augreg.compute.devices import resolve_device
from augreg.compute.memory import keep_freed_memory
from augreg.engine.executor import Executor
from augreg.engine.joint_runner import JointRunner
from augreg.engine.trace import SampleTrace, Trace
from augreg.errors import ConfigError
from augreg.intake.by_modality import Part, finished, joined, read_parts
from augreg.intake.reader import Container, Reader, Unit
from augreg.modalities import Hints, modalities
from augreg.modalities.audio import check_rate
from augreg.modalities.clip_layouts import check_layout
from augreg.pipeline import Pipeline, Program
from augreg.random.rng import Rng


def augment(
    samples: Any,
    pipeline: Pipeline | Mapping[str, Any],
    *,
    seed: int | None = None,
    epoch: int = 0,
    copy: int = 0,
    keys: Sequence[str | int] | None = None,
    device: torch.device | str | None = None,
    modality: str | None = None,
    sample_rate: float | None = None,
    layout: str | None = None,
    schema: Mapping[str, str] | None = None,
    fuse: bool = True,
    views: int | None = None,
    return_trace: bool = False,
) -> Any:
    """Augment samples of any modality and return the same kind of thing, in the same order.

    Args:
        samples: one sample; a list of samples, mixed as you like; a stack of tensors (with ``modality``);
            records: a dict of fields, a list of such dicts, or a dict of columns; (image, targets) pairs.
            Samples: str, PIL image, tv_tensors.Image / Video, ``(waveform, sample_rate)``,
            ``{"array", "sampling_rate"}``, augreg.Image / Audio / Video / Text, bare tensors (C, H, W) or arrays
            (H, W, C) with ``modality``.
        pipeline: a :class:`Pipeline`, or what one is built from.
        seed: with equal seed, epoch, copy and key a sample gets the same augmentation, whatever else is in the
            batch and wherever it runs. Without a seed, one is drawn from torch's global generator.
        epoch, copy: further parts of the random numbers' key: the training epoch, and which of several
            augmented versions of a sample.
        keys: one per sample. Default: a record's ``key``, ``__key__`` or ``id``, a sample's own key, else the
            position in the call.
        device: where to compute: "cpu", "cuda", "auto" (CUDA if there is one), or None: where the data is. A
            step without a kernel for the device runs on the CPU. Results come back to where the samples were.
        modality, sample_rate: what bare tensors and arrays are; the rate in Hz.
        layout: the axes of videos, where it is not (T, C, H, W) for tensors and (T, H, W, C) for arrays: "TCHW",
            "CTHW" or "THWC". They come back likewise.
        schema: for records: field -> modality. Without it, fields whose values say what they are (images,
            audio, augreg.Text) are augmented; everything else passes through untouched.
        fuse: run steps that compose as one (one interpolation for rotate + crop + resize).
        views: return a tuple of so many independent augmentations, as contrastive training wants them.
        return_trace: also return a :class:`Trace` of what was done to each sample.

    Returns:
        The augmented samples, or ``(samples, trace)``. A sample that no step changed is the object that came in.

    Raises:
        UnknownModalityError, SampleError: a sample cannot be read; the message says which and what to do.
        UnsupportedError: a step does not take a sample's dtype, channels or targets.
        ConfigError: pipeline, device or schema is wrong.

    >>> import augreg
    >>> pipe = augreg.Pipeline({"text": [{"text.word_swap": {"rate": 1}}]})
    >>> out, trace = augreg.augment(["one two three"], pipe, seed=7, keys=["a"], return_trace=True)
    >>> out
    ['two one three']
    >>> trace[0].steps[0]["step"]
    'text.word_swap'

    """
    pipe = pipeline if isinstance(pipeline, Pipeline) else Pipeline(pipeline)
    if views is not None:
        where = {"device": device, "modality": modality, "sample_rate": sample_rate, "schema": schema, "fuse": fuse}
        where["layout"] = layout
        options = {"seed": seed_of(seed), "epoch": epoch, "keys": keys, "return_trace": return_trace, **where}
        return _views(views, samples, pipe, copy, options)
    container = _read(samples, pipe, keys, Hints(modality, sample_rate, layout=layout), schema)
    run = _Run(
        container, pipe, resolve_device(device), Trace(seed_of(seed), epoch, copy), fuse=fuse, record=return_trace
    )
    if "record" in pipe.programs:
        JointRunner(container, run.members, run.executors).run(pipe, run.trace.seed, epoch, copy)
    for branch, program in pipe.programs.items():
        run.branch(branch, program)
    out = container.build(run.results())
    return (out, run.traced()) if return_trace else out


def _views(views: int, samples: Any, pipe: Pipeline, copy: int, options: dict[str, Any]) -> Any:
    """Augment several times; view v of copy c is copy ``c * views + v``."""
    if isinstance(views, bool) or not isinstance(views, int) or views < 1:
        raise ConfigError(f"views={views!r} is not a number of views; give an integer >= 1.")
    found = tuple(augment(samples, pipe, copy=copy * views + v, **options) for v in range(views))
    return tuple(zip(*found, strict=True)) if options["return_trace"] else found


def replay(
    samples: Any,
    pipeline: Pipeline,
    traces: Any,
    *,
    device: torch.device | str | None = None,
    modality: str | None = None,
    sample_rate: float | None = None,
    layout: str | None = None,
    schema: Mapping[str, str] | None = None,
    fuse: bool = True,
) -> Any:
    """Repeat recorded augmentations bit for bit, without drawing anything.

    Args:
        samples: as for :func:`augment`.
        pipeline: the pipeline that made the traces.
        traces: one per entry: what ``augment(..., return_trace=True)`` returned, or the dictionaries of
            ``SampleTrace.to_dict`` (for records a mapping field -> trace).
        device, modality, sample_rate, layout, schema, fuse: as for :func:`augment`.

    Raises:
        ConfigError: a trace does not fit the samples or names a step that the pipeline does not have.

    >>> import augreg
    >>> pipe = augreg.Pipeline({"text": [{"text.keyboard": {"rate": 0.3}}]})
    >>> out, trace = pipe(["a short sentence"], seed=7, keys=["a"], return_trace=True)
    >>> pipe.replay(["a short sentence"], trace) == out
    True

    """
    container = _read(samples, pipeline, None, Hints(modality, sample_rate, layout=layout), schema)
    known = _traces(container, traces)
    container.rekey([trace.key for trace in known])  # what mixes samples finds its partners by key
    run = _Run(container, pipeline, resolve_device(device), Trace(0, 0, 0), fuse=fuse, record=False)
    for name, executor in run.executors.items():
        executions = pipeline.executions(name)
        rows = _recorded_rows([e.label for e in executions], [known[m] for m in run.members[name]])
        executor.replay(executions, rows)
    return container.build(run.results())


class _Run:
    """One call: the stores and executors of all modalities, and what comes out of them."""

    def __init__(
        self,
        container: Container,
        pipe: Pipeline,
        device: torch.device | None,
        trace: Trace,
        *,
        fuse: bool,
        record: bool,
    ) -> None:
        keep_freed_memory()
        self.container, self.pipe, self.trace = container, pipe, trace
        self.parts = read_parts(container, pipe.tie)
        self.members = {name: [m for part in parts for m in part.numbers] for name, parts in self.parts.items()}
        self.executors: dict[str, Executor] = {}
        for name, parts in self.parts.items():
            store = joined(parts, container.stack)
            rng = Rng(trace.seed, store.info.keys, epoch=trace.epoch, copy=trace.copy)
            rng = rng.prefetching(pipe.draws.setdefault(name, set()))
            self.executors[name] = Executor(store, rng, pipe.registry, device, fuse=fuse, record=record)

    def branch(self, branch: str, program: Program) -> None:
        """Run the steps of a modality, or of one field."""
        modality = self.pipe.modality_of(branch)
        if branch == "record" or modality not in self.executors:
            return
        executor = self.executors[modality]
        within = None
        if branch != modality:
            field = branch.removeprefix("fields/")
            within = np.asarray([self.container.units[m].field == field for m in self.members[modality]])
        executor.run(program.executions, program.masks(executor.rng), within)

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

    def traced(self) -> Trace:
        """Return the trace of everything that was run."""
        numbers = [_trace_unit(self.trace, unit, self.pipe) for unit in self.container.units]
        for name, executor in self.executors.items():
            self.trace.record([numbers[m] for m in self.members[name]], executor.recorded, executor.fallen_back)
        entries: list[list[int]] = [[] for _ in range(self.container.entries)]
        for unit, number in zip(self.container.units, numbers, strict=True):
            entries[unit.entry].append(number)
        self.trace.link(entries, records=self.container.records)
        return self.trace


def _read(
    samples: Any, pipe: Pipeline, keys: Sequence[Any] | None, hints: Hints, schema: Mapping[str, str] | None
) -> Container:
    known = modalities(pipe.registry)
    if hints.modality is not None:
        known[hints.modality]
    if hints.sample_rate is not None:
        check_rate(hints.sample_rate)
    if hints.layout is not None:
        check_layout(hints.layout)
    if schema is not None and not isinstance(schema, Mapping):
        raise ConfigError(f"schema={schema!r} is not valid: expected field: modality, e.g. {{'caption': 'text'}}.")
    for name in (schema or {}).values():
        known[name]
    container = Reader(known, hints, keys, schema or pipe.schema, pipe.moving, pipe.allows, pipe.mixing).read(samples)
    if schema and container.entries and not container.records:
        raise ConfigError(
            f"schema={dict(schema)!r} names fields, but the samples are no records. Pass dicts, or leave it out."
        )
    if container.records:
        _check_text_fields(samples, container, pipe, schema or pipe.schema)
    return container


def _check_text_fields(samples: Any, container: Container, pipe: Pipeline, schema: Any) -> None:
    """Say so when text steps would silently do nothing because strings in records may be paths or captions."""
    if schema or "text" not in pipe.modalities or any(u.modality.name == "text" for u in container.units):
        return
    first = samples if isinstance(samples, Mapping) else samples[0] if samples else {}
    fields = first if isinstance(first, Mapping) else {}
    strings = [k for k, v in fields.items() if isinstance(v[0] if isinstance(v, list) and v else v, str)]
    strings = [k for k in strings if k not in ("key", "__key__", "id")]
    if strings:
        raise ConfigError(
            f"the pipeline has text steps, but which of the fields {', '.join(map(repr, strings))} is text? "
            f"Pass schema={{{strings[0]!r}: 'text', ...}} with all fields to augment, or wrap values in augreg.Text."
        )


def seed_of(seed: int | None) -> int:
    """Return a seed, drawn from torch's global generator where none is given.

    Raises:
        ConfigError: it is no integer.

    """
    if seed is None:
        return int(torch.randint(0, 2**62, ()).item())
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise ConfigError(f"seed={seed!r} is not an integer.")
    return int(seed)


def _trace_unit(trace: Trace, unit: Unit, pipe: Pipeline) -> int:
    name = unit.modality.name
    note = "" if name in pipe.modalities else f"no steps for {name}; passed through"
    return trace.add(unit.key, name, unit.field, note)


def _traces(container: Container, traces: Any) -> list[SampleTrace]:
    """Return the trace of every unit."""
    single = isinstance(traces, (SampleTrace, Mapping))
    if not single and (isinstance(traces, str) or not isinstance(traces, Iterable)):
        raise ConfigError(
            f"traces={traces!r} is no list of traces. Give what augment(..., return_trace=True) returned."
        )
    listed: list[Any] = [traces] if single else list(traces)
    if len(listed) != container.entries:
        raise ConfigError(f"{len(listed)} traces for {container.entries} samples; give one per sample.")
    found = []
    for unit in container.units:
        entry = listed[unit.entry]
        if container.records and isinstance(entry, Mapping):
            entry = entry.get(unit.field)
        if entry is None:
            of = f"field {unit.field!r} of record" if container.records else "sample"
            raise ConfigError(f"there is no trace for {of} {unit.entry}. Replay what was augmented.")
        found.append(entry if isinstance(entry, SampleTrace) else SampleTrace.from_dict(entry))
        if found[-1].modality != unit.modality.name:
            raise ConfigError(f"sample {unit.entry} is {unit.modality.name}, its trace is of {found[-1].modality}.")
    return found


def _recorded_rows(labels: Sequence[str], traces: Sequence[SampleTrace]) -> list[dict[int, dict[str, Any]]]:
    """Return, per execution, which samples it ran on and their parameters."""
    rows: list[dict[int, dict[str, Any]]] = [{} for _ in labels]
    place = {label: i for i, label in enumerate(labels)}
    for i, trace in enumerate(traces):
        for step in trace.steps:
            if step["step"] not in place:
                raise ConfigError(
                    f"the trace names step {step['step']!r}, which this pipeline does not have. "
                    f"Steps: {', '.join(labels) or 'none'}. Replay with the pipeline that made the trace."
                )
            rows[place[step["step"]]][i] = dict(step["params"])
    return rows
