"""Looks whether an output folder is what its manifest and run.json say: every hash, every count, nothing besides."""

from __future__ import annotations

import os
import tempfile
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Final

from augreg.jobs import beside
from augreg.jobs.beside import Beside
from augreg.jobs.ended import Ended
from augreg.jobs.fetched import Fetched
from augreg.jobs.hashes import fault_of
from augreg.jobs.items import Item
from augreg.jobs.labelled.carried import Carrier
from augreg.jobs.manifest import NAME, place_of
from augreg.jobs.names import read_secret
from augreg.jobs.sources import Source, Tabular
from augreg.jobs.state import RUN, STATE
from augreg.jobs.tombs import Tombs

BLOCK: Final = 256
"""Inputs that one thread looks at in one go."""


@dataclass(slots=True)
class Verdict:
    """What a look at an output folder found. All is as recorded if there are no ``faults``."""

    inputs: int = 0
    written: int = 0
    refused: int = 0
    forgotten: int = 0
    outputs: int = 0
    hashed_inputs: int = 0
    """Inputs that were hashed as well, with ``source``."""
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What could not be looked at, and why."""


def verify(
    out: str | Path,
    source: str | Path | None = None,
    workers: int = 0,
    identities: Sequence[str] = (),
    names: Path | None = None,
    root: str | Path | None = None,
    labels: str | None = None,
) -> Verdict:
    """Compare an output folder with its manifest and its record.

    Args:
        out: the output folder of a job.
        source: the input, to hash it as well.
        workers: how many threads hash; 0 for one on each core.
        identities: age identities (secret keys), to look into encrypted outputs.
        names: the file of names of a job whose names are aliases; ``source`` needs it then.
        root: where ``source`` is a list of paths, the folder from which they count; None for that of the list.
        labels: where labels lie now, as in "coco:instances.json", if that is not where they lay in the job.

    Returns:
        The counts and all faults, one line each.

    Raises:
        ConfigError: there is no job, or it cannot be read.

    """
    job = Ended.at(Path(out))
    look = _Look(job, workers or os.cpu_count() or 1, tuple(identities))
    look.outputs()
    if source is not None:
        look.inputs(job.source(source, root), None if names is None else read_secret(names), labels)
    return look.verdict


@dataclass
class _Look:
    job: Ended
    workers: int
    identities: tuple[str, ...]
    verdict: Verdict = field(default_factory=Verdict)
    copies: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    """Source -> the copy numbers of its lines, [None] for a refused one."""
    keys: dict[str, bool] = field(default_factory=dict)
    """Key of every input -> whether it was written."""
    hashes: dict[str, str | None] = field(default_factory=dict)
    """Source -> its hash as recorded."""
    labels: dict[str, str | None] = field(default_factory=dict)
    """Source -> the hash of its labels as recorded."""
    beside: dict[str, Beside] = field(default_factory=dict)
    """Key -> what its lines tell of labels and columns, where they do."""
    seen: set[int] = field(default_factory=set)
    """Shards of which there are lines of outputs."""

    def outputs(self) -> None:
        """Look at the manifest, at every file that it names, at every other file, and at the counts."""
        known: Counter[str] = Counter()
        files: set[str] = set()
        if getattr(self.job.sink, "recipients", ()) and not self.identities:
            self.verdict.notes.append("outputs are encrypted: their sizes were compared, not their content")
        for faults in _ahead(self.workers, self._faults, _shards(self._good(known, files))):
            self.verdict.faults += faults
        self._empty_shards()
        self._labels()
        self.verdict.faults += [f"{name} is in {NAME} {count} times" for name, count in known.items() if count > 1]
        self.verdict.faults += [f"{path} is not in {NAME}" for path in _strays(self.job, files)]
        self._copies()
        self._counts()

    def _good(self, known: Counter[str], files: set[str]) -> Iterator[dict[str, Any]]:
        """Yield the lines of outputs, and take down what they say."""
        for number, line in self.job.numbered():
            if line is None:
                self.verdict.faults.append(f"{NAME} is torn at line {number}")
                continue
            written = line["outcome"] != "error"
            self.keys[line["key"]] = self.keys.get(line["key"], True) and written
            self.copies[line["source"]].append(line.get("copy"))
            self.hashes[line["source"]] = line.get("source_sha256")
            self.labels[line["source"]] = (line.get("labels") or {}).get("source_sha256")
            if written:
                self._take(line)
                for said in (line, *({"output": line["output"], **held} for held in line.get("attached", {}).values())):
                    known[place_of({"row": line.get("row"), **said})] += 1
                    files.add(said["output"])
                self.verdict.outputs += 1
                yield line

    def _take(self, line: Mapping[str, Any]) -> None:
        self.seen.add(line.get("shard", 0))
        attached, carried = beside.said(line)
        if attached is not None or carried is not None:
            before = self.beside.get(line["key"], (None, None))
            self.beside[line["key"]] = (attached or before[0], carried or before[1])

    def _labels(self) -> None:
        """Look at the files of labels that the data set has once."""
        for place, said in ((self.job.facts.get("labels") or {}).get("files") or {}).items():
            fault = fault_of(self.job.out, {"output": place, **said}, hashed=True)
            self.verdict.faults += [] if fault is None else [fault]

    def _empty_shards(self) -> None:
        """Look at the files of shards of which nothing was written: an empty tar, a table without rows."""
        for shard in range(self.job.facts["shards"]):
            if shard not in self.seen:
                self.verdict.faults += self.job.sink.faults(shard, [], self.job.out, hashed=True)

    def _faults(self, lines: Sequence[Mapping[str, Any]]) -> list[str]:
        sink: Any = self.job.sink
        more = {"identities": self.identities} if self.identities else {}
        return list(sink.faults(lines[0]["shard"], lines, self.job.out, hashed=True, **more))

    def _copies(self) -> None:
        # Which copies were chosen one by one only the manifest says: as many as were counted, and none is there twice.
        some = "chosen" in self.job.facts
        wanted = list(range(self.job.facts["copies"]))
        for source, found in self.copies.items():
            right = sorted({*found}, key=str) if some and None not in found else wanted
            if found != [None] and sorted(found, key=str) != sorted(right, key=str):
                said = "is refused and written" if None in found else f"has the copies {found}, not {right}"
                self.verdict.faults.append(f"{source} {said}")

    def _counts(self) -> None:
        verdict, facts = self.verdict, self.job.facts
        verdict.written = sum(self.keys.values())
        verdict.refused = len(self.keys) - verdict.written
        verdict.forgotten = len(Tombs.of(facts))
        verdict.inputs = facts["inputs"]
        for name in ("written", "refused", "outputs"):
            if facts[name] != getattr(verdict, name):
                said = f"{RUN} says {name} {facts[name]:,}, {NAME} {getattr(verdict, name):,}"
                verdict.faults.append(said)
        if verdict.inputs != verdict.written + verdict.refused + verdict.forgotten:
            verdict.faults.append(
                f"{verdict.inputs:,} inputs are not {verdict.written:,} written + {verdict.refused:,} refused + "
                f"{verdict.forgotten:,} forgotten"
            )

    def inputs(self, source: Source, secret: bytes | None, labels: str | None) -> None:
        """Compare the content of every input with what was read."""
        tombs = Tombs.of(self.job.facts)
        # Of a job with a list of what to take, all else is not its affair.
        chosen = bool({"only", "chosen"} & self.job.facts.keys())
        binder = self.job.binder(source, labels)
        planned = [item for item in self.job.inputs(source, secret, binder) if item.key not in tombs]
        carrier = Carrier.of(binder.spec, self.job.pipeline, source)
        found = (item for item in planned if not chosen or any(file.called in self.hashes for file in item.files))
        left = dict(self.hashes)

        def compared(items: Sequence[Item]) -> tuple[list[str], list[str]]:
            faults = self._other_labels(items, carrier)
            files, more = _compared(source, items, self.hashes, self.beside)
            return files, faults + more

        # Rows of tables are read one after the other, from where the last one was.
        workers = 1 if isinstance(source, Tabular) else self.workers
        for files, faults in _ahead(workers, compared, _blocks(found)):
            self.verdict.faults += faults
            self.verdict.hashed_inputs += len(files)
            for name in files:
                left.pop(name, None)
        self.verdict.faults += [f"input {name} is gone" for name in left]

    def _other_labels(self, items: Sequence[Item], carrier: Carrier | None) -> list[str]:
        """Return which of these inputs have other labels than recorded."""
        found = []
        with tempfile.TemporaryDirectory() as folder:
            for file in (file for item in items for file in item.files):
                known = self.labels.get(file.called)
                now = carrier.sha256(file, Path(folder)) if carrier is not None and file.labels else None
                if now != known:
                    found.append(f"labels of input {file.called} were changed")
        return found


def _compared(
    source: Source, items: Sequence[Item], hashes: Mapping[str, str | None], others: Mapping[str, Beside]
) -> tuple[list[str], list[str]]:
    """Return the names of the files of these inputs, and what is not as recorded."""
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        files = Fetched.of(source, items, Path(folder))
        listed = [file for item in items for file in item.files]
        for file in listed:
            if file.called not in hashes:
                faults.append(f"input {file.called} is not in {NAME}")
            elif (wanted := hashes[file.called]) is not None and _hash(files, file) != wanted:
                faults.append(f"input {file.called} was changed")
        faults += [
            f"input {item.called} was changed: its labels or columns are others"
            for item in items
            if (known := others.get(item.key)) and not beside.same(source, item, known, Path(folder))
        ]
    return [file.called for file in listed], faults


def _hash(files: Fetched, file: Item) -> str | None:
    try:
        return files.sha256(file)
    except OSError:  # MediaError is one
        return None


def _blocks(found: Iterable[Item]) -> Iterator[list[Item]]:
    """Cut inputs into blocks."""
    several = iter(found)
    while block := list(islice(several, BLOCK)):
        yield block


def _shards(lines: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Gather the lines of each shard, which stand together: a sink looks at a shard as a whole."""
    for _, shard in groupby(lines, key=lambda line: line.get("shard", 0)):
        yield list(shard)


def _ahead(workers: int, work: Callable[[Any], Any], blocks: Iterable[Any]) -> Iterator[Any]:
    """Yield ``work(block)`` in order, a few blocks ahead in threads: not all of a large job is held at once."""
    waiting: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for block in blocks:
            waiting.append(pool.submit(work, block))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _strays(job: Ended, known: set[str]) -> Iterator[str]:
    """Yield the files that nothing names; folders of nothing are none."""
    belongs = getattr(job.sink, "belongs", lambda shards: ())
    labels = (job.facts.get("labels") or {}).get("files") or {}
    own = {NAME, RUN, *belongs(job.facts["shards"]), *labels, *known}
    for folder, folders, files in os.walk(job.out):
        relative = os.path.relpath(folder, job.out)
        if relative == ".":
            folders[:] = [name for name in folders if name != STATE]
        linked = [name for name in folders if Path(folder, name).is_symlink()]
        folders.sort()
        for name in sorted([*files, *linked]):
            path = name if relative == "." else f"{relative}/{name}".replace(os.sep, "/")
            if path not in own:
                yield path
