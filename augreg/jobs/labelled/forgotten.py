"""The files of labels that a data set has once, without what was forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from augreg.jobs.ended import Ended
from augreg.jobs.labelled.asked import Asked
from augreg.jobs.labelled.whole import write_whole
from augreg.media.labels.base import SetForm
from augreg.media.labels.known import reading


def rewrite_whole(job: Ended, kept: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Write these files of a job anew, of the lines that stay; return what its record is to say of labels.

    What a form says once for all, as names of categories, is read off the file that is there.
    """
    said: Mapping[str, Any] | None = job.facts.get("labels")
    if not said or not said.get("files"):
        return said
    registry = job.pipeline.registry
    kind = reading(Asked.of(said["to"]).form, registry)
    if not issubclass(kind, SetForm):
        return said
    (place,) = said["files"]
    # Of a file without rows, of which all inputs were refused, nothing can be read.
    path = job.out / place
    head, _ = ({}, None) if path.is_file() and not path.stat().st_size else kind.open(job.out, place)
    labels = {"to": kind.name, "head_to": head}
    return {**said, "files": write_whole(job.out, labels, list(kept), registry)}
