"""Time maps: where each moment of a sound ends up, and how events and frame labels follow it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

import augreg
from augreg import Events
from augreg_audio.hops import hops_of, labels_by_hop
from augreg_audio.labels import pick

TOUCH: Final = 1e-9
"""Two moments closer than this, in seconds, are one."""


@dataclass(frozen=True, slots=True)
class TimeMap:
    """A piecewise affine map from the time axis of a sound to that of its augmented version.

    Args:
        pieces: float64 (k, 4), one row per stretch of sound that is heard in the result: source start, source
            end, output start, output end, in seconds, source start < source end. Output start > output end
            means that the stretch runs backwards. Source time in no piece is lost; output time in no piece is
            silence or foreign sound; source time in two pieces is heard twice.
        before, after: duration of the source and of the result, in seconds.

    """

    pieces: np.ndarray
    before: float
    after: float

    def inverse(self) -> TimeMap:
        """Return the map from the result to the source, in which foreign sound and silence are lost.

        A stretch of the source that is heard twice is a place of two stretches of the result.
        """
        source, output = self.pieces[:, :2], self.pieces[:, 2:]
        backwards = (output[:, 0] > output[:, 1])[:, None]
        low, high = np.where(backwards, output[:, ::-1], output), np.where(backwards, source[:, ::-1], source)
        return TimeMap(np.concatenate([low, high], axis=1), self.after, self.before)

    def events(self, events: Events) -> Events:
        """Move events: clipped to what is heard, dropped where nothing is, repeated where it is repeated.

        The parts of one event that end up next to each other, in their old order, stay one event. An instant, whose
        onset is its offset, goes where its moment is heard. None ends behind the result, not even by a rounding error.
        """
        rows: list[int] = []
        spans: list[tuple[float, float]] = []
        for row, (onset, offset) in enumerate(events.data):
            parts = self._parts(float(onset), float(offset))
            spans.extend(parts)
            rows.extend([row] * len(parts))
        moved = settled(np.asarray(spans, dtype=np.float64).reshape(-1, 2), self.after)
        return events.keep(np.asarray(rows, dtype=np.int64)).replace(moved)

    def labels(self, labels: Any) -> Any:
        """Move frame labels (hops, ...) without a stated hop: it keeps its length; hops of foreign sound become 0.

        A hop of the result takes the label of the source hop that is heard in its middle. Tensors stay
        tensors, lists lists, anything else becomes an array.
        """
        count = len(labels)
        if not count:
            return labels
        wanted = max(1, round(count * self.after / self.before)) if self.before > 0 and self.after > 0 else 0
        middles = (np.arange(wanted) + 0.5) * (self.after / max(wanted, 1))
        source = self.source(middles)
        heard = ~np.isnan(source)
        index = np.where(heard, np.floor(np.where(heard, source, 0.0) / max(self.before, TOUCH) * count), 0)
        return pick(labels, np.clip(index.astype(np.int64), 0, count - 1), heard)

    def source(self, times: np.ndarray) -> np.ndarray:
        """Return the source time heard at each output time, float64 (m,); NaN where no source is heard."""
        found = np.full(len(times), np.nan)
        if not len(self.pieces):
            return found
        low = self.pieces[:, 2:].min(axis=1)
        order = np.argsort(low, kind="stable")
        # Pieces do not overlap: the one that begins last before a time is the only one that can hold it.
        which = np.searchsorted(low[order], times, side="right") - 1
        start, end, first, last = self.pieces[order[np.maximum(which, 0)]].T
        inside = (which >= 0) & (times < np.maximum(first, last))
        share = (times - first) / (last - first)
        found[inside] = (start + share * (end - start))[inside]
        return found

    def _parts(self, onset: float, offset: float) -> list[tuple[float, float]]:
        parts: list[tuple[float, float, float, float]] = []
        for start, end, first, last in self.pieces.tolist():
            low, high = max(onset, start), min(offset, end)
            # An instant on a cut belongs to what follows; the one at the very end of the sound has nothing behind it.
            instant = onset == offset and (start <= onset < end or onset == end >= self.before - TOUCH)
            # What is left of an event by rounding alone is nothing of it.
            if high - low <= min(TOUCH, (offset - onset) / 2) and not instant:
                continue
            scale = (last - first) / (end - start)
            one, other = sorted(
                (first + (low - start) * scale, last if high == end else first + (high - start) * scale)
            )
            # The last two grow along the result, in whichever direction the sound runs.
            parts.append((one, other, low, high) if scale > 0 else (one, other, -high, -low))
        return _joined(sorted(parts))


def _joined(parts: list[tuple[float, float, float, float]]) -> list[tuple[float, float]]:
    """Return (start, end) of parts in order, as one where the sound goes on: both in the result and in the source."""
    found: list[list[float]] = []
    for one, other, low, high in parts:
        if found and abs(found[-1][1] - one) < TOUCH and low >= found[-1][2] - TOUCH:
            found[-1][1:] = other, high
        else:
            found.append([one, other, high])
    return [(one, other) for one, other, _ in found]


def settled(moments: np.ndarray, end: float) -> np.ndarray:
    """Return moments of a sound that lasts until ``end``: within it, and its very end where they are as good as there.

    Sums and quotients of seconds are off by their last bit, and a word that ends that much behind its recording is
    refused by validators.
    """
    inside = np.clip(moments, 0.0, end)
    return np.where(end - inside < TOUCH, end, inside)


def scaled(before: float, after: float) -> TimeMap:
    """Return the map of a sound that is stretched as a whole (stretch, speed, resampling)."""
    return TimeMap(_rows([(0.0, before, 0.0, after)] if before > 0 else []), before, after)


def scaled_within(before: float, after: float) -> TimeMap:
    """Return the map of a stretched sound in a result that lasts as long as before: cut off, or silence behind."""
    if after <= 0.0:
        return scaled(before, before)
    heard = min(before, after)
    return TimeMap(_rows([(0.0, heard * before / after, 0.0, heard)]), before, before)


def reversed_(duration: float) -> TimeMap:
    """Return the map of a sound played backwards."""
    return TimeMap(_rows([(0.0, duration, duration, 0.0)] if duration > 0 else []), duration, duration)


def rolled(duration: float, shift: float) -> TimeMap:
    """Return the map of a sound moved right by ``shift`` in [0, duration), its end wrapped around to the front."""
    kept = duration - shift
    pieces = [(kept, duration, 0.0, shift), (0.0, kept, shift, duration)]
    return TimeMap(_rows(pieces), duration, duration)


def placed(before: float, after: float, offset: float) -> TimeMap:
    """Return the map of a sound whose start lands at ``offset`` (may be negative) of a result of length ``after``.

    What falls outside the result is lost: crop, pad, shift without wrapping, delay.
    """
    first, last = max(0.0, offset), min(after, offset + before)
    pieces = [(first - offset, last - offset, first, last)] if last > first else []
    return TimeMap(_rows(pieces), before, after)


def assembled(before: float, spans: Sequence[tuple[float, float, float]], after: float) -> TimeMap:
    """Return the map of a result put together from (source start, source end, output start) copies."""
    return pieced(before, [(start, end, at, at + end - start) for start, end, at in spans], after)


def pieced(before: float, pieces: Sequence[tuple[float, float, float, float]], after: float) -> TimeMap:
    """Return the map of a result put together from (source start, source end, output start, output end) stretches."""
    return TimeMap(_rows(pieces), before, after)


def move_targets(info: augreg.BatchInfo, maps: Sequence[TimeMap | None]) -> dict[str, list[Any]]:
    """Return the events and frame labels of a batch after one time map per sample; None leaves a sample alone."""
    moved: dict[str, list[Any]] = {}
    if "events" in info.targets:
        moved["events"] = [
            e if e is None or m is None else m.events(e) for e, m in zip(info.target("events"), maps, strict=True)
        ]
    if "frame_labels" in info.targets:
        given = zip(info.target("frame_labels"), maps, hops_of(info), strict=True)
        moved["frame_labels"] = [e if e is None or m is None else _labels(e, m, hop) for e, m, hop in given]
    return moved


def _labels(labels: Any, moved: TimeMap, hop: float | None) -> Any:
    if hop is None:
        return moved.labels(labels)
    return labels_by_hop(labels, hop, moved.before, moved.after, moved.source)


def _rows(pieces: Sequence[tuple[float, float, float, float]]) -> np.ndarray:
    kept = [piece for piece in pieces if piece[1] > piece[0]]
    return np.asarray(kept, dtype=np.float64).reshape(-1, 4)
