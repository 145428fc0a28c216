"""Trainings as tasks of a Ray cluster. Ray is imported where a cluster is opened, nowhere else."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from concurrent.futures import Future
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Final

from augreg.errors import ConfigError, ContractError, SampleError, UnsupportedError, nearest
from augreg.jobs.engines.processes import error_of
from augreg.jobs.engines.ray_cluster import Cluster
from augreg.jobs.engines.ray_task import versions
from augreg.jobs.engines.worker import describe
from augreg.learn.trainings import Result

ENGINES: Final = ("process", "ray")


def check_engine(engine: str, ray_address: str | None) -> None:
    """Refuse an engine that is not there, before anything is trained.

    Raises:
        ConfigError: it is unknown, or Ray is not installed; an address is given, and nothing would use it.

    """
    if engine not in ENGINES:
        raise ConfigError(f"engine={engine!r} is unknown.{nearest(engine, ENGINES)} Valid: process, ray.")
    if engine == "ray" and find_spec("ray") is None:
        raise ConfigError("engine 'ray' needs Ray. Install it: pip install 'augreg[ray]'.")
    if engine != "ray" and ray_address is not None:
        raise ConfigError(f"ray_address is {ray_address!r}, and only engine='ray' uses it. Give both.")


class RayPool:
    """Does trainings on a cluster, as an executor does.

    What all trainings share goes to each machine once. A task answers in JSON, its error is part of the answer, and Ray
    retries none: what was done is kept by the driver, and the same command goes on.

    Args:
        shared: what trainings share; it pickles.
        cpus: CPUs of a local Ray, where ``address`` is None.
        address: "auto", or the address of a cluster; None to start a local one, which ends with the trainings.

    Raises:
        ConfigError: there is no such cluster.

    """

    def __init__(self, shared: Any, cpus: int, address: str | None) -> None:
        self._cluster = Cluster(cpus, address)
        self._flying: dict[Future[Any], Any] = {}
        try:
            self._shared = self._cluster.ray.put(pickle.dumps(shared))
            self._remote = self._cluster.ray.remote(max_retries=0, num_cpus=1)(answer)
            self._versions = json.dumps(versions())
        except BaseException:
            self._cluster.close()
            raise

    @property
    def width(self) -> int:
        """How many trainings are done at once: a task for each CPU that the cluster has now."""
        return self._cluster.count("CPU")

    def submit(self, function: Callable[..., Result | None], *arguments: Any) -> Future[Any]:
        """Begin ``function(shared, *arguments)``, and return a future of what it returns."""
        ref = self._remote.remote(self._shared, self._versions, pickle.dumps((function, arguments)))
        future: Future[Any] = Future()
        self._flying[future] = ref
        ref.future().add_done_callback(lambda answered: self._hear(future, answered))
        return future

    def _hear(self, future: Future[Any], answered: Future[Any]) -> None:
        self._flying.pop(future, None)
        if not future.set_running_or_notify_cancel():
            return
        try:
            said = json.loads(answered.result())
        except Exception as error:  # Ray's own: about the process, or the machine
            why = self._cluster.cause(error) if isinstance(error, self._cluster.lost) else str(error).splitlines()[0]
            kept = "What was done is kept in --report; the same command goes on"
            future.set_exception(ConfigError(f"a training did not end: {why.rstrip('.')}. {kept}."))
            return
        if said["at"] == "failed":
            future.set_exception(_error(said["error"]))
        else:
            future.set_result(None if said["result"] is None else Result.from_json(said["result"]))

    def close(self) -> None:
        """Give up what is not done, and leave the cluster; a local one ends."""
        for ref in list(self._flying.values()):
            self._cluster.ray.cancel(ref, force=True)
        self._cluster.close()


def answer(shared: bytes, expected: str, message: bytes) -> str:
    """Do one training, on a machine of the cluster, and return the answer as JSON."""
    try:
        if versions() != json.loads(expected):
            here, there = json.dumps(versions()), expected
            raise ConfigError(
                f"a node of the Ray cluster has {here}, and this machine {there}. Install the same there."
            )
        function, arguments = pickle.loads(message)
        result = function(_unpickled(shared), *arguments)
        return json.dumps({"at": "done", "result": None if result is None else result.to_json()})
    except Exception as error:
        return json.dumps({"at": "failed", "error": describe(error)})


@lru_cache(maxsize=1)
def _unpickled(shared: bytes) -> Any:
    return pickle.loads(shared)


def _error(described: dict[str, Any]) -> Exception:
    """Return an error of the same kind as that of a task."""
    kinds = {kind.__name__: kind for kind in (ContractError, SampleError, UnsupportedError)}
    kind = kinds.get(described["type"])
    return error_of(described) if kind is None else kind(described["text"])
