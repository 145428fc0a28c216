"""Makes one output again, from its source and its line of the manifest, and says whether it is the one recorded."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import augreg
from augreg import late
from augreg.errors import ConfigError, MediaError, nearest
from augreg.jobs.ended import Ended
from augreg.jobs.fetched import Fetched
from augreg.jobs.hashes import sha256
from augreg.jobs.items import Item
from augreg.jobs.labelled.binding import Binder
from augreg.jobs.libraries import changed
from augreg.jobs.manifest import NAME, place_of, trace_of
from augreg.jobs.mixed import Mixtures
from augreg.jobs.names import read_secret
from augreg.jobs.outcome import Outcome
from augreg.jobs.records import Reading
from augreg.jobs.sources import Source
from augreg.jobs.spec import JobSpec
from augreg.jobs.work import Worker
from augreg.media import Limits


@dataclass(frozen=True, slots=True)
class Replayed:
    """One output that was made again.

    Args:
        line: its line of the manifest.
        sha256: the hash of what was made now.
        same: whether it is the recorded one.
        notes: other versions of augreg, plugins and libraries than those that made it.

    """

    line: Mapping[str, Any]
    sha256: str
    same: bool
    notes: tuple[str, ...]


def replay(
    out: str | Path,
    line: int | str | Mapping[str, Any],
    source: str | Path,
    to: str | Path,
    names: Path | None = None,
    root: str | Path | None = None,
    labels: str | None = None,
) -> Replayed:
    """Make one output again and write it to a file; of an encrypted one, what was encrypted.

    Args:
        out: the output folder of a job; of the outputs themselves none is needed.
        line: which one: its line's number in the manifest, from 1 on; its path (of a member of a tar ``x.tar/member``,
            of a cell of a table ``x.parquet/row#column``); or the line itself.
        source: the input of the job.
        to: the file to write.
        names: the file of names of a job whose names are aliases.
        root: where ``source`` is a list of paths, the folder from which they count; None for that of the list.
        labels: where labels lie now, as in "coco:instances.json", if that is not where they lay in the job.

    Raises:
        ConfigError: there is no such output, or the source is not what was read then.
        MediaError: the source cannot be read any more.

    """
    job = Ended.at(Path(out))
    lines = list(job.lines())
    wanted = _find(lines, line)
    written = [other for other in lines if other["outcome"] != "error"]
    if wanted not in written:
        written.append(dict(wanted))
    given = job.source(source, root)
    secret = None if names is None else read_secret(names)
    again = _Again(job, given, written, secret, job.binder(given, labels))
    with tempfile.TemporaryDirectory() as folder:
        made = again.make(wanted, Path(folder))
        found = sha256(made)
        to = Path(to)
        to.write_bytes(made.read_bytes())
    return Replayed(wanted, found, found == wanted["sha256"], tuple(_versions(job)))


def _find(lines: Sequence[Mapping[str, Any]], given: int | str | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the line that a user names."""
    if isinstance(given, Mapping):
        found = given
    elif isinstance(given, str) and given.lstrip().startswith("{"):
        try:
            found = json.loads(given)
        except ValueError as error:
            raise ConfigError(f"this is no JSON line: {error}. Give one of {NAME}.") from None
    elif isinstance(given, int) or given.isdecimal():
        if not 1 <= int(given) <= len(lines):
            raise ConfigError(f"{NAME} has the lines 1 to {len(lines)}, and no {given}.")
        found = lines[int(given) - 1]
    else:
        written = [line for line in lines if line["outcome"] != "error"]
        several = [line for line in written if given in _places(line)]
        if not several:
            known = [place for line in written for place in _places(line)]
            raise ConfigError(f"{NAME} has no output {given!r}.{nearest(given, known)} Give a path or a line number.")
        if len(several) > 1:
            first = place_of(several[0])
            raise ConfigError(f"{len(several)} outputs are in {given!r}. Say which, as in {first}, or give its line.")
        found = several[0]
    if missing := {"key", "copy", "sha256", "source_sha256"} - found.keys():
        said = found.get("reason") or f"it has no {' and no '.join(sorted(missing))}"
        raise ConfigError(f"this line is of no output: {said}.")
    return found


def _places(line: Mapping[str, Any]) -> set[str]:
    """Return how a user may call an output: a row of a table without its column, too, where it has only one."""
    return {str(line["output"]), place_of(line), place_of(line).partition("#")[0] if "column" in line else ""} - {""}


@dataclass
class _Again:
    job: Ended
    given: Source
    lines: list[dict[str, Any]]
    secret: bytes | None
    binder: Binder

    def make(self, wanted: Mapping[str, Any], folder: Path) -> Path:
        """Make the output of a line in a folder."""
        if wanted["outcome"] == "generated":
            return Path(late.call("generated_again", self.job, wanted, self.given, folder))
        item = self._items({wanted["key"]})[0]
        at = next(i for i, file in enumerate(item.files) if file.called == wanted["source"])
        made = folder / "made"
        worker = self._worker()
        if wanted["outcome"] in ("passed-through", "copied", "original"):
            files = self._fetched([item], folder)
            file = files.named(item).files[at]
            worker.copier.copy(files[file], made, file.suffix, "copied")
            return made
        copy = wanted["copy"]
        mixtures = Mixtures(self.job.pipeline, self.lines)
        items = [item, *self._items(mixtures.partners(item.key, copy))]
        files = self._fetched(items, folder)
        items = [files.named(one) for one in items]
        outcomes = [Outcome(one) for one in items]
        read = zip(worker.load(outcomes, files, folder), outcomes, strict=True)
        readings = [_read(reading, outcome) for reading, outcome in read]
        traces = [self._trace(item, copy, reading) for item, reading in zip(items, readings, strict=True)]
        samples = [reading.value(item, worker.layout) for reading, item in zip(readings, items, strict=True)]
        carrier = readings[0].carrier
        options: dict[str, Any] = {} if carrier is None else {"schema": carrier.schema(items)}
        result = self.job.pipeline.replay(samples, traces, device=self.job.facts["device"], **options)[0]
        file, loaded, whole = items[0].files[at], readings[0].files[at], (result, traces[0])
        if carrier is not None:
            whole, *_ = carrier.back(items[0], whole, readings[0].held, readings[0].columns)
        worker.encoder.write(file, files[file], loaded, readings[0], whole, made)
        return made

    def _trace(self, item: Item, copy: int, reading: Reading) -> Any:
        """Return the trace of a copy; with labels a sample is a record, and its trace that of a field."""
        found = trace_of(*self._of(item, copy))
        return {item.modality: found} if reading.carrier is not None and item.field is None else found

    def _worker(self) -> Worker:
        facts = self.job.facts
        given = {name: facts[name] for name in ("pipeline", "seed", "epoch", "copies", "device", "on_error", "decode")}
        limits, options = Limits(**facts["limits"]), {"keep_metadata": facts["metadata"] == "kept"}
        where = {"out": self.job.out, "source": self.given.describe(), "sink": facts["sink"]}
        spec = JobSpec(**where, **given, limits=limits, options=options)
        return Worker(spec, self.job.pipeline, self.given, labels=self.binder.spec)

    def _items(self, keys: set[str]) -> list[Item]:
        """Return the inputs of these keys."""
        found = [item for item in self.job.inputs(self.given, self.secret, self.binder) if item.key in keys]
        if missing := keys - {item.key for item in found}:
            raise ConfigError(f"the source has no input {min(missing)!r} any more, of which this output was made.")
        return found

    def _fetched(self, items: Sequence[Item], folder: Path) -> Fetched:
        """Fetch files and check that they are what was read."""
        files = Fetched.of(self.given, items, folder)
        hashes = {line["source"]: line["source_sha256"] for line in self.lines}
        for file in (file for item in items for file in item.files):
            if (wanted := hashes.get(file.called)) is None:
                raise ConfigError(f"{file.called} was part of this output, and {NAME} has no line of it.")
            if files.sha256(file) != wanted:
                raise ConfigError(f"{file.called} is not what was read then: its hash is another. Put it back.")
        return files

    def _of(self, item: Item, copy: int) -> list[dict[str, Any]]:
        """Return the lines of one copy of an input."""
        return [line for line in self.lines if line["key"] == item.key and line["copy"] == copy]


def _read(reading: Reading | None, outcome: Outcome) -> Reading:
    if reading is None:
        raise outcome.error or MediaError(outcome.item.called, "it cannot be read.", "E_CORRUPT")
    return reading


def _versions(job: Ended) -> Iterator[str]:
    """Yield what has another version here than it had in the job."""
    if job.facts["augreg"] != augreg.__version__:
        yield f"augreg {job.facts['augreg']} -> {augreg.__version__}"
    here = {r.plugin: r.version for r in job.pipeline.registry.records if r.status == "ok"}
    for name, version in sorted(job.facts["plugins"].items()):
        if here.get(name) != version:
            yield f"{name} {version} -> {here.get(name, 'not there')}"
    yield from changed(job.facts)
