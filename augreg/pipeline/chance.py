"""What ``p`` of a step or group may be, and what it is in an epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from augreg.errors import ConfigError
from augreg.param import Schedule
from augreg.param.schedule import read


def checked_p(p: Any, where: str) -> float | Schedule:
    """Return a probability as it is, and what says one for every epoch as a schedule.

    Raises:
        ConfigError: it is outside 0..1, or no schedule.

    >>> from augreg.pipeline.chance import checked_p
    >>> checked_p({"linear": [0, 1], "epochs": 10}, "image.rotate").at(5)
    0.5

    """
    if isinstance(p, (Mapping, Schedule)):
        return read(p, f"{where}: p", 0, 1)
    if isinstance(p, bool) or not isinstance(p, (int, float)) or not 0 <= p <= 1:
        raise ConfigError(f"{where}: p={p!r} is not a probability; give a number from 0 to 1.")
    return p


def fixed(ps: Sequence[float | Schedule]) -> list[float] | None:
    """Return the probabilities of some steps if they are the same in every epoch, as plain numbers are; else None."""
    plain = [p for p in ps if not isinstance(p, Schedule)]
    return plain if len(plain) == len(ps) else None


def in_epoch(ps: Sequence[float | Schedule], epoch: int) -> list[float]:
    """Return the probabilities of some steps in an epoch, each from 0 to 1.

    They hang on the epoch alone, since a sample's result hangs on seed, epoch, copy, key and path.
    """
    return [p.at(epoch) if isinstance(p, Schedule) else p for p in ps]
