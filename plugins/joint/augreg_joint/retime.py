"""What a joint time step does to the film: it chooses frames by exact time, on the operator of the video plugin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from augreg_video import ClipOp, Clock, Cut, timed

from augreg import AugmenterBase, Batch, BatchInfo, Declaration, Op, Params
from augreg.param import choice
from augreg_joint import tracks
from augreg_joint.tracks import Floats, Ints, Track


@dataclass(frozen=True, slots=True, eq=False)
class TrackOp:
    """The operator of clips, and the tracks after it. It fuses with every operator of clips behind it."""

    clips: ClipOp
    after: tuple[Track | None, ...] = field(default=())

    def take(self, rows: np.ndarray) -> TrackOp:
        """Return the operator of some clips, in the order of ``rows``."""
        return TrackOp(self.clips.take(rows), tuple(self.after[int(i)] for i in rows))

    def expand(self, rows: np.ndarray, info: BatchInfo) -> TrackOp:
        """Spread over all clips of ``info``; the others keep their tracks."""
        after = list(info.extras.get(tracks.TRACKS_EXTRA) or [None] * len(info))
        for k, row in enumerate(rows.tolist()):
            after[row] = self.after[k]
        return TrackOp(self.clips.expand(rows, info), tuple(after))

    def then(self, other: Op) -> Op | None:
        """Return both as one operator, or None where they do not compose."""
        if isinstance(other, TrackOp):
            clips = self.clips.then(other.clips)
            return None if clips is None else TrackOp(clips, other.after)
        fused: Op | None = self.clips.then(other)
        return fused

    def infer(self, info: BatchInfo) -> BatchInfo:
        """Return the facts after the operator."""
        return self._marked(self.clips.infer(info))

    def run(self, batch: Batch) -> Batch:
        """Carry it out on data and targets."""
        out = self.clips.run(batch)
        return Batch(out.data, self._marked(out.info))

    def _marked(self, info: BatchInfo) -> BatchInfo:
        return info.replace(extras={**info.extras, tracks.TRACKS_EXTRA: list(self.after)})


Moved = tuple[Cut, Floats, float] | None
"""What a step does to a clip: its frames, and the stretches and the end of its track afterwards."""


@dataclass(frozen=True, kw_only=True)
class Retime(AugmenterBase):
    """Choose the frames of a film for a joint time step."""

    declares: ClassVar[Declaration] = timed()

    kind: str = choice(doc="what is done", options=("speed", "crop", "roll", "slide", "reverse"))

    def lower(self, info: BatchInfo, params: Params) -> Op:
        """Return the index vectors and the tracks after them."""
        clocks = tracks.clocks(info)
        before = tracks.tracks(info, clocks)
        found = [_STEPS[self.kind](*both, params.row(i)) for i, both in enumerate(zip(clocks, before, strict=True))]
        after = [
            track if moved is None else track.through(moved[0].index, *moved[1:])
            for track, moved in zip(before, found, strict=True)
        ]
        return TrackOp(ClipOp.of_cuts([moved and moved[0] for moved in found]), tuple(after))


def _speed(clock: Clock, track: Track, row: dict[str, Any]) -> Moved:
    factor = float(row["factor"])
    if factor == 1.0:
        return None
    count = max(1, round(track.end / clock.step / factor))
    times = (np.arange(count, dtype=np.float64) + 0.5) * (clock.step * factor)
    return Cut(_seen(clock, track, times), "grid", factor=factor), tracks.sped(track.runs, factor), track.end / factor


def _crop(clock: Clock, track: Track, row: dict[str, Any]) -> Moved:
    first, last = int(row["start"]), int(row["start"] + row["length"])
    if (first, last) == (0, len(clock.starts)):
        return None
    at = tracks.edges(clock)
    start, end = float(at[first]), float(at[last])
    return Cut(np.arange(first, last), "keep", stop=last), tracks.cropped(track.runs, start, end), end - start


def _roll(clock: Clock, track: Track, row: dict[str, Any]) -> Moved:
    late = int(row["frames"]) % len(clock.starts)
    if not late:
        return None
    index = np.roll(np.arange(len(clock.starts)), late)
    runs = tracks.rolled(track.runs, clock.end - roll_start(clock, late), clock.end)
    return Cut(index, "relay"), runs, clock.end


def _slide(clock: Clock, track: Track, row: dict[str, Any]) -> Moved:
    frames = int(row["frames"])
    if not frames:
        return None
    late = frames * clock.step
    times = clock.starts + clock.durations / 2 - late
    runs = tracks.clipped(tracks.moved(track.runs, late), 0.0, clock.end)
    return Cut(_seen(clock, track, times), "slide", shift=frames), runs, clock.end


def _reverse(clock: Clock, track: Track, _row: dict[str, Any]) -> Moved:
    index = np.arange(len(clock.starts))[::-1]
    return Cut(index, "backward"), tracks.backward(track.runs, clock.end), clock.end


_STEPS = {"speed": _speed, "crop": _crop, "roll": _roll, "slide": _slide, "reverse": _reverse}


def _seen(clock: Clock, track: Track, times: Floats) -> Ints:
    """Return the present frame to be seen at each time; beyond the source's moments, what stands there now."""
    exact = track.frames_at(times)
    standing = np.searchsorted(clock.starts, times, side="right") - 1
    return np.where(exact >= 0, exact, np.clip(standing, 0, len(clock.starts) - 1))


def roll_start(clock: Clock, frames: int) -> float:
    """Return the moment that comes to the front when a clip's last ``frames`` frames do, in seconds."""
    late = frames % len(clock.starts)
    return float(clock.starts[-late]) if late else 0.0
