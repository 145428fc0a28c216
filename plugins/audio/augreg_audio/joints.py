"""Copies of stretches of a sound, and fades against clicks where two meet that did not meet in the source."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

Array = np.ndarray


class Copy(NamedTuple):
    """Frames ``start`` to ``end`` of the source, heard from frame ``at`` of the result on, or backwards there."""

    start: int
    end: int
    at: int
    backward: bool = False


class Joint(NamedTuple):
    """A fade out up to frame ``at`` over ``before`` frames, and one in from there over ``behind``."""

    at: int
    before: int
    behind: int


def joints(copies: Sequence[Copy], fade: int) -> list[Joint]:
    """Return the joints of copies, which come in order and without gaps.

    A fade takes at most half of a copy.
    """
    found = []
    for (first, last, *_), (start, end, at, _) in pairwise(copies):
        before, behind = min(fade, (last - first) // 2), min(fade, (end - start) // 2)
        if last != start and (before or behind):
            found.append(Joint(at, before, behind))
    return found


def soften(out: Array, found: Sequence[Joint]) -> None:
    """Fade ``out`` (channels, frames) out and in at its joints, in place."""
    for at, before, behind in found:
        part = out[:, at - before : at + behind]
        np.multiply(part, _dip(before, behind, out.dtype.char), out=part)


@lru_cache(maxsize=64)
def _dip(before: int, behind: int, dtype: str) -> Array:
    """Return half a cosine from 1 down to 0 (before,), and one up again (behind,); neither reaches its ends."""
    rises = [0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / max(n, 1)) for n in (before, behind)]
    return np.concatenate([rises[0][::-1], rises[1]]).astype(dtype)
