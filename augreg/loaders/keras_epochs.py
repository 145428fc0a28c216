"""`augreg.keras.Epochs`: a callback that tells epochs to what augments."""

from __future__ import annotations

from typing import Any

import keras

from augreg.errors import ConfigError


class Epochs(keras.callbacks.Callback):
    """A callback of Keras that calls ``set_epoch`` before each epoch: ``fit(..., initial_epoch=3)`` goes on with 3.

    Args:
        parts: what has ``set_epoch``: an :class:`augreg.keras.Dataset`, a loader, a bound pipeline.

    Raises:
        ConfigError: a part has no ``set_epoch``.

    >>> import augreg
    >>> loader = augreg.loader(["a cat"], ["text.word_swap"], seed=7)
    >>> augreg.keras.Epochs(loader).on_epoch_begin(2)
    >>> loader.epoch
    2

    """

    def __init__(self, *parts: Any) -> None:
        super().__init__()
        for part in parts:
            if not hasattr(part, "set_epoch"):
                raise ConfigError(
                    f"Epochs: a {type(part).__name__} has no set_epoch. Give what augments: an augreg.keras.Dataset, "
                    "a loader of augreg.loader, a bound pipeline."
                )
        self.parts = parts

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Tell the epoch."""
        for part in self.parts:
            part.set_epoch(epoch)
