"""What an earlier, unfinished job left in an output folder, so that the next one goes on where it stopped."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError
from augreg.jobs.commit import RECORD
from augreg.jobs.manifest import NAME
from augreg.jobs.plan import Item, Task

SAME: Final = ("augreg", "plugins", "pipeline", "seed", "epoch", "copies", "device", "batch_size", "limits")
"""What ``run.json`` must say alike: all that results hang on."""

Lines = Mapping[str, list[dict[str, Any]]]
"""Manifest lines by input."""


def job_record(out: Path) -> dict[str, Any] | None:
    """Return what ``run.json`` says of the job that began in a folder, None if there was none.

    Raises:
        ConfigError: the file is there, but cannot be read.

    """
    path = out / RECORD
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error}. Begin anew with --overwrite.") from None
    if not isinstance(found, dict):
        raise ConfigError(f"{str(path)!r} says nothing of a job. Begin anew with --overwrite.")
    return found


def earlier(out: Path, facts: Mapping[str, Any]) -> Lines | None:
    """Return the manifest lines of the job to go on with, None if none began here.

    Args:
        out: the output folder.
        facts: what ``run.json`` would say of the new job.

    Raises:
        ConfigError: the earlier job was another one: its files and the new ones would not belong together.

    """
    before = job_record(out)
    if before is None:
        return None
    for name in SAME:
        new = json.loads(json.dumps(facts[name], default=str))
        if before.get(name) != new:
            raise ConfigError(
                f"the job in {str(out)!r} cannot be resumed: its {name} was {before.get(name)!r} and is {new!r} now. "
                "Resume it as it began, or begin anew with --overwrite."
            )
    return _read(out / NAME)


def _read(path: Path) -> Lines:
    """Read a manifest whose last line may be torn."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    content = path.read_bytes() if path.is_file() else b""
    for written in content.splitlines():
        try:
            line = json.loads(written)
            found[line["source"]].append(line)
        except (ValueError, TypeError, KeyError):
            continue
    return found


def lines_of(task: Task, known: Lines, copies: int, out: Path) -> dict[str, list[dict[str, Any]]] | None:
    """Return a task's manifest lines by input if all of it was done, else None.

    A task is done as a whole or again as a whole, since steps that mix samples see who else is there. It is done when
    every output is recorded and in its place; one with a refused input is done again: the file may be mended by now.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for item in task.items:
        lines = [known.get(file.path, []) for file in item.files]
        if not all(_whole(file, of, copies, out) for file, of in zip(item.files, lines, strict=True)):
            return None
        # As they were written: copy by copy, and of each the files of the record.
        found[item.path] = sorted((line for of in lines for line in of), key=lambda line: line["copy"])
    return found


def _whole(file: Item, lines: list[dict[str, Any]], copies: int, out: Path) -> bool:
    outputs = [line.get("output") for line in lines]
    return outputs == [file.output(copy) for copy in range(copies)] and all((out / name).is_file() for name in outputs)
