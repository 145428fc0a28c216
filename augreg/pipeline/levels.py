"""What ``level`` of a step may be, and the strengths that it gives the samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg.errors import ConfigError
from augreg.random.rng import Rng

BINS: Final = "trivial"
"""The one key of ``level: {trivial: 31}``."""

EXPECTED: Final = "give a number from 0 to 1, a pair [from, to] to draw from, or {trivial: 31} for 31 even strengths"


def check_level(level: Any, where: str) -> None:
    """Refuse what is no strength.

    Raises:
        ConfigError: naming the step, the value and what would be valid.

    >>> from augreg.pipeline.levels import check_level
    >>> check_level([0.2, 0.8], "image.rotate")

    """
    if level is None or _within(level):
        return
    if isinstance(level, Mapping):
        valid = list(level) == [BINS] and type(level[BINS]) is int and level[BINS] >= 2
    else:
        pair = level if isinstance(level, (list, tuple)) else ()
        valid = len(pair) == 2 and all(map(_within, pair)) and pair[0] <= pair[1]
    if not valid:
        raise ConfigError(f"{where}: level={level!r} is not a strength; {EXPECTED}.")


def strengths(level: Any, rng: Rng) -> NDArray[np.float64]:
    """Return one strength per sample, (n,), as ``level`` of a step says.

    >>> import numpy as np
    >>> from augreg import Rng
    >>> from augreg.pipeline.levels import strengths
    >>> strengths(0.5, Rng(7, np.arange(2, dtype=np.uint64))).tolist()
    [0.5, 0.5]

    """
    if isinstance(level, Mapping):
        bins = level[BINS]
        found: NDArray[np.float64] = rng.integers(".level", 0, bins) / (bins - 1)
        return found
    if isinstance(level, (list, tuple)):
        return rng.uniform(".level", float(level[0]), float(level[1]))
    return np.full(len(rng), float(level))


def _within(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
