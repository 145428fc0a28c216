"""Keyed: a data set whose batches carry the key of every item."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from operator import index as as_index
from os import PathLike
from typing import Any, Final, NamedTuple

from torch.utils.data import Dataset, IterableDataset, Subset

from augreg.errors import ConfigError
from augreg.loaders.epochs import UNSET, SharedEpoch
from augreg.loaders.repeats import Repeat

OWN: Final = ("dataset", "_epoch", "_told", "times_told")
"""Attributes of Keyed itself; any other that the data set has is read and set there."""


class KeyedItem(NamedTuple):
    """An item of a data set with what its random numbers hang on."""

    key: str | int
    item: Any
    copy: int = 0
    """How often the item came before in the epoch."""
    epoch: int = UNSET
    """The data set's epoch, if it was told one."""


class Keyed(SharedEpoch, Dataset[Any]):
    """A map-style data set whose batches carry every item's index, which is the key of items that bring none along.

    Example: ``DataLoader(augreg.Keyed(dataset), 64, collate_fn=augreg.collate(pipe, seed=7))``.

    - A DataLoader asks for whole batches (``__getitems__``) and gets :class:`KeyedItem`; where the data set has
      ``__getitems__`` itself, one call fetches them. ``keyed[i]`` is the item as the data set gives it, so
      ``image, target = keyed[0]`` works.
    - Over a ``Subset`` (or several) the key is the index in the innermost data set: train and validation splits, and
      the whole, agree about a sample. ``Subset`` and ``random_split`` of a Keyed do so, too. Over anything else, such
      as a ``ConcatDataset``, Keyed goes outermost, since only torch's Subset passes batches on.
    - Attributes of the data set are there: ``keyed.classes``.
    - ``set_epoch(n)``, which accelerate and Hugging Face's Trainer call on a data set, counts for its items instead of
      the epoch of the collate function; running workers see it, and a data set inside that has ``set_epoch`` is told.
      With several processes accelerate may tell the sampler only: :func:`augreg.loader` passes that on.
    - An item that a batch holds several times gets several augmentations. Wrap the sampler in
      :class:`augreg.CountRepeats` (:func:`augreg.loader` does) so that it does over the whole epoch.

    Raises:
        ConfigError: a data set whose items have no index, such as an ``IterableDataset``; a path.

    >>> import augreg
    >>> keyed = augreg.Keyed(["a cat", "a dog"])
    >>> keyed[1], keyed.__getitems__([1])[0].key
    ('a dog', 1)

    """

    def __init__(self, dataset: Any) -> None:
        if isinstance(dataset, (str, bytes, PathLike)):
            raise ConfigError(
                f"the data set is {dataset!r}, which looks like a path. Open it first, "
                f"e.g. torchvision.datasets.ImageFolder({dataset!r}), or as whatever it holds."
            )
        if isinstance(dataset, IterableDataset) or not hasattr(dataset, "__getitem__"):
            raise ConfigError(
                f"Keyed takes each item's index as its key, and {type(dataset).__name__} has no indices: a map-style "
                "data set has, with __getitem__ and __len__. Leave Keyed out, and give the records a field 'key'."
            )
        super().__init__(UNSET)
        self.dataset = dataset
        self._told = False

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: Any) -> Any:
        return self.dataset[index]

    def __getitems__(self, indices: Sequence[Any]) -> list[KeyedItem]:
        """Return the items of a batch with their keys."""
        epoch = self.epoch
        parts = zip(map(self._key, indices), self._fetch(list(indices)), self._copies(indices), strict=True)
        return [KeyedItem(key, item, copy, epoch) for key, item, copy in parts]

    def _fetch(self, indices: list[Any]) -> list[Any]:
        many = getattr(self.dataset, "__getitems__", None)
        items = [self.dataset[index] for index in indices] if many is None else many(indices)
        return [item.item if isinstance(item, KeyedItem) else item for item in items]

    def _key(self, index: Any) -> Any:
        """Return the index in the innermost data set."""
        within: Any = self.dataset
        while isinstance(within, (Subset, Keyed)):
            index = within.indices[index] if isinstance(within, Subset) else index
            within = within.dataset
        try:
            number = as_index(index)
        except TypeError:
            return index  # a mapping's own keys
        return number if number >= 0 else number + len(within)

    def _copies(self, indices: Sequence[Any]) -> list[int]:
        if all(type(index) is Repeat for index in indices):
            return [index.copy for index in indices]
        keys = [self._key(index) for index in indices]
        if len(set(keys)) < len(keys) and not self._told:
            self._told = True
            warnings.warn(
                "the sampler repeats items, and Keyed counts them within each batch only: which copy an item is hangs "
                "on the batch size, and repeats in other batches get the same augmentation. Wrap the sampler: "
                "augreg.CountRepeats(sampler), or use augreg.loader.",
                stacklevel=3,
            )
        seen: Counter[Any] = Counter()
        copies = []
        for key in keys:
            copies.append(seen[key])
            seen[key] += 1
        return copies

    @property
    def epoch(self) -> int:
        """The epoch that was set, here or on a Keyed inside; :data:`augreg.loaders.epochs.UNSET` if none was."""
        own = super().epoch
        inner = self._keyed_inside()
        return own if own != UNSET or inner is None else inner.epoch

    def _keyed_inside(self) -> Keyed | None:
        within: Any = self.dataset
        while isinstance(within, Subset):
            within = within.dataset
        return within if isinstance(within, Keyed) else None

    def set_epoch(self, epoch: int) -> None:
        """Draw anew for another epoch, and tell the data set inside if it has ``set_epoch``.

        Raises:
            ConfigError: no integer, or one of more than 64 bits.

        """
        super().set_epoch(epoch)
        within: Any = self.dataset
        while isinstance(within, Subset) and not hasattr(within, "set_epoch"):
            within = within.dataset
        if hasattr(within, "set_epoch"):
            within.set_epoch(epoch)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "dataset":  # asked while it is unpickled, when there is no data set yet
            raise AttributeError(name)
        return getattr(self.dataset, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set what the data set has on the data set: `keyed.transform = None` would change nothing here."""
        inner = self.__dict__.get("dataset")
        if name in OWN or not hasattr(inner, name):
            super().__setattr__(name, value)
        else:
            setattr(inner, name, value)
