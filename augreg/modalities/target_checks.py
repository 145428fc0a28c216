"""Checks targets as users give them: their type and their numbers, before any step relies on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from augreg.data.samples import Sample
from augreg.data.targets import Boxes
from augreg.errors import SampleError
from augreg.modalities.target_kinds import BOXES, EVENTS, KEYPOINTS, SPANS

TYPES: Final = {kind.name: kind.type for kind in (BOXES, KEYPOINTS, EVENTS, SPANS) if kind.type is not None}


def check_given(sample: Sample) -> dict[str, Any]:
    """Return the targets of a sample.

    Raises:
        SampleError: a target is no :class:`Boxes`, :class:`Keypoints`, ..., holds NaN, or ends before it starts.

    """
    targets = sample.targets
    for name, entry in targets.items():
        if name not in TYPES:
            continue
        if sample.modality == "video" and name in ("boxes", "keypoints"):
            for i, one in enumerate(_frames(name, entry)):
                if one is not None:
                    _check(name, one, f"{name} of frame {i}")
        else:
            _check(name, entry, name)
    return targets


def _frames(name: str, entry: Any) -> Sequence[Any]:
    if not isinstance(entry, (list, tuple)):
        raise SampleError(
            f"{name} of a video are a {type(entry).__name__}; give a list of one augreg.{name.capitalize()} per frame."
        )
    return entry


def _check(name: str, entry: Any, what: str) -> None:
    if not isinstance(entry, TYPES[name]):
        kind = TYPES[name].__name__
        raise SampleError(f"{what} are a {type(entry).__name__}, which no step can move. Wrap it: augreg.{kind}(data).")
    if name in ("boxes", "events") and not np.isfinite(entry.data).all():
        raise SampleError(f"{what} hold NaN or infinity: {_first_bad(entry.data)}. Leave such rows out.")
    if name == "boxes" and (backwards := _backwards(entry)).any():
        raise SampleError(
            f"{what} end before they start: {entry.data[backwards][0].tolist()} ({entry.format}). "
            "Check the order of the coordinates, or the format."
        )
    if name == "events" and (entry.data[:, 0] > entry.data[:, 1]).any():
        worst = entry.data[entry.data[:, 0] > entry.data[:, 1]][0].tolist()
        raise SampleError(f"{what} end before they start: {worst}; give (onset, offset) in seconds.")


def _backwards(boxes: Boxes) -> np.ndarray:
    """Return which boxes have a negative width or height: booleans (n,)."""
    data = boxes.data
    if boxes.format == "xyxy":
        return np.asarray((data[:, 2:] < data[:, :2]).any(axis=1))
    if boxes.format == "xyxyxyxy":
        return np.zeros(len(data), dtype=bool)
    return np.asarray((data[:, 2:4] < 0).any(axis=1))


def _first_bad(data: np.ndarray) -> list[float]:
    found: list[float] = data[~np.isfinite(data).all(axis=1)][0].tolist()
    return found
