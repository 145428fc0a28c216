"""The words of what has a start and an end: events of sounds, spans of texts, as data sets hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import torch

from augreg.data.targets import Events, Spans
from augreg.errors import SampleError
from augreg.modalities.roles import Role, RoleWord, Shape
from augreg.modalities.stretches import LASTING, NAMES, QUOTED, quotes_of, read_stretches, requoted, stretches_back
from augreg.modalities.stretches_seen import (
    is_answers,
    looks_like_answers,
    looks_like_events,
    looks_like_spans,
    seconds_of,
)
from augreg.modalities.target_kinds import EVENTS, SPANS, Read

ENDS: Final = "onset_offset"
DURATION: Final = "onset_duration"

SINGLE: Final = ("answer_start", "start_char", "char_start", "start_offset")
"""Names of a single number that says where in a text something stands."""

BEYOND: Final = 1.0
"""Seconds after its end, or as many as it lasts, in which an event of a sound may begin: labels are made by hand."""


def read_events(value: Any, role: Role, _shape: Shape) -> Read:
    """Read events (n, 2) in seconds: onset and offset, or onset and duration, in any form of :mod:`.stretches`."""
    typed = EVENTS.read(value)
    if typed is not None:
        return typed
    lasting = role.options.get("format") == DURATION
    names = LASTING if lasting else NAMES
    data, columns = read_stretches(value, names)
    _check(data if lasting else np.diff(data, axis=1), "events")

    def restore(new: Events, _row: torch.Tensor) -> Any:
        given = new.data.copy()
        if lasting:
            given[:, 1] -= given[:, 0]
        return stretches_back(value, given, names, new.columns, whole=False)

    if lasting:
        data = np.column_stack([data[:, 0], data.sum(axis=1)])
    return Read(Events(data, columns=columns), restore)


def check_events(events: Events, _role: Role, shape: Shape, rate: float) -> Mapping[str, Any]:
    """Refuse events that begin long after the sound or the film ends: they are in other units, or of another one.

    Raises:
        SampleError: one does.

    """
    seconds = seconds_of(shape, rate)
    if len(events) and events.data[:, 0].max() > seconds + max(seconds, BEYOND):
        last = events.data[events.data[:, 0].argmax()].tolist()
        raise SampleError(
            f"an event is from {last[0]:g} to {last[1]:g} s, and all of it lasts {seconds:g} s. Events are in seconds "
            "from its start: divide places of samples by the sample rate, milliseconds by 1000, and take off where it "
            "begins in a longer recording."
        )
    return {}


def read_spans(value: Any, _role: Role, row: str) -> Read:
    """Read spans (n, 2) in characters, start and end, in any form of :mod:`.stretches`.

    What a dictionary quotes of the text, such as ``{"start": 0, "end": 3, "text": "Ada"}``, it quotes afterwards, too.
    """
    typed = SPANS.read(value)
    if typed is not None:
        return typed
    data, columns = read_stretches(value, NAMES)
    _check(np.diff(data, axis=1), "spans")
    if data.size and data.max() > len(row):
        raise SampleError(f"a span ends at {data.max():g}, and the text has {len(row)} characters.")
    spans = Spans(data, columns=columns)
    quoted = quotes_of(value, spans.data, row)

    def restore(new: Spans, after: str) -> Any:
        found = stretches_back(value, new.data, NAMES, new.columns, whole=True)
        return requoted(found, new.data, after, new.columns.get(QUOTED))

    return Read(replace(spans, columns={**columns, QUOTED: quoted}) if any(quoted) else spans, restore)


def read_answers(value: Any, _role: Role, row: str) -> Read:
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
    if data.size and (data.min() < 0 or data.max() > len(row)):
        raise SampleError(f"an answer is from {data.min():g} to {data.max():g}, of {len(row)} characters.")
    for text, at in zip(texts, starts, strict=True):
        if row[at : at + len(text)] != text:
            found = row.find(text)
            where = f"The first {text!r} is at {found}." if found >= 0 else f"{text!r} is nowhere in the text."
            raise SampleError(
                f"the answer {text!r} is said to stand at {at}, where {row[at : at + len(text)]!r} stands. {where} "
                "Mend answer_start (it counts characters, not bytes), or leave the answer out."
            )

    def restore(new: Spans, after: str) -> Any:
        places = new.data.tolist()
        moved = {"text": [after[start:end] for start, end in places], "answer_start": [start for start, _ in places]}
        left = {name: list(new.columns[name]) for name in further}
        return {name: {**moved, **left}[name] for name in value}

    return Read(Spans(data, columns=further), restore)


def _check(lengths: np.ndarray, what: str) -> None:
    if lengths.size and not (lengths[:, -1] >= 0).all():
        raise SampleError(f"{what} end before they start. Check the order of the numbers, or say format: {DURATION}.")


EVENT_ROLES: Final = (
    RoleWord(
        "events",
        "events",
        rows="event",
        formats=(ENDS, DURATION),
        usual=True,
        read=read_events,
        extras=check_events,
        looks=looks_like_events,
    ),
)
SPAN_ROLES: Final = (
    RoleWord("spans", "spans", rows="span", read=read_spans, whole=True, looks=looks_like_spans, numbers=SINGLE),
    RoleWord("answers", "spans", read=read_answers, whole=True, looks=looks_like_answers),
)
