"""Notices that an IterableDataset gives every worker of a DataLoader all of its items."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import torch
from torch.utils.data import get_worker_info

from augreg.errors import ConfigError
from augreg.loaders.items import brought_key


class Firsts:
    """With which key each worker began, in memory that they share.

    Args:
        workers: how many there are.

    """

    def __init__(self, workers: int) -> None:
        self._begun = torch.zeros(workers, dtype=torch.int64)
        self._begun.share_memory_()  # type: ignore[no-untyped-call]

    def forget(self) -> None:
        """Begin a pass."""
        self._begun.zero_()

    def note(self, items: Sequence[Any]) -> None:
        """Note with what a worker began, at its first batch of a pass.

        Raises:
            ConfigError: another worker began with the same.

        """
        worker = get_worker_info()
        key = brought_key(items[0]) if worker is not None and items else None
        if worker is None or key is None or self._begun[worker.id]:
            return
        number = int.from_bytes(sha256(str(key).encode()).digest()[:7], "little") + 1
        self._begun[worker.id] = number  # written before it is compared: of two workers one sees the other
        others = [i for i, begun in enumerate(self._begun.tolist()) if begun == number and i != worker.id]
        if others:
            raise ConfigError(
                f"workers {others[0]} and {worker.id} both begin with the item {key!r}: an IterableDataset gives every "
                "worker all of its items, unless it shares them out, so each would come several times. In __iter__, "
                "info = torch.utils.data.get_worker_info() and itertools.islice(items, info.id, None, "
                "info.num_workers) share them, with several processes by rank, too; or use num_workers=1."
            )
