"""Augmentation inside a torch DataLoader: the same result for any number of workers, batch size and start method."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from operator import index
from typing import Any, Final, NamedTuple

import torch
from torch.utils.data import Dataset, IterableDataset

from augreg.data.lazy import LazyRow
from augreg.data.samples import Sample
from augreg.engine.augment import augment, seed_of
from augreg.errors import ConfigError, listing, nearest
from augreg.intake.keys import own_key
from augreg.intake.stacks import copied
from augreg.pipeline import Pipeline
from augreg.pipeline.pipeline import Steps

SET_BY_COLLATE: Final = ("samples", "pipeline", "seed", "epoch", "keys", "return_trace")
"""Arguments of ``augment`` that a collate function sets itself; a trace has no place in a collated batch."""


class KeyedItem(NamedTuple):
    """An item of a data set with the key on which its random numbers hang."""

    key: str | int
    item: Any


class Keyed(Dataset[KeyedItem]):
    """Gives every item of a map-style data set its index as key, for items that carry none.

    Example: ``DataLoader(augreg.Keyed(dataset), collate_fn=augreg.collate(pipe, seed=7))``.

    Raises:
        ConfigError: a data set whose items have no index, such as an ``IterableDataset``.

    """

    def __init__(self, dataset: Any) -> None:
        if isinstance(dataset, IterableDataset) or not hasattr(dataset, "__getitem__"):
            raise ConfigError(
                f"Keyed takes each item's index as its key, and {type(dataset).__name__} has no indices: a map-style "
                "data set has, with __getitem__ and __len__. Leave Keyed out, and give the records a field 'key'."
            )
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> KeyedItem:
        return KeyedItem(index, self.dataset[index])


class Collate:
    """A ``collate_fn`` that augments a batch and collates it. It pickles, and holds no random state.

    See :func:`collate`.
    """

    def __init__(
        self,
        pipeline: Pipeline | Steps,
        *,
        seed: int | None,
        then: Callable[[list[Any]], Any] | None,
        **options: Any,
    ) -> None:
        valid = [name for name in inspect.signature(augment).parameters if name not in SET_BY_COLLATE]
        for name in options:
            if name not in valid:
                raise ConfigError(f"collate has no option {name!r}.{nearest(name, valid)} Options: {listing(valid)}.")
        self.pipeline = pipeline if isinstance(pipeline, Pipeline) else Pipeline(pipeline)
        self.seed = None if seed is None else seed_of(seed)
        self.then = then
        self.options = options
        # In shared memory, so that workers that live through several epochs see the new one.
        self._epoch: torch.Tensor = torch.zeros((), dtype=torch.int64).share_memory_()  # type: ignore[no-untyped-call]

    @property
    def epoch(self) -> int:
        """The epoch that goes into the random numbers' key."""
        return int(self._epoch.item())

    def set_epoch(self, epoch: int) -> None:
        """Draw anew for another epoch; reaches running workers too (for batches that they have not begun).

        Raises:
            ConfigError: no integer, or one of more than 64 bits.

        """
        try:
            number = index(epoch)
        except TypeError:
            number = None
        if number is None or isinstance(epoch, bool) or not -(2**63) <= number < 2**63:
            raise ConfigError(f"epoch={epoch!r} is no integer of 64 bits. Give the number of the epoch, such as 0.")
        self._epoch.fill_(number)

    def __call__(self, items: Sequence[Any]) -> Any:
        """Augment and collate the items of one batch."""
        keys, plain = self._keys(items)
        out = augment(plain, self.pipeline, seed=self.seed, epoch=self.epoch, keys=keys, **self.options)
        out = [read(item) for item in out]
        return collate_items(out) if self.then is None else self.then(out)

    def _keys(self, items: Sequence[Any]) -> tuple[list[str | int] | None, list[Any]]:
        if items and all(isinstance(item, KeyedItem) for item in items):
            return [item.key for item in items], [item.item for item in items]
        if self.seed is not None and not all(_has_key(item) for item in items):
            raise ConfigError(
                "with a seed, every item needs a key: otherwise the first item of each batch would always get the "
                "same augmentation. Wrap the data set: augreg.Keyed(dataset), or give records a field 'key'."
            )
        return None, list(items)


def collate(
    pipeline: Pipeline | Steps,
    *,
    seed: int | None = None,
    then: Callable[[list[Any]], Any] | None = None,
    **options: Any,
) -> Collate:
    """Return a ``collate_fn`` for ``torch.utils.data.DataLoader`` that augments each batch.

    Args:
        pipeline: a :class:`Pipeline`, or what one is built from.
        seed: with a seed an item gets the same augmentation for any batch size, order, number of workers and
            start method; items then need keys (:class:`Keyed`, or a record's ``key``, ``__key__`` or ``id``).
            Without, each worker draws from torch's generator, which the DataLoader seeds.
        then: collates the augmented items; the default is :func:`collate_items`.
        options: further arguments of :func:`augreg.augment` (``schema``, ``modality``, ``sample_rate``, ...).

    Call ``set_epoch(n)`` on the result before each epoch.

    >>> import augreg
    >>> load = augreg.collate({"text": [{"text.word_swap": {"rate": 1}}]}, seed=7)
    >>> load([{"key": "a", "caption": augreg.Text("one two three")}])["caption"][0].data
    'two one three'

    """
    return Collate(pipeline, seed=seed, then=then, **options)


def collate_items(items: list[Any]) -> Any:
    """Collate as torch does, except that what cannot be stacked (ragged tensors, PIL images) stays a list."""
    first = items[0] if items else None
    if isinstance(first, Mapping):
        if any(not isinstance(item, Mapping) or item.keys() != first.keys() for item in items):
            return items  # records that differ, or classes mixed as class -> weight
        return {name: collate_items([item[name] for item in items]) for name in first}
    if isinstance(first, torch.Tensor) and _alike(items):
        return copied(items)  # kernels return pictures with their channels innermost: torch stacks such slowly
    if isinstance(first, tuple) and len({len(item) for item in items}) == 1:
        return tuple(collate_items(list(column)) for column in zip(*items, strict=True))
    try:
        return torch.utils.data.default_collate(items)
    except (TypeError, RuntimeError):
        return items


def _alike(items: list[Any]) -> bool:
    """Whether items are plain tensors that can be stacked."""
    if {type(item) for item in items} != {torch.Tensor} or items[0].layout != torch.strided:
        return False
    return len({(item.shape, item.dtype, item.device, item.layout) for item in items}) == 1


def read(item: Any) -> Any:
    """Return an item with its samples in memory: a clip that no step changed may not be decoded yet."""
    if isinstance(item, list) and any(isinstance(part, (Mapping, Sample)) for part in item):  # one view of all
        return list(map(read, item))
    if isinstance(item, Mapping):
        return {name: read(value) for name, value in item.items()} if any(map(_is_lazy, item.values())) else item
    return item.changed(data=item.data.read()) if _is_lazy(item) else item


def _is_lazy(item: Any) -> bool:
    return isinstance(item, Sample) and isinstance(getattr(item, "data", None), LazyRow)


def _has_key(item: Any) -> bool:
    if isinstance(item, Mapping):
        return own_key(item) is not None
    return getattr(item, "key", None) is not None
