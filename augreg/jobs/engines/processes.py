"""The engine of several processes on one machine: workers that die are replaced, and what killed them is found."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from augreg.errors import ConfigError
from augreg.jobs.engines.base import Event, On, Work
from augreg.jobs.engines.channel import Channel
from augreg.jobs.engines.suspicion import Suspicion
from augreg.jobs.outcome import Tally
from augreg.jobs.shards import Checked
from augreg.jobs.spec import JobSpec

NURSERY: Final = "augreg.jobs.engines.nursery"


class WorkerError(RuntimeError):
    """An error in a worker that is not about one sample; its traceback is the text."""


@dataclass(slots=True)
class _Worker:
    """A worker process, as the main one sees it."""

    channel: Channel
    pid: int = 0
    work: Work | None = None
    doing: list[int] = field(default_factory=list)


class Processes:
    """Does shards in worker processes.

    Args:
        spec: the job.
        workers: how many processes.
        modules: what the steps of the job are defined in, so that it is imported once for all workers.
        inherited: file numbers that workers keep open: the locks on the output folder.

    """

    def __init__(self, spec: JobSpec, workers: int, inherited: Sequence[int] = (), modules: Iterable[str] = ()) -> None:
        self.spec = spec
        self.count = workers
        self.inherited = tuple(inherited)
        self._nursery: subprocess.Popen[bytes] | None = None
        self._control: Channel | None = None
        self._ended: dict[int, int] = {}
        self._warm(modules)

    def run(self, works: Iterable[Work], on: On) -> None:
        """Do all work. A worker takes the next shard when it is done with one, so none waits for another."""
        waiting, suspicion = Queue(works), Suspicion()
        workers: list[_Worker] = []
        selector = selectors.DefaultSelector()
        try:
            while True:
                idle = [worker for worker in workers if worker.work is None]
                while (idle or len(workers) < self.count) and (work := waiting.take()) is not None:
                    worker = idle.pop() if idle else self._hire(workers, selector)
                    self._give(worker, work, suspicion)
                if not any(worker.work for worker in workers):
                    return
                for key, _ in selector.select():
                    self._hear(key.data, workers, selector, waiting, suspicion, on)
        finally:
            selector.close()
            for worker in workers:
                self._dismiss(worker)

    def close(self) -> None:
        """End every process."""
        if self._nursery is not None and self._control is not None:
            self._control.close()
            self._nursery.kill()
            self._nursery.wait()
        self._nursery = None

    def _warm(self, modules: Iterable[str]) -> None:
        """Start the process that forks workers; it imports while the main one plans."""
        mine, other = socket.socketpair()
        # Each worker has its share of the cores, by processes and not by threads.
        threads = str(max(1, (os.cpu_count() or 1) // self.count))
        environment = {"AUGREG_THREADS": threads, "OMP_NUM_THREADS": threads, **os.environ}
        command = [sys.executable, "-m", NURSERY, str(other.fileno()), str(os.getpid()), *modules]
        handles = (other.fileno(), *self.inherited)
        # A group of its own, which Ctrl-C in a terminal does not reach: the main process decides what it means.
        self._nursery = subprocess.Popen(
            command, pass_fds=handles, env=environment, stdin=subprocess.DEVNULL, process_group=0
        )
        other.close()
        self._control = Channel(mine)

    def _hire(self, workers: list[_Worker], selector: selectors.BaseSelector) -> _Worker:
        assert self._control is not None
        mine, other = socket.socketpair()
        try:
            socket.send_fds(self._control.end, [b"fork"], [other.fileno()])
        except OSError:
            raise WorkerError("the process that starts workers is gone. Run the job again with --resume.") from None
        other.close()
        worker = _Worker(Channel(mine))
        worker.channel.send(self.spec.to_json())
        workers.append(worker)
        selector.register(worker.channel, selectors.EVENT_READ, worker)
        return worker

    @staticmethod
    def _give(worker: _Worker, work: Work, suspicion: Suspicion) -> None:
        worker.work, worker.doing = work, []
        care, poison = suspicion.of(work.shard)
        # One that died in between is noticed by its closed channel.
        with contextlib.suppress(OSError):
            worker.channel.send({"work": work.to_json(), "care": care, "poison": poison})

    def _hear(
        self,
        worker: _Worker,
        workers: list[_Worker],
        selector: selectors.BaseSelector,
        waiting: Queue,
        suspicion: Suspicion,
        on: On,
    ) -> None:
        messages = worker.channel.receive()
        if messages is None:
            selector.unregister(worker.channel)
            workers.remove(worker)
            worker.channel.close()
            if worker.work is not None:
                suspicion.died(worker.work.shard, worker.doing, self._cause(worker.pid))
                on(Event(worker.work, again=True))
                waiting.back(worker.work)
            return
        for message in messages:
            _react(worker, message, suspicion, on)

    def _cause(self, pid: int) -> str:
        """Return how a worker ended, in words."""
        assert self._control is not None
        self._control.end.settimeout(2.0)
        with contextlib.suppress(OSError):
            while pid not in self._ended:
                for message in self._control.receive() or [{"pid": pid, "status": 1}]:
                    self._ended[message["pid"]] = message["status"]
        self._control.end.settimeout(None)
        status = self._ended.get(pid, 1)
        if status >= 0:
            return f"its process ended with code {status}"
        name = signal.Signals(-status).name
        killed = " (the system does so when memory runs out)" if name == "SIGKILL" else ""
        return f"its process was ended by {name}{killed}"

    @staticmethod
    def _dismiss(worker: _Worker) -> None:
        worker.channel.close()
        if worker.work is not None and worker.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)


def _react(worker: _Worker, message: dict[str, Any], suspicion: Suspicion, on: On) -> None:
    """Do as a worker's message says."""
    at, work = message["at"], worker.work
    if at == "born":
        worker.pid = message["pid"]
        return
    if at == "failed":
        raise error_of(message["error"])
    assert work is not None
    if at == "doing":
        worker.doing = message["positions"]
    elif at == "tick":
        worker.doing = []
        on(Event(work, refused=tuple(message["refused"])))
    else:
        worker.work = None
        suspicion.clear(work.shard)
        if at == "checked":
            on(Event(work, checked=Checked.from_json(message["checked"])))
        else:
            on(Event(work, tally=Tally.from_json(message["tally"])))


class Queue:
    """Work that is to be done: what came back first, then what comes."""

    def __init__(self, works: Iterable[Work]) -> None:
        self._returned: deque[Work] = deque()
        self._coming: Iterator[Work] = iter(works)

    def take(self) -> Work | None:
        """Return the next, None if there is none now."""
        return self._returned.popleft() if self._returned else next(self._coming, None)

    def back(self, work: Work) -> None:
        """Put back what was not finished."""
        self._returned.append(work)


def error_of(described: dict[str, Any]) -> Exception:
    """Return an error of the same kind as a worker's."""
    if "errno" in described and described["errno"] is not None:
        return OSError(described["errno"], described["strerror"], described["filename"] or None)
    if described["type"] == "ConfigError":
        return ConfigError(described["text"])
    return WorkerError(f"a worker stopped: {described['type']}: {described['text']}\n{described['traceback']}")
