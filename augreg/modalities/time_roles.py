"""The words of what has a start and an end: events of sounds, spans of texts, as data sets hold them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch

from augreg.data.targets import Events, Spans
from augreg.errors import SampleError
from augreg.modalities.plain_rows import ENTRIES, packed, rows_of
from augreg.modalities.roles import Role, RoleWord, Shape
from augreg.modalities.target_kinds import EVENTS, SPANS, Read

NAMES: Final = (("start", "end"), ("onset", "offset"), ("begin", "end"), ("start_time", "end_time"))
"""Names of both numbers where an event or a span is a dictionary."""

ENDS: Final = "onset_offset"
DURATION: Final = "onset_duration"


def read_events(value: Any, role: Role, _shape: Shape) -> Read:
    """Read events (n, 2) in seconds: onset and offset, or onset and duration, numbers or dictionaries."""
    typed = EVENTS.read(value)
    if typed is not None:
        return typed
    lasting = role.options.get("format") == DURATION
    names = (("onset", "duration"), ("start", "duration")) if lasting else NAMES
    data = rows_of(value, names).reshape(-1, 2)
    _check(data if lasting else np.diff(data, axis=1), "events")

    def restore(new: Events, _row: torch.Tensor) -> Any:
        given = new.data.copy()
        if lasting:
            given[:, 1] -= given[:, 0]
        return packed(value, given, names, new.columns.get(ENTRIES))

    if lasting:
        data = np.column_stack([data[:, 0], data.sum(axis=1)])
    return Read(Events(data), restore)


def read_spans(value: Any, _role: Role, shape: Shape) -> Read:
    """Read spans (n, 2) in characters, start and end, numbers or dictionaries."""
    typed = SPANS.read(value)
    if typed is not None:
        return typed
    data = rows_of(value, NAMES).reshape(-1, 2)
    _check(np.diff(data, axis=1), "spans")
    if data.size and data.max() > shape[-1]:
        raise SampleError(f"a span ends at {data.max():g}, and the text has {shape[-1]} characters.")

    def restore(new: Spans, _row: Any) -> Any:
        if isinstance(value, (list, tuple)) and new.columns.get(ENTRIES) is None:
            kind = next((type(each) for each in value if isinstance(each, (list, tuple))), tuple)
            return type(value)(kind(pair) for pair in new.data.tolist())
        return packed(value, new.data, NAMES, new.columns.get(ENTRIES))

    return Read(Spans(data), restore)


def _check(lengths: np.ndarray, what: str) -> None:
    if lengths.size and not (lengths[:, -1] >= 0).all():
        raise SampleError(f"{what} end before they start. Check the order of the numbers, or say format: {DURATION}.")


EVENT_ROLES: Final = (
    RoleWord("events", "events", rows="event", formats=(ENDS, DURATION), usual=True, read=read_events),
)
SPAN_ROLES: Final = (RoleWord("spans", "spans", rows="span", read=read_spans),)
