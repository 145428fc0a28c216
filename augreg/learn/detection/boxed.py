"""Pictures whose boxes are what is learned: in one format, with places in the classes, and by what splits are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augreg.data.box_formats import as_format
from augreg.data.targets import BOX_COLUMNS, Boxes
from augreg.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Boxed:
    """Pictures with boxes as tasks get them.

    Args:
        samples: their boxes are x1, y1, x2, y2, labeled by int64 places in the classes.
        classes: the names.
        labels: int64 (n,), the rarest class in each picture, which splits keep to shares; the commonest of all where a
            picture has no boxes.
        notes: what the user should know.

    """

    samples: tuple[Any, ...]
    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, samples: Sequence[Any], names: Sequence[str], order: Any, called: str) -> Boxed:
        """Return them.

        Args:
            samples: pictures with boxes.
            names: what messages call each.
            order: by what names of classes are sorted.
            called: what messages call the data.

        Raises:
            ConfigError: a sample has no boxes, or they have no labels, or are turned.

        """
        held = [_upright(sample, name, called) for sample, name in zip(samples, names, strict=True)]
        classes = sorted({str(label) for boxes in held for label in _labels(boxes)}, key=order)
        if not classes:
            raise ConfigError(f"no picture of {called} has a box: there is nothing to find. Give labels of some.")
        codes = {name: code for code, name in enumerate(classes)}
        numbered = [
            Boxes(b.data, b.format, np.array([codes[str(label)] for label in _labels(b)], np.int64), b.columns)
            for b in held
        ]
        flat = [int(np.sum((b.data[:, 2:] <= b.data[:, :2]).any(1))) for b in numbered]
        numbered = [b.keep(np.flatnonzero((b.data[:, 2:] > b.data[:, :2]).all(1))) for b in numbered]
        notes = (f"{sum(flat)} boxes without area were left out",) if sum(flat) else ()
        made = tuple(sample.changed(boxes=boxes) for sample, boxes in zip(samples, numbered, strict=True))
        return cls(made, tuple(classes), rarest(numbered, len(classes)), notes)


def holds(samples: Sequence[Any], classes: int) -> NDArray[np.bool_]:
    """Return bool (n, classes): whether a picture has a box of a class, crowds aside."""
    found = np.zeros((len(samples), classes), bool)
    for row, sample in enumerate(samples):
        crowd = sample.boxes.columns.get("crowd")
        labels = np.asarray(sample.boxes.labels, np.int64).reshape(-1)
        found[row, labels if crowd is None else labels[~np.asarray(crowd, bool).reshape(-1)]] = True
    return found


def rarest(boxes: Sequence[Boxes], classes: int) -> NDArray[np.int64]:
    """Return the class of each picture that the fewest pictures have: what is common is on both sides of any split."""
    sets = [np.unique(one.labels) for one in boxes]
    counts = np.bincount(np.concatenate([np.zeros(0, np.int64), *sets]), minlength=classes)
    return np.array([one[counts[one].argmin()] if len(one) else counts.argmax() for one in sets], np.int64)


def _labels(boxes: Boxes) -> list[Any]:
    held = () if boxes.labels is None else boxes.labels
    return [label.item() if hasattr(label, "item") else label for label in held]


def _upright(sample: Any, name: str, called: str) -> Boxes:
    boxes = getattr(sample, "boxes", None)
    if not isinstance(boxes, Boxes):
        raise ConfigError(
            f"sample {name!r} of {called} has no boxes; to find objects every picture needs them, of a picture without "
            "objects augreg.Boxes([]). For a class of the whole picture give labels."
        )
    if len(boxes) and boxes.labels is None:
        raise ConfigError(
            f"the boxes of {name!r} have no labels. Give each its class: augreg.Boxes(data, labels=[...])."
        )
    if BOX_COLUMNS[boxes.format] != 4:
        raise ConfigError(
            f"the boxes of {name!r} are turned ({boxes.format}), and detectors are measured on upright ones. Give the "
            "upright boxes around them, as xyxy."
        )
    return as_format(boxes, "xyxy")
