"""Runs a job: hold the output folder, begin, look at what was done before, do the rest, end."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

from augreg.errors import ConfigError
from augreg.jobs.age import read_recipients
from augreg.jobs.begin import Begun, begin, refuse_place, shards_of
from augreg.jobs.end import finish
from augreg.jobs.engines import Engine, Event, Work
from augreg.jobs.engines.inline import Inline
from augreg.jobs.engines.processes import Processes
from augreg.jobs.outcome import Tally
from augreg.jobs.resume import refuse_inputs
from augreg.jobs.settings import Settings
from augreg.jobs.shards import Shards, lay
from augreg.jobs.sinks import Sink, open_sink
from augreg.jobs.sources import Annotated, Source, Tabular, Told, in_this_process, open_source
from augreg.jobs.sources.rows import TextRows
from augreg.jobs.state import held, part_of, staging_of
from augreg.jobs.summary import Summary
from augreg.media import formats
from augreg.pipeline import Pipeline
from augreg.registry import default

Progress = Callable[[Summary], None]


def run(
    pipeline: Pipeline,
    settings: Settings,
    progress: Progress = lambda summary: None,
    stop: Callable[[], bool] = lambda: False,
) -> Summary:
    """Augment every media file of a source into an output folder.

    Where the pipeline has joint steps or a schema, the files of one name are one record, and a film with sound is
    one of picture and sound: see :class:`augreg.jobs.records.Layout`.

    Outputs are named ``<stem>__a<copy><suffix>`` in the same sub-folders. At the end ``manifest.jsonl`` (one line per
    output or refused input) and ``run.json`` stand beside them; until then a hidden folder holds what is needed to go
    on. An input is written with all its copies or not at all.

    Args:
        pipeline: the steps; inputs whose modality has none are copied, without their metadata.
        settings: see :class:`Settings`.
        progress: called after every batch with the account so far.
        stop: asked before every shard; True ends the job when the shards in work are done.

    Raises:
        ConfigError: source, folders or settings are wrong; nothing is written then.
        OSError: the disk is full, or another fault of the machine; the job can be resumed.

    """
    source = open_source(settings.source, settings.form, **settings.source_options)
    if isinstance(source, Annotated):
        _check_schema(pipeline)
    if settings.to == "auto":
        settings = replace(settings, to=_form(source))
    sink = _sink(settings)
    if isinstance(source, Tabular):
        source.heed(pipeline)
    refuse_place(source, settings.out)
    with ExitStack() as stack:
        locks = stack.enter_context(held(settings.out, settings.share_name))
        begun = begin(pipeline, settings, source, sink)
        if begun.ended:
            return _ended(begun)
        stack.callback(shutil.rmtree, staging_of(begun.spec.out, begun.spec.share, begun.spec.run), ignore_errors=True)
        job = _Job(begun, settings, progress, stop)
        job.summary.notes = (*(source.notes if isinstance(source, Tabular) else ()), *begun.notes)
        job.summary.told = source.told() if isinstance(source, Told) else ""
        engine = _engine(pipeline, settings, begun, locks, stack)
        progress(job.summary)
        job.look(engine)
        if settings.share is None:
            begun.settle()  # of a job that machines share whoever planned it did
        job.do(engine)
        lay(sink, begun.plan, source)
        whole = finish(begun, sink, job.known, locks, pipeline.registry) if not job.summary.stopped else None
        job.summary.finished = whole is not None
    return job.summary


def _form(source: Source) -> str:
    """Return the form of output that a source has where nobody says one."""
    if isinstance(source, TextRows):
        return source.form
    return "lines" if isinstance(source, Annotated) else "folder"


def _check_schema(pipeline: Pipeline) -> None:
    """Refuse a schema of other fields than the text: a file of annotated texts says itself what is what."""
    roles = pipeline.roles.plain() if pipeline.schema else {}
    if other := [field for field in roles if field != "text"]:
        raise ConfigError(
            f"the pipeline's schema speaks of {other[0]!r}, and a file of annotated texts says itself what its columns "
            "or fields are. Leave the schema out."
        )


def _ended(begun: Begun) -> Summary:
    """Return the account of a job that had ended before this machine took part."""
    counts = {name: int(begun.facts.get(name, 0)) for name in ("written", "refused", "outputs")}
    tally = Tally(begun.plan.inputs, counts["written"], counts["refused"], counts["outputs"])
    return Summary(begun.plan.inputs, tally=tally, finished=True, notes=("the job had ended, nothing was left to do",))


def _sink(settings: Settings) -> Sink:
    recipients = read_recipients(settings.encrypt_to)
    asked = {"recipients": recipients} if recipients else {}
    return open_sink(settings.to, **settings.sink_options, **asked)


def _engine(pipeline: Pipeline, settings: Settings, begun: Begun, locks: tuple[int, ...], stack: ExitStack) -> Engine:
    """Return what does the work."""
    shards = len(shards_of(settings, begun.plan))
    portable = pipeline.registry is default() and not pipeline.registry.in_process
    here = in_this_process(begun.spec.source)
    if settings.engine in ("process", "ray") and not portable:
        raise ConfigError(
            f"engine is {settings.engine!r}, but other processes do not know the augmenters that were registered in "
            "this one. Install them as a plugin, or use engine='inline'."
        )
    if settings.engine in ("process", "ray") and here:
        raise ConfigError(
            f"engine is {settings.engine!r}, but memory:// is the memory of this one. Use engine='inline'."
        )
    if settings.engine == "inline" or (settings.engine == "auto" and (shards < 2 or not portable or here)):
        return Inline(Shards(begun.spec, pipeline))
    workers = max(1, min(settings.processes, shards))
    if settings.engine == "ray":
        from augreg.jobs.engines.ray import Ray

        spec = replace(begun.spec, device=settings.device_name)
        engine: Ray | Processes = Ray(spec, workers, settings.ray_address)
    else:
        engine = Processes(begun.spec, workers, locks, _modules(pipeline))
    stack.callback(engine.close)
    return engine


def _modules(pipeline: Pipeline) -> list[str]:
    """Return the modules of the steps, and of what reads their samples."""
    steps = (execution for name in pipeline.modalities for execution in pipeline.executions(name))
    readers = (spec for spec in formats.readers(pipeline.registry).values() if spec.modality in pipeline.modalities)
    found = {type(execution.augmenter).__module__ for execution in steps}
    return sorted(found | {spec.target.partition(":")[0] for spec in readers})


class _Enough(Exception):  # noqa: N818  # not an error: the job's own way out of its engine
    """The job is to stop now."""


class _Job:
    """What happens while an engine works."""

    def __init__(self, begun: Begun, settings: Settings, progress: Progress, stop: Callable[[], bool]) -> None:
        self.begun, self.settings, self.progress, self.stop = begun, settings, progress, stop
        self.shards = shards_of(settings, begun.plan)
        self.summary = Summary(sum(begun.plan.size(shard) for shard in self.shards), begun.ignored)
        self.known: dict[int, Tally] = {}
        """The accounts of shards that are done."""

    def look(self, engine: Engine) -> None:
        """Compare what an earlier job did with what it recorded; take out what has to be done again.

        Raises:
            ConfigError: an input of which outputs were made is another now.

        """
        changed: list[str] = []

        def on(event: Event) -> None:
            if event.checked is None:
                return
            shard = event.work.shard
            self.summary.checked += self.begun.plan.size(shard)
            changed.extend(event.checked.changed)
            if event.checked.faults:
                self.summary.redone.extend(event.checked.faults)
                part_of(self.begun.spec.out, shard).unlink(missing_ok=True)
            else:
                self.known[shard] = event.checked.tally
                self.summary.add(event.checked.tally)
                self.summary.before += event.checked.tally.inputs
            self.progress(self.summary)

        engine.run(self.begun.checks, on)
        self.summary.looked()
        if changed:
            more = [f"~ and {len(changed) - 5} more"] if len(changed) > 5 else []
            refuse_inputs(self.begun.spec.out, [*(f"~ {path}" for path in changed[:5]), *more])

    def do(self, engine: Engine) -> None:
        """Do every shard that is not done."""
        try:
            engine.run(self._works(), self._on)
        except _Enough as reason:
            self.summary.stopped = str(reason)

    def _works(self) -> Iterator[Work]:
        for shard in self.shards:
            if shard in self.known:
                continue
            if self.stop():
                self.summary.stopped = "it was interrupted"
                return
            yield Work(shard)

    def _on(self, event: Event) -> None:
        if event.tally is not None and not (self.settings.on_error == "raise" and event.tally.refused):
            self.known[event.work.shard] = event.tally
        self.summary.hear(event)
        self.progress(self.summary)
        self._refuse_more()

    def _refuse_more(self) -> None:
        """Stop the job where too many inputs are refused."""
        refused, most, row = self.summary.refused, self.settings.max_errors, self.settings.max_in_a_row
        if self.settings.on_error == "raise" and self.summary.tally.refused:
            raise _Enough("an input was refused")
        if most is not None and refused > most:
            raise _Enough(f"{refused} inputs were refused, and at most {most} may be{self._last()}")
        if row and self.summary.streak >= row:
            raise _Enough(f"{row} inputs in a row were refused, so that the fault is hardly one file's{self._last()}")

    def _last(self) -> str:
        """Return what tells of the last that was refused: it may lie in a shard of which there is no account yet."""
        return f". The last was {self.summary.last.rstrip('.')}" if self.summary.last else ""
