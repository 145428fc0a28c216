"""Smooth paths of parameters: drawn at a few moments of a clip, interpolated between them."""

from __future__ import annotations

import numpy as np

from augreg import Augmenter, BatchInfo, ConfigError, Params, Rng, SampleError
from augreg_video.cuts import Floats, Ints


def anchor_counts(lengths: Ints, period: float) -> Ints:
    """Return how many draws the paths of clips need: one every ``period`` frames, and one behind the end."""
    return np.floor((lengths - 1) / period).astype(np.int64) + 2


def blended(anchors: Params, lengths: Ints, period: float) -> Params:
    """Return parameters for every frame of every clip from those at the anchors.

    Numbers run from anchor to anchor along 3 w^2 - 2 w^3, which starts and ends level and stays between the
    two: the path is smooth and never leaves the configured range. Whole numbers, switches and words cannot;
    they stay at the first anchor's for the whole clip.
    """
    counts = anchor_counts(lengths, period)
    starts = np.cumsum(counts) - counts
    time = (np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)) / period
    leg = np.floor(time).astype(np.int64)
    before = np.repeat(starts, lengths) + leg
    weight = (time - leg) ** 2 * (3.0 - 2.0 * (time - leg))
    held = Params(anchors.n, {name: anchors[name] for name in anchors if not _moves(anchors, name)})
    columns = {name: held.take(np.repeat(starts, lengths))[name] for name in held}
    for name in anchors:
        if _moves(anchors, name):
            columns[name] = _between(anchors.array(name), before, weight)
    return Params(int(lengths.sum()), {name: columns[name] for name in anchors})


def _between(values: Floats, before: Ints, weight: Floats) -> Floats:
    first, second = values[before], values[before + 1]
    return first + (second - first) * weight.reshape(-1, *(1,) * (values.ndim - 1))


def _moves(params: Params, name: str) -> bool:
    column = params[name]
    return isinstance(column, np.ndarray) and column.dtype.kind == "f"


def check_smooth(augmenter: Augmenter) -> None:
    """Refuse an augmenter without a parameter that can run smoothly, found by a draw for a small picture.

    Raises:
        ConfigError: it draws no number, so temporal="smooth" would do nothing.

    """
    info = BatchInfo("image", np.zeros(1, dtype=np.uint64), np.asarray([[3, 32, 32]]), np.full(1, np.nan), ("uint8",))
    if augmenter.declares.reads:
        return
    try:
        params = augmenter.draw(info, Rng(0, info.keys))
    except SampleError:
        return
    if not any(_moves(params, name) for name in params):
        drawn = ", ".join(params) or "nothing"
        raise ConfigError(
            f"temporal='smooth' does not fit {type(augmenter).__name__}: it draws {drawn}, none of which can run "
            "smoothly from one value to another. Use temporal='shared' or temporal='per_frame'."
        )
