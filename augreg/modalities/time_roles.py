"""The words of what has a start and an end: events of sounds, spans of texts, as data sets hold them."""

from __future__ import annotations

from collections.abc import Mapping
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


def is_answers(value: Any) -> bool:
    """Whether a value is the answers of a question as SQuAD holds them, which nothing else looks like."""
    return isinstance(value, Mapping) and {"text", "answer_start"} <= value.keys()


def read_answers(value: Any, _role: Role, shape: Shape) -> Read:
    """Read answers as SQuAD holds them, ``{"text": [...], "answer_start": [...]}``: stretches of their context.

    They come back with the characters that stand there afterwards. An answer that is gone leaves the lists, as those
    of a question without an answer are empty.
    """
    if not is_answers(value):
        raise SampleError(f"a {type(value).__name__} is no answers; give {{'text': [...], 'answer_start': [...]}}.")
    texts, starts = list(value["text"]), list(value["answer_start"])
    if len(texts) != len(starts):
        raise SampleError(f"answers hold {len(texts)} in 'text' and {len(starts)} in 'answer_start'. Give both.")
    further = {name: list(column) for name, column in value.items() if name not in ("text", "answer_start")}
    for name, column in further.items():
        if len(column) != len(texts):
            raise SampleError(f"answers hold {len(texts)} in 'text' and {len(column)} in {name!r}. Give one each.")
    data = np.array([(at, at + len(text)) for text, at in zip(texts, starts, strict=True)]).reshape(-1, 2)
    if data.size and (data.min() < 0 or data.max() > shape[-1]):
        raise SampleError(f"an answer is from {data.min():g} to {data.max():g}, of {shape[-1]} characters.")

    def restore(new: Spans, row: Any) -> Any:
        places = new.data.tolist()
        moved = {"text": [row[start:end] for start, end in places], "answer_start": [start for start, _ in places]}
        left = {name: list(new.columns[name]) for name in further}
        return {name: {**moved, **left}[name] for name in value}

    return Read(Spans(data, columns=further), restore)


def _check(lengths: np.ndarray, what: str) -> None:
    if lengths.size and not (lengths[:, -1] >= 0).all():
        raise SampleError(f"{what} end before they start. Check the order of the numbers, or say format: {DURATION}.")


EVENT_ROLES: Final = (
    RoleWord("events", "events", rows="event", formats=(ENDS, DURATION), usual=True, read=read_events),
)
SPAN_ROLES: Final = (
    RoleWord("spans", "spans", rows="span", read=read_spans),
    RoleWord("answers", "spans", read=read_answers, looks=is_answers),
)
