"""The account of a job, as it grows."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field

from augreg.jobs.engines.base import Event
from augreg.jobs.outcome import Tally

RECENT = 30.0
"""Seconds over which the rate is taken."""

NAMED = 1_000
"""Refused inputs that the account names; the manifest has them all."""


@dataclass(slots=True)
class Summary:
    """The account of a job. ``inputs == written + rejected + skipped``, always."""

    inputs: int
    """Inputs of the job; of one machine's share, those of its shards."""
    ignored: Counter[str] = field(default_factory=Counter)
    tally: Tally = field(default_factory=Tally)
    """Of all shards that are done, those of a job that is resumed included."""
    resumed: int = 0
    """Inputs that the job found done."""
    before: int = 0
    """Inputs that had been done or refused by the job that is resumed."""
    checked: int = 0
    """Inputs whose outputs were compared with what was recorded, so far."""
    redone: list[str] = field(default_factory=list)
    """Why finished shards had to be done again."""
    finished: bool = False
    """Whether every shard of the whole job is done, and its manifest written."""
    notes: tuple[str, ...] = ()
    """What the user should know of the input."""
    stopped: str = ""
    """Why the job stopped before its end, for people."""
    streak: int = 0
    """Inputs that were refused one after the other, up to now."""
    last: str = ""
    """Which input was refused last, and why, for people: a shard that was not finished has no account of its own."""
    told: str = ""
    """How the input was understood, for people: "12 tars"; "" where it can be understood in one way only."""
    begun: float = field(default_factory=time.monotonic)
    _open: dict[int, list[int]] = field(default_factory=dict)
    """Shard -> inputs and refused inputs of the batches that it has done."""
    _marks: deque[tuple[float, int]] = field(default_factory=lambda: deque([(time.monotonic(), 0)]))
    """When how many inputs were done."""

    def hear(self, event: Event) -> None:
        """Add what an engine reports."""
        self._add_event(event)
        self._mark()

    def _add_event(self, event: Event) -> None:
        shard = event.work.shard
        if event.again:
            self._open.pop(shard, None)
        elif event.tally is not None:
            self._open.pop(shard, None)
            self.add(event.tally)
        elif event.refused:
            done = self._open.setdefault(shard, [0, 0])
            done[0] += len(event.refused)
            done[1] += sum(map(bool, event.refused))
            for refused in event.refused:
                self.streak = self.streak + 1 if refused else 0
                self.last = refused or self.last

    def add(self, tally: Tally) -> None:
        """Add the account of a shard that was done before, or is now."""
        self.tally.add(tally)
        del self.tally.errors[NAMED:]

    def looked(self) -> None:
        """Note that all that was done before is known: the rate is that of what comes."""
        self.resumed = self.written
        self._marks.clear()
        self._mark()

    @property
    def done(self) -> int:
        """Inputs that are done, those of shards in work included."""
        return self.tally.inputs + sum(done for done, _ in self._open.values())

    @property
    def refused(self) -> int:
        """Inputs that were refused, those of shards in work included."""
        return self.tally.refused + sum(refused for _, refused in self._open.values())

    @property
    def written(self) -> int:
        """Inputs of which all outputs are there; those of a job that is resumed count."""
        return self.tally.written

    @property
    def rejected(self) -> int:
        """Inputs that were refused, in shards that are done."""
        return self.tally.refused

    @property
    def outputs(self) -> int:
        """Files, or rows, that were written."""
        return self.tally.outputs

    @property
    def skipped(self) -> int:
        """Inputs that were not reached, because the job stopped."""
        return self.inputs - self.written - self.rejected

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """Path, code and reason of the first inputs that were refused."""
        return self.tally.errors

    @property
    def codes(self) -> Counter[str]:
        """Code -> how many inputs were refused by it."""
        return self.tally.codes

    @property
    def rate(self) -> float:
        """Inputs per second of late: when a job begins, its workers still import; 0 while nothing is known."""
        (begun, first), (now, last) = self._marks[0], self._marks[-1]
        return max(0, last - first) / (now - begun) if now > begun else 0.0

    def _mark(self) -> None:
        """Note how much is done now."""
        now = time.monotonic()
        self._marks.append((now, self.done))
        while len(self._marks) > 2 and self._marks[1][0] < now - RECENT:
            self._marks.popleft()

    @property
    def seconds(self) -> float:
        """Time since the job began."""
        return time.monotonic() - self.begun
