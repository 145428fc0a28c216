"""Removes all that came from some inputs out of an output folder, and looks whether anything is left."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError, nearest
from augreg.jobs.ended import Ended
from augreg.jobs.hashes import sha256
from augreg.jobs.labelled.forgotten import rewrite_whole
from augreg.jobs.manifest import NAME, as_json
from augreg.jobs.mixed import Mixtures, digits_of
from augreg.jobs.names import Alias, read_names, read_secret
from augreg.jobs.sinks.folder import METADATA
from augreg.jobs.state import JOB, RUN, STATE, held, state_of, write_json
from augreg.jobs.tombs import Tombs
from augreg.jobs.walk import key_of

CODE: Final = "E_FORGOTTEN"
REASON: Final = "a sample that was mixed into it was forgotten. Make it anew in another job."
READ: Final = (".json", ".jsonl", ".md", ".txt", ".csv", ".yaml", ".yml")
"""Suffixes of the files beside the outputs that are searched for names, too."""


@dataclass(slots=True)
class Forgotten:
    """What was removed."""

    inputs: int = 0
    """Inputs that were forgotten by this call."""
    outputs: int = 0
    """Files, members or rows that were removed."""
    mixed: list[str] = field(default_factory=list)
    """Other inputs whose outputs were removed as well, since a forgotten one was mixed into them."""
    before: int = 0
    """Inputs that had been forgotten earlier."""
    twins: list[str] = field(default_factory=list)
    """Other inputs that hold, or gave, the same bytes as a forgotten one; they stay."""


def forget(out: str | Path, sources: Sequence[str], names: Path | None = None) -> Forgotten:
    """Remove everything that came from some inputs, and prove that nothing is left.

    Outputs into which one of them was mixed go, too, with all copies of the input that they were made of; its line
    says so then. So does all that a generator made of a class of which it was given one. What is left says only how
    many were forgotten, and by keyed hashes lets a resumed job leave them out. Killed at any moment, it can be called
    again.

    Args:
        out: the output folder of a job that has ended.
        sources: what the manifest calls them, ``source`` or ``key``; every file of a record stands for all of it.
        names: the file of names, where those in the folder are aliases; ``sources`` may then be the real names.

    Raises:
        ConfigError: there is no such input, the job has not ended, this kind of output cannot be rewritten, or
            something was left.

    """
    if not sources:
        raise ConfigError("no source was named. Give --source ID, or --from-file LIST.")
    out = Path(out)
    Ended.at(out)  # a folder without a job is left as it is
    with held(out):
        job = Ended.at(out)
        removal = _Removal(job, list(sources), names)
        removal.do()
        left = removal.left()
    if left:
        raise ConfigError(f"{len(left)} traces are left, the first of them: {left[0]}. Remove them by hand.")
    return removal.done


class _Removal:
    """One call, in steps that may each be done twice."""

    def __init__(self, job: Ended, sources: list[str], names: Path | None) -> None:
        self.job = job
        self.sink: Any = job.sink
        if not hasattr(self.sink, "forget"):
            kind = job.facts["sink"]["kind"]
            raise ConfigError(f"outputs of the form {kind!r} cannot be rewritten yet. Run the job anew without it.")
        self.lines = list(job.lines())
        self.tombs = Tombs.of(job.facts)
        self.done = Forgotten()
        self.keys = self._keys(_real(job, sources, names))
        of_files = {line["source"] for line in self.lines if line["key"] in self.keys}
        self.sources = of_files | ({*sources} - self.keys)
        """Names of files that are to be nowhere."""
        written = [line for line in self.lines if line["outcome"] != "error"]
        mixtures = Mixtures(job.pipeline, written)
        digits = {d for key in self.keys for d in digits_of(key, mixtures.fields)}
        self.mixed = mixtures.holding(self.keys, digits)
        said = [line.get("expand", {}) for line in self.lines if line["key"] in self.keys]
        self.taught = {told["class"] for told in said if "taught" in told}
        """Classes of which a generator was given a forgotten sample: all that it made of them goes."""
        self.gone = [line for line in written if self._goes(line)]
        self.hashes = {h for line in self.lines if line["key"] in self.keys for h in _hashes(line)}
        self.hashes |= {line["sha256"] for line in self.gone}
        kept_lines = [line for line in written if not self._goes(line)]
        kept_bytes = {line["sha256"] for line in kept_lines}
        # Labels are alike for many inputs: those that others have, too, tell nothing.
        self.beside = {h for line in self.gone for h in _beside(line)} - {
            h for line in kept_lines for h in _beside(line)
        }
        """Hashes of what was attached to what goes."""
        # Two inputs of one content may have given the same bytes: those of the other stay, and are said.
        self.shared = self.hashes & {
            h for line in self.lines if line["key"] not in self.keys and not self._learned(line) for h in _hashes(line)
        }
        self.shared |= self.hashes & kept_bytes
        others = (line for line in self.lines if not self._goes(line))
        self.done.twins = sorted({line["key"] for line in others if self.shared & {*_hashes(line)}})

    def _goes(self, line: Mapping[str, Any]) -> bool:
        """Whether an output goes."""
        return line["key"] in self.keys | self.mixed or self._learned(line)

    def _learned(self, line: Mapping[str, Any]) -> bool:
        """Whether a generator made it of samples of which one is forgotten."""
        return line["outcome"] == "generated" and line["expand"]["class"] in self.taught

    def _keys(self, sources: Iterable[str]) -> set[str]:
        """Return the keys of inputs, those that are forgotten already not among them."""
        by_name = {name: line["key"] for line in self.lines for name in (line["source"], line["key"])}
        found = set()
        for name in sources:
            if name in by_name:
                found.add(by_name[name])
            elif name in self.tombs or key_of(name) in self.tombs:
                self.done.before += 1
            else:
                raise ConfigError(f"no input of this job is called {name!r}.{nearest(name, by_name)} See {NAME}.")
        return found

    def do(self) -> None:
        """Write the new record, remove outputs, write the new manifest: the last one says that all is done."""
        kept = [line for line in self._kept() if line["outcome"] != "error"]
        lines = list(self._kept(kept))
        self.done.inputs = len(self.keys)
        self.done.outputs, self.done.mixed = len(self.gone), sorted(self.mixed)
        labels = rewrite_whole(self.job, kept)
        if self.keys:
            self._record(lines, labels)
        if self.gone:
            self.sink.forget(self.job.out, self.gone, kept)
        manifest = state_of(self.job.out) / NAME
        with manifest.open("wb") as file:
            file.writelines(as_json(line) for line in lines)
        manifest.replace(self.job.manifest)

    def _kept(self, made: Iterable[dict[str, Any]] | None = None) -> Iterator[dict[str, Any]]:
        """Yield the lines that stay; those of the outputs from ``made``, where a sink may rewrite them."""
        given = None if made is None else iter(made)
        for line in self.lines:
            if line["key"] in self.keys or (line["key"] not in self.mixed and self._goes(line)):
                continue
            if line["key"] in self.mixed:
                if line["outcome"] != "error" and line["copy"] == 0:
                    yield _refused(line)
            elif line["outcome"] == "error":
                yield {**line, "reason": self._hushed(line["reason"])}
            else:
                yield line if given is None else next(given)

    def _hushed(self, reason: str) -> str:
        """Return a reason without the names of what is forgotten."""
        for name in sorted(self.sources, key=len, reverse=True):
            reason = _bounded(name).sub("[forgotten]", reason)
        return reason

    def _record(self, lines: Sequence[Mapping[str, Any]], labels: Mapping[str, Any] | None) -> None:
        states: dict[str, bool] = {}
        for line in lines:
            states[line["key"]] = line["outcome"] != "error"
        written = sum(states.values())
        counts = {
            "written": written,
            "refused": len(states) - written,
            "outputs": sum(line["outcome"] != "error" for line in lines),
        }
        # The plan's hash stands for all names together; without it nobody can try a name among known ones.
        new = {
            **self.job.facts,
            **counts,
            "labels": labels,
            "plan": None,
            **({"chosen": None} if "chosen" in self.job.facts else {}),
            "forgotten": self.tombs.add(self.keys, self._left_in_shards(lines)).to_json(),
        }
        write_json(self.job.out / RUN, new)

    def _left_in_shards(self, lines: Sequence[Mapping[str, Any]]) -> list[int]:
        """Return how many inputs every shard has left, of those that were refused, too."""
        keys: list[set[str]] = [set() for _ in range(self.job.facts["shards"])]
        for line in lines:
            keys[line["shard"]].add(line["key"])
        return [len(found) for found in keys]

    def left(self) -> list[str]:
        """Return where a name, a hash or the bytes of what was forgotten still are; [] if all is gone."""
        assert not (state_of(self.job.out) / JOB).exists(), "the folder is held, and no job runs in it"
        found: list[str] = []
        sizes = {line["bytes"] for line in self.gone} | {
            line["source_bytes"] for line in self.lines if line["key"] in self.keys
        }
        sizes |= {held["bytes"] for line in self.gone for held in line.get("attached", {}).values()}
        gone = {said["output"] for line in self.gone for said in _written(line)}
        for path, relative in _files(self.job.out):
            if relative in gone and not self._rewritten(relative):
                found.append(f"{relative} is still there")
            if relative in self.sources:
                found.append(f"{relative} is named as a source")
            beside = relative in (NAME, RUN) or (path.suffix in READ and ("/" not in relative or path.name == METADATA))
            if beside and relative not in gone:
                found += self._told(path, relative)
            elif path.stat().st_size in sizes and sha256(path) in (self.hashes | self.beside) - self.shared:
                found.append(f"{relative} has the bytes of a forgotten one")
        return found

    def _rewritten(self, relative: str) -> bool:
        """Whether a file is that of a shard, out of which outputs were taken; it stays, if only as an empty one."""
        several = getattr(self.sink, "belongs", lambda shards: ())(self.job.facts["shards"])
        return relative in several or relative in ((self.job.facts.get("labels") or {}).get("files") or {})

    def _told(self, path: Path, relative: str) -> Iterator[str]:
        """Yield the lines of a text in which a name or a hash stands."""
        # The key of a record may be as short as "7", which may be a label of others: it is looked for as a key.
        whole = [re.compile(rf'"key": ?{re.escape(json.dumps(key))}') for key in self.keys - self.sources]
        names = (
            [_bounded(name) for name in self.sources]
            + whole
            + [re.compile(h) for h in sorted(self.hashes - self.shared)]
        )
        every = re.compile("|".join(pattern.pattern for pattern in names)) if names else None
        with path.open(encoding="utf-8", errors="backslashreplace") as file:
            for number, line in enumerate(file, start=1):
                if every is not None and every.search(line):
                    yield f"{relative}, line {number}"


def _refused(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return the line of an input whose outputs went although it was not forgotten itself."""
    opening = {name: line[name] for name in ("v", "source", "source_bytes", "key", "modality", "source_sha256")}
    return {**opening, "outcome": "error", "code": CODE, "reason": REASON, "output": None, "shard": line["shard"]}


def _hashes(line: Mapping[str, Any]) -> Iterator[str]:
    yield from (line[name] for name in ("source_sha256", "sha256") if line.get(name))


def _beside(line: Mapping[str, Any]) -> Iterator[str]:
    yield from (held["sha256"] for held in line.get("attached", {}).values())


def _written(line: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what says where files of an output are: its line, and what is attached to it."""
    yield line
    yield from ({"output": line["output"], **held} for held in line.get("attached", {}).values())


def _bounded(name: str) -> re.Pattern[str]:
    """Return what finds a name as a whole, in JSON too: "1.txt" is not in "11.txt"."""
    written = json.dumps(name)[1:-1]
    return re.compile(rf"(?<![\w./-])(?:{re.escape(name)}|{re.escape(written)})(?![\w/-]|\.\w)")


def _files(out: Path) -> Iterator[tuple[Path, str]]:
    for folder, folders, files in os.walk(out):
        folders[:] = sorted(name for name in folders if name != STATE)
        for name in sorted(files):
            path = Path(folder, name)
            yield path, path.relative_to(out).as_posix()


def _real(job: Ended, sources: Sequence[str], names: Path | None) -> list[str]:
    """Return sources as the manifest calls them: by their aliases, where they have some."""
    if names is None:
        return list(sources)
    alias = Alias.of(job.facts, read_secret(names))
    if alias is None:
        raise ConfigError("the names in this job are no aliases. Leave --names out.")
    by_name = dict(read_names(names))
    return [by_name.get(name, name) for name in sources]
