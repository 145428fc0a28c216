"""What users' models predict on views, read into boxes, points, events and scores, and led back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch

from augreg.contract.inverse import Inverse
from augreg.data.targets import BOX_COLUMNS, Boxes, BoxFormat, Events, Keypoints
from augreg.errors import ConfigError, SampleError, listing, nearest

_TAKERS: Final = {
    "scores": ("boxes", "events"),
    "labels": ("boxes", "events"),
    "format": ("boxes",),
    "swap": ("keypoints",),
}
"""What is said beside predictions, and of which of them."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What was said beside predictions; see :meth:`augreg.ViewBatch.back`."""

    scores: Any
    labels: Any
    format: BoxFormat | None
    swap: Sequence[tuple[int, int]] | None

    def check(self, name: str) -> None:
        """Refuse what does not go with the predictions of this name."""
        for told, takers in _TAKERS.items():
            if getattr(self, told) is not None and name not in takers:
                raise ConfigError(f"{told}= goes with {listing(takers)}, not with {name}. Leave it out.")
        if self.format is not None and self.format not in BOX_COLUMNS:
            hint = nearest(str(self.format), BOX_COLUMNS)
            raise ConfigError(f"format={self.format!r} is no format of boxes.{hint} Valid: {listing(BOX_COLUMNS)}.")


def only_one(given: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the name and the value of what was given.

    Raises:
        ConfigError: it is nothing, or several things.

    """
    there = [name for name, value in given.items() if value is not None]
    if len(there) != 1:
        found = f"{listing(there)} are given" if there else "nothing is given"
        raise ConfigError(f"{found}; give one of {listing(given)} in a call.")
    return there[0], given[there[0]]


def rows_of(name: str, given: Any, count: int) -> list[Any]:
    """Return predictions one by one.

    Raises:
        ConfigError: they are no list, or of another length.

    """
    if isinstance(given, (str, Mapping, Boxes, Keypoints, Events)) or not hasattr(given, "__len__"):
        raise ConfigError(
            f"{name} is a {type(given).__name__}; give a list with one entry for each of {count} samples."
        )
    if getattr(given, "ndim", 1) == 0 or len(given) != count:
        found = "a single number" if getattr(given, "ndim", 1) == 0 else f"{len(given)} entries"
        raise ConfigError(
            f"{name} has {found} for {count} views of samples; give one for each of made.samples, in their order."
        )
    return list(given)


def read(name: str, entries: Sequence[Any], columns: Columns) -> list[Any]:
    """Return predictions in augreg's own form; points that are plain numbers, and scores, as they are."""
    if name == "masks":
        return [_checked_scores(entry) for entry in entries]
    if name == "keypoints":
        return [_Points.of(entry, columns.swap) for entry in entries]
    count = len(entries)
    scores, labels = (
        [None] * count if column is None else rows_of(told, column, count)
        for told, column in (("scores", columns.scores), ("labels", columns.labels))
    )
    return [_spots(name, e, s, c, columns) for e, s, c in zip(entries, scores, labels, strict=True)]


def mapped(way: Inverse | None, name: str, predictions: Any) -> Any:
    """Return predictions along a way back, in the kind in which they were given."""
    if isinstance(predictions, _Points):
        return predictions.along(way)
    if name != "masks":
        return predictions if way is None else way.back(name, predictions)
    scores = torch.from_numpy(predictions) if isinstance(predictions, np.ndarray) else predictions
    if way is None:
        found, seen = scores, torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device)
    else:
        found, seen = way.back(name, scores)
    return (found.numpy(), seen.numpy()) if isinstance(predictions, np.ndarray) else (found, seen)


def _checked_scores(entry: Any) -> Any:
    if not isinstance(entry, (np.ndarray, torch.Tensor)) or entry.ndim < 2:
        shape = tuple(entry.shape) if hasattr(entry, "shape") else type(entry).__name__
        raise SampleError(f"masks hold {shape}; expected tensors or arrays of scores for every pixel, (C, h, w).")
    return entry


def _spots(name: str, entry: Any, scores: Any, labels: Any, columns: Columns) -> Any:
    """Return boxes or events, or a list of boxes with one entry per frame."""
    if isinstance(entry, Mapping):
        entry, scores, labels = _parts(name, entry, scores, labels)
    if _per_frame(entry):
        found_scores, found_labels = ([None] * len(entry) if c is None else c for c in (scores, labels))
        parts = zip(entry, found_scores, found_labels, strict=True)
        return [_spots(name, e, s, c, columns) for e, s, c in parts]
    found: Any = entry
    if not isinstance(entry, (Boxes, Events)):
        found = Events(entry) if name == "events" else Boxes(entry, _format(entry, columns.format))
    elif isinstance(entry, Boxes):
        _format(entry, columns.format)
    more = dict(found.columns) if scores is None else {**found.columns, "scores": scores}
    kept = found.labels if labels is None else labels
    return Events(found.data, kept, more) if name == "events" else Boxes(found.data, found.format, kept, more)


def _parts(name: str, entry: Mapping[str, Any], scores: Any, labels: Any) -> tuple[Any, Any, Any]:
    """Return boxes, scores and labels of what detection models give for one picture."""
    if name not in entry:
        raise SampleError(f"{name} are mappings of {listing(entry)}, without {name!r}. Give what holds {name}.")
    for told, column in (("scores", scores), ("labels", labels)):
        if column is not None and told in entry:
            raise ConfigError(f"{told}= is given, and {name} hold {told}, too. Leave it out.")
    return entry[name], entry.get("scores", scores), entry.get("labels", labels)


def _format(entry: Any, said: BoxFormat | None) -> BoxFormat:
    """Return the format of boxes: their own, as tv_tensors and augreg.Boxes have one, or what was said."""
    own = getattr(entry, "format", None)
    name: Any = str(getattr(own, "name", own)).lower() if own is not None else said
    if name is None:
        raise ConfigError(
            f"boxes are plain numbers; say their format, such as format='xyxy'. Valid: {listing(BOX_COLUMNS)}."
        )
    if said not in (None, name):
        raise ConfigError(f"format={said!r} is given for boxes that are {name}. Leave it out.")
    found: BoxFormat = name
    return found


def _per_frame(entry: Any) -> bool:
    if not isinstance(entry, (list, tuple)) or not entry:
        return False
    return isinstance(entry[0], Boxes) or getattr(entry[0], "ndim", 0) == 2


@dataclass(frozen=True, slots=True)
class _Points:
    """Points of one view: several skeletons, or one for every frame, each with the same pairs."""

    given: Any
    skeletons: list[Keypoints]

    @classmethod
    def of(cls, entry: Any, swap: Sequence[tuple[int, int]] | None) -> _Points:
        if isinstance(entry, Keypoints):
            pairs = entry.swap if swap is None else swap
            return cls(entry, [Keypoints(entry.data, entry.visible, entry.labels, pairs)])
        data = np.asarray(entry.detach().cpu() if isinstance(entry, torch.Tensor) else entry, dtype=np.float64)
        if data.ndim < 2 or data.shape[-1] != 2:
            raise SampleError(f"keypoints have shape {data.shape}; expected (..., K, 2), x and y.")
        return cls(entry, [Keypoints(one, swap=swap) for one in data.reshape(-1, *data.shape[-2:])])

    def along(self, way: Inverse | None) -> Any:
        moved = self.skeletons if way is None else [way.back("keypoints", one) for one in self.skeletons]
        if isinstance(self.given, Keypoints):
            return moved[0]
        data = np.stack([one.data for one in moved]) if moved else np.zeros((0, 2))
        if isinstance(self.given, torch.Tensor):
            found = torch.from_numpy(data).reshape(self.given.shape)
            return found.to(self.given.device, self.given.dtype if self.given.is_floating_point() else found.dtype)
        return data.reshape(np.shape(self.given))
