"""What the frames of a clip show, on an exact time line: so that rounding to frames never adds up over steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from augreg_video import Clock, stamps_of
from numpy.typing import NDArray

from augreg import BatchInfo

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TRACKS_EXTRA: Final = "augreg_joint.track"
"""The extra of a video batch that holds the tracks; it lives for one call of ``augment``."""

_SAME_MOMENT: Final = 1e-9
"""Two moments closer than this, in seconds, are one: sums of frame durations are off by less."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Where the moments of a clip's source are on its present time line, and which source frames are left.

    Args:
        starts: float64 (S,), when the source's frames were shown first, in seconds.
        shown: int64 (T,), the source frame that every present frame shows.
        runs: float64 (k, 4), stretches of the source: from, to, where "from" is now, and present seconds per
            second of the source (negative where time runs backwards).
        end: where the time line ends, in seconds; the last frame ends within half a frame of it.

    """

    starts: Floats
    shown: Ints
    runs: Floats
    end: float

    @classmethod
    def new(cls, clock: Clock) -> Track:
        """Return the track of a clip that nothing was done to."""
        return cls(clock.starts, np.arange(len(clock.starts)), np.asarray([[0.0, clock.end, 0.0, 1.0]]), clock.end)

    def frames_at(self, times: Floats) -> Ints:
        """Return which present frame should be seen at each time: that of the source's moment, or the last before it.

        -1 where the time line shows no moment of the source (what a shift leaves empty).
        """
        moments = np.full(len(times), np.nan)
        for first, last, at, slope in self.runs:
            low, high = sorted((at, at + (last - first) * slope))
            inside = (times >= low - _SAME_MOMENT) & (times < high - _SAME_MOMENT)
            moments[inside] = first + (times[inside] - at) / slope
        known = ~np.isnan(moments)
        wanted = np.searchsorted(self.starts, np.where(known, moments, 0.0) + _SAME_MOMENT, side="right") - 1
        order = np.argsort(self.shown, kind="stable")
        place = np.searchsorted(self.shown[order], wanted, side="right") - 1
        return np.where(known, order[np.maximum(place, 0)], -1)

    def through(self, index: Ints, runs: Floats, end: float) -> Track:
        """Return the track after frames were chosen and stretches moved."""
        return replace(self, shown=self.shown[index], runs=runs, end=end)


def sped(runs: Floats, factor: float) -> Floats:
    """Return the stretches of a clip played ``factor`` times as fast."""
    found: Floats = runs * np.asarray([1.0, 1.0, 1.0 / factor, 1.0 / factor])
    return found


def cropped(runs: Floats, start: float, end: float) -> Floats:
    """Return the stretches of what lies between two moments, the first of which becomes 0."""
    return moved(clipped(runs, start, end), -start)


def moved(runs: Floats, late: float) -> Floats:
    """Return the stretches ``late`` seconds later."""
    found: Floats = runs + np.asarray([0.0, 0.0, late, 0.0])
    return found


def backward(runs: Floats, end: float) -> Floats:
    """Return the stretches of a clip of length ``end`` that is played backwards."""
    found: Floats = clipped(runs, 0.0, end) * np.asarray([1.0, 1.0, -1.0, -1.0]) + np.asarray([0.0, 0.0, end, 0.0])
    return found


def rolled(runs: Floats, late: float, end: float) -> Floats:
    """Return the stretches moved by ``late`` in [0, end); what leaves a clip of length ``end`` comes in in front."""
    # What a rounded length has cut off behind the end must not come in again.
    inside = clipped(runs, 0.0, end)
    return np.concatenate([clipped(moved(inside, late), 0.0, end), clipped(moved(inside, late - end), 0.0, end)])


def clipped(runs: Floats, start: float, end: float) -> Floats:
    """Return what is left of the stretches between two moments."""
    found = []
    for first, last, at, slope in runs.tolist():
        low, high = sorted((at, at + (last - first) * slope))
        low, high = max(low, start), min(high, end)
        if high - low > _SAME_MOMENT:
            begin, stop = (low, high) if slope > 0 else (high, low)
            found.append([first + (begin - at) / slope, first + (stop - at) / slope, begin, slope])
    return np.asarray(found, dtype=np.float64).reshape(-1, 4)


def clocks(info: BatchInfo) -> list[Clock]:
    """Return the clock of every clip; one frame is one second where neither frame rate nor timestamps are known."""
    found = []
    for frames, rate, stamps in zip(info.lengths.tolist(), info.rates.tolist(), stamps_of(info), strict=True):
        clock = Clock.of(frames, rate, stamps)
        known = clock is not None and clock.step > 0
        found.append(clock if clock is not None and known else Clock(np.arange(frames) * 1.0, np.ones(frames), 1.0))
    return found


def edges(clock: Clock) -> Floats:
    """Return when each frame starts and the last one ends, (T + 1,)."""
    return np.append(clock.starts, clock.end)


def tracks(info: BatchInfo, known: list[Clock]) -> list[Track]:
    """Return the track of every clip, a new one where it has none."""
    kept = info.extras.get(TRACKS_EXTRA) or [None] * len(info)
    fits = [
        track is not None and len(track.shown) == len(clock.starts) for track, clock in zip(kept, known, strict=True)
    ]
    return [track if fit else Track.new(clock) for track, fit, clock in zip(kept, fits, known, strict=True)]
