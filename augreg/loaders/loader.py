"""`augreg.loader`: a torch DataLoader whose batches are augmented, with keys, epochs and repeats taken care of."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import torch
from torch.utils.data import DataLoader, IterableDataset, SequentialSampler

from augreg.engine.augment import augment
from augreg.errors import ConfigError, listing, nearest
from augreg.loaders.collate import Collate
from augreg.loaders.epochs import SharedEpoch, checked_epoch
from augreg.loaders.firsts import Firsts
from augreg.loaders.keyed import Keyed
from augreg.loaders.order import EpochOrder, LoaderOrder, tell
from augreg.loaders.repeats import CountRepeats
from augreg.loaders.settings import SET_HERE
from augreg.pipeline import Pipeline
from augreg.policies.learning import Learner

OF_AUGMENT: Final = tuple(name for name in inspect.signature(augment).parameters if name not in SET_HERE)
OF_LOADER: Final = ("seed", "shuffle", "sampler", "batch_sampler", "distributed", "auto_epoch", "then", "stack", "drop")
OF_TORCH: Final = tuple(name for name in inspect.signature(DataLoader).parameters if name != "dataset")
"""The options of a DataLoader; all others are those of `augreg.collate`."""


class Loader(DataLoader[Any]):
    """A DataLoader that knows its epoch, made by :func:`augreg.loader`."""

    auto_epoch = True
    _following = 0
    _epoch = 0
    _unfinished = False
    _seen: tuple[int, ...] = (0, 0)
    _seen_inside: int | None = None

    @property
    def epoch(self) -> int:
        """The epoch of the pass that is running, or ran last."""
        return self._epoch

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next pass is; a running one draws anew for what its workers have not begun.

        Raises:
            ConfigError: no integer, or one of more than 64 bits.

        """
        number = checked_epoch(epoch)
        tell(number, self.collate_fn, self.dataset, self.sampler, self.batch_sampler)
        self._epoch = self._following = number
        self._unfinished = False
        self._seen, self._seen_inside = self._told(), self._inside()

    def _told(self) -> tuple[int, ...]:
        return tuple(getattr(part, "times_told", 0) for part in (self.collate_fn, self.dataset))

    def _inside(self) -> int | None:
        order = self.sampler if isinstance(self.sampler, LoaderOrder) else self.batch_sampler
        return order.epoch_inside() if isinstance(order, LoaderOrder) else None

    def _listen(self) -> None:
        """Take over the epoch that was told to a part: Lightning tells the sampler, Trainer the data set.

        Training scripts tell the DistributedSampler that they gave, also which epoch they resume with.
        """
        for part, seen, told in zip((self.collate_fn, self.dataset), self._seen, self._told(), strict=True):
            if seen != told and isinstance(part, SharedEpoch):
                self.set_epoch(part.epoch)
                return
        inside = self._inside()
        if inside is not None and inside != self._seen_inside:
            self.set_epoch(inside)

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        self._listen()
        self.set_epoch(self._following)
        self._following += self.auto_epoch
        self._unfinished = True
        if isinstance(self.collate_fn, Collate) and self.collate_fn.firsts is not None:
            self.collate_fn.firsts.forget()
        return self._passed(super().__iter__())

    def _passed(self, batches: Iterator[Any]) -> Iterator[Any]:
        epoch = self._epoch
        yield from batches
        if self._epoch == epoch:
            self._unfinished = False

    @property
    def learner(self) -> Learner:
        """What the learned policies of its pipeline know, see :class:`augreg.policies.Learner`.

        A pass over the next epoch, or ``set_epoch``, hands it to all workers; until then nothing changes.
        """
        return self._collate.learner

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint needs: the epoch, the seed, and what learned policies know.

        A pass that has begun and not ended counts as not begun: its batches come again. To go on within an epoch, skip
        those that were seen.
        """
        self._listen()
        return {**self._collate.state_dict(), "epoch": self._epoch if self._unfinished else self._following}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Let the next pass be that of a checkpoint.

        Raises:
            ConfigError: it is no such state, or that of another seed.

        """
        self._collate.load_state_dict(state)
        self.set_epoch(self._collate.epoch)

    @property
    def _collate(self) -> Collate:
        collate = self.collate_fn
        if not isinstance(collate, Collate):
            raise ConfigError(f"the loader's collate_fn is a {type(collate).__name__}. Make it with augreg.loader.")
        return collate


def loader(
    dataset: Any,
    pipeline: Pipeline | Mapping[str, Any],
    *,
    seed: int | None = None,
    batch_size: int = 64,
    shuffle: bool = False,
    sampler: Iterable[Any] | None = None,
    batch_sampler: Iterable[Any] | None = None,
    drop_last: bool = False,
    distributed: bool | tuple[int, int] | None = None,
    auto_epoch: bool = True,
    then: Callable[[list[Any]], Any] | None = None,
    stack: bool | Literal["detection", "coco"] = False,
    drop: Sequence[str] = (),
    **options: Any,
) -> Loader:
    """Return a torch DataLoader over a data set, with every batch augmented.

    Args:
        dataset: map-style, and every item that brings no key along has its index (:class:`Keyed`); or an
            ``IterableDataset`` of records with keys, which shares its records out among workers and processes itself;
            where workers repeat each other it is refused.
        pipeline: a :class:`Pipeline`, or what one is built from.
        seed: with a seed an item gets the same augmentation for any batch size, order and number of workers, and the
            shuffled order hangs on seed and epoch only. Without, both are drawn from torch's global generator.
        batch_size, shuffle, drop_last: as in a DataLoader.
        sampler, batch_sampler: another order. Items that it repeats get another augmentation each time, counted over
            the whole epoch (:class:`CountRepeats`).
        distributed: whether this process takes its share of the order: True (rank and number of processes as
            torch.distributed says), False, or (rank, number of processes). Shares are as those of DistributedSampler,
            of equal length. Where torch.distributed runs several processes it has to be said, unless the sampler takes
            a share (a DistributedSampler does): accelerate's ``prepare`` and others share a loader out themselves, and
            twice would leave most of the data out.
        auto_epoch: every pass over the loader is the next epoch, from 0 or from what ``set_epoch`` said, that of the
            loader or of a sampler that it was given. False: the epoch stays until ``set_epoch``.
        then, stack, drop: see :func:`collate`.
        options: further options of a DataLoader (``num_workers``, ``persistent_workers``, ``pin_memory``, ...), of
            :func:`collate` (``memory_format``) and of :func:`augreg.augment` (``schema``, ``modality``, ...).

    Returns:
        A DataLoader with ``set_epoch``, ``epoch``, ``state_dict`` and ``load_state_dict``.

    Raises:
        ConfigError: an unknown option, or options that exclude each other.

    >>> import augreg
    >>> data = [{"caption": "a cat", "label": 3}, {"caption": "a dog", "label": 5}]
    >>> pipe = augreg.Pipeline({"text": [{"text.char_case": {"rate": 1}}]}, schema={"caption": "text"})
    >>> for batch in augreg.loader(data, pipe, seed=7, batch_size=2, shuffle=True):
    ...     print(sorted(batch["caption"]), batch["label"].shape)
    ['A CAT', 'A DOG'] torch.Size([2])

    """
    of_torch = {name: options.pop(name) for name in OF_TORCH if name in options}
    _check(options, of_torch, batch_size)
    collate = Collate(pipeline, seed=seed, then=then, stack=stack, drop=drop, **options)
    collate.name = "loader"  # as messages call what the user wrote
    orders = {"shuffle": shuffle, "sampler": sampler, "batch_sampler": batch_sampler, "distributed": distributed}
    if isinstance(dataset, IterableDataset):
        _refuse_together("an IterableDataset gives its own order and shares itself out", orders)
        if of_torch.get("num_workers", 0) > 1:
            collate.firsts = Firsts(of_torch["num_workers"])
        made = Loader(dataset, batch_size, drop_last=drop_last, collate_fn=collate, **of_torch)
    else:
        data = dataset if isinstance(dataset, Keyed) else Keyed(dataset)
        share = _share(distributed, drop_last, sampler if batch_sampler is None else batch_sampler)
        if batch_sampler is None:
            _refuse_together("sampler is an order", {"shuffle": shuffle} if sampler is not None else {})
            if shuffle:
                sampler = EpochOrder(data, collate.seed, of_torch.get("generator"))
            order = _counted(SequentialSampler(data) if sampler is None else sampler, data, share)
            made = Loader(data, batch_size, sampler=order, drop_last=drop_last, collate_fn=collate, **of_torch)
        else:
            given = {"shuffle": shuffle, "sampler": sampler, "drop_last": drop_last}
            _refuse_together("batch_sampler is an order, cut into batches", given)
            made = Loader(data, batch_sampler=_counted(batch_sampler, data, share), collate_fn=collate, **of_torch)
    made.auto_epoch = auto_epoch
    return made


def _check(options: Mapping[str, Any], of_torch: Mapping[str, Any], batch_size: Any) -> None:
    if "collate_fn" in of_torch:
        raise ConfigError("loader makes the collate_fn itself. Pass yours as then=: it gets the augmented items.")
    if batch_size is None:
        raise ConfigError(
            "batch_size=None leaves no batches to augment. Give a size, or use pipe.bind in the data set."
        )
    of_ours = [*OF_LOADER, "memory_format", *OF_AUGMENT]
    for name in options:
        if name not in of_ours:
            hint = nearest(name, [*of_ours, *OF_TORCH])
            raise ConfigError(
                f"loader has no option {name!r}.{hint} Beside those of a DataLoader: {listing(of_ours, 99)}."
            )


def _refuse_together(why: str, given: Mapping[str, Any]) -> None:
    names = [name for name, value in given.items() if value is not None and value is not False]
    if names:
        raise ConfigError(f"{why}. Leave out {' and '.join(names)}.")


def _share(distributed: bool | tuple[int, int] | None, drop_last: bool, sampler: Any) -> dict[str, Any]:
    """Return which share of the order this process takes, as CountRepeats wants it."""
    runs = torch.distributed.is_available() and torch.distributed.is_initialized()
    ranks = torch.distributed.get_world_size() if runs else 1
    if isinstance(distributed, tuple):
        rank, ranks = distributed
        return {"rank": rank, "num_replicas": ranks, "drop_last": drop_last}
    takes_it = any((getattr(s, "num_replicas", None) or 1) > 1 for s in (sampler, getattr(sampler, "sampler", None)))
    if distributed is None and ranks > 1 and not takes_it:
        raise ConfigError(
            f"torch.distributed runs {ranks} processes: does this loader take its share of the data? Say "
            "distributed=True, or False where accelerate, Lightning or another shares it out."
        )
    if distributed and not runs:
        raise ConfigError(
            "distributed=True, and torch.distributed is not initialized. Call init_process_group first, or give "
            "distributed=(rank, number of processes)."
        )
    share = {"rank": torch.distributed.get_rank(), "num_replicas": ranks} if distributed else {}
    return {**share, "drop_last": drop_last}


def _counted(sampler: Iterable[Any], data: Keyed, share: Mapping[str, Any]) -> LoaderOrder:
    """Wrap a sampler or batch sampler; one that is wrapped already keeps its share."""
    ranks = share.get("num_replicas", 1)
    if isinstance(sampler, CountRepeats):
        if ranks > 1 and sampler.num_replicas > 1:
            raise ConfigError("the sampler takes a share already, by its num_replicas. Leave out distributed.")
        if sampler.num_replicas > 1:
            share = {"rank": sampler.rank, "num_replicas": sampler.num_replicas, "drop_last": sampler.drop_rest}
        sampler = sampler.wrapped
    inner = getattr(sampler, "sampler", sampler)  # of a batch sampler
    unseeded = inner.seed is None if isinstance(inner, EpochOrder) else getattr(inner, "generator", ...) is None
    if share.get("num_replicas", 1) > 1 and unseeded and not isinstance(inner, SequentialSampler):
        raise ConfigError(
            "the processes draw their orders independently, so their shares would overlap. Give seed= for shuffle, "
            "or the sampler a generator with one seed for all: generator=torch.Generator().manual_seed(7)."
        )
    return LoaderOrder(sampler, data, **share)
