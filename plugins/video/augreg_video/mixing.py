"""Image augmenters that mix samples, on clips: every frame is mixed with the partner's frame at the same time."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from augreg import Augmenter, Batch, BatchInfo, Params
from augreg.kernel import mix_labels
from augreg_video.blend_targets import Shares, mix_events, mix_frame_labels
from augreg_video.cuts import Ints
from augreg_video.frame_op import FRAME_TARGETS, clips_info
from augreg_video.gather import assemble


def mixed(inner: Augmenter, batch: Batch, params: Params) -> Batch:
    """Mix clips by an image augmenter with one row of parameters per clip.

    A partner of another length is followed at the same share of its own: the frame in the middle of each step.
    The label is mixed once, labels of frames frame by frame; events of partners come in when their frames are shown.
    """
    lengths = batch.lengths
    frames: list[list[torch.Tensor]] = [[] for _ in range(len(batch))]
    targets: dict[str, list[list[Any] | None]] = {
        name: [None if entry is None else [] for entry in entries] for name, entries in _framed(batch.info).items()
    }
    shares: list[Shares] = [{i: 1.0} for i in range(len(batch))]
    weighed = "label" in inner.declares.targets
    for length in sorted(set(lengths.tolist())):
        mine = np.flatnonzero(lengths == length).tolist()
        for t in range(length):
            done = inner.apply(_moment(batch, (2 * t + 1) * lengths // (2 * length), weighed=weighed), params)
            for i in mine:
                frames[i].append(done.data[i])
                if weighed and t == 0:
                    shares[i] = _shares(i, done.info.target("label")[i])
                for name, entries in targets.items():
                    moments = entries[i]
                    if moments is not None:
                        moments.append(done.info.target(name)[i])
    return _clips(batch, frames, {**targets, **_whole(batch.info, shares, getattr(inner, "label_classes", None))})


def _framed(info: BatchInfo) -> dict[str, list[Any]]:
    return {name: entries for name, entries in info.targets.items() if name in FRAME_TARGETS}


def _moment(batch: Batch, at: Ints, *, weighed: bool) -> Batch:
    """Return frame ``at[i]`` of every clip as a batch of images, labeled such that the mixture shows the shares."""
    targets = {
        name: [None if entry is None else entry[t] for entry, t in zip(entries, at.tolist(), strict=True)]
        for name, entries in _framed(batch.info).items()
    }
    if weighed:
        targets["label"] = list(torch.eye(len(batch), dtype=torch.float64))
    rows: list[torch.Tensor] = [clip[t] for clip, t in zip(batch.data, at.tolist(), strict=True)]
    return Batch(torch.stack(rows) if batch.stacked else rows, clips_info(batch.info, targets))


def _shares(i: int, weights: torch.Tensor) -> Shares:
    """Return the clips that a mixture shows, its own first."""
    listed = weights.tolist()
    order = [i, *(j for j in range(len(listed)) if j != i)]
    return {j: listed[j] for j in order if listed[j] > 0}


def _whole(info: BatchInfo, shares: list[Shares], classes: int | None) -> dict[str, list[Any]]:
    """Return the targets of whole clips and of their times."""
    found: dict[str, list[Any]] = {}
    if "label" in info.targets:
        labels = info.targets["label"]
        found["label"] = [mix_labels([labels[j] for j in own], list(own.values()), classes) for own in shares]
    if "frame_labels" in info.targets:
        entries = info.targets["frame_labels"]
        found["frame_labels"] = [mix_frame_labels(entries, i, own, classes) for i, own in enumerate(shares)]
    if "events" in info.targets:
        found["events"] = [mix_events(info, i, own) for i, own in enumerate(shares)]
    return found


def _clips(batch: Batch, frames: list[list[torch.Tensor]], targets: dict[str, Any]) -> Batch:
    rows = [assemble(row) for row in frames]
    if "masks" in targets:
        targets["masks"] = [None if entry is None else assemble(entry) for entry in targets["masks"]]
    return batch.replace(torch.stack(rows) if batch.stacked else rows, targets=targets)
