"""What a Ray task does: build the job from its plain description, once in each process, and do one shard."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError
from augreg.jobs.engines.base import Work
from augreg.jobs.engines.inline import perform
from augreg.jobs.engines.worker import describe
from augreg.jobs.shards import Shards
from augreg.jobs.spec import JobSpec
from augreg.jobs.state import staging_of
from augreg.registry import default

PROBE: Final = "probe"
"""The driver's file among what this start of the job stages: whoever sees it has the same storage."""

LOOKED_AT: Final = 5
"""Inputs of which one must be as the plan says; some may have changed in the meantime, which is their own fault."""


def task(spec: str, message: str) -> str:
    """Do what a message says and return the answer; both are JSON, so that nothing of augreg is ever pickled.

    An error is part of the answer. What Ray raises instead is about the process, or the machine.
    """
    try:
        return json.dumps(_answer(spec, json.loads(message)))
    except Exception as error:
        return json.dumps({"at": "failed", "error": describe(error)})


def versions() -> dict[str, str]:
    """Return what all nodes must have alike."""
    import augreg

    plugins = {record.plugin: str(record.version) for record in default().records if record.status == "ok"}
    return {"augreg": augreg.__version__, **plugins}


def _answer(spec: str, message: Mapping[str, Any]) -> dict[str, Any]:
    shards = _built(spec, json.dumps(message["versions"]))
    stage = _stage(shards.spec)
    if message["at"] == "greet":
        (stage / message["answer"]).write_bytes(b"seen")
        return {"at": "greeted"}
    work, ticks = Work.from_json(message["work"]), []
    notes = stage / message["notes"]

    def tell(event: Mapping[str, Any]) -> None:
        if event["at"] == "tick":
            ticks.append(event["refused"])
        if message["care"]:
            _note(notes, event.get("positions", []))

    poison = {int(position): why for position, why in message["poison"].items()}
    event = perform(shards, work, tell, care=message["care"], poison=poison)
    checked = None if event.checked is None else event.checked.to_json()
    tally = None if event.tally is None else event.tally.to_json()
    return {"at": "done", "ticks": ticks, "checked": checked, "tally": tally}


def _note(notes: Path, positions: list[int]) -> None:
    """Write down what is at work now, as the last line of a file that the driver reads if this process dies.

    Appended and closed, since that is what a file system of a network shows to the next one who opens the file.
    """
    with notes.open("ab") as file:
        file.write(json.dumps(positions).encode() + b"\n")


@lru_cache(maxsize=1)
def _built(spec: str, expected: str) -> Shards:
    """Return the job, after a look whether this node has what it needs.

    Raises:
        ConfigError: it has not.

    """
    # A node does as many tasks at once as it has CPUs: by processes and not by threads. Ray sets the other one.
    os.environ.setdefault("AUGREG_THREADS", os.environ.get("OMP_NUM_THREADS", "1"))
    job, node = JobSpec.from_json(json.loads(spec)), socket.gethostname()
    if versions() != json.loads(expected):
        raise ConfigError(
            f"node {node!r} has {_said(versions())}, and this machine {_said(json.loads(expected))}. "
            "Install the same on all nodes."
        )
    if not (_stage(job) / PROBE).is_file():
        raise ConfigError(
            f"node {node!r} does not see what this machine writes into the output folder {str(job.out)!r}. It must be "
            "on storage that all nodes share, under one path: mount it there, or give another output folder."
        )
    shards = Shards.of(job)
    _check_input(shards, node)
    return shards


def _check_input(shards: Shards, node: str) -> None:
    """Refuse a node that sees other inputs: it would refuse each of them as one that changed."""
    items = shards.plan.shard(0) if len(shards.plan) else []
    files = [item for item in items if item.fault is None][:LOOKED_AT]
    if files and not any(_same(shards, file) for file in files):
        raise ConfigError(
            f"node {node!r} does not see the input {files[0].path!r} as this machine does. Inputs must be on storage "
            "that all nodes share, under one path: mount it there."
        )


def _same(shards: Shards, file: Any) -> bool:
    try:
        return shards.source.stat(file) == (file.size, file.mtime_ns)
    except OSError:
        return False


def _stage(job: JobSpec) -> Path:
    return staging_of(job.out, job.share, job.run)


def _said(found: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(found.items()))
