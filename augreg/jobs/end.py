"""How a job ends: when every shard is done, their lines become the manifest, and the job says what it was."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from augreg.jobs.begin import Begun
from augreg.jobs.labelled.whole import read_labels, write_whole
from augreg.jobs.manifest import NAME
from augreg.jobs.outcome import Tally
from augreg.jobs.shardlines import Lines
from augreg.jobs.shards import lines_of
from augreg.jobs.sinks import Laid, Sink
from augreg.jobs.state import JOB, RUN, alone, clear, last_one, part_of, state_of, write_json
from augreg.registry import Registry

BLOCK: Final = 1 << 20
"""Bytes that are copied at a time."""


def finish(
    begun: Begun, sink: Sink, known: Mapping[int, Tally], locks: tuple[int, ...], registry: Registry
) -> Tally | None:
    """Make the whole, if every shard of the job is done, by whichever machine; return its account, else None.

    Args:
        begun: the job.
        sink: where it wrote to.
        known: the accounts of the shards that this process knows; those of others are read off their lines.
        locks: what :func:`augreg.jobs.state.held` gave. Where another machine still works in the folder, even if only
            to look at what was done, the whole is left to it.
        registry: whose forms of labels to use.

    """
    out = begun.spec.out
    with alone(out, "end"):
        if not last_one(out, locks):
            return None
        shards = range(len(begun.plan))
        # Listed and not asked one by one: that is one call, and file systems of networks answer it from the server.
        done = {path.name for path in part_of(out, 0).parent.iterdir()}
        if not all(part_of(out, shard).name in done for shard in shards):
            return None
        tally = Tally()
        for shard in shards:
            lines = None if shard in known else lines_of(part_of(out, shard))
            tally.add(known[shard] if lines is None else Tally.of(begun.plan.shard(shard), lines))
        assert tally.inputs == begun.plan.inputs == tally.written + tally.refused, "inputs got lost"
        sink.finish(out, len(shards))
        whole = _labels(begun, len(shards), registry)
        _merge(out, len(shards))
        _durable(out)
        counts = {"written": tally.written, "refused": tally.refused, "outputs": tally.outputs, "shards": len(shards)}
        layout = {"layout": sink.lasting()} if isinstance(sink, Laid) else {}
        write_json(out / RUN, {**begun.facts, **counts, **layout, **whole, "manifest": NAME})
        _remove(out)
    return tally


def _labels(begun: Begun, shards: int, registry: Registry) -> dict[str, Any]:
    """Write what labels have once for all samples; return what the record says of labels then."""
    labels = read_labels(begun.plan.folder)
    if not labels.get("to") or begun.spec.sink["kind"] != "folder":
        return {}
    files = write_whole(begun.spec.out, labels, Lines(begun.spec.out, shards), registry)
    return {"labels": {**begun.facts["labels"], "files": files}}


def _merge(out: Path, shards: int) -> None:
    temporary = state_of(out) / NAME
    with temporary.open("wb") as whole:
        for shard in range(shards):
            with part_of(out, shard).open("rb") as part:
                shutil.copyfileobj(part, whole, BLOCK)
    temporary.replace(out / NAME)


def _durable(out: Path) -> None:
    """Have the disk hold all that was written, before the job says that it is done.

    One call for the whole file system: to sync every file by itself made writing small files forty times slower. A
    machine that loses power before this leaves files that the next resume finds torn, by their hashes.
    """
    if sys.platform != "linux":
        os.sync()
        return
    number = os.open(out, os.O_RDONLY)
    try:
        ctypes.CDLL(None, use_errno=True).syncfs(number)
    finally:
        os.close(number)


def _remove(out: Path) -> None:
    """Remove the state, the job's own record first: what is left by a kill in between belongs to no job.

    The locks stay until the folder is let go of: another machine may have opened one of them.
    """
    (state_of(out) / JOB).unlink()
    clear(out)
