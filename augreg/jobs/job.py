"""Runs a job over a folder: plan, then work and commit task by task, then the account."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import augreg
from augreg.compute.devices import resolve_device
from augreg.errors import ConfigError
from augreg.jobs.commit import commit, prepare, staging, write_record
from augreg.jobs.manifest import NAME, Manifest, describe_error
from augreg.jobs.plan import Plan, Task, make_plan
from augreg.jobs.records import Layout
from augreg.jobs.resume import Lines, earlier, lines_of
from augreg.jobs.work import Outcome, Worker
from augreg.media import DEFAULT, Limits
from augreg.pipeline import Pipeline

OnError = Literal["skip", "raise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a job is to do.

    Args:
        source, out: the input folder; the output folder, which must lie elsewhere.
        seed, epoch: with the key (the relative path) and the copy number, they fix every random number.
        copies: augmented versions per input, 1 or more.
        device: "cpu", "cuda", "auto".
        batch_size: most samples that are read and augmented at once. It does not change results.
        on_error: "skip" refuses inputs that fail and goes on; "raise" stops at the first, and
            writes nothing that comes behind it.
        overwrite: whether the output folder may hold files already; those of the same name are replaced.
        resume: whether to go on with a job of the same settings that was stopped in this output folder: what is
            written and recorded stays, the rest is done. The outcome is that of a job that was never stopped.
        limits: the largest samples that are decoded.

    Raises:
        ConfigError: a value is out of range.

    """

    source: Path
    out: Path
    seed: int
    epoch: int = 0
    copies: int = 1
    device: str | None = "cpu"
    batch_size: int = 32
    on_error: OnError = "skip"
    overwrite: bool = False
    resume: bool = False
    limits: Limits = DEFAULT

    def __post_init__(self) -> None:
        for name in ("copies", "batch_size"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; it must be at least 1.")
        if self.on_error not in get_args(OnError):
            raise ConfigError(f"on_error is {self.on_error!r}; it must be 'skip' or 'raise'.")
        if self.overwrite and self.resume:
            raise ConfigError("overwrite and resume exclude each other. Give one of them.")
        resolve_device(self.device)


@dataclass(slots=True)
class Summary:
    """The account of a job. ``inputs == written + rejected + skipped``, always."""

    inputs: int
    ignored: Counter[str]
    written: int = 0
    """Inputs of which all outputs are there; those of a job that is resumed count."""
    resumed: int = 0
    """Inputs among them that the job found done."""
    rejected: int = 0
    outputs: int = 0
    copied: int = 0
    modalities: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    """Step -> outputs that it left as they were for a reason, which the manifest tells."""
    codes: Counter[str] = field(default_factory=Counter)
    errors: list[tuple[str, str, str]] = field(default_factory=list)
    """Path, code and reason of the first inputs that were refused."""
    seconds: float = 0.0
    first_error: Exception | None = None

    @property
    def skipped(self) -> int:
        """Inputs that were not reached, because the job stopped."""
        return self.inputs - self.written - self.rejected

    def add(self, outcome: Outcome) -> None:
        """Count one input."""
        if outcome.error is None:
            self.written += 1
            self.copied += outcome.item.copied
            self.outputs += len(outcome.lines)
            self.modalities[outcome.item.kind] += 1
            self.left.update(line["left"].split(":")[0] for line in outcome.lines if "left" in line)
            return
        self.rejected += 1
        code, reason = describe_error(outcome.error)
        self.codes[code] += 1
        self.first_error = self.first_error or outcome.error
        if len(self.errors) < 1_000:
            self.errors.append((outcome.item.path, code, reason))


Progress = Callable[[Summary], None]


def run(pipeline: Pipeline, settings: Settings, progress: Progress = lambda summary: None) -> Summary:
    """Augment every media file of a folder into another folder.

    Where the pipeline has joint steps or a schema, the files of one name are one record, and a film with sound is
    one of picture and sound: see :class:`augreg.jobs.records.Layout`.

    Outputs are named ``<stem>__a<copy><suffix>`` in the same sub-folders, beside ``manifest.jsonl`` (one line per
    output or refused input) and ``run.json``. An input is written with all its copies or not at all.

    Args:
        pipeline: the steps; inputs whose modality has none are copied byte for byte.
        settings: see :class:`Settings`.
        progress: called after every task with the account so far.

    Raises:
        ConfigError: folders or settings are wrong; nothing is written then.

    """
    started = time.monotonic()
    layout = Layout.of(pipeline)
    stepped = {*pipeline.modalities, *layout.roles}
    plan = make_plan(settings.source, stepped, settings.copies, pipeline.registry, layout.join)
    facts = describe(pipeline, settings, plan)
    known = earlier(settings.out, facts) if settings.resume else None
    prepare(settings.source, settings.out, overwrite=settings.overwrite or known is not None)
    tasks, done = divide(plan.tasks(settings.batch_size), known, settings)
    summary = Summary(len(plan.items), plan.ignored)
    for outcome in done:
        summary.add(outcome)
    summary.resumed = summary.written
    worker = Worker(
        settings.source, pipeline, settings.seed, settings.epoch, settings.copies, settings.device, settings.limits
    )
    kept = [line for outcome in done for line in outcome.lines]
    with staging(settings.out) as stage, Manifest.restart(settings.out, kept) as manifest:
        write_record(settings.out, facts)
        for task in tasks:
            outcomes = worker.work(task, stage)
            if settings.on_error == "raise":
                outcomes = until_error(outcomes)
            commit(outcomes, settings.out, manifest)
            for outcome in outcomes:
                summary.add(outcome)
            summary.seconds = time.monotonic() - started
            progress(summary)
            if summary.rejected and settings.on_error == "raise":
                break
    stopped = settings.on_error == "raise" and summary.rejected
    assert stopped or summary.skipped == 0, f"{summary.skipped} of {summary.inputs} inputs got lost"
    return summary


def divide(tasks: Sequence[Task], known: Lines | None, settings: Settings) -> tuple[list[Task], list[Outcome]]:
    """Return the tasks that are to be done, and the outcomes of those that an earlier job did."""
    todo: list[Task] = []
    done: list[Outcome] = []
    for task in tasks:
        found = None if known is None else lines_of(task, known, settings.copies, settings.out)
        if found is None:
            todo.append(task)
        else:
            done += [Outcome(item, lines=found[item.path]) for item in task.items]
    return todo, done


def until_error(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes up to the first that failed; what is staged of those behind it is never made final."""
    failed = next((i for i, outcome in enumerate(outcomes) if outcome.error is not None), len(outcomes))
    return list(outcomes[: failed + 1])


def describe(pipeline: Pipeline, settings: Settings, plan: Plan) -> dict[str, Any]:
    """Return what ``run.json`` holds: enough to do the job again. No absolute path, no name of user or machine."""
    return {
        "augreg": augreg.__version__,
        "plugins": {r.plugin: r.version for r in pipeline.registry.records if r.status == "ok"},
        "pipeline": pipeline.to_dict(),
        "seed": settings.seed,
        "epoch": settings.epoch,
        "copies": settings.copies,
        "device": str(resolve_device(settings.device)),
        "batch_size": settings.batch_size,
        "limits": asdict(settings.limits),
        "inputs": len(plan.items),
        "manifest": NAME,
    }
