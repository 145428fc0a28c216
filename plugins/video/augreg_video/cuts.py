"""Cuts: which source frame every output frame shows, and what that does to the clip's time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from augreg import SampleError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BLANK = -1
"""The index of a frame that shows nothing."""

Rule = Literal["keep", "relay", "backward", "hold", "slide", "extend", "grid"]


@dataclass(frozen=True, slots=True)
class Clock:
    """When the frames of a clip are shown.

    Args:
        starts: float64 (T,), seconds from the first frame.
        durations: float64 (T,), seconds that each frame is shown; the last one as long as the frame rate says,
            else as long as the one before it.
        step: seconds of one frame on the clip's regular grid; 0 where a single frame leaves it open.

    """

    starts: Floats
    durations: Floats
    step: float

    @classmethod
    def of(cls, frames: int, rate: float, stamps: Floats | None) -> Clock | None:
        """Return the clock of a clip, or None where neither its rate nor its timestamps are known.

        Raises:
            SampleError: the timestamps run backwards.

        """
        if stamps is None or not frames:
            if np.isnan(rate):
                return None
            return cls(np.arange(frames) / rate, np.full(frames, 1.0 / rate), 1.0 / rate)
        steps = np.diff(stamps)
        if (steps < 0).any():
            at = int(np.argmax(steps < 0))
            raise SampleError(
                f"timestamps run backwards: {stamps[at]:g} s, then {stamps[at + 1]:g} s. Sort the frames."
            )
        mean = float(steps.mean()) if len(steps) else 0.0
        step = mean if np.isnan(rate) else 1.0 / rate
        last = steps[-1:] if np.isnan(rate) and len(steps) else np.asarray([step])
        return cls(stamps - stamps[0], np.concatenate([steps, last]), step)

    @property
    def end(self) -> float:
        """Seconds from the first frame to the end of the last."""
        return float(self.starts[-1] + self.durations[-1]) if len(self.starts) else 0.0


@dataclass(frozen=True, slots=True)
class Cut:
    """One clip's frames, chosen and put on a new time line.

    Args:
        index: int64 (T_out,), the source frame that each output frame shows, or BLANK.
        rule: what happens to the time of a frame:
            "keep": every frame stays at its time (crop, subsample, drop);
            "relay": frames follow each other, each as long as in the source (shuffle, roll, loop, duplicate);
            "backward": as "relay", time runs backwards inside a run of frames (reverse);
            "hold": the time line is the source's, only pictures are exchanged (freeze, repeat);
            "slide": as "hold", and events happen ``shift`` frames later;
            "extend": as "hold", with more frames behind the end (pad);
            "grid": the source runs ``factor`` times as fast on a regular grid of frames, each ``pace`` times as
                long as the source's (speed, frame rate).
        stop: for "keep", the source frame at whose start the new clip ends; T for the end of the clip.
        factor: for "grid", seconds of source per second of output.
        pace: for "grid", seconds of an output frame per second of a source frame.
        shift: for "slide", frames.
        density: output frames per source frame on the kept time line; multiplies the frame rate.

    """

    index: Ints
    rule: Rule = "keep"
    stop: int = 0
    factor: float = 1.0
    pace: float = 1.0
    shift: int = 0
    density: float = 1.0

    def __len__(self) -> int:
        return len(self.index)

    def stamps(self, clock: Clock | None, first: float | None) -> Floats | None:
        """Return the timestamps of the output frames, or None where the frame rate still implies them.

        ``first`` is the source's first timestamp, None where the source has none.
        """
        if clock is None or (first is None and self._regular()):
            return None
        return (first or 0.0) + self.times(clock)

    def _regular(self) -> bool:
        if self.rule != "keep":
            return True
        return self.density == 1.0 and bool((np.diff(self.index) == 1).all())

    def times(self, clock: Clock) -> Floats:
        """Return when the output frames are shown, in seconds after the source's first frame."""
        if self.rule == "keep":
            return clock.starts[self.index]
        if self.rule in ("hold", "slide"):
            return clock.starts
        if self.rule == "grid":
            return np.arange(len(self.index), dtype=np.float64) * (clock.step * self.pace)
        if self.rule == "extend":
            more = np.arange(len(self.index) - len(clock.starts)) * clock.step
            return np.concatenate([clock.starts, clock.end + more])
        return np.concatenate([[0.0], np.cumsum(clock.durations[self.index])[:-1]])[: len(self.index)]

    def move_events(self, events: Floats, clock: Clock) -> tuple[Floats, Ints]:
        """Return events (n, 2) in the new clip's seconds, and for each the row that it comes from.

        An event that the cut tears apart becomes several, one that falls outside is gone.
        """
        if self.rule in ("hold", "extend"):
            return events, np.arange(len(events))
        runs = self._runs(clock)
        mapped, rows = _through(events, runs, backward=self.rule == "backward")
        return _merged(mapped, rows)

    def _runs(self, clock: Clock) -> Floats:
        """Stretches of time (k, 4): from, to in the source; start in the output; its speed."""
        if self.rule == "slide":
            late = self.shift * clock.step
            first, last = max(0.0, -late), clock.end - max(0.0, late)
            return np.asarray([[first, last, first + late, 1.0]])
        if self.rule == "grid":
            end = len(self.index) * clock.step * self.pace * self.factor
            return np.asarray([[0.0, end, 0.0, self.factor]])
        if not len(self.index):
            return np.zeros((0, 4))
        if self.rule == "keep":
            start = clock.starts[self.index[0]]
            end = clock.end if self.stop >= len(clock.starts) else clock.starts[self.stop]
            return np.asarray([[start, end, 0.0, 1.0]])
        return self._relayed(clock)

    def _relayed(self, clock: Clock) -> Floats:
        forward = -1 if self.rule == "backward" else 1
        firsts = np.flatnonzero(np.concatenate([[True], np.diff(self.index) != forward]))
        lasts = np.concatenate([firsts[1:], [len(self.index)]]) - 1
        low, high = self.index[firsts], self.index[lasts]
        if self.rule == "backward":
            low, high = high, low
        to = clock.starts[high] + clock.durations[high]
        return np.stack([clock.starts[low], to, self.times(clock)[firsts], np.ones(len(firsts))], axis=1)


def _through(events: Floats, runs: Floats, *, backward: bool) -> tuple[Floats, Ints]:
    """Map events through stretches of time; an instant belongs to the stretch that starts at or before it."""
    low = np.maximum(events[:, None, 0], runs[None, :, 0])
    high = np.minimum(events[:, None, 1], runs[None, :, 1])
    instant = (events[:, None, 0] == events[:, None, 1]) & (high < runs[None, :, 1])
    rows, which = np.nonzero((high > low) | (instant & (high == low)))
    low, high = low[rows, which], high[rows, which]
    start, end, to, speed = runs[which].T
    left, right = (end - high, end - low) if backward else (low - start, high - start)
    return np.stack([to + left / speed, to + right / speed], axis=1), rows


def _merged(pieces: Floats, rows: Ints, slack: float = 1e-9) -> tuple[Floats, Ints]:
    """Join the pieces of one event that touch."""
    order = np.lexsort((pieces[:, 0], rows))
    found: list[tuple[int, float, float]] = []
    for row, start, end in zip(rows[order].tolist(), *pieces[order].T.tolist(), strict=True):
        if found and found[-1][0] == row and start <= found[-1][2] + slack:
            found[-1] = (row, found[-1][1], max(end, found[-1][2]))
        else:
            found.append((row, start, end))
    joined = np.asarray([piece[1:] for piece in found], dtype=np.float64).reshape(-1, 2)
    return joined, np.asarray([piece[0] for piece in found], dtype=np.int64)
