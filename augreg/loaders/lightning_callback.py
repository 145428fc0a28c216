"""`augreg.lightning.Augment`: training batches are augmented on their device, after Lightning brought them there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from augreg.errors import ConfigError
from augreg.loaders.bind import Bound
from augreg.loaders.whole_batch import WholeBatch
from augreg.pipeline import Pipeline
from augreg.pipeline.pipeline import Steps

if TYPE_CHECKING or "lightning.pytorch" in sys.modules or "pytorch_lightning" not in sys.modules:
    from lightning.pytorch import Callback, LightningModule, Trainer
else:  # Lightning refuses to mix its two packages, so the one that the user imported is taken
    from pytorch_lightning import Callback

HOOK = "on_after_batch_transfer"


class Transferred:
    """The hook of a module or a data module that Lightning calls with a batch on its device, and ours after it."""

    def __init__(self, hook: Callable[[Any, int], Any], then: Callable[[Any], Any]) -> None:
        # By this name Lightning sees through it, and still tells whether the user wrote a hook, and where.
        self.__wrapped__ = hook
        self.then = then

    def __call__(self, batch: Any, dataloader_idx: int) -> Any:
        """Do what the user's hook does, then ours."""
        return self.then(self.__wrapped__(batch, dataloader_idx))


class Augment(Callback):
    """A callback that augments the batches of training, after Lightning moved them to their device.

    Validation, test and prediction batches pass, and those of the sanity check. The epoch is the trainer's, so a run
    that is resumed from a checkpoint, within an epoch too, goes on with the same random numbers.

    Args:
        pipeline: a :class:`Pipeline`, or what one is built from. Its steps may mix samples.
        seed: with equal seed, epoch and key a sample gets the same augmentation for any batch size, order, number of
            workers and devices; batches then hold keys. Without, torch's generator decides.
        key: where a batch holds its keys: a field, a position in a tuple, or a function of the batch. Default: a
            field ``key``, ``__key__`` or ``id``.
        schema: field -> what it is, ``{"image": "image"}``; positions of a tuple are "0", "1", ... Default: the first
            of a tuple is what the pipeline has steps for, the second its label.
        options: further arguments of :func:`augreg.augment`: ``sample_rate``, ``layout``, ``options``, ...

    A batch is a tuple or list of stacks, (images, labels), or a mapping of fields, as a DataLoader collates them. The
    same kind comes back.

    Raises:
        ConfigError: a wrong option; in training: a seed and no keys; batches that Lightning does not move, such as
            those that ``training_step(self, dataloader_iter)`` fetches itself.

    >>> import augreg, torch
    >>> augment = augreg.lightning.Augment([{"image.hflip": {"p": 1}}], seed=7, key=2)
    >>> images, labels, ids = augment([torch.eye(2).expand(1, 3, 2, 2), torch.tensor([5]), torch.tensor([0])])
    >>> images[0, 0].tolist()
    [[0.0, 1.0], [1.0, 0.0]]

    """

    def __init__(
        self,
        pipeline: Pipeline | Steps,
        *,
        seed: int | None = None,
        key: str | int | Callable[[Any], Any] | None = None,
        schema: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.batches = WholeBatch("augreg.lightning.Augment", pipeline, seed, key, schema, options)
        self._hooked: list[tuple[Any, Transferred, bool]] = []
        self._number = 0

    @property
    def bound(self) -> Bound:
        """What augments: it has the epoch, and the ``learner`` of learned policies."""
        return self.batches.bound

    def __call__(self, batch: Any) -> Any:
        """Augment a batch, whatever stage it is for."""
        return self.batches(batch)

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Go behind the hooks that Lightning calls when a batch is on its device."""
        self._unhook()
        if stage != "fit":
            return

        def then(batch: Any) -> Any:
            return self._trained(trainer, batch)

        # Lightning asks one of both, and which one it is hangs on what the user wrote.
        for holder in (pl_module, getattr(trainer, "datamodule", None)):
            if holder is not None:
                own = HOOK in holder.__dict__  # set on the object, not written in its class
                hook = Transferred(getattr(holder, HOOK), then)
                setattr(holder, HOOK, hook)
                self._hooked.append((holder, hook, own))

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Leave the hooks as they were."""
        self._unhook()

    def _unhook(self) -> None:
        for holder, hook, own in self._hooked:
            if holder.__dict__.get(HOOK) is hook:
                delattr(holder, HOOK)
                if own:
                    setattr(holder, HOOK, hook.__wrapped__)
        self._hooked = []

    def _trained(self, trainer: Trainer, batch: Any) -> Any:
        if not trainer.training:  # validation within fit, the sanity check
            return batch
        if self.bound.epoch != trainer.current_epoch or not self.bound.times_told:
            self.bound.set_epoch(trainer.current_epoch)
        self._number += 1
        return self.batches(batch)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Notice that batches went by unseen."""
        if not self._number:
            raise ConfigError(
                "augreg.lightning.Augment saw no batch: Lightning calls on_after_batch_transfer for none, as where "
                "training_step takes dataloader_iter. Call the callback there: batch = augment(batch)."
            )

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint needs: the epoch, the seed as a check, what learned policies know."""
        return self.bound.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint.

        Raises:
            ConfigError: it is that of another seed.

        """
        self.bound.load_state_dict(state_dict)
