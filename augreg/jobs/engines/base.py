"""What an engine is: something that does shards, in this process, in others, or on other machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

from augreg.jobs.outcome import Tally
from augreg.jobs.shards import Checked
from augreg.jobs.spec import Check


@dataclass(frozen=True, slots=True)
class Work:
    """One thing to be done: a shard, or a look at one that was done."""

    shard: int
    kind: Literal["do", "check"] = "do"
    suspects: tuple[int, ...] | None = ()
    how: Check = "hash"

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        suspects = None if self.suspects is None else list(self.suspects)
        return {"shard": self.shard, "kind": self.kind, "suspects": suspects, "how": self.how}

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Return what :meth:`to_json` wrote."""
        suspects = None if data["suspects"] is None else tuple(data["suspects"])
        return cls(data["shard"], data["kind"], suspects, data["how"])


@dataclass(frozen=True, slots=True)
class Event:
    """What an engine reports, in the main process.

    Args:
        work: what it is about.
        refused: of a batch that was just done, why each input was refused, "" for one that was not; () at the end of
            the work.
        tally: the account of a shard that is done.
        checked: what a look at a shard found.
        again: the shard begins anew, because its worker died.

    """

    work: Work
    refused: tuple[str, ...] = ()
    tally: Tally | None = None
    checked: Checked | None = None
    again: bool = False


On = Callable[[Event], None]


class Engine(Protocol):
    """Does work. It holds no state of the job: what is done is known by the names of files alone."""

    def run(self, works: Iterable[Work], on: On) -> None:
        """Do all of it, in any order and any number of times, and report every event.

        ``works`` is taken as it is needed, so that a job that is to stop just ends it. An error of ``on`` or of the
        work itself stops everything and is raised.
        """
        ...
