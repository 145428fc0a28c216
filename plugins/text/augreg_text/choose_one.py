"""Which of one sample's characters or words are edited: :mod:`augreg_text.choose` with Python's integers.

For a handful of numbers they are quicker than arrays, and as exact.
"""

from __future__ import annotations

from typing import Final

import augreg
from augreg.kernel import stream_key
from augreg_text.choose import FEW_WANTED

Picks = list[tuple[int, float]]
"""Numbers of the candidates that were chosen, ascending, each with a uniform number in [0, 1), see ``Chosen.unit``."""

_LOW_32_BITS: Final = 0xFFFFFFFF
_LOW_64_BITS: Final = 0xFFFFFFFFFFFFFFFF
_GAMMA: Final = 0x9E3779B97F4A7C15
_FIRST_FACTOR: Final = 0xBF58476D1CE4E5B9
_SECOND_FACTOR: Final = 0x94D049BB133111EB


def seed_of(rng: augreg.Rng, name: str) -> int:
    """Return the only number of :func:`augreg_text.choose.seeds`."""
    return _mixed(int(rng.keys[0]) ^ stream_key(rng.seed, rng.epoch, rng.copy, rng.path, name))


def count_of(seed: int, size: int, rate: float, least: int, most: int | None) -> int:
    """Return how many candidates to choose, see :class:`augreg_text.choose.Quota`."""
    if rate <= 0.0:
        return 0
    count = int(rate * size + ((seed >> 24 & _LOW_32_BITS) + 0.5) * 2.0**-32)
    count = min(max(count, least), size)
    return count if most is None else min(count, most)


def choose_one(seed: int, size: int, count: int) -> Picks:
    """Choose so many of the candidates, see :func:`augreg_text.choose.choose`."""
    found = _ordered(seed, size, count) if count > FEW_WANTED and 2 * count > size else _drawn(seed, size, count)
    return [(i, (bits & _LOW_32_BITS) * 2.0**-32) for i, bits in sorted(found.items())]


def _drawn(seed: int, size: int, count: int) -> dict[int, int]:
    """Draw until there are enough distinct candidates; return them, and 64 bits for each."""
    found: dict[int, int] = {}
    while len(found) < count:
        seed = seed + _GAMMA & _LOW_64_BITS
        # SplitMix64, written out: a call would take as long again.
        bits = (seed ^ seed >> 30) * _FIRST_FACTOR & _LOW_64_BITS
        bits = (bits ^ bits >> 27) * _SECOND_FACTOR & _LOW_64_BITS
        bits ^= bits >> 31
        found.setdefault((bits >> 32) * size >> 32, bits)
    return found


def _ordered(seed: int, size: int, count: int) -> dict[int, int]:
    """Order all candidates by a number each, take the lowest."""
    best = sorted(range(size), key=lambda i: _mixed(seed + (i + 1) * _GAMMA & _LOW_64_BITS))[:count]
    return {i: _mixed(seed + (i + 1 + size) * _GAMMA & _LOW_64_BITS) for i in best}


def _mixed(z: int) -> int:
    z = (z ^ z >> 30) * _FIRST_FACTOR & _LOW_64_BITS
    z = (z ^ z >> 27) * _SECOND_FACTOR & _LOW_64_BITS
    return z ^ z >> 31
