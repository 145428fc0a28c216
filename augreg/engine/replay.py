"""Repeats recorded augmentations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch

from augreg.compute.devices import resolve_device
from augreg.engine.augment import options_of
from augreg.engine.call import Call, Stream, read
from augreg.engine.hinted import said
from augreg.engine.trace import SampleTrace
from augreg.errors import ConfigError
from augreg.intake.container import Container
from augreg.modalities.base import Hints
from augreg.pipeline.pipeline import Pipeline


@options_of("replay")
def replay(
    samples: Any,
    pipeline: Pipeline,
    traces: Any,
    *,
    device: torch.device | str | None = None,
    modality: str | None = None,
    sample_rate: float | None = None,
    layout: str | None = None,
    lengths: Any = None,
    schema: Mapping[str, str] | None = None,
    boxes: str | None = None,
    options: Mapping[str, Any] | None = None,
    fuse: bool = True,
) -> Any:
    """Repeat recorded augmentations bit for bit, without drawing anything.

    Args:
        samples: as for :func:`augment`.
        pipeline: the pipeline that made the traces.
        traces: one per entry: what ``augment(..., return_trace=True)`` returned, or the dictionaries of
            ``SampleTrace.to_dict`` (for records a mapping field -> trace).
        device, modality, sample_rate, layout, lengths, schema, boxes, options, fuse: as for :func:`augment`.

    Raises:
        ConfigError: a trace does not fit the samples or names a step that the pipeline does not have.

    >>> import augreg
    >>> pipe = augreg.Pipeline({"text": [{"text.keyboard": {"rate": 0.3}}]})
    >>> out, trace = pipe(["a short sentence"], seed=7, keys=["a"], return_trace=True)
    >>> pipe.replay(["a short sentence"], trace) == out
    True

    """
    hints = Hints(modality, sample_rate, layout=layout, boxes=boxes, options=said(options, modality, pipeline.known))
    container = read(samples, pipeline, None, hints, schema, lengths, draws=False)
    known = _traces(container, traces)
    container.rekey([trace.key for trace in known])  # what mixes samples finds its partners by key
    run = Call(container, pipeline, resolve_device(device), Stream(0, 0, 0), fuse=fuse, record=False)
    for name, executor in run.executors.items():
        executions = pipeline.executions(name)
        rows = _recorded_rows([e.label for e in executions], [known[m] for m in run.members[name]])
        executor.replay(executions, rows)
    return container.build(run.results())


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
