"""The epoch of a loader's random numbers, in memory that running workers share."""

from __future__ import annotations

from operator import index
from typing import Any, Final

import torch

from augreg.errors import ConfigError

UNSET: Final = -(2**63)
"""Stands for "no epoch was set here": the one integer of 64 bits that `set_epoch` does not take."""


def checked_epoch(epoch: Any) -> int:
    """Return an epoch as int.

    Raises:
        ConfigError: no integer, or one of more than 64 bits.

    """
    try:
        number = index(epoch)
    except TypeError:
        number = None
    if number is None or isinstance(epoch, bool) or not UNSET < number < 2**63:
        raise ConfigError(f"epoch={epoch!r} is no integer of 64 bits. Give the number of the epoch, such as 0.")
    return number


class SharedEpoch:
    """Has an epoch that reaches workers which are already running, whether forked or spawned."""

    _epoch: torch.Tensor
    times_told = 0
    """How often ``set_epoch`` was called in this process, by which a loader notices that somebody did."""

    def __init__(self, epoch: int = 0) -> None:
        self._epoch = torch.full((), epoch, dtype=torch.int64)
        self._share()

    def _share(self) -> None:
        self._epoch.share_memory_()  # type: ignore[no-untyped-call]

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "times_told"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # A deep copy, or one that went through a file, has memory of its own; its workers are to share that in turn.
        # What a spawned worker gets is shared already, and stays so.
        self.__dict__.update(state)
        self._share()

    @property
    def epoch(self) -> int:
        """The epoch that goes into the random numbers' key."""
        return int(self._epoch.item())

    def set_epoch(self, epoch: int) -> None:
        """Draw anew for another epoch; reaches running workers too (for what they have not begun).

        Raises:
            ConfigError: no integer, or one of more than 64 bits.

        """
        self._epoch.fill_(checked_epoch(epoch))
        self.times_told += 1
