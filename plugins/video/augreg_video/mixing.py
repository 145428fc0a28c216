"""Image augmenters that mix samples, on clips: every frame is mixed with the partner's frame at the same time."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from augreg import Augmenter, Batch, BatchInfo, Params
from augreg_video.cuts import Ints
from augreg_video.gather import assemble
from augreg_video.space import SPATIAL, clips_info


def mixed(inner: Augmenter, batch: Batch, params: Params) -> Batch:
    """Mix clips by an image augmenter with one row of parameters per clip.

    A partner of another length is followed at the same share of its own: the frame in the middle of each step.
    The label is mixed once.
    """
    lengths = batch.lengths
    frames: list[list[torch.Tensor]] = [[] for _ in range(len(batch))]
    targets = {name: [[] if e is not None else None for e in entries] for name, entries in _framed(batch.info).items()}
    labels = list(batch.info.target("label"))
    for length in sorted(set(lengths.tolist())):
        mine = np.flatnonzero(lengths == length).tolist()
        for t in range(length):
            done = inner.apply(_moment(batch, (2 * t + 1) * lengths // (2 * length)), params)
            for i in mine:
                frames[i].append(done.data[i])
                labels[i] = done.info.target("label")[i]
                for name, entries in targets.items():
                    if entries[i] is not None:
                        entries[i].append(done.info.target(name)[i])
    return _clips(batch, frames, targets, labels)


def _framed(info: BatchInfo) -> dict[str, list[Any]]:
    return {name: entries for name, entries in info.targets.items() if name in SPATIAL}


def _moment(batch: Batch, at: Ints) -> Batch:
    """Return frame ``at[i]`` of every clip as a batch of images."""
    targets = {
        name: [None if entry is None else entry[t] for entry, t in zip(entries, at.tolist(), strict=True)]
        for name, entries in _framed(batch.info).items()
    }
    if "label" in batch.info.targets:
        targets["label"] = batch.info.targets["label"]
    rows: Any = [clip[t] for clip, t in zip(batch.data, at.tolist(), strict=True)]
    return Batch(torch.stack(rows) if batch.stacked else rows, clips_info(batch.info, targets))


def _clips(batch: Batch, frames: list[list[torch.Tensor]], targets: dict[str, Any], labels: list[Any]) -> Batch:
    rows = [assemble(row) for row in frames]
    if "masks" in targets:
        targets["masks"] = [None if entry is None else assemble(entry) for entry in targets["masks"]]
    if "label" in batch.info.targets:
        targets["label"] = labels
    return batch.replace(torch.stack(rows) if batch.stacked else rows, targets=targets)
