"""Where the frames of a video lie, from its packets alone: nothing is decoded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np

ORDERLY: Final = frozenset({"h264", "hevc", "vp9", "av1", "mpeg4", "mjpeg"})
"""Codecs whose packets give one frame each, at the packet's time, and decode alike from any key frame."""

WORTH_A_JUMP: Final = 4
"""Packets: decoding on through fewer than these is cheaper than a jump, which empties the decoder's pipeline."""


@dataclass(frozen=True, slots=True)
class Run:
    """Frames to decode in one go.

    Args:
        key: which key frame to begin at.
        frames: int64, rising, the frames that are wanted.
        packets: how many packets that takes.

    """

    key: int
    frames: np.ndarray
    packets: int


@dataclass(frozen=True, slots=True)
class FrameIndex:
    """The frames of a video stream in the order in which they are shown.

    Args:
        stamps: int64 (T,), presentation time of each frame, rising, in ticks of ``tick`` seconds.
        places: int64 (T,), the position of each frame's packet among all packets.
        keys: int64 (K,), presentation times of the key frames, rising.
        key_places: int64 (K,), the positions of their packets, rising.
        seeks: int64 (K,), the times by which a demuxer finds them.
        packets: how many packets there are.
        tick: seconds per tick.

    """

    stamps: np.ndarray
    places: np.ndarray
    keys: np.ndarray
    key_places: np.ndarray
    seeks: np.ndarray
    packets: int
    tick: Fraction

    @classmethod
    def of(cls, stream: Any, packets: Iterable[Any]) -> FrameIndex | None:
        """Return the index of a stream, or None where only decoding tells which frames there are.

        That is: a codec not known to be orderly; packets without times, with equal times or marked as damaged; a
        stream that does not begin with a key frame, or shows frames before its first one (their references are
        cut off); key frames out of order, as edit lists can make them.
        """
        if stream.codec_context is None or stream.codec_context.name not in ORDERLY or not stream.time_base:
            return None
        found = [p for p in packets if p.size]
        if not found or any(p.pts is None or p.is_corrupt for p in found):
            return None
        times = np.asarray([p.pts for p in found], dtype=np.int64)
        shown = np.flatnonzero([not p.is_discard for p in found])
        keys = np.flatnonzero([p.is_keyframe for p in found])
        order = shown[np.argsort(times[shown], kind="stable")]
        stamps = times[order]
        if not len(order) or (np.diff(stamps) <= 0).any():
            return None
        if not len(keys) or keys[0] != 0 or (np.diff(times[keys]) <= 0).any() or stamps[0] < times[keys[0]]:
            return None
        # MP4 finds packets by decoding time, Matroska by presentation time; the earlier of both suits either.
        seeks = [min(t for t in (found[k].pts, found[k].dts) if t is not None) for k in keys]
        return cls(stamps, order, times[keys], keys, np.asarray(seeks), len(found), Fraction(stream.time_base))

    def __len__(self) -> int:
        return len(self.stamps)

    def seconds(self) -> list[float]:
        """Return the time of every frame, as the decoder would give it."""
        return [float(int(stamp) * self.tick) for stamp in self.stamps]

    def plan(self, frames: np.ndarray) -> list[Run]:
        """Return how to get some frames (int64, rising): from which key frames on to decode.

        A frame needs the last key frame that is shown no later: what follows a key frame in the file but is shown
        before it (the leading frames of an open group) may refer to the group before.
        """
        keys = np.searchsorted(self.keys, self.stamps[frames], side="right") - 1
        runs: list[tuple[int, list[int], int]] = []
        for frame, key in zip(frames.tolist(), keys.tolist(), strict=True):
            place = int(self.places[frame])
            if runs and self.key_places[key] <= runs[-1][2] + WORTH_A_JUMP:
                runs[-1][1].append(frame)
                runs[-1] = (*runs[-1][:2], max(runs[-1][2], place))
            else:
                runs.append((key, [frame], place))
        return [Run(key, np.asarray(found), end + 1 - int(self.key_places[key])) for key, found, end in runs]
