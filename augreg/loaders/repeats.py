"""Indices that know how often they came before: an item that a sampler repeats gets another augmentation each time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from operator import index as as_index
from typing import Any, Self

import numpy as np
import torch
from torch.utils.data import DistributedSampler, Sampler

from augreg.errors import ConfigError


class Repeat(int):
    """An index, and how often it came before in this epoch. Data sets take it as the integer that it is."""

    copy: int

    def __new__(cls, index: int, copy: int) -> Self:
        """Make an index that came ``copy`` times before."""
        made = super().__new__(cls, index)
        made.copy = copy
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (int(self), self.copy)


class CountRepeats(Sampler[Any]):
    """A sampler or batch sampler whose indices carry how often they came before in the epoch.

    Repeated augmentation and weighted samplers yield an index several times. Wrapped in this, each occurrence gets
    random numbers of its own (``copy`` 0, 1, 2, ... of :func:`augreg.augment`), whatever the batch size and the number
    of workers. :func:`augreg.loader` wraps by itself; a plain DataLoader is told:
    ``DataLoader(augreg.Keyed(data), 64, sampler=augreg.CountRepeats(sampler), collate_fn=...)``.

    Args:
        sampler: yields integers, or lists of them (a batch sampler), possibly without end.
        rank, num_replicas: take every ``num_replicas``-th element, beginning with number ``rank``, **after** counting,
            so that an item that two processes draw gets two augmentations. All processes must be given the same
            unsharded order. Where it does not divide, the first elements are appended, as DistributedSampler does.
        drop_last: leave the rest out instead.

    Everything else that the sampler has (``set_epoch``, ``batch_size``, ...) is passed on.

    Raises:
        ConfigError: the sampler already yields one process's share, of which the others' repeats cannot be told
            (torch's own DistributedSampler apart); wrong ranks; an index that is no integer.

    >>> import augreg
    >>> [(int(i), i.copy) for i in augreg.CountRepeats([4, 4, 5, 4])]
    [(4, 0), (4, 1), (5, 0), (4, 2)]
    >>> [[(int(i), i.copy) for i in batch] for batch in augreg.CountRepeats([[0, 1], [0, 2]])]
    [[(0, 0), (1, 0)], [(0, 1), (2, 0)]]
    >>> [(int(i), i.copy) for i in augreg.CountRepeats([4, 4, 5, 4], rank=1, num_replicas=2)]
    [(4, 1), (4, 2)]

    """

    def __init__(
        self, sampler: Iterable[Any], *, rank: int = 0, num_replicas: int = 1, drop_last: bool = False
    ) -> None:
        if not 0 <= rank < num_replicas:
            raise ConfigError(f"rank={rank} of num_replicas={num_replicas} is not valid: ranks count from 0.")
        shares = getattr(sampler, "num_replicas", None) or 1
        if shares > 1 and (type(sampler) is not DistributedSampler or num_replicas > 1):
            raise ConfigError(
                f"{type(sampler).__name__} yields the share of one of {shares} processes, so how often an index comes "
                "in all of them cannot be counted. Build it for one process (num_replicas=1, rank=0) and wrap it: "
                f"augreg.CountRepeats(sampler, rank=rank, num_replicas={shares})."
            )
        self.wrapped, self.rank, self.num_replicas, self.drop_rest = sampler, rank, num_replicas, drop_last

    def __iter__(self) -> Iterator[Any]:
        if type(self.wrapped) is DistributedSampler:
            return _filled_up(self.wrapped)
        counter: Counter[int] = Counter()
        if self.num_replicas == 1:
            return (_counted(element, counter) for element in self.wrapped)
        return self._shared(counter)

    def _shared(self, counter: Counter[int]) -> Iterator[Any]:
        first: list[Any] = []  # what comes first, to fill up with, before it is counted
        stream = iter(self.wrapped)
        while group := list(islice(stream, self.num_replicas)):
            first = first or group
            rest = self.num_replicas - len(group)
            if rest and self.drop_rest:
                return
            yield [_counted(element, counter) for element in (*group, *islice(cycle(first), rest))][self.rank]

    def __len__(self) -> int:
        whole = len(self.wrapped)  # type: ignore[arg-type]
        return whole // self.num_replicas if self.drop_rest else -(-whole // self.num_replicas)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "wrapped":  # asked while it is unpickled, when there is no sampler yet
            raise AttributeError(name)
        return getattr(self.wrapped, name)


def _counted(element: Any, counter: Counter[int]) -> Any:
    if isinstance(element, (np.ndarray, torch.Tensor)) and element.ndim == 1:
        element = element.tolist()
    if isinstance(element, list):
        return [_one(index, counter) for index in element]
    return _one(element, counter)


def _one(index: Any, counter: Counter[int]) -> Repeat:
    try:
        number = as_index(index)
    except TypeError:
        raise ConfigError(
            f"the sampler yields {index!r}, a {type(index).__name__}; repeats are counted of integers, "
            "or of lists of them. Yield the indices of the data set."
        ) from None
    found = Repeat(number, counter[number])
    counter[number] += 1
    return found


def _filled_up(sampler: DistributedSampler[Any]) -> Iterator[Repeat]:
    """Count the indices of a DistributedSampler: it repeats only those with which it fills up the last share.

    The j-th index of a rank is number ``j * num_replicas + rank`` of the order of all, which repeats after its length.
    """
    whole = len(sampler.dataset)  # type: ignore[arg-type]
    for j, index in enumerate(sampler):
        yield Repeat(index, (j * sampler.num_replicas + sampler.rank) // whole)
