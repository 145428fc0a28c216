"""FrameOp: an image operator that runs on every frame of every clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch

from augreg import Batch, BatchInfo, Op
from augreg.kernel import Comparing
from augreg.modalities import ALPHA, CHANNELS, LEFT, RENDERING
from augreg_video.cuts import Ints

_SAID: Final = (RENDERING, ALPHA, CHANNELS, LEFT)
"""The names of extras that hold for every frame of a clip."""

FRAME_TARGETS = ("boxes", "masks", "keypoints")
"""The targets that every frame of a clip has one of."""


@dataclass(frozen=True, slots=True)
class FrameOp:
    """An image operator over clips.

    Args:
        op: its rows are clips, or all frames of the first clip, then of the second, ...
        counts: int64 (n,), frames per clip where the rows of ``op`` are frames, None where they are clips.

    """

    op: Op
    counts: Ints | None = None

    def take(self, rows: np.ndarray) -> FrameOp:
        """Return the operator of some clips."""
        if self.counts is None:
            return FrameOp(self.op.take(rows))
        return FrameOp(self.op.take(frame_rows(self.counts, rows)), self.counts[rows])

    def expand(self, rows: np.ndarray, info: BatchInfo) -> FrameOp:
        """Spread over all clips of ``info``, the identity for those that are not in ``rows``."""
        if self.counts is None:
            return FrameOp(self.op.expand(rows, clips_info(info)))
        shapes = info.shapes.copy()
        shapes[rows, 0] = self.counts
        info = info.replace(shapes=shapes, targets={})
        return FrameOp(self.op.expand(frame_rows(info.lengths, rows), frames_info(info)), info.lengths)

    def then(self, other: FrameOp) -> FrameOp | None:
        """Return both as one, or None where they do not compose."""
        counts = self.counts if self.counts is not None else other.counts
        first, second = (self, other) if counts is None else (self.per_frame(counts), other.per_frame(counts))
        merged = first.op.then(second.op)
        return None if merged is None else FrameOp(merged, counts)

    def per_frame(self, lengths: Ints) -> FrameOp:
        """Return the operator with a row per frame."""
        if self.counts is not None:
            return self
        return FrameOp(self.op.take(np.repeat(np.arange(len(lengths)), lengths)), lengths)

    def reindex(self, cuts: Sequence[Ints | None]) -> FrameOp:
        """Return the operator of the frames that the cuts leave; None leaves a clip as it is."""
        if self.counts is None:
            return self
        starts = np.cumsum(self.counts) - self.counts
        kept = [np.arange(n) if cut is None else cut for cut, n in zip(cuts, self.counts, strict=True)]
        rows = np.concatenate([start + cut for start, cut in zip(starts, kept, strict=True)])
        return FrameOp(self.op.take(rows), np.asarray([len(cut) for cut in kept], dtype=np.int64))

    def infer(self, info: BatchInfo) -> BatchInfo:
        """Return the facts of the clips after it."""
        if self.counts is None:
            frame = self.op.infer(clips_info(info))
        else:
            starts = np.cumsum(self.counts) - self.counts
            frame = self.op.infer(frames_info(info)).take(starts)
        shapes = np.concatenate([info.shapes[:, :1], frame.shapes], axis=1)
        return info.replace(shapes=shapes, dtypes=frame.dtypes)

    def alike(self, info: BatchInfo, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return for pairs of clips of as many frames whether the operator moves all their frames alike."""
        facts = clips_info(info) if self.counts is None else frames_info(info.replace(targets={}))
        same = np.zeros(len(first), dtype=bool)
        if not isinstance(self.op, Comparing):
            return same
        for k, (a, b) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
            counts = np.ones(len(info), dtype=np.int64) if self.counts is None else self.counts
            one, other = (frame_rows(counts, np.array([i])) for i in (a, b))
            same[k] = len(one) == len(other) and bool(self.op.alike(facts, one, other).all())
        return same

    def run(self, frames: torch.Tensor | list[torch.Tensor], info: BatchInfo) -> Batch:
        """Run it on the frames of all clips; ``info`` are the facts of the clips, targets of every frame in it."""
        return self.per_frame(info.lengths).op.run(Batch(frames, frames_info(info)))


def frame_rows(counts: Ints, clips: np.ndarray) -> Ints:
    """Return the positions of the frames of some clips among the frames of all."""
    starts = np.cumsum(counts) - counts
    chosen = counts[clips]
    first = np.cumsum(chosen) - chosen
    rows: Ints = np.arange(chosen.sum()) - np.repeat(first, chosen) + np.repeat(starts[clips], chosen)
    return rows


def clips_info(info: BatchInfo, targets: Mapping[str, list[Any]] | None = None) -> BatchInfo:
    """Return the facts of clips as those of images, one per clip."""
    rates = np.full(len(info), np.nan)
    read = {name: info.extras[name] for name in _SAID if name in info.extras}
    return BatchInfo("image", info.keys, info.shapes[:, 1:], rates, info.dtypes, targets or {}, extras=read)


def frames_info(info: BatchInfo, keys: np.ndarray | None = None) -> BatchInfo:
    """Return the facts of clips as those of images, one per frame, with the targets that a frame has.

    Not quite images: all frames of a clip keep as many masks, also where one of them loses a box.
    """
    counts = info.lengths
    names = [name for name, entries in info.targets.items() if name in FRAME_TARGETS and _any(entries)]
    targets = {name: per_frame(info.targets[name], counts) for name in names}
    return BatchInfo(
        "frame",
        np.repeat(info.keys, counts) if keys is None else keys,
        np.repeat(info.shapes[:, 1:], counts, axis=0),
        np.full(int(counts.sum()), np.nan),
        tuple(_repeated(info.dtypes, counts)),
        targets,
        extras={name: _repeated(info.extras[name], counts) for name in _SAID if name in info.extras},
    )


def _repeated(entries: Sequence[Any], counts: Ints) -> list[Any]:
    return [entry for entry, n in zip(entries, counts.tolist(), strict=True) for _ in range(n)]


def per_frame(entries: Sequence[Any], counts: Ints) -> list[Any]:
    """Return one entry per frame from one entry per clip: lists and tensors of T entries, or None."""
    found: list[Any] = []
    for entry, count in zip(entries, counts.tolist(), strict=True):
        found += [None] * count if entry is None else list(entry)
    return found


def _any(entries: Sequence[Any]) -> bool:
    return any(entry is not None for entry in entries)
