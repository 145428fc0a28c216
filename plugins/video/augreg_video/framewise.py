"""Between clips and their frames: data and targets that have one entry per frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from augreg import Batch, BatchInfo, Boxes, Keypoints
from augreg.kernel import LazyRow, for_each
from augreg_video.cuts import BLANK, Ints
from augreg_video.frame_op import FRAME_TARGETS
from augreg_video.gather import assemble, take_frames, take_stacked
from augreg_video.retime import pick_labels

Index = Sequence[Ints | None]
"""An index vector per clip, None for clips that stay as they are."""


def gathered(data: torch.Tensor | list[Any], index: Index) -> torch.Tensor | list[Any]:
    """Return the clips with the chosen frames: stacked as before where their lengths still agree."""
    if all(row is None for row in index):
        return data
    if isinstance(data, torch.Tensor) and _equal_lengths(index, data.shape[1]):
        return take_stacked(data, _whole(index, data.shape[1]))
    if not any(isinstance(clip, LazyRow) for clip in data):
        return [clip if row is None else take_frames(clip, row) for clip, row in zip(data, index, strict=True)]
    found = list(data)

    def one(i: int) -> None:
        row = index[i]
        found[i] = data[i] if row is None else take_frames(data[i], row)

    for_each(one, len(found))  # decoding releases the GIL
    return found


def loaded(data: torch.Tensor | list[Any], index: Index) -> tuple[torch.Tensor | list[Any], Index]:
    """Read what is chosen of clips that are not in memory; return all clips, and what is left to choose of them."""
    if isinstance(data, torch.Tensor):
        return data, index
    waits = [isinstance(clip, LazyRow) for clip in data]
    left = [None if wait else row for row, wait in zip(index, waits, strict=True)]
    taken = [
        None if not wait else np.arange(len(clip)) if row is None else row
        for clip, row, wait in zip(data, index, waits, strict=True)
    ]
    return gathered(data, taken), left


def spread_frames(data: torch.Tensor | list[Any], index: Index) -> torch.Tensor | list[torch.Tensor]:
    """Return the chosen frames of all clips: views of them in a list, or one tensor if the clips are stacked."""
    if batched(data):
        picked = gathered(data, index)
        return picked.flatten(0, 1) if isinstance(picked, torch.Tensor) else torch.cat(picked)
    frames: list[torch.Tensor] = []
    for clip, row in zip(data, index, strict=True):
        views = clip.unbind(0)
        if row is None:
            frames += views
        else:
            blank = torch.zeros_like(views[0]) if (row == BLANK).any() else views[0]  # of which nothing is shown
            frames += [blank if i == BLANK else views[i] for i in row.tolist()]
    return frames


def batched(data: torch.Tensor | list[Any]) -> bool:
    """Whether frames should be treated as one tensor: on the CPU, one by one and in cache is faster."""
    return isinstance(data, torch.Tensor) and data.device.type != "cpu"


def regrouped(done: Batch, info: BatchInfo, *, stacked: bool) -> Batch:
    """Put treated frames back into clips; ``info`` are the facts of the clips before the treatment."""
    counts = info.lengths
    ends = np.cumsum(counts).tolist()
    spans = list(zip([0, *ends[:-1]], ends, strict=True))
    if stacked and isinstance(done.data, torch.Tensor) and len(set(counts.tolist())) == 1:
        data: torch.Tensor | list[Any] = torch.unflatten(done.data, 0, (len(info), int(counts[0])))
    else:
        data = _clips(done.data, spans)
    return Batch(data, info).replace(data, targets=regrouped_targets(done.info.targets, info))


def regrouped_targets(moved: Mapping[str, list[Any]], info: BatchInfo) -> dict[str, list[Any]]:
    """Put targets with an entry per frame back into clips; ``info`` are the facts of the clips before."""
    ends = np.cumsum(info.lengths).tolist()
    spans = list(zip([0, *ends[:-1]], ends, strict=True))
    return {name: _per_clip(name, entries, info.targets[name], spans) for name, entries in moved.items()}


def _clips(frames: Any, spans: Sequence[tuple[int, int]]) -> list[torch.Tensor]:
    clips: list[Any] = [None] * len(spans)

    def one(i: int) -> None:
        start, end = spans[i]
        part = frames[start:end]
        clips[i] = part if isinstance(part, torch.Tensor) else assemble(part)

    for_each(one, len(spans))
    return clips


def _per_clip(name: str, entries: list[Any], before: list[Any], spans: Sequence[tuple[int, int]]) -> list[Any]:
    join: Callable[[list[Any]], Any] = assemble if name == "masks" else list
    return [None if old is None else join(entries[a:b]) for old, (a, b) in zip(before, spans, strict=True)]


def pick_targets(targets: Mapping[str, list[Any]], index: Index) -> dict[str, list[Any]]:
    """Return the targets with the entries of the chosen frames; those that are not per frame stay."""
    picked = dict(targets)
    for name in {*FRAME_TARGETS, "frame_labels"} & targets.keys():
        pick = _PICK[name]
        picked[name] = [
            entry if entry is None or row is None else pick(entry, row)
            for entry, row in zip(targets[name], index, strict=True)
        ]
    return picked


def _pick_boxes(boxes: Sequence[Boxes], index: Ints) -> list[Boxes]:
    none = boxes[0].keep(np.zeros(0, dtype=np.int64))
    return [none if i == BLANK else boxes[i] for i in index.tolist()]


def _pick_keypoints(points: Sequence[Keypoints], index: Ints) -> list[Keypoints]:
    hidden = points[0].replace(points[0].data, np.zeros(len(points[0]), dtype=bool))
    return [hidden if i == BLANK else points[i] for i in index.tolist()]


_PICK: dict[str, Callable[[Any, Ints], Any]] = {
    "boxes": _pick_boxes,
    "keypoints": _pick_keypoints,
    "masks": take_frames,
    "frame_labels": pick_labels,
}


def _equal_lengths(index: Index, frames: int) -> bool:
    return len({frames if row is None else len(row) for row in index}) == 1


def _whole(index: Index, frames: int) -> Ints:
    return np.stack([np.arange(frames) if row is None else row for row in index])
