"""Parameter tables of frames inside parameter tables of clips."""

from __future__ import annotations

from typing import Any

import numpy as np

from augreg import Params
from augreg_video.cuts import Ints


def nested(frames: Params, counts: Ints) -> Params:
    """Return a table with a row per clip from one with a row per frame: columns get a time axis.

    Arrays stay arrays where all clips have as many frames, else they become lists of arrays.
    """
    if not len(counts):
        return frames
    ends = np.cumsum(counts)
    return Params(len(counts), {name: _split(frames[name], counts, ends) for name in frames})


def unnested(clips: Params, counts: Ints) -> Params:
    """Return the table with a row per frame that :func:`nested` made the table with a row per clip from."""
    return Params(int(counts.sum()), {name: _join(name, clips[name]) for name in clips})


def _split(column: Any, counts: Ints, ends: Ints) -> Any:
    if isinstance(column, np.ndarray):
        if len(counts) and (counts == counts[0]).all():
            return column.reshape(len(counts), int(counts[0]), *column.shape[1:])
        return np.split(column, ends[:-1])
    return [[column[i] for i in range(end - n, end)] for n, end in zip(counts.tolist(), ends.tolist(), strict=True)]


def _join(name: str, column: Any) -> Any:
    if isinstance(column, np.ndarray):
        return column.reshape(-1, *column.shape[2:])
    if all(isinstance(rows, np.ndarray) for rows in column) and len({rows.shape[1:] for rows in column}) == 1:
        return np.concatenate(column)
    return Params.from_rows([{name: entry} for rows in column for entry in rows])[name]
