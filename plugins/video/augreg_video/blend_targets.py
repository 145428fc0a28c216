"""What hangs on time in a mixture of clips: labels of frames, and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from augreg import BatchInfo, Events, SampleError
from augreg.kernel import mix_labels, take_along
from augreg_video.cuts import Clock, Floats, Ints
from augreg_video.retime import stamps_of

Shares = Mapping[int, float]
"""Which clips a mixture is made of, and how much of each; the shares add up to 1."""


def partner_frames(frames: int, theirs: int) -> Ints:
    """Return the frame of a partner that is shown with each frame: the one in the middle at the same share of time."""
    return (2 * np.arange(frames) + 1) * theirs // (2 * frames)


def mix_frame_labels(labels: Sequence[Any], i: int, shares: Shares, classes: int | None) -> Any:
    """Return the frame labels of clip i, mixed as the class label is, every frame with those shown with it.

    Class weights (floating point) are averaged. Of flags, and of integers with classes (T, classes), the larger
    counts: both can be seen. Plain labels become class weights if ``classes`` says how many there are, else mappings
    label -> weight.

    Raises:
        SampleError: some of the clips have frame labels and some none, or they have different shapes.

    """
    if labels[i] is None or list(shares) == [i]:
        return labels[i]
    if any(labels[j] is None for j in shares):
        raise SampleError("some clips that are mixed have frame_labels and some none; give all of them one.")
    frames = len(labels[i])
    shown = [take_along(labels[j], partner_frames(frames, len(labels[j]))) for j in shares]
    weights = list(shares.values())
    if all(isinstance(entry, (torch.Tensor, np.ndarray)) for entry in shown):
        arrays = [torch.as_tensor(entry) for entry in shown]
        if len({tuple(array.shape[1:]) for array in arrays}) > 1:
            shapes = " and ".join(str(tuple(array.shape[1:])) for array in arrays)
            raise SampleError(f"frame_labels of shapes {shapes} per frame cannot be mixed. Give all alike.")
        if arrays[0].is_floating_point() or arrays[0].ndim > 1 or arrays[0].dtype == torch.bool:
            return _like(labels[i], _together(arrays, weights))
        shown = [array.tolist() for array in arrays]
    mixed = [mix_labels(entries, weights, classes) for entries in zip(*shown, strict=True)]
    return torch.stack(mixed) if all(isinstance(entry, torch.Tensor) for entry in mixed) else mixed


def _together(arrays: Sequence[torch.Tensor], weights: Sequence[float]) -> torch.Tensor:
    if not arrays[0].is_floating_point():
        return torch.stack(list(arrays)).amax(dim=0)
    total = sum(array.double() * weight for array, weight in zip(arrays, weights, strict=True))
    return torch.as_tensor(total).to(arrays[0].dtype)


def _like(original: Any, mixed: torch.Tensor) -> Any:
    return mixed.numpy() if isinstance(original, np.ndarray) else mixed


def mix_events(info: BatchInfo, i: int, shares: Shares) -> Events | None:
    """Return the events of clip i and of the clips that are mixed into it, each when its frames are shown.

    A clip of another length is followed at the same share of its own, so its events are stretched likewise. Labels
    and fields go along; those that only some have are left out. None if clip i has no events.
    """
    events: list[Events | None] = info.target("events")
    mine = events[i]
    if mine is None or list(shares) == [i]:
        return mine
    edges, parts = _edges(info, i), []
    for j in shares:
        theirs = events[j]
        if theirs is not None:
            parts.append(theirs if j == i else _moved(theirs, _edges(info, j), edges))
    columns = [{"": part.labels, **part.columns} for part in parts]
    named = [name for name in columns[0] if all(c.get(name) is not None for c in columns)]
    joined = {name: _joined([c[name] for c in columns]) for name in named}
    labels = joined.pop("", None)
    return Events(np.concatenate([part.data for part in parts]), labels, joined)


def _edges(info: BatchInfo, i: int) -> Floats:
    """Return when the frames of a clip begin and, last, when it ends, in seconds."""
    clock = Clock.of(int(info.shapes[i, 0]), float(info.rates[i]), stamps_of(info)[i])
    if clock is None:
        raise SampleError("a clip has events in seconds but no frame rate and no timestamps. Give Video(..., fps=...).")
    return np.concatenate([clock.starts, [clock.end]])


def _moved(events: Events, theirs: Floats, mine: Floats) -> Events:
    share = np.interp(events.data, theirs, np.arange(len(theirs))) / (len(theirs) - 1)
    return events.replace(np.interp(share * (len(mine) - 1), np.arange(len(mine)), mine))


def _joined(columns: Sequence[Any]) -> Any:
    if all(isinstance(column, torch.Tensor) for column in columns):
        return torch.cat(list(columns))
    if all(isinstance(column, np.ndarray) for column in columns):
        return np.concatenate(columns)
    return [entry for column in columns for entry in (column.tolist() if hasattr(column, "tolist") else column)]
