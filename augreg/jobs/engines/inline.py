"""The engine of one process: this one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from augreg.jobs.engines.base import Event, On, Work
from augreg.jobs.shards import Shards


class Inline:
    """Does shards one after the other, with threads; a sample that kills its process ends the job."""

    def __init__(self, shards: Shards) -> None:
        self.shards = shards

    def run(self, works: Iterable[Work], on: On) -> None:
        """Do all work, in order."""
        for work in works:
            on(perform(self.shards, work, lambda event, work=work: _tick(work, event, on)))


def perform(shards: Shards, work: Work, tell: Any, **how: Any) -> Event:
    """Do one thing and return its last event."""
    if work.kind == "check":
        return Event(work, checked=shards.check(work.shard, work.suspects, hashed=work.how == "hash"))
    return Event(work, tally=shards.do(work.shard, tell, **how))


def _tick(work: Work, event: Mapping[str, Any], on: On) -> None:
    if event["at"] == "tick":
        on(Event(work, refused=tuple(event["refused"])))
