"""What a time step does to the facts of clips (lengths, rates, timestamps) and to their events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from augreg import BatchInfo, Events, SampleError
from augreg.kernel import take_along
from augreg_video.cuts import BLANK, Clock, Cut, Floats, Ints

SAME_MOMENT: Final = 1e-9
"""Two moments closer than this, in seconds, are one: sums of frame durations are off by less."""

TimeStep = tuple[Cut | None, ...]
"""One time step: a cut for every clip, None where it leaves the clip alone."""


def stamps_of(info: BatchInfo) -> list[Floats | None]:
    """Return the timestamps of every clip, None where it has none."""
    return list(info.extras.get("timestamps") or [None] * len(info))


def infer_time_step(info: BatchInfo, step: TimeStep) -> BatchInfo:
    """Return lengths, rates and timestamps after a time step."""
    shapes, rates, stamps = info.shapes.copy(), info.rates.copy(), stamps_of(info)
    for i, cut in enumerate(step):
        if cut is None:
            continue
        clock = Clock.of(int(info.shapes[i, 0]), float(info.rates[i]), stamps[i])
        stamps[i] = cut.stamps(clock, _first(stamps[i]))
        rates[i] *= cut.density
        shapes[i, 0] = len(cut)
    return info.replace(shapes=shapes, rates=rates, extras={**info.extras, "timestamps": stamps})


def move_events(info: BatchInfo, step: TimeStep) -> list[Events | None]:
    """Return the events of every clip after a time step.

    Raises:
        SampleError: a clip with events has neither a frame rate nor timestamps.

    """
    moved: list[Events | None] = list(info.target("events"))
    stamps, after = stamps_of(info), infer_time_step(info, step)
    for i, (cut, events) in enumerate(zip(step, moved, strict=True)):
        if cut is None or events is None:
            continue
        clock = Clock.of(int(info.shapes[i, 0]), float(info.rates[i]), stamps[i])
        if clock is None:
            raise SampleError(
                "a clip has events in seconds but no frame rate and no timestamps. Give Video(..., fps=...)."
            )
        data, rows = cut.move_events(events.data, clock)
        moved[i] = events.keep(rows).replace(_settled(data, _end(after, i)))
    return moved


def _settled(moments: Floats, end: float) -> Floats:
    """Return moments with those that rounding alone keeps from the end of the clip, on either side, at it."""
    found: Floats = np.where(np.abs(moments - end) < SAME_MOMENT, end, moments)
    return found


def _end(info: BatchInfo, i: int) -> float:
    """Return when a clip ends, in seconds from its first frame: in the bits of frames / rate where its time is even."""
    frames, rate, stamps = int(info.shapes[i, 0]), float(info.rates[i]), stamps_of(info)[i]
    clock = None if stamps is None else Clock.of(frames, rate, stamps)
    return frames / rate if clock is None else clock.end


def compose(time_steps: Sequence[TimeStep], n: int) -> list[Ints | None]:
    """Return one index vector per clip for several time steps; None where none of them touches the clip."""
    found: list[Ints | None] = [None] * n
    for step in time_steps:
        for i, cut in enumerate(step):
            before = found[i]
            if cut is not None:
                found[i] = cut.index if before is None else through(before, cut.index)
    return found


def through(first: Ints, second: Ints) -> Ints:
    """Return the index vector that chooses by ``first`` and then by ``second``."""
    if not len(first):
        return second[:0]
    return np.where(second == BLANK, BLANK, first[second])


def pick_labels(labels: Any, index: Ints) -> Any:
    """Return the labels of the chosen frames.

    Raises:
        SampleError: a blank frame has no label.

    """
    if (index == BLANK).any():
        raise SampleError("blank frames have no entry in frame_labels. Fill with mode='edge' or mode='loop' instead.")
    return take_along(labels, index)


def _first(stamps: Floats | None) -> float | None:
    return None if stamps is None or not len(stamps) else float(stamps[0])
