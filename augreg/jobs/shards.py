"""Does one shard: its bytes are a pure function of plan and number, and a renamed file is its commit."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from augreg.errors import ConfigError
from augreg.jobs import beside, sinks, sources
from augreg.jobs.fetched import Fetched
from augreg.jobs.items import Item, batches
from augreg.jobs.labelled.carried import Carrier
from augreg.jobs.labelled.whole import read_labels
from augreg.jobs.manifest import as_json
from augreg.jobs.outcome import Outcome, Tally
from augreg.jobs.planfile import PlanFile
from augreg.jobs.sinks import Laid, Row, Sink
from augreg.jobs.sources import Source, Tabular
from augreg.jobs.spec import JobSpec
from augreg.jobs.state import LAYOUT, part_of, staging_of, state_of
from augreg.jobs.work import Care, Tell, Worker
from augreg.pipeline import Pipeline


class Shards:
    """Does and checks shards of one job; what every engine calls, in whatever process."""

    def __init__(self, spec: JobSpec, pipeline: Pipeline) -> None:
        self.spec = spec
        self.pipeline = pipeline
        self.source = sources.reopen(spec.source)
        self.sink = sinks.reopen(spec.sink)
        self.plan = PlanFile.read(state_of(spec.out) / spec.plan)
        self.labels = read_labels(state_of(spec.out) / spec.plan)
        self.carrier = Carrier.of(self.labels, pipeline, self.source)
        if isinstance(self.source, Tabular):
            self.source.heed(pipeline)
        lay(self.sink, self.plan, self.source)

    @classmethod
    def of(cls, spec: JobSpec) -> Self:
        """Open a job from its plain description, with the plugins that are installed here."""
        return cls(spec, Pipeline.from_dict(spec.pipeline))

    def do(
        self,
        shard: int,
        tell: Tell = lambda event: None,
        care: Care = "",
        poison: Mapping[int, str] | None = None,
    ) -> Tally:
        """Read, augment, write and commit one shard, and return its account.

        Done twice, by two processes at once or one after the other, it leaves the same files.

        Args:
            shard: its number.
            tell: takes a ``tick`` after every batch.
            care, poison: see :class:`augreg.jobs.work.Worker`.

        Raises:
            ConfigError, OSError: every further shard would fail likewise.

        """
        worker = Worker(self.spec, self.pipeline, self.source, tell, care, poison or {}, self.labels)
        items = self.plan.shard(shard)
        with self._stage() as stage:
            found: dict[int, Outcome] = {}
            for task in batches(items, self.spec.batch_size):
                for outcome in worker.work(task, stage):
                    found[outcome.item.position] = outcome
                    if outcome.error is not None and self.spec.on_error == "raise":
                        return Tally.of([outcome.item], outcome.lines)
            outcomes = [found[item.position] for item in items]
            rows = [row for outcome in outcomes for row in outcome.rows]
            finals = self.sink.write(shard, self._carry(rows), stage)
            lines = [{**line, "shard": shard} for outcome in outcomes for line in outcome.lines]
            self._commit(shard, finals, lines, stage)
            return Tally.of(items, lines)

    def _carry(self, rows: Sequence[Row]) -> list[Row]:
        """Give rows of tables what they carry, as JSON has it, where the sink has no columns for it; note its hash."""
        items = list({row.item.position: row.item for row in rows}.values())
        carried = {item.position: beside.carried_by(self.source, item) for item in items}
        for row in rows:
            if row.made and (found := carried[row.item.position]):
                row.made[0].line["carried_sha256"] = beside.digest_of(found)
        if isinstance(self.sink, Laid):
            return list(rows)
        both = ((row, {**carried[row.item.position], **row.columns}) for row in rows)
        return [replace(row, item=replace(row.item, carried=whole)) for row, whole in both]

    @contextmanager
    def _stage(self) -> Iterator[Path]:
        """Give a folder within the output folder, so that renaming never copies."""
        root = staging_of(self.spec.out, self.spec.share, self.spec.run)
        if not self.spec.run:  # else it was made by the start of the job; where it is gone, another one has begun
            root.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(dir=root))
        try:
            yield stage
        finally:
            shutil.rmtree(stage, ignore_errors=True)

    def _commit(
        self, shard: int, finals: Sequence[tuple[Path, str]], lines: Sequence[Mapping[str, Any]], stage: Path
    ) -> None:
        """Rename every file into place, and the shard's manifest lines last: that name is the commit."""
        part = stage / "part"
        part.write_bytes(b"".join(as_json(line) for line in lines))
        # Libraries write in C, some with modes of their own (libsndfile: 0644); the umask is the user's word.
        mode = part.stat().st_mode & 0o777
        folders: set[Path] = set()
        for staged, output in finals:
            target = self.spec.out / output
            if target.parent not in folders:
                self._make(target.parent)
                folders.add(target.parent)
            if staged.stat().st_mode & 0o777 != mode:
                staged.chmod(mode)
            staged.replace(target)
        part.replace(part_of(self.spec.out, shard))

    def _make(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if not folder.resolve().is_relative_to(self.spec.out.resolve()):
            raise ConfigError(
                f"{str(folder)!r} is a link that leads out of the output folder. Remove it, or choose another place."
            )

    def check(self, shard: int, suspects: Sequence[int] | None, *, hashed: bool = True) -> Checked:
        """Look whether a shard that was done is still what its manifest lines say.

        Args:
            shard: its number.
            suspects: positions of inputs whose content is to be compared with what was read then; None for all.
            hashed: whether to compare hashes, not only sizes.

        """
        items = self.plan.shard(shard)
        lines = lines_of(part_of(self.spec.out, shard))
        if lines is None or not _complete(items, lines, self.spec.copies):
            return Checked([f"shard {shard} is not recorded whole"], [], Tally())
        written = [line for line in lines if line["outcome"] != "error"]
        faults = self.sink.faults(shard, written, self.spec.out, hashed=hashed)
        refused = {line["source"] for line in lines if line["outcome"] == "error"}
        changed = [file.called for file in self._changed(items, lines, suspects)]
        mended = [path for path in changed if path in refused]
        return Checked(
            faults + [f"{path} changed, which had been refused" for path in mended],
            [path for path in changed if path not in refused],
            Tally.of(items, lines),
        )

    def _changed(
        self, items: Sequence[Item], lines: Sequence[Mapping[str, Any]], suspects: Sequence[int] | None
    ) -> Iterator[Item]:
        """Yield the files that have another content than the manifest says; refused ones of which nothing is known."""
        hashes = {line["source"]: line.get("source_sha256") for line in lines}
        labels = {line["source"]: (line.get("labels") or {}).get("source_sha256") for line in lines}
        known: dict[str, tuple[Any, Any]] = {}
        for line in lines:
            held, carried = beside.said(line)
            before = known.get(line["key"], (None, None))
            known[line["key"]] = (held or before[0], carried or before[1])
        asked = [item for item in items if suspects is None or item.position in suspects]
        with self._stage() as stage:
            for item in asked:
                files = Fetched.of(self.source, [item], stage)
                for file in item.files:
                    if not _same(item, file, files, hashes.get(file.called)) or not self._same_labels(
                        file, labels.get(file.called), stage
                    ):
                        yield file
                if not beside.same(self.source, item, known.get(item.key, (None, None)), stage):
                    yield item

    def _same_labels(self, file: Item, known: str | None, into: Path) -> bool:
        """Whether the labels of a file are those that were read; of a file that never got so far none are known."""
        if known is None or self.carrier is None:
            return known is None and not file.labels
        return bool(file.labels) and self.carrier.sha256(file, into) == known


def _same(item: Item, file: Item, files: Fetched, known: str | None) -> bool:
    """Whether a file holds what it held; one that could not even be opened is the same while it still cannot."""
    if known is None:
        return item.fault is not None or files.fault(item) is not None
    try:
        return files.sha256(file) == known
    except OSError:
        return False


def lay(sink: Sink, plan: PlanFile, source: Source) -> None:
    """Give a sink whose files have one layout that of the job."""
    if isinstance(sink, Laid):
        sink.use(json.loads((plan.folder / LAYOUT).read_text(encoding="utf-8")), source)


class Checked:
    """What a look at a finished shard found.

    Args:
        faults: why the shard has to be done again; [] if all is as it should be.
        changed: inputs of which the outputs were made, and whose content is another now.
        tally: the shard's account.

    """

    def __init__(self, faults: list[str], changed: list[str], tally: Tally) -> None:
        self.faults, self.changed, self.tally = faults, changed, tally

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {"faults": self.faults, "changed": self.changed, "tally": self.tally.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return what :meth:`to_json` wrote."""
        return cls(data["faults"], data["changed"], Tally.from_json(data["tally"]))


def lines_of(part: Path) -> list[dict[str, Any]] | None:
    """Return the manifest lines of a shard, None where they are not there or torn."""
    try:
        return [json.loads(line) for line in part.read_bytes().splitlines()]
    except (OSError, ValueError):
        return None


def _complete(items: Sequence[Item], lines: Sequence[Mapping[str, Any]], copies: int) -> bool:
    """Whether every file of a shard has the lines that it must have."""
    found: dict[str, list[Any]] = {}
    for line in lines:
        found.setdefault(line["source"], []).append(line.get("copy"))
    return all(found.get(file.called) in ([None], list(item.numbers(copies))) for item in items for file in item.files)
