"""`augreg.transformers.Epochs`: a callback that tells epochs to what augments."""

from __future__ import annotations

from typing import Any

from torch.utils.data import Subset
from transformers import TrainerCallback

from augreg.errors import ConfigError
from augreg.loaders.keyed import Keyed
from augreg.loaders.transformers_collator import Collator


class Epochs(TrainerCallback):
    """A callback of the Trainer that calls ``set_epoch`` before each epoch, also in a run that is resumed.

    Args:
        parts: what has ``set_epoch``: a :class:`augreg.transformers.Collator`, a bound pipeline. Running workers hear
            of it, too.

    Raises:
        ConfigError: a part has no ``set_epoch``; when training begins: a Collator, and a training set that is not
            wrapped in :class:`augreg.Keyed`, of which it would augment no row.

    >>> import augreg, transformers
    >>> bound = augreg.Pipeline(["text.word_swap"]).bind(seed=7)
    >>> state = transformers.TrainerState(epoch=2.0)
    >>> augreg.transformers.Epochs(bound).on_epoch_begin(None, state, None)
    >>> bound.epoch
    2

    """

    def __init__(self, *parts: Any) -> None:
        if not parts:
            raise ConfigError("Epochs tells nobody. Give what augments: Epochs(collator), or Epochs(bound).")
        for part in parts:
            if not hasattr(part, "set_epoch"):
                raise ConfigError(
                    f"Epochs: a {type(part).__name__} has no set_epoch. Give what augments: a Collator, a bound "
                    "pipeline, a loader."
                )
        self.parts = parts

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Check that the training set is one whose rows are augmented."""
        data = getattr(kwargs.get("train_dataloader"), "dataset", None)
        while isinstance(data, Subset):
            data = data.dataset
        if data is not None and not isinstance(data, Keyed) and any(isinstance(part, Collator) for part in self.parts):
            raise ConfigError(
                f"the training set is a {type(data).__name__}, and Collator augments rows of augreg.Keyed only, so "
                "that rows of evaluation pass. Wrap it: train_dataset=augreg.Keyed(train). A stream has no indices: "
                "stream.map(pipe.bind(seed=7)) augments it."
            )

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Tell the epoch: the whole part of what the state counts, which in a resumed run begins within one."""
        epoch = int((state.epoch or 0) + 1e-9)  # sums of steps end a little below the next whole number
        for part in self.parts:
            part.set_epoch(epoch)
