"""What ``p`` of a step or group may be, and what it is in an epoch: the one place that a schedule of ``p`` changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from augreg.errors import ConfigError


def check_p(p: Any, where: str) -> None:
    """Refuse probabilities outside 0..1."""
    if isinstance(p, bool) or not isinstance(p, (int, float)) or not 0 <= p <= 1:
        raise ConfigError(f"{where}: p={p!r} is not a probability; give a number from 0 to 1.")


def fixed(ps: Sequence[float]) -> bool:
    """Whether the probabilities of some steps are the same in every epoch, as plain numbers are."""
    return all(isinstance(p, (int, float)) for p in ps)


def in_epoch(ps: Sequence[float], _epoch: int) -> Sequence[float]:
    """Return the probabilities of some steps in an epoch, each from 0 to 1.

    Whatever else ``p`` may become (a ramp, say) must depend on the epoch alone: a sample's result hangs on seed, epoch,
    copy, key and path. A pipeline is saved with ``p`` as it was written, so that must be plain data.
    """
    return ps
