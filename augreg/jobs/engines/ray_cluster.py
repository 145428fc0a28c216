"""The Ray cluster that a job works on: one that is there, or a local one that is started and ended with the job."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from augreg.errors import ConfigError

STORE: Final = 128 * 1024**2
"""Bytes of a local Ray's object store. Nothing of a job goes through it; Ray would take a third of the memory."""

QUIET: Final = {"RAY_USAGE_STATS_ENABLED": "0"}
"""Environment in which a local Ray is started, unless the user says otherwise: it tells nobody about its use."""

TRIES: Final = 3
"""How often a local Ray is started: it takes 10 s, and gives up by itself after 30, which a busy machine may need."""

GUARDED: Final = {"RAY_AUTH_MODE": "token"}
"""Whoever speaks to Ray's sockets, which listen on every interface, has to know a token. Ray reads this when it is
imported; a program that has done so keeps what it chose, which is the same by default."""

INHERITED: Final = {"RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
"""A local Ray's processes are of this environment. Under `uv run` Ray would pack the working folder and have uv make
an environment for each: a first task had not begun after 100 s. Ray reads this when it is imported, too."""


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of the cluster."""

    number: str
    address: str


class Cluster:
    """A connection to Ray.

    A program that is connected already keeps its connection.

    Raises:
        ConfigError: Ray is not installed, or there is no cluster.

    """

    def __init__(self, cpus: int, address: str | None) -> None:
        if address is None and "ray" not in sys.modules:
            os.environ.update(_unset({**GUARDED, **INHERITED}))
        try:
            import ray
        except ImportError:
            raise ConfigError("engine 'ray' needs Ray. Install it: pip install 'augreg[ray]'.") from None
        if address is not None and address.startswith("ray://"):
            raise ConfigError(
                f"ray_address is {address!r}, a client's address. Start the job on a machine of the cluster, with "
                "ray_address='auto', or by `ray job submit`: it holds the output folder for as long as it works."
            )
        self.ray: Any = ray
        self._own = not ray.is_initialized()
        if self._own:
            self._connect(cpus, address)

    def _connect(self, cpus: int, address: str | None) -> None:
        own = address is None
        given = {"include_dashboard": False, "num_cpus": cpus, "object_store_memory": STORE} if own else {}
        with _environment(QUIET if own else {}), _kept_signals():
            for left in reversed(range(TRIES if own else 1)):
                try:
                    self.ray.init(address or "local", log_to_driver=False, logging_level=logging.ERROR, **given)
                    return
                except Exception as error:  # Ray raises plain ones, too
                    self.ray.shutdown()
                    if not left:
                        where = "a local Ray cannot be started" if own else f"there is no Ray at {address!r}"
                        raise ConfigError(f"{where}: {_first_line(error)}") from None

    def close(self) -> None:
        """End the connection if it was made here."""
        if self._own:
            self.ray.shutdown()

    @property
    def lost(self) -> tuple[type[Exception], ...]:
        """Errors of Ray's own: the process that did a task died, or its machine, or the answer is lost."""
        errors = self.ray.exceptions
        names = ("WorkerCrashedError", "OutOfMemoryError", "NodeDiedError", "LocalRayletDiedError", "ObjectLostError")
        return tuple(getattr(errors, name) for name in names)

    def cause(self, error: Exception) -> str:
        """Return how a process ended, in words."""
        if isinstance(error, self.ray.exceptions.OutOfMemoryError):
            return "its process was ended because the memory of its machine ran out"
        if isinstance(error, self.ray.exceptions.WorkerCrashedError):
            return "its process ended"
        return f"its machine was lost ({type(error).__name__})"

    def count(self, resource: str) -> int:
        """Return how many CPUs or GPUs the cluster has now, at least 1: it may grow when there is something to do."""
        return max(1, int(self.ray.cluster_resources().get(resource, 0)))

    def nodes(self) -> list[Node]:
        """Return the machines that do work."""
        alive = [node for node in self.ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) > 0]
        return [Node(node["NodeID"], node["NodeManagerAddress"]) for node in alive]

    def at(self, node: Node, **options: Any) -> dict[str, Any]:
        """Return the options of a task that runs on one machine."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        return {**options, "scheduling_strategy": NodeAffinitySchedulingStrategy(node.number, soft=False)}

    def answer(self, ref: Any, node: Node, seconds: float) -> dict[str, Any]:
        """Wait for what a machine answers.

        Raises:
            ConfigError: it does not, or cannot import augreg.

        """
        try:
            found: dict[str, Any] = json.loads(self.ray.get(ref, timeout=seconds))
        except self.ray.exceptions.RayError as error:
            raise ConfigError(
                f"node {node.address} of the Ray cluster cannot do the work: {_first_line(error)} "
                "Install augreg with the same plugins there."
            ) from None
        return found


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else type(error).__name__


@contextmanager
def _environment(wanted: dict[str, str]) -> Iterator[None]:
    """Set variables that are not set, for as long as Ray starts its processes."""
    new = _unset(wanted)
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            del os.environ[name]


def _unset(wanted: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in wanted.items() if name not in os.environ}


@contextmanager
def _kept_signals() -> Iterator[None]:
    """Keep this program's own handlers: Ray takes SIGTERM, by which batch systems end a job, for itself."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
