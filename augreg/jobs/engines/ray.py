"""The engine of a Ray cluster: a pool of tasks, each of which does one shard. Ray is imported nowhere else."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError
from augreg.jobs.engines.base import Event, On, Work
from augreg.jobs.engines.processes import Queue, error_of
from augreg.jobs.engines.ray_cluster import Cluster
from augreg.jobs.engines.ray_task import PROBE, task, versions
from augreg.jobs.engines.suspicion import Suspicion
from augreg.jobs.outcome import Tally
from augreg.jobs.shards import Checked
from augreg.jobs.spec import JobSpec
from augreg.jobs.state import staging_of

AHEAD: Final = 2
"""Tasks in flight for each CPU: one at work and one that waits, so that none waits for the driver."""

GREETING: Final = 300.0
"""Seconds in which every node must have answered: it imports torch and all plugins from a disk that may be slow."""

WAKING: Final = 1.0
"""Seconds after which the driver looks up from waiting, so that Ctrl-C is heard."""


@dataclass(frozen=True, slots=True)
class _Flight:
    """A task that was sent off, and the file in which it notes what it does."""

    work: Work
    notes: Path


class Ray:
    """Does shards as tasks of a Ray cluster.

    Ray retries none of them (``max_retries=0``). It would do so without the care that finds out what killed a process,
    and after a death by lack of memory any number of times. The retries are made here, as often as
    :class:`augreg.jobs.engines.suspicion.Suspicion` allows.

    Args:
        spec: the job, with a device that is "cuda" or "cpu".
        cpus: CPUs of a local Ray, where ``address`` is None.
        address: "auto", or the address of a cluster; None to start a local one, which ends with the job.

    Raises:
        ConfigError: no such cluster, or a node of it does not see the folders or has other versions of augreg.

    """

    def __init__(self, spec: JobSpec, cpus: int, address: str | None = None) -> None:
        self.gpus = int(str(spec.device).startswith("cuda"))
        # Each task sees its own GPU only, as number 0.
        self.spec = replace(spec, device="cuda" if self.gpus else "cpu")
        self.stage = staging_of(spec.out, spec.share, spec.run)
        self.cluster = Cluster(cpus, address)
        try:
            self._described, self._versions = json.dumps(self.spec.to_json()), versions()
            self._remote = self.cluster.ray.remote(max_retries=0, num_cpus=1, num_gpus=self.gpus)(task)
            self._greet()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Leave the cluster; a local one ends."""
        self.cluster.close()

    def run(self, works: Iterable[Work], on: On) -> None:
        """Do all work. The next task is sent off as one is done."""
        ray, waiting, suspicion = self.cluster.ray, Queue(works), Suspicion()
        flying: dict[Any, _Flight] = {}
        try:
            while True:
                most = AHEAD * self.cluster.count("GPU" if self.gpus else "CPU")
                while len(flying) < most and (work := waiting.take()) is not None:
                    flight = _Flight(work, self.stage / f"doing-{work.shard}-{secrets.token_hex(4)}")
                    flying[self._send(flight, suspicion)] = flight
                if not flying:
                    return
                done, _ = ray.wait(list(flying), timeout=WAKING)
                for ref in done:
                    self._hear(ref, flying.pop(ref), waiting, suspicion, on)
        finally:
            for ref in flying:
                ray.cancel(ref, force=True)

    def _send(self, flight: _Flight, suspicion: Suspicion) -> Any:
        care, poison = suspicion.of(flight.work.shard)
        said = {"work": flight.work.to_json(), "care": care, "poison": dict(poison), "notes": flight.notes.name}
        return self._remote.remote(self._described, self._message("do", said))

    def _hear(self, ref: Any, flight: _Flight, waiting: Queue, suspicion: Suspicion, on: On) -> None:
        work, lost = flight.work, self.cluster.lost
        try:
            answer = json.loads(self.cluster.ray.get(ref))
        except lost as error:
            suspicion.died(work.shard, _last(flight.notes), self.cluster.cause(error))
            on(Event(work, again=True))
            waiting.back(work)
            return
        if answer["at"] == "failed":
            raise error_of(answer["error"])
        for refused in answer["ticks"]:
            on(Event(work, refused=tuple(refused)))
        if answer["checked"] is not None:
            on(Event(work, checked=Checked.from_json(answer["checked"])))
            return
        suspicion.clear(work.shard)
        on(Event(work, tally=Tally.from_json(answer["tally"])))

    def _message(self, at: str, said: Mapping[str, Any]) -> str:
        return json.dumps({"at": at, "versions": self._versions, **said})

    def _greet(self) -> None:
        """Have every node see what this machine wrote, and write what this machine sees.

        Nodes that join later look, too, before their first shard.
        """
        (self.stage / PROBE).write_bytes(b"probe")
        nodes = self.cluster.nodes()
        if not nodes:
            raise ConfigError("no node of the Ray cluster has a CPU to offer. Add one that does the work.")
        asked = {}
        for node in nodes:
            answer = f"answer-{node.number}"
            # A greeting whose process is killed, as for want of memory, is said again: it says nothing about the node.
            where = self.cluster.at(node, num_cpus=0, num_gpus=0, max_retries=3)
            asked[self._remote.options(**where).remote(self._described, self._message("greet", {"answer": answer}))] = (
                node,
                self.stage / answer,
            )
        for ref, (node, answered) in asked.items():
            reply = self.cluster.answer(ref, node, GREETING)
            if reply["at"] == "failed":
                raise error_of(reply["error"])
            if answered not in set(self.stage.iterdir()):
                raise ConfigError(
                    f"what node {node.address} writes into {str(self.spec.out)!r} is not seen on this machine. The "
                    "output folder must be on storage that all nodes share, under one path."
                )


def _last(notes: Path) -> list[int]:
    """Return what a task had noted to be at work when it died; [] if it noted nothing."""
    try:
        *_, line, _torn = notes.read_bytes().split(b"\n")
    except (OSError, ValueError):
        return []
    found: list[int] = json.loads(line)
    return found
