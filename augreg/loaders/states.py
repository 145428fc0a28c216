"""What learned policies know, in memory that running workers share; beside it, their epoch (`epochs`)."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, Self

import torch
from torch.utils.data import get_worker_info

from augreg.contract.policy import written
from augreg.errors import AugregError
from augreg.pipeline import Pipeline

WAIT: Final = 10.0
"""Seconds after which a worker gives up on states that are being written: megabytes take milliseconds."""


class SharedStates:
    """The states of the policies of a pipeline, as JSON in shared memory: workers read them when they have changed.

    Args:
        room: how many bytes they have at most.

    """

    def __init__(self, room: int) -> None:
        self._bytes = torch.zeros(room, dtype=torch.uint8)
        self._head = torch.zeros(2, dtype=torch.int64)
        self._share()

    @classmethod
    def of(cls, pipe: Pipeline) -> Self | None:
        """Return room for what the policies of a pipeline may learn; None if they learn nothing."""
        room = sum(s.policy.state_size(s.operations) + len(written(s.name)) + 2 for s in pipe.learned.values())
        return cls(room + 2) if room else None

    def _share(self) -> None:
        for tensor in (self._bytes, self._head):
            tensor.share_memory_()  # type: ignore[no-untyped-call]

    def __setstate__(self, state: dict[str, Any]) -> None:
        # As with the epoch: a copy has memory of its own, which its workers share in turn.
        self.__dict__.update(state)
        self._share()

    @property
    def version(self) -> int:
        """What tells one set of states from another; 0 before any was published."""
        return int(self._head[1].item())

    def publish(self, states: Mapping[str, Any]) -> int:
        """Hand states to all who share this; return their version."""
        data = written(states)
        self._bytes[: len(data)] = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        self._head[0] = len(data)
        self._head[1] = _version(data)  # last: who sees it finds the bytes, or waits for them
        return self.version

    def read(self) -> tuple[int, dict[str, Any]]:
        """Return the version and the states that were published last."""
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            length, version = self._head.tolist()
            data = bytes(self._bytes[:length].numpy())
            if _version(data) == version:
                return version, json.loads(data)
            time.sleep(0.001)
        raise AugregError("the states of learned policies were not written whole in time. Start the loader anew.")


def _version(data: bytes) -> int:
    return int.from_bytes(sha256(data).digest()[:7], "little") + 1


def in_worker() -> bool:
    """Whether this is a worker process of a DataLoader."""
    return get_worker_info() is not None
