"""Labels, events and frame labels of two sounds that become one: averaged, or one cut into the other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import copy
from typing import Any, NamedTuple

import numpy as np
import torch

import augreg
from augreg import Events, SampleError
from augreg.kernel import mix_labels
from augreg_audio.hops import covered
from augreg_audio.labels import as_kind_of, mix_frame_labels, on_hops


class Cut(NamedTuple):
    """A stretch of one sound that replaces one of another, in seconds: from, to, and how much later it comes there."""

    start: float
    end: float
    later: float


def mix_targets(
    info: augreg.BatchInfo,
    partners: list[int],
    weight: list[float],
    spans: list[float],
    *,
    alone: bool = False,
    classes: int | None = None,
) -> dict[str, Any]:
    """Return labels, events and frame labels of averages; ``spans`` are the durations in seconds.

    ``alone`` says that a row keeps its full weight where its partner is over; ``classes``: see
    :func:`augreg.data.class_labels.mix_labels`.
    """
    targets: dict[str, list[Any]] = {}
    pairs = list(enumerate(partners))
    if "label" in info.targets:
        label = info.target("label")
        targets["label"] = [mix_labels([label[i], label[j]], [weight[i], 1.0 - weight[i]], classes) for i, j in pairs]
    if "events" in info.targets:
        events = info.target("events")
        targets["events"] = [_joined(events[i], events[j], spans[i]) for i, j in pairs]
    if "frame_labels" in info.targets:
        hops, long = info.target("frame_labels"), covered(info, spans)
        targets["frame_labels"] = [
            mix_frame_labels(hops[i], hops[j], weight[i], long[j] / max(long[i], 1e-9), alone=alone) for i, j in pairs
        ]
    return targets


def collage_targets(
    info: augreg.BatchInfo, partners: list[int], cuts: list[Cut], classes: int | None = None
) -> dict[str, Any]:
    """Return labels, events and frame labels of sounds into which a stretch of their partner is cut."""
    targets: dict[str, list[Any]] = {}
    pairs, spans = list(enumerate(partners)), (info.lengths / info.rates).tolist()
    if "label" in info.targets:
        label = info.target("label")
        kept = [1.0 - (cut.end - cut.start) / max(span, 1e-9) for cut, span in zip(cuts, spans, strict=True)]
        targets["label"] = [mix_labels([label[i], label[j]], [kept[i], 1.0 - kept[i]], classes) for i, j in pairs]
    if "events" in info.targets:
        events = info.target("events")
        targets["events"] = [_spliced(events[i], events[j], cuts[i], spans[i]) for i, j in pairs]
    if "frame_labels" in info.targets:
        hops, long = info.target("frame_labels"), covered(info, spans)
        targets["frame_labels"] = [_collage(hops[i], hops[j], cuts[i], long[i], long[j]) for i, j in pairs]
    return targets


def _joined(first: Events | None, second: Events | None, span: float) -> Events | None:
    """Return the events of both within ``span`` seconds; None if the row itself has none declared."""
    if first is None or second is None:
        return first
    inside = np.flatnonzero(second.data[:, 0] < span)
    clipped = second.keep(inside)
    return _concatenated(first, clipped.replace(np.minimum(clipped.data, span)))


def _spliced(first: Events | None, second: Events | None, cut: Cut, span: float) -> Events | None:
    if first is None or second is None:
        return first
    moved = second.replace(second.data + cut.later)
    parts = [_within(first, 0.0, cut.start), _within(moved, cut.start, cut.end), _within(first, cut.end, span)]
    return _concatenated(_concatenated(parts[0], parts[1]), parts[2])


def _within(events: Events, start: float, end: float) -> Events:
    clipped = np.clip(events.data, start, end)
    instant = (events.data[:, 0] == events.data[:, 1]) & (events.data[:, 0] >= start) & (events.data[:, 0] < end)
    rows = np.flatnonzero((clipped[:, 1] > clipped[:, 0]) | instant)
    return events.keep(rows).replace(clipped[rows])


def _concatenated(first: Events, second: Events) -> Events:
    if (first.labels is None) != (second.labels is None) or set(first.columns) != set(second.columns):
        raise SampleError("events with and without labels, or with different fields, cannot be mixed. Give all alike.")
    columns = {name: _chained(first.columns[name], second.columns[name]) for name in first.columns}
    labels = None if first.labels is None else _chained(first.labels, second.labels)
    return Events(np.concatenate([first.data, second.data]), labels, columns)


def _chained(first: Any, second: Any) -> Any:
    if isinstance(first, torch.Tensor):
        return torch.cat([first, second])
    if isinstance(first, np.ndarray):
        return np.concatenate([first, second])
    return type(first)([*first, *second])


def _collage(first: Any, second: Any, cut: Cut, span: float, other: float) -> Any:
    """Return frame labels with those of the partner, which lasts ``other`` seconds, in the hops of the cut."""
    if first is None or second is None or not len(first) or not len(second) or not span:
        return first
    start, end = (math.ceil(moment / span * len(first) - 0.5) for moment in (cut.start, cut.end))
    theirs = on_hops(second, len(first), other / span, -cut.later / span)
    if isinstance(theirs, list) and any(isinstance(label, Mapping) for label in theirs):
        # The partner is a mixture already, whose labels are mappings: no array of numbers holds them.
        first = list(first) if isinstance(first, (list, tuple)) else first.tolist()
    made: Any = first.clone() if isinstance(first, torch.Tensor) else copy(first)
    made[start:end] = as_kind_of(theirs, first)[start:end]
    return made
