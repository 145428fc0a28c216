"""Augmenters of time that move, drop, repeat and reorder frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from augreg import AugmenterBase, BatchInfo, Declaration, Level, Op, Params, Rng
from augreg.param import choice, integer, interval
from augreg_video.clipop import ClipOp
from augreg_video.cuts import BLANK, Cut, Floats, Ints
from augreg_video.declarations import timed


@dataclass(frozen=True, kw_only=True)
class Shift(AugmenterBase):
    """Move the frames along the time line of the clip, which stays as long as it is.

    What leaves at one end comes in at the other with "roll"; otherwise the gap shows the outermost frame
    ("edge"), and what leaves is gone.
    """

    declares: ClassVar[Declaration] = timed(
        alters={"synchrony", "time_order"}, level=Level("amount", 0.0, 0.5, signed=True), keeps_shape=True, memory=1.5
    )

    amount: tuple[float, float] = interval(
        (-0.25, 0.25), "Later by this share of the clip.", low=-1, high=1, centre=0, unit="fraction"
    )
    fill: str = choice("roll", "What comes in.", options=("roll", "edge"))

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw by how many frames."""
        share = self.sample("amount", rng, level)
        return Params(len(batch), frames=np.rint(share * batch.lengths).astype(np.int64))

    def lower(self, info: BatchInfo, params: Params) -> Op:
        """Return the index vectors."""
        rows = zip(info.lengths.tolist(), params.array("frames").tolist(), strict=True)
        return ClipOp.of_cuts([self._cut(total, late) for total, late in rows])

    def _cut(self, total: int, late: int) -> Cut | None:
        if not late:
            return None
        moved = np.arange(total) - late
        if self.fill == "roll":
            return Cut(moved % total, "relay")
        return Cut(np.clip(moved, 0, total - 1), "slide", shift=late)


@dataclass(frozen=True, kw_only=True)
class FrameDrop(AugmenterBase):
    """Lose random frames, as a bad connection does.

    With fill="remove" the clip gets shorter: the other frames keep their timestamps, the frame rate becomes the
    mean one. With fill="repeat" the last good frame stays in the lost one's place. The first frame is never
    lost. Events stay where they are.
    """

    declares: ClassVar[Declaration] = timed(alters={"completeness"}, level=Level("share", 0.0, 0.7), memory=1.5)

    share: tuple[float, float] = interval(
        (0.05, 0.3), "Probability of a frame to be lost.", low=0, high=1, unit="probability"
    )
    fill: str = choice("remove", "What stands in for a lost frame.", options=("remove", "repeat"))

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the frames that arrive."""
        share = np.repeat(self.sample("share", rng, level), batch.lengths)
        arrives = np.split(rng.ragged("lost", batch.lengths) >= share, np.cumsum(batch.lengths)[:-1])
        kept = [np.flatnonzero(np.concatenate([[True], row[1:]])) for row in arrives[: len(batch)]]
        return Params(len(batch), kept=kept)

    def lower(self, info: BatchInfo, params: Params) -> Op:
        """Return the index vectors."""
        kept = params["kept"]
        return ClipOp.of_cuts([self._cut(total, np.asarray(kept[i])) for i, total in enumerate(info.lengths.tolist())])

    def _cut(self, total: int, kept: Ints) -> Cut | None:
        if len(kept) == total:
            return None
        if self.fill == "remove":
            return Cut(kept, "keep", stop=total, density=len(kept) / total)
        return Cut(kept[np.searchsorted(kept, np.arange(total), side="right") - 1], "hold")


@dataclass(frozen=True, kw_only=True)
class Duplicate(AugmenterBase):
    """Show random frames twice, which makes the clip longer and lets it stutter."""

    declares: ClassVar[Declaration] = timed(
        alters={"duration", "synchrony"}, level=Level("share", 0.0, 0.7), memory=1.5
    )

    share: tuple[float, float] = interval(
        (0.05, 0.3), "Probability of a frame to be shown twice.", low=0, high=1, unit="probability"
    )

    @property
    def memory(self) -> float:
        """What is shown twice is there twice."""
        return self.declares.memory * (1.0 + self.share[1])

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the frames that are shown twice."""
        share = np.repeat(self.sample("share", rng, level), batch.lengths)
        again = np.split(rng.ragged("again", batch.lengths) < share, np.cumsum(batch.lengths)[:-1])
        return Params(len(batch), again=[np.flatnonzero(row) for row in again[: len(batch)]])

    def lower(self, info: BatchInfo, params: Params) -> Op:
        """Return the index vectors."""
        again = params["again"]
        return ClipOp.of_cuts([self._cut(total, again[i]) for i, total in enumerate(info.lengths.tolist())])

    def _cut(self, total: int, again: Ints) -> Cut | None:
        if not len(again):
            return None
        times = np.ones(total, dtype=np.int64)
        times[np.asarray(again, dtype=np.int64)] = 2
        return Cut(np.repeat(np.arange(total), times), "relay")


@dataclass(frozen=True, kw_only=True)
class Freeze(AugmenterBase):
    """Let the picture stand still for a while; the time line goes on.

    Everything that hangs on a frame is that of the standing one; events stay where they are.
    """

    declares: ClassVar[Declaration] = timed(
        alters={"completeness"}, level=Level("fraction", 0.0, 0.7), keeps_shape=True, memory=1.5
    )

    fraction: tuple[float, float] = interval(
        (0.1, 0.3), "Share of the clip that stands still.", low=0, high=1, unit="fraction"
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the frame that stays and for how many frames it does."""
        total = batch.lengths
        length = np.rint(self.sample("fraction", rng, level) * total).astype(np.int64)
        return Params(len(batch), start=rng.integers("start", 0, total - length + 1), length=length)

    def lower(self, info: BatchInfo, params: Params) -> Op:
        """Return the index vectors."""
        rows = zip(info.lengths.tolist(), params.array("start").tolist(), params.array("length").tolist(), strict=True)
        return ClipOp.of_cuts([self._cut(*row) for row in rows])

    def _cut(self, total: int, start: int, length: int) -> Cut | None:
        if length < 2:
            return None
        index = np.arange(total)
        index[start : start + length] = start
        return Cut(index, "hold")


@dataclass(frozen=True, kw_only=True)
class ClipShuffle(AugmenterBase):
    """Cut the clip into equal segments and play them in random order.

    Events go with the pictures; one that spans a seam is torn apart.
    """

    declares: ClassVar[Declaration] = timed(alters={"synchrony", "time_order"}, keeps_shape=True, memory=1.5)

    segments: int = integer(4, "Number of segments.", low=2)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the order of the segments."""
        return Params(len(batch), order=np.asarray(rng.permutation("order", self.segments)).reshape(-1, self.segments))

    def lower(self, info: BatchInfo, params: Params) -> Op:
        """Return the index vectors."""
        rows = zip(info.lengths.tolist(), params.array("order"), strict=True)
        return ClipOp.of_cuts([self._cut(total, order) for total, order in rows])

    def _cut(self, total: int, order: Ints) -> Cut:
        edges = np.arange(self.segments + 1) * total // self.segments
        return Cut(np.concatenate([np.arange(edges[k], edges[k + 1]) for k in order.tolist()]), "relay")


@dataclass(frozen=True, kw_only=True)
class FitLength(AugmenterBase):
    """Bring every clip to one number of frames: cut longer ones, continue shorter ones.

    Continued by starting over ("loop"), there and back ("reflect"), the last frame ("edge") or black frames
    without boxes and with invisible keypoints ("blank"). With the last two, events end with the source.

    Raises:
        SampleError: black frames for a clip with ``frame_labels``, which black frames have none of.

    """

    declares: ClassVar[Declaration] = timed(alters={"duration", "synchrony"}, memory=1.5)
    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"frames": 4},
        *({"frames": 12, "fill": fill} for fill in ("loop", "reflect", "edge")),
    )

    frames: int = integer(doc="Frames of every clip.", low=1, unit="frames")
    fill: str = choice("loop", "How shorter clips go on.", options=("loop", "reflect", "edge", "blank"))
    position: str = choice("random", "What is kept of longer clips.", options=("random", "start", "centre", "end"))

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the first frame that is kept of longer clips."""
        room = np.maximum(batch.lengths - self.frames, 0)
        if self.position == "random":
            return Params(len(batch), start=rng.integers("start", 0, room + 1))
        return Params(len(batch), start={"start": 0 * room, "centre": room // 2, "end": room}[self.position])

    def lower(self, info: BatchInfo, params: Params) -> Op:
        """Return the index vectors."""
        rows = zip(info.lengths.tolist(), params.array("start").tolist(), strict=True)
        return ClipOp.of_cuts([self._cut(total, start) for total, start in rows], blanks=self.fill == "blank")

    def _cut(self, total: int, start: int) -> Cut | None:
        step = np.arange(self.frames)
        if total == self.frames:
            return None
        if total > self.frames:
            return Cut(start + step, "keep", stop=start + self.frames)
        if self.fill == "loop":
            return Cut(step % total, "relay")
        if self.fill == "reflect":
            there = step % max(2 * total - 2, 1)
            return Cut(np.minimum(there, 2 * total - 2 - there), "relay")
        return Cut(np.where(step < total, step, total - 1 if self.fill == "edge" else BLANK), "extend")
