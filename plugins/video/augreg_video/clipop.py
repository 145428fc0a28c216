"""The operator of clips: choose frames once, then treat every frame once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from augreg_image import ImageOp, PreparedOp

from augreg import Batch, BatchInfo, Op
from augreg.kernel import LazyRow
from augreg_video.cuts import Cut, Ints
from augreg_video.frame_op import FRAME_TARGETS, FrameOp, clips_info, frames_info
from augreg_video.framewise import gathered, loaded, pick_targets, regrouped, regrouped_targets, spread_frames
from augreg_video.retime import TimeStep, compose, infer_time_step, move_events
from augreg_video.whole_clips import run_on_clips, suits


@dataclass(frozen=True, slots=True, eq=False)
class ClipOp:
    """Time steps and one image operator over n clips.

    However many time steps there are, frames are picked once, by the product of their index vectors; the
    image operator then reads them where they lie. Time steps behind a spatial one move in front of it: it
    makes no difference whether a frame is treated before or after it is chosen. Clips that are not in memory are read
    as far as that takes.

    Args:
        n: number of clips.
        time_steps: time steps, first to last.
        space: what happens to every frame, or None.
        blanks: whether some step may show blank frames, which a spatial step before it must not treat.

    """

    n: int
    time_steps: tuple[TimeStep, ...] = ()
    space: FrameOp | None = None
    blanks: bool = False

    @classmethod
    def of_cuts(cls, cuts: Sequence[Cut | None], *, blanks: bool = False) -> ClipOp:
        """Return the operator of one time step."""
        return cls(len(cuts), (tuple(cuts),), None, blanks)

    def take(self, rows: np.ndarray) -> ClipOp:
        """Return the operator of some clips, in the order of ``rows``."""
        time_steps = tuple(tuple(step[int(i)] for i in rows) for step in self.time_steps)
        return replace(self, n=len(rows), time_steps=time_steps, space=self.space and self.space.take(rows))

    def expand(self, rows: np.ndarray, info: BatchInfo) -> ClipOp:
        """Spread over all clips of ``info``, the identity for those that are not in ``rows``.

        ``info`` holds for those others only: the clips in ``rows`` may be past this operator already.
        """
        at = {int(row): k for k, row in enumerate(rows)}
        places = [at.get(i) for i in range(len(info))]
        time_steps = tuple(tuple(None if k is None else step[k] for k in places) for step in self.time_steps)
        wide = replace(self, n=len(info), time_steps=time_steps, space=None)
        if self.space is None:
            return wide
        return replace(wide, space=self.space.expand(rows, info))

    @property
    def family(self) -> Hashable:
        """What operators agree in that can be gathered: those that treat all frames of a clip alike, and no more."""
        space = self.space
        if self.time_steps or self.blanks or space is None or space.counts is not None:
            return None
        return space.op.family if isinstance(space.op, ImageOp) else None

    def gathered(self, parts: Sequence[tuple[np.ndarray, ClipOp]], info: BatchInfo) -> ClipOp:
        """Return one operator over all clips of ``info`` for several on different ones, none of which is in two."""
        images = [(rows, cast(ImageOp, cast(FrameOp, op.space).op)) for rows, op in parts]
        return ClipOp(len(info), (), FrameOp(images[0][1].gathered(images, clips_info(info))))

    def then(self, other: Op) -> ClipOp | None:
        """Return both as one operator, or None where they do not compose."""
        if not isinstance(other, ClipOp) or (self.space is not None and other.blanks):
            return None
        space = self.space and self.space.reindex(compose(other.time_steps, self.n))
        if space is None or other.space is None:
            space = space or other.space
        else:
            space = space.then(other.space)
            if space is None:
                return None
        return ClipOp(self.n, self.time_steps + other.time_steps, space, self.blanks or other.blanks)

    def alike(self, info: BatchInfo, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return for pairs of clips whether the same frames are chosen, and moved alike: bool (k,)."""
        same = np.array([info.lengths[a] == info.lengths[b] for a, b in zip(first, second, strict=True)], dtype=bool)
        for step in self.time_steps:
            same &= [_same_cut(step[a], step[b]) for a, b in zip(first.tolist(), second.tolist(), strict=True)]
            info = infer_time_step(info, step)
        return same if self.space is None else same & self.space.alike(info, first, second)

    def split(self, rows: np.ndarray) -> tuple[ClipOp, ClipOp]:
        """Return what chooses frames of the clips ``rows``, and what is left to do to all clips then."""
        left = [list(step) for step in self.time_steps]
        for step in left:
            for i in rows.tolist():
                step[i] = None
        first = replace(self, space=None).take(rows)
        return first, replace(self, time_steps=tuple(tuple(step) for step in left))

    def infer(self, info: BatchInfo) -> BatchInfo:
        """Return the facts after the operator."""
        for step in self.time_steps:
            info = infer_time_step(info, step)
        return info if self.space is None else self.space.infer(info)

    def run(self, batch: Batch) -> Batch:
        """Carry it out on data and targets."""
        if not self.n:
            return batch
        index = compose(self.time_steps, self.n)
        info = self._retimed(batch.info, index)
        if self.space is None:
            return Batch(gathered(batch.data, index), info)
        op = self.space.op
        if self.space.counts is None and isinstance(op, ImageOp) and suits(batch.data, index):
            return _whole(op, batch.data, index, info)
        frames = spread_frames(*loaded(batch.data, index))
        return regrouped(self.space.run(frames, info), info, stacked=isinstance(frames, torch.Tensor))

    def _retimed(self, info: BatchInfo, index: Sequence[Ints | None]) -> BatchInfo:
        """Return facts and targets after the time steps."""
        targets: dict[str, list[Any]] = pick_targets(info.targets, index)
        for step in self.time_steps:
            if "events" in targets:
                targets["events"] = move_events(info.replace(targets=targets), step)
            info = infer_time_step(info, step)
        return info.replace(targets=targets)


def _same_cut(one: Cut | None, other: Cut | None) -> bool:
    if one is None or other is None:
        return one is other
    return bool(np.array_equal(one.index, other.index))


def _whole(
    op: ImageOp, clips: Sequence[torch.Tensor | LazyRow], index: Sequence[Ints | None], info: BatchInfo
) -> Batch:
    """Treat all frames of a clip alike, by its row of ``op``; ``info`` are facts and targets after the time steps."""
    rows: list[Any] = list(run_on_clips(PreparedOp(op, clips_info(info)), clips, index))
    targets: dict[str, list[Any]] = {}
    if any(name in info.targets for name in FRAME_TARGETS):
        per_frame = PreparedOp(op.take(np.repeat(np.arange(len(info)), info.lengths)), frames_info(info))
        targets = regrouped_targets(per_frame.after.targets, info)
    return Batch(rows, info).replace(rows, targets=targets)
