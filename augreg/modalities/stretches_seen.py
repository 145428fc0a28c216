"""What looks like events of a sound or spans of a text, and says nothing of it; a reason to ask, never to move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch

from augreg.errors import SampleError
from augreg.modalities.roles import Shape
from augreg.modalities.stretches import LASTING, NAMES, Names, read_stretches

LOOSE: Final = 0.05
"""The share of a sound's length, and the seconds, by which labels made by hand may reach beyond its end."""

PLACES: Final = 1000
"""Whole numbers above this one, and none beyond the samples of the sound, are places of samples or milliseconds."""


def seconds_of(shape: Shape, rate: float) -> float:
    """Return how long a sound (channels, frames) or a film (frames, channels, height, width) is; NaN: nobody knows."""
    return (shape[-1] if len(shape) == 2 else shape[0]) / rate


Seen = tuple[str, str]
"""How a schema says what a value is, and why it looks so."""


def looks_like_events(value: Any, shape: Shape, rate: float) -> Seen | None:
    """Return that a value looks like events of a sound or a film, and why; None if it does not.

    >>> from augreg.modalities.stretches_seen import looks_like_events
    >>> looks_like_events([{"word": "yes", "start": 0.5, "duration": 0.25}], (1, 16000), 16000)
    ('onset_duration events', 'stretches of time within its 1 s')
    >>> looks_like_events([{"start": 7, "end": 9}], (1, 16000), 16000) is None
    True

    """
    rows, named, lasting = _rows_of(value)
    if rows is None or not len(rows) or rows.min() < 0:
        return None
    said = "onset_duration events" if lasting else "events"
    seconds = seconds_of(shape, rate)
    ends = rows.sum(axis=1) if lasting else rows[:, 1]
    if not (ends >= rows[:, 0]).all() or (not named and not _in_order(rows, ends)):
        return None
    if np.isnan(seconds):
        return (said, "stretches of time, by its names") if named else None
    if ends.max() <= seconds * (1 + LOOSE) + LOOSE:
        return said, f"stretches of time within its {seconds:g} s"
    if PLACES < ends.max() <= seconds * rate and (rows == np.rint(rows)).all():
        return said, f"places of samples or milliseconds; events are in seconds, of which it has {seconds:g}"
    return None


def looks_like_spans(value: Any, shape: Shape, _rate: float) -> Seen | None:
    """Return that a value looks like spans of a text of so many characters, and why; None if it does not.

    >>> from augreg.modalities.stretches_seen import looks_like_spans
    >>> looks_like_spans([(0, 3, "PER")], (12,), float("nan"))
    ('spans', 'starts and ends within its 12 characters')

    """
    rows, named, lasting = _rows_of(value)
    if rows is None or not len(rows) or lasting or rows.min() < 0 or not (rows == np.rint(rows)).all():
        return None
    if rows.max() > shape[-1] or not (rows[:, 1] > rows[:, 0]).all() or not (named or _in_order(rows, rows[:, 1])):
        return None
    return "spans", f"starts and ends within its {shape[-1]} characters"


def is_answers(value: Any) -> bool:
    """Whether a value is the answers of a question as SQuAD holds them, which nothing else looks like."""
    return isinstance(value, Mapping) and {"text", "answer_start"} <= value.keys()


def looks_like_answers(value: Any, _shape: Shape, _rate: float) -> Seen | None:
    """Return that a value looks like answers; None if it does not."""
    return ("answers", "by its fields") if is_answers(value) else None


def _rows_of(value: Any) -> tuple[np.ndarray | None, bool, bool]:
    """Return rows (n, 2), None if it has none; whether names say what they are; whether they are begin and duration."""
    if isinstance(value, (torch.Tensor, np.ndarray)):
        pairs = value.ndim == 2 and value.shape[1] == 2 and _real(value)
        return (_read(value, ()) if pairs else None), False, False
    first = value[0] if isinstance(value, (list, tuple)) and value else value
    if isinstance(first, Mapping):
        lasting = not _has(first, NAMES) and _has(first, LASTING)
        said = lasting or _has(first, NAMES)
        listed = isinstance(value, (list, tuple)) or any(map(_is_list, value.values()))
        return (_read(value, LASTING if lasting else NAMES) if said and listed else None), True, lasting
    if first is value or not isinstance(first, (list, tuple)) or len(first) < 2:
        return None, False, False
    labelled = len(first) > 2 and isinstance(first[2], str)
    return (_read(value, ()) if len(first) == 2 or labelled else None), labelled, False


def _is_list(value: Any) -> bool:
    """Whether a value is a column: one number in each name says where the sample itself was, in something longer."""
    return isinstance(value, (list, tuple)) or (isinstance(value, (torch.Tensor, np.ndarray)) and value.ndim > 0)


def _real(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return not value.is_complex() and value.dtype is not torch.bool
    return bool(value.dtype.kind in "iuf")


def _has(entry: Mapping[str, Any], names: Names) -> bool:
    return any(all(name in entry for name in pair) for pair in names)


def _read(value: Any, names: Names) -> np.ndarray | None:
    try:
        rows = read_stretches(value, names).rows
    except (SampleError, TypeError, ValueError):
        return None
    return rows if np.isfinite(rows).all() else None


def _in_order(rows: np.ndarray, ends: np.ndarray) -> bool:
    """Whether rows of which no name says what they are come one after another, and are no shares of two classes."""
    shares = np.allclose(rows.sum(axis=1), 1.0, atol=1e-3)
    return bool((ends > rows[:, 0]).all() and (np.diff(rows[:, 0]) >= 0).all() and not shares)
