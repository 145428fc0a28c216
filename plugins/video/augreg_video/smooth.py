"""Smooth paths of parameters: drawn at a few moments of a clip, interpolated between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from augreg import Augmenter, BatchInfo, ConfigError, Params, Rng, SampleError
from augreg_video.cuts import Floats, Ints


def anchor_counts(lengths: Ints, period: float) -> Ints:
    """Return how many draws the paths of clips need: one every ``period`` frames, and one behind the end."""
    return np.floor((lengths - 1) / period).astype(np.int64) + 2


def blended(anchors: Params, lengths: Ints, period: float) -> Params:
    """Return parameters for every frame of every clip from those at the anchors.

    Real numbers, alone or within vectors, matrices, lists and mappings, run from anchor to anchor along
    3 w^2 - 2 w^3, which starts and ends level and stays between the two: the path is smooth and never leaves the
    configured range. Whole numbers, switches and words cannot; they stay at the first anchor's for the whole clip, as
    do lists whose length changes.
    """
    counts = anchor_counts(lengths, period)
    starts = np.cumsum(counts) - counts
    time = (np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)) / period
    leg = np.floor(time).astype(np.int64)
    first = np.repeat(starts, lengths)
    weight = (time - leg) ** 2 * (3.0 - 2.0 * (time - leg))
    path = _Path(first, first + leg, weight)
    return Params(int(lengths.sum()), {name: path.column(anchors[name]) for name in anchors})


@dataclass(frozen=True, slots=True)
class _Path:
    """Per frame: the first anchor of its clip, the anchor before it, and how far it is to the next one."""

    first: Ints
    before: Ints
    weight: Floats

    def column(self, anchors: Any) -> Any:
        """Return a parameter's column for the frames."""
        if isinstance(anchors, np.ndarray):
            if anchors.dtype.kind != "f":
                return anchors[self.first]
            start, end = anchors[self.before], anchors[self.before + 1]
            return start + (end - start) * self.weight.reshape(-1, *(1,) * (anchors.ndim - 1))
        rows = zip(self.first.tolist(), self.before.tolist(), self.weight.tolist(), strict=True)
        return [between(anchors[i], anchors[a], anchors[a + 1], w) for i, a, w in rows]


def between(held: Any, start: Any, end: Any, weight: float) -> Any:
    """Return an entry between two: its real numbers ``weight`` of the way from start to end, else as in ``held``."""
    if isinstance(start, np.ndarray) and isinstance(end, np.ndarray):
        if start.dtype.kind == "f" and start.shape == end.shape:
            return start + (end - start) * weight
        return held
    if isinstance(start, Mapping) and isinstance(end, Mapping) and start.keys() == end.keys() == held.keys():
        return {name: between(held[name], start[name], end[name], weight) for name in held}
    if isinstance(start, (list, tuple)) and isinstance(end, (list, tuple)) and len(start) == len(end) == len(held):
        return [between(*three, weight) for three in zip(held, start, end, strict=True)]
    if isinstance(start, (float, np.floating)) and isinstance(end, (float, np.floating)):
        return float(start) + (float(end) - float(start)) * weight
    return held


def moves(entry: Any) -> bool:
    """Whether a parameter holds a real number, which can run smoothly."""
    if isinstance(entry, np.ndarray):
        return bool(entry.dtype.kind == "f")
    if isinstance(entry, Mapping):
        return any(moves(part) for part in entry.values())
    if isinstance(entry, (list, tuple)):
        return any(moves(part) for part in entry)
    return isinstance(entry, (float, np.floating))


def check_smooth(augmenter: Augmenter) -> None:
    """Refuse an augmenter without a parameter that can run smoothly, found by draws for small pictures.

    One that reads targets or data, or cannot draw for such a picture, is found out at the first clip.

    Raises:
        ConfigError: it draws no number, or always the same one, so temporal="smooth" would do nothing.

    """
    n = 8
    keys, shapes = np.arange(n, dtype=np.uint64), np.tile([3, 32, 32], (n, 1))
    info = BatchInfo("image", keys, shapes, np.full(n, np.nan), ("uint8",) * n)
    if augmenter.declares.reads:
        return
    try:
        params = augmenter.draw(info, Rng(0, info.keys))
    except SampleError:
        return
    check_moving(augmenter, params)
    if all(len({repr(params.row(i)[name]) for i in range(n)}) == 1 for name in params if moves(params[name][0])):
        fixed = ", ".join(f"{name}={params.row(0)[name]}" for name in params if moves(params[name][0]))
        raise ConfigError(
            f"temporal='smooth' does not fit {type(augmenter).__name__} as it is configured: it always draws {fixed}. "
            "Give a range for it to run in, or use temporal='shared'."
        )


def check_moving(augmenter: Augmenter, params: Params) -> None:
    """Refuse parameters of which none can run smoothly; without rows there is nothing to tell.

    Raises:
        ConfigError: temporal="smooth" would do nothing.

    """
    if params.n == 0 or any(moves(params[name][i]) for name in params for i in range(params.n)):
        return
    drawn = ", ".join(params) or "nothing"
    raise ConfigError(
        f"temporal='smooth' does not fit {type(augmenter).__name__}: it draws {drawn}, none of which can run "
        "smoothly from one value to another. Use temporal='shared' or temporal='per_frame'."
    )
