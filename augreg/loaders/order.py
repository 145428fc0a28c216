"""The order of the items of an epoch, from seed and epoch alone, and what tells every part of a loader its epoch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch.utils.data import Sampler

from augreg.loaders.epochs import UNSET
from augreg.loaders.keyed import Keyed
from augreg.loaders.repeats import CountRepeats
from augreg.random.keys import stream_key


def tell(epoch: int, *parts: Any) -> None:
    """Call ``set_epoch`` of the parts that have it."""
    for part in parts:
        if hasattr(part, "set_epoch"):
            part.set_epoch(epoch)


class EpochOrder(Sampler[int]):
    """All indices of a data set, shuffled by a generator that is seeded by seed and epoch."""

    def __init__(self, data: Keyed, seed: int | None, generator: torch.Generator | None) -> None:
        self.data, self.seed, self.generator = data, seed, generator

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[int]:
        yield from torch.randperm(len(self.data), generator=self._seeded()).tolist()

    def _seeded(self) -> torch.Generator:
        if self.seed is None:
            number = int(torch.randint(0, 2**62, (), generator=self.generator).item())
            return torch.Generator().manual_seed(number)
        epoch = 0 if self.data.epoch == UNSET else self.data.epoch
        # Hashed, not added: seed 7 in epoch 1 and seed 8 in epoch 0 are to have different orders.
        return torch.Generator().manual_seed(stream_key(self.seed, epoch, 0, "loader", "order"))


class LoaderOrder(CountRepeats):
    """Counts repeats, and tells the data set the epoch, too: accelerate and Lightning tell one of them only."""

    def __init__(self, sampler: Iterable[Any], data: Keyed, **share: Any) -> None:
        super().__init__(sampler, **share)
        self.data = data

    def set_epoch(self, epoch: int) -> None:
        """Tell the data set, and the samplers inside, the epoch."""
        self.data.set_epoch(epoch)
        tell(epoch, *self._inside())

    def epoch_inside(self) -> int | None:
        """Return the epoch that a sampler inside was told, by whoever holds it; None if none has one."""
        told = [part.epoch for part in self._inside() if hasattr(part, "set_epoch") and hasattr(part, "epoch")]
        return told[0] if told and isinstance(told[0], int) else None

    def _inside(self) -> tuple[Any, Any]:
        return self.wrapped, getattr(self.wrapped, "sampler", None)
