"""Joints: where stretches meet that did not meet in the source, short fades keep them from clicking."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray


class Joint(NamedTuple):
    """A fade out up to frame ``at`` over ``before`` frames, and one in from there over ``behind``."""

    at: int
    before: int
    behind: int


def joints(copies: Sequence[tuple[int, int, int]], fade: int) -> list[Joint]:
    """Return the joints of copies (source start, source end, output start), which come in order and without gaps.

    A fade takes at most half of a copy.
    """
    found = []
    for (first, last, _), (start, end, at) in pairwise(copies):
        before, behind = min(fade, (last - first) // 2), min(fade, (end - start) // 2)
        if last != start and (before or behind):
            found.append(Joint(at, before, behind))
    return found


def soften(out: Array, found: Sequence[Joint]) -> None:
    """Fade ``out`` (channels, frames) out and in at its joints, in place."""
    for at, before, behind in found:
        parts = out[:, at - before : at], out[:, at : at + behind]
        for part, gain in zip(parts, (_ramps(before, out.dtype)[1], _ramps(behind, out.dtype)[0]), strict=True):
            np.multiply(part, gain, out=part)


@lru_cache(maxsize=64)
def _ramps(frames: int, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """Return half a cosine from 0 to 1 (frames,), neither of which it reaches, and the way back."""
    rise = (0.5 - 0.5 * np.cos(np.pi * (np.arange(frames) + 0.5) / max(frames, 1))).astype(dtype)
    return rise, np.ascontiguousarray(rise[::-1])
