"""`augreg.grain.Map`: augmentation in a `grain.MapDataset`, whose `repeat` gives new epochs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import grain

from augreg.errors import ConfigError
from augreg.loaders.bind import Bound
from augreg.loaders.epochs import checked_epoch
from augreg.loaders.items import KeyOf, has_key, key_of
from augreg.loaders.keyed import KeyedItem
from augreg.loaders.mixing import refuse_mixing
from augreg.pipeline import Pipeline
from augreg.pipeline.pipeline import Steps

MOVES: Final = ("Shuffle", "Slice", "Mixed", "Concat", "Interleave", "Zip", "Shard")
"""In names of Grain's data sets: those behind which a place is not that of the source."""


class Map(grain.transforms.Map):
    """Augments the elements of a Grain data set: ``MapDataset.source(rows).pipe(augreg.grain.Map(pipe, seed=7))``.

    Grain's own ``random_map`` draws by position and step, so that a shuffle or another step ahead changes everything.
    Here a sample's result hangs on seed, epoch and key, as everywhere in augreg. The epoch is how often the data set
    came round: ``.repeat(3)`` behind it gives three. Iterators go on from a state within an epoch, to the bit.

    Args:
        pipeline: a :class:`Pipeline`, or what one is built from. Steps may not mix samples: elements come one by one.
        seed: with equal seed, epoch and key a sample gets the same augmentation.
        key: the field that holds the key, or a function of the element. Default: ``key``, ``__key__`` or ``id``, and
            where an element has none, its place, if this stands before any shuffle.
        epoch: where Grain says no index, in ``apply``, an ``IterDataset`` or a ``DataLoader``, the epoch is to be said,
            for one pass.
        options: further arguments of :func:`augreg.augment`, such as ``schema`` or ``modality``.

    Raises:
        ConfigError: a step mixes samples; when called on a data set: it is batched or repeated already; when an element
            is read: it has no key and no place in the source, or nobody said the epoch.

    >>> import augreg, grain
    >>> texts = grain.MapDataset.source([{"id": "a", "text": "one two three"}])
    >>> pipe = augreg.Pipeline(["text.word_swap"], schema={"text": "text"})
    >>> [row["text"] for row in texts.pipe(augreg.grain.Map(pipe, seed=7)).repeat(3)]
    ['two one three', 'two one three', 'one three two']

    """

    def __init__(
        self,
        pipeline: Pipeline | Steps,
        *,
        seed: int,
        key: KeyOf = None,
        epoch: int | None = None,
        **options: Any,
    ) -> None:
        made = pipeline if isinstance(pipeline, Pipeline) else Pipeline(pipeline)
        refuse_mixing(made, "Grain hands out elements one by one. Mix in the training loop: augreg.collate.")
        self.key, self.epoch = key, None if epoch is None else checked_epoch(epoch)
        self.bound = Bound(made, seed=seed, key=key, **options)

    def __call__(self, dataset: Any) -> Any:
        """Return a data set of augmented elements; ``dataset.pipe(map)`` calls this."""
        if not isinstance(dataset, grain.MapDataset):
            if isinstance(dataset, grain.IterDataset):
                self._said_epoch()
                return dataset.map(self)
            raise ConfigError(
                f"augreg.grain.Map goes over a grain.MapDataset, not over a {type(dataset).__name__}. Write "
                "grain.MapDataset.source(data).pipe(augreg.grain.Map(pipe, seed=7))."
            )
        names = [type(each).__name__ for each in _chain(dataset)]
        for word, what in (("Repeat", "repeat, or all its epochs would be one"), ("Batch", "batch")):
            if any(word in name for name in names):
                raise ConfigError(f"augreg.grain.Map stands behind {word.lower()}. Put it before {what}.")
        return Augmented(dataset, self)

    def map(self, element: Any) -> Any:
        """Augment one element where Grain says no index: by its own key, in the epoch that was said."""
        return self.at(element, self._said_epoch(), None)

    def _said_epoch(self) -> int:
        if self.epoch is None:
            raise ConfigError(
                "Grain does not say here how often the data set came round, so every epoch would be alike. Write "
                "dataset.pipe(augreg.grain.Map(...)) over a MapDataset, before repeat and to_iter_dataset; or, for one "
                "pass, say epoch=0."
            )
        return self.epoch

    def at(self, element: Any, epoch: int, place: int | None) -> Any:
        """Augment one element of an epoch; ``place`` is its key if it has none."""
        if element is None:  # filtered out
            return None
        if self.key is not None:
            key: Any = key_of(element, self.key)
        elif has_key(element):
            key = None
        elif place is None:
            fields = f" (fields: {', '.join(map(str, element))})" if isinstance(element, Mapping) else ""
            raise ConfigError(
                f"an element has no key{fields}, and its place here is not that in the source. Put augreg.grain.Map "
                "first, before shuffle; or give elements a field 'id', or say where the key is, key='path'."
            )
        else:
            key = place
        if key is None:
            return self.bound(KeyedItem(0, element, 0, epoch))  # its own key goes before the index
        return self.bound(KeyedItem(key, element, 0, epoch), key=key)


class Augmented(grain.MapDataset):
    """A data set of Grain whose elements are augmented, made by :class:`Map`."""

    _MUTATES_ELEMENT_SPEC = True

    def __init__(self, parent: Any, augmenter: Map) -> None:
        super().__init__(parent)
        self._map = augmenter
        self._moved = any(word in type(each).__name__ for each in _chain(parent) for word in MOVES)

    def __len__(self) -> int:
        return len(self._parent)

    def __str__(self) -> str:
        return "augreg.grain.Map"

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self.slice(index)
        epoch, place = divmod(index, len(self._parent))
        return self._map.at(self._parent[index], epoch, None if self._moved else place)


def _chain(dataset: Any) -> Iterator[Any]:
    """Yield a data set and all that stand before it."""
    yield dataset
    for parent in getattr(dataset, "_parents", ()):
        yield from _chain(parent)
