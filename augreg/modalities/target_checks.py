"""Checks targets as users give them: their type and their numbers, before any step relies on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from augreg.data.samples import Sample
from augreg.errors import SampleError
from augreg.modalities.target_kinds import BOXES, EVENTS, KEYPOINTS, SPANS, check_boxes, first_bad

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
    if name == "boxes":
        check_boxes(entry, what)
    if name == "events" and not np.isfinite(entry.data).all():
        raise SampleError(f"{what} hold NaN or infinity: {first_bad(entry.data)}. Leave such rows out.")
    if name == "events" and (entry.data[:, 0] > entry.data[:, 1]).any():
        worst = entry.data[entry.data[:, 0] > entry.data[:, 1]][0].tolist()
        raise SampleError(f"{what} end before they start: {worst}; give (onset, offset) in seconds.")
