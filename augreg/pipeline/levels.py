"""What ``level`` of a step may be, and the strengths that it gives the samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg.contract.policy import Policy
from augreg.errors import ConfigError
from augreg.param import FromField, Schedule, describe
from augreg.param.from_field import check_meant, read_field, says_field
from augreg.param.schedule import WORDS, in_epoch, in_order, is_scheduled, read
from augreg.random.rng import Rng

BINS: Final = "trivial"
"""The one key of ``level: {trivial: 31}``."""

EXPECTED: Final = (
    "give a number from 0 to 1, a pair [from, to] to draw from, {trivial: 31} for 31 even strengths, {field: strength} "
    "for the number that each record holds, or a schedule such as {linear: [0, 1], epochs: 30}"
)


def checked_level(level: Any, where: str) -> Any:
    """Return what says a strength, its schedules read.

    Raises:
        ConfigError: naming the step, the value and what would be valid.

    >>> from augreg.pipeline.levels import checked_level
    >>> checked_level([0.2, {"linear": [0.2, 0.8], "epochs": 10}], "image.rotate")
    (0.2, {'linear': [0.2, 0.8], 'epochs': 10})

    """
    if level is None or _within(level):
        return level
    if says_field(level):
        return read_field(level, f"{where}: level")
    if isinstance(level, Mapping) and BINS in level:
        valid = list(level) == [BINS] and type(level[BINS]) is int and level[BINS] >= 2
        found: Any = level
    elif isinstance(level, (Mapping, Schedule)):
        check_meant(level, f"{where}: level", WORDS, [BINS])
        return read(level, f"{where}: level", 0, 1)
    else:
        ends = level if isinstance(level, (list, tuple)) else ()
        found = tuple(
            read(end, f"{where}: level", 0, 1) if isinstance(end, (Mapping, Schedule)) and not says_field(end) else end
            for end in ends
        )
        valid = len(found) == 2 and all(isinstance(end, Schedule) or _within(end) for end in found) and in_order(*found)
        found = found if is_scheduled(found) else level
    if not valid:
        raise ConfigError(f"{where}: level={level!r} is not a strength; {EXPECTED}.")
    return found


def strengths(level: Any, rng: Rng) -> NDArray[np.float64]:
    """Return one strength per sample, (n,), as ``level`` of a step says.

    >>> import numpy as np
    >>> from augreg import Rng
    >>> from augreg.pipeline.levels import strengths
    >>> strengths(0.5, Rng(7, np.arange(2, dtype=np.uint64))).tolist()
    [0.5, 0.5]

    """
    if isinstance(level, FromField):
        return rng.field(level.name)
    level = in_epoch(level, rng.epoch)
    if isinstance(level, Mapping):
        bins = level[BINS]
        found: NDArray[np.float64] = rng.integers(".level", 0, bins) / (bins - 1)
        return found
    if isinstance(level, (list, tuple)):
        return rng.uniform(".level", float(level[0]), float(level[1]))
    return np.full(len(rng), float(level))


def fields_of_policy(policy: Policy) -> list[str]:
    """Return the fields of records that a policy, and one within it, take strengths from.

    >>> from augreg.pipeline.levels import fields_of_policy
    >>> from augreg.policies import Rand
    >>> fields_of_policy(Rand(level={"field": "strength"}))
    ['strength']

    """
    return list(dict.fromkeys(name for spec in describe(type(policy)) for name in _named(getattr(policy, spec.name))))


def _named(held: Any) -> Iterator[str]:
    """Yield the fields that a parameter names, also within the lists of a sub-policy."""
    if isinstance(held, FromField):
        yield held.name
    elif isinstance(held, Policy):
        yield from fields_of_policy(held)
    elif isinstance(held, tuple):
        for one in held:
            yield from _named(one)


def _within(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
