"""How a job begins: the output folder is looked at, the inputs are planned, and what was done before is taken over."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from augreg.errors import ConfigError
from augreg.jobs.chosen import Chosen
from augreg.jobs.engines import Work
from augreg.jobs.items import Item
from augreg.jobs.labelled.asked import Asked
from augreg.jobs.labelled.binding import Binder
from augreg.jobs.labelled.columns import Columns
from augreg.jobs.labelled.whole import LABELS, is_another, refuse_labels
from augreg.jobs.manifest import NAME
from augreg.jobs.names import Alias, new_secret, read_secret, write_names
from augreg.jobs.only import only
from augreg.jobs.plan import Plan, make_plan
from augreg.jobs.planfile import PlanFile, by_number, by_size
from augreg.jobs.record import describe
from augreg.jobs.records import Layout
from augreg.jobs.resume import Difference, job_record, refuse_another, refuse_gone, refuse_inputs, reopen
from augreg.jobs.settings import Settings
from augreg.jobs.sinks import Checks, Laid, Sink
from augreg.jobs.sources import Apart, Source
from augreg.jobs.spec import JobSpec
from augreg.jobs.state import (
    CHOSEN,
    JOB,
    LAYOUT,
    RUN,
    SECRET,
    STATE,
    alone,
    clear,
    fence,
    keep_generated,
    part_of,
    staging_of,
    state_of,
    write_json,
)
from augreg.jobs.telling import refuse_telling
from augreg.jobs.tombs import Tombs
from augreg.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Begun:
    """A job that may start.

    Args:
        spec: what workers must know.
        facts: what its record says.
        plan: its inputs.
        ignored: files that were left aside, by suffix.
        checks: shards that were done before, to be looked at.
        notes: what the user should know of the labels.
        ended: whether there is nothing to do: a job that machines share had ended.

    """

    spec: JobSpec
    facts: Mapping[str, Any]
    plan: PlanFile
    ignored: Counter[str] = field(default_factory=Counter)
    checks: tuple[Work, ...] = ()
    notes: tuple[str, ...] = ()
    ended: bool = False

    def settle(self) -> None:
        """Make this the job of the output folder: a resumed one only after what was done before was looked at.

        Until then the record is that of the earlier job, whose plan tells on the next try, too, what has changed.
        """
        out = self.spec.out
        write_json(state_of(out) / JOB, {**self.facts, "plan_at": self.spec.plan})
        for path in state_of(out).glob("plan-*"):
            if path.name != self.spec.plan:
                shutil.rmtree(path, ignore_errors=True)
        for left in (NAME, RUN):
            (out / left).unlink(missing_ok=True)


def refuse_place(source: Source, out: Path) -> None:
    """Check the output folder without touching it.

    Raises:
        ConfigError: it is the input folder or within it, or is no folder.

    """
    if re.match(r"[a-z][a-z0-9+.-]+:/", str(out)):
        raise ConfigError(
            f"output {str(out)!r} is an address, and shards are committed by renaming, which object stores cannot do. "
            "Write into a folder, and copy it there when the job has ended: aws s3 sync, gcloud storage cp, hf upload."
        )
    if isinstance(source, Apart) and (place := source.holds(out)):
        raise ConfigError(f"output folder {str(out)!r} lies in the input folder {place!r}. Choose another place.")
    if out.exists() and not out.is_dir():
        raise ConfigError(f"output {str(out)!r} is a file. Give a folder.")


def begin(pipeline: Pipeline, settings: Settings, source: Source, sink: Sink) -> Begun:
    """Prepare a job in an output folder that is held.

    Raises:
        ConfigError: the folder is not empty, holds another job, or the inputs are not those that it began with.

    """
    begun = _begun(pipeline, settings, source, sink)
    if not begun.ended:
        staging_of(settings.out, begun.spec.share, begun.spec.run).mkdir(parents=True)
    return begun


def _begun(pipeline: Pipeline, settings: Settings, source: Source, sink: Sink) -> Begun:
    out = settings.out
    facts = describe(pipeline, settings, source, sink)
    if settings.share is not None:
        with alone(out, "begin"):
            if (before := job_record(out)) is not None and (state_of(out) / JOB).exists():
                return _join(pipeline, settings, source, sink, before, facts)
            begun = _begin(pipeline, settings, source, sink, facts)
            if not begun.ended:
                begun.settle()  # here, where the other machines wait for the plan
            return begun
    return _begin(pipeline, settings, source, sink, facts)


def _begin(pipeline: Pipeline, settings: Settings, source: Source, sink: Sink, facts: Mapping[str, Any]) -> Begun:
    out = settings.out
    before = job_record(out) if settings.resume or settings.share else None
    listed = None if settings.chosen is None else settings.chosen.read_bytes()
    if before is None:
        refuse_full(out, settings)
        clear(out)
    else:
        refuse_another(out, before, facts, other_libraries=settings.other_libraries)
        if before.get("forgotten") and not Tombs.of(before).left and settings.to != "folder":
            raise ConfigError(
                f"inputs of the job in {str(out)!r} were forgotten by an augreg that did not note where its shards "
                "begin since then. It has ended: leave it as it is, or begin anew with --overwrite."
            )
        if settings.share is not None:
            ended = PlanFile(state_of(out), (0,), (before["inputs"],), before["plan"])
            return Begun(_spec(pipeline, settings, source, sink, ""), before, ended, ended=True)
        fence(out)
    alias, tombs = _alias(settings, before), Tombs.of(before or {})
    binder = Binder(Asked.of(settings.labels), settings.labels_to, source, pipeline.registry, pipeline.schema or ())
    plan = _planned(pipeline, settings, source, alias, tombs, binder)
    binder.columns = Columns.of(source, plan.items, pipeline)
    refuse_labels(binder, settings)
    if isinstance(sink, Checks):
        sink.check(plan.items)
    name, old = _old(out, before)
    difference = Difference() if old is None else Difference.of(old, plan.items)
    difference.refuse(out)
    if before is not None and is_another(before.get("labels"), binder.facts):
        refuse_inputs(out, ["~ their labels: the form, or what it says once for all, as names of categories"])
    written = _write(settings, name, plan, tombs)
    write_json(written.folder / LABELS, binder.spec)
    _refuse_moved(out, old, before, written, difference, len(tombs))
    if before is not None and old is None:
        refuse_gone(out, plan.items)
    if isinstance(sink, Laid):
        layout = sink.lay_out(written, source, pipeline)
        if len(tombs) and old is None:
            _refuse_columns(out, sink.others(out, layout))
        _lay_out(out, layout, old, written)
    if before is not None and old is None:
        clear(out, keep=name)
        reopen(out, written, plan.items)
    if listed is not None and settings.chosen is not None:
        (state_of(out) / CHOSEN).write_bytes(listed)
        keep_generated(settings.chosen.parent, out)
    if alias is not None:
        _keep_names(settings, alias, plan.items)
    whole = {**facts, "inputs": written.inputs + len(tombs), "plan": written.digest, "labels": binder.facts}
    if len(tombs):
        whole["forgotten"] = tombs.to_json()
    spec = _spec(pipeline, settings, source, sink, name)
    # Of a job that ended the times of the inputs are not known any more: all are read again.
    suspects = None if before is not None and old is None else difference.changed
    return Begun(spec, whole, written, plan.ignored, _checks(settings, written, plan.items, suspects), binder.told)


def inputs_of(pipeline: Pipeline, settings: Settings, source: Source) -> tuple[Item, ...]:
    """Return the inputs that a job would have, with what belongs to them; nothing is written."""
    asked = Asked.of(settings.labels)
    binder = Binder(asked, settings.labels_to, source, pipeline.registry, pipeline.schema or ())
    return _planned(pipeline, settings, source, None, Tombs.of({}), binder).items


def _planned(
    pipeline: Pipeline, settings: Settings, source: Source, alias: Alias | None, tombs: Tombs, binder: Binder
) -> Plan:
    """Plan the inputs; what was forgotten is none."""
    layout = Layout.of(pipeline)
    stepped = {*pipeline.modalities, *layout.roles}
    joined = layout.join if alias is None else _told_apart(layout, source, settings)
    plan = make_plan(source, stepped, settings.copies, pipeline.registry, joined, alias, binder.take)
    if settings.only is not None:
        plan = only(plan, Path(settings.only))
    if settings.chosen is not None:
        plan = Chosen.read(settings.chosen).plan(plan)
    return Plan(tuple(item for item in plan.items if item.key not in tombs), plan.ignored) if len(tombs) else plan


def _told_apart(layout: Layout, source: Source, settings: Settings) -> Callable[[Iterable[Item]], Iterable[Item]]:
    """Return what makes records, and looks, while names are known still, whether their columns would tell them."""

    def join(items: Iterable[Item]) -> Iterable[Item]:
        found = layout.join(items)
        refuse_telling(source, found, settings.key_column)
        return found

    return join


def _alias(settings: Settings, before: Mapping[str, Any] | None) -> Alias | None:
    """Return what gives inputs other names, with the secret of the file of names, of the job, or a new one."""
    if not settings.anonymize_names:
        return None
    kept = state_of(settings.out) / SECRET
    if settings.names_to is not None and settings.names_to.exists():
        secret = read_secret(settings.names_to)
    elif before is not None and kept.exists():
        secret = bytes.fromhex(kept.read_text(encoding="ascii"))
    elif before is not None:
        raise ConfigError(
            "the job has ended, and the secret of its names with it: nobody can tell which input is which. Give "
            "the file that --names-to wrote, or begin anew with --overwrite."
        )
    else:
        secret = new_secret()
    return Alias(secret, settings.keep_folders)


def _keep_names(settings: Settings, alias: Alias, items: tuple[Item, ...]) -> None:
    """Keep the secret for as long as the job has not ended; and for ever where the user asked for it."""
    path = state_of(settings.out) / SECRET
    path.unlink(missing_ok=True)
    path.touch(0o600)
    path.write_text(alias.secret.hex(), encoding="ascii")
    if settings.names_to is not None:
        write_names(settings.names_to, alias.secret, items)


def _write(settings: Settings, name: str, plan: Plan, tombs: Tombs) -> PlanFile:
    """Write the plan; where inputs were forgotten, cut where it was cut while they were among its inputs."""
    folder = state_of(settings.out) / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    limits = {"shard_size": settings.shard_size, "shard_bytes": settings.shard_bytes}
    return PlanFile.write(folder, by_number(plan.items, tombs.left) if tombs.left else by_size(plan.items, **limits))


def _old(out: Path, before: Mapping[str, Any] | None) -> tuple[str, PlanFile | None]:
    """Return the name of the folder for the new plan, and the plan of a job that did not end."""
    at = None if before is None else before.get("plan_at")
    if at is None:
        return "plan-1", None
    name = "plan-2" if at == "plan-1" else "plan-1"
    return name, PlanFile.read(state_of(out) / at)


def refuse_full(out: Path, settings: Settings) -> None:
    """Refuse a folder that holds something, unless it may be overwritten."""
    if settings.overwrite or not out.is_dir():
        return
    if (state_of(out) / JOB).exists():
        raise ConfigError(
            f"a job was stopped in {str(out)!r}. Give --resume to go on with it, or --overwrite to begin anew."
        )
    if any(path.name != STATE for path in out.iterdir()):
        raise ConfigError(
            f"output folder {str(out)!r} is not empty. Give an empty one, --resume to go on with the job that was "
            "stopped there, or --overwrite to replace files in it."
        )


def _refuse_moved(
    out: Path,
    old: PlanFile | None,
    before: Mapping[str, Any] | None,
    new: PlanFile,
    difference: Difference,
    forgotten: int,
) -> None:
    """Refuse inputs that changed so much that the shards, which are done in part, begin elsewhere now."""
    if old is not None and old.firsts != new.firsts:
        refuse_inputs(out, [f"~ {path}" for path in list(difference.changed.values())[:5]])
    if old is not None or before is None or before.get("plan") == new.digest:
        return
    if (had := before["inputs"] - forgotten) != new.inputs:
        refuse_inputs(out, [f"it had {had} inputs, and {new.inputs} are there"])


def _refuse_columns(out: Path, others: Sequence[str]) -> None:
    """Refuse to mend tables whose columns are those of inputs that were forgotten."""
    if others:
        raise ConfigError(
            f"the job in {str(out)!r} cannot be resumed: inputs of it were forgotten, without which its tables would "
            f"have other columns ({', '.join(others)}). It has ended: leave it as it is, or begin anew (--overwrite)."
        )


def _lay_out(out: Path, layout: Mapping[str, Any], old: PlanFile | None, new: PlanFile) -> None:
    """Keep the layout of the files that are written; refuse another than that of the files that are there."""
    if old is not None:
        before = json.loads((old.folder / LAYOUT).read_text(encoding="utf-8"))
        other = [name for name in layout if name != "digest" and before.get(name) != layout[name]]
        if other:
            refuse_inputs(out, [f"~ their columns ({', '.join(other)})"])
    write_json(new.folder / LAYOUT, layout)


def _checks(
    settings: Settings, plan: PlanFile, items: tuple[Item, ...], suspects: Mapping[int, str] | None
) -> tuple[Work, ...]:
    """Return the looks at shards of which a part is there."""
    found = []
    for shard in shards_of(settings, plan):
        if part_of(settings.out, shard).exists():
            own = items[plan.firsts[shard] : plan.firsts[shard + 1]]
            at = None if suspects is None else tuple(item.position for item in own if item.position in suspects)
            found.append(Work(shard, "check", at, settings.check))
    return tuple(found)


def _join(
    pipeline: Pipeline,
    settings: Settings,
    source: Source,
    sink: Sink,
    before: Mapping[str, Any],
    facts: Mapping[str, Any],
) -> Begun:
    """Take part in a job that another machine has planned: its plan counts; files that changed since are refused."""
    refuse_another(settings.out, before, facts, other_libraries=settings.other_libraries)
    fence(settings.out, settings.share_name)
    name = str(before["plan_at"])
    plan = PlanFile.read(state_of(settings.out) / name)
    whole = {key: value for key, value in before.items() if key != "plan_at"}
    spec = _spec(pipeline, settings, source, sink, name)
    return Begun(spec, whole, plan, Counter(), _checks(settings, plan, (), {}))


def shards_of(settings: Settings, plan: PlanFile) -> range:
    """Return the numbers of the shards that this machine does."""
    first, step = settings.share or (1, 1)
    return range(first - 1, len(plan), step)


def _spec(pipeline: Pipeline, settings: Settings, source: Source, sink: Sink, plan: str) -> JobSpec:
    return JobSpec(
        out=settings.out.absolute(),
        source=source.describe(),
        sink=sink.describe(),
        pipeline=pipeline.to_dict(),
        seed=settings.seed,
        epoch=settings.epoch,
        copies=settings.copies,
        device=settings.device,
        batch_size=settings.batch_size,
        limits=settings.limits,
        on_error=settings.on_error,
        decode=settings.decode,
        plan=plan,
        share=settings.share_name,
        options={"keep_metadata": settings.keep_metadata},
        run=secrets.token_hex(4),
    )
