"""What is worked out of the boxes that a task returned for its test: mAP, recall, and both of each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from augreg.errors import ConfigError
from augreg.learn.detection.precision import Found, There, of_classes
from augreg.learn.examples import Examples

Known = tuple[float | None, ...]


def of_detections(given: Any, test: Examples, task: str) -> tuple[dict[str, float], Known, Known]:
    """Return the numbers, and average precision and recall of each class, None where the test has none of it.

    Args:
        given: a mapping for each picture: ``boxes`` (k, 4), ``scores`` (k,), ``labels`` (k,).
        test: the pictures with their boxes.
        task: what messages call the model.

    Raises:
        ConfigError: it is something else, or a number is not finite.

    """
    if not test.boxed:
        raise ConfigError(f"score of {task} returned detections, and the data has no boxes. Return 'probabilities'.")
    if not isinstance(given, Sequence) or len(given) != len(test):
        raise ConfigError(
            f"score of {task} returned detections that are no list of {len(test)}: give one mapping for each picture."
        )
    found = [_read(one, place, len(test.classes), task) for place, one in enumerate(given)]
    precision, recall = of_classes(found, [there(sample) for sample in test.samples], len(test.classes))
    known = ~np.isnan(precision[:, 0])
    if not known.any():
        raise ConfigError(f"the test of {task} has no boxes: nothing can be measured. Add pictures that have some.")
    numbers = {
        "map": float(precision[known].mean()),
        "map50": float(precision[known, 0].mean()),
        "recall": float(recall[known].mean()),
    }
    each = [tuple(float(row.mean()) if there else None for row, there in zip(rows, known, strict=True))
            for rows in (precision, recall)]  # fmt: skip
    return numbers, each[0], each[1]


def there(sample: Any) -> There:
    """Return what is annotated in a picture whose boxes are x1, y1, x2, y2 with places in the classes as labels."""
    boxes = sample.boxes
    crowd = np.zeros(len(boxes), bool) if (held := boxes.columns.get("crowd")) is None else np.asarray(held, bool)
    return There(boxes.data, np.asarray(boxes.labels, np.int64).reshape(-1), crowd.reshape(-1))


def _read(given: Any, place: int, classes: int, task: str) -> Found:
    try:
        boxes, scores = (np.asarray(given[name], np.float64) for name in ("boxes", "scores"))
        labels = np.asarray(given["labels"]).reshape(-1)
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"score of {task} returned detections whose entry {place} cannot be read ({error}). Give a mapping of "
            "boxes (k, 4), scores (k,) and labels (k,)."
        ) from None
    boxes = boxes.reshape(-1, 4) if boxes.size in (0, 4 * len(labels)) else boxes
    sound = boxes.shape == (len(labels), 4) and scores.reshape(-1).shape == labels.shape
    if not sound or not np.isfinite(boxes).all() or not np.isfinite(scores).all():
        raise ConfigError(
            f"score of {task} returned detections whose entry {place} has boxes {boxes.shape}, scores {scores.shape} "
            f"and labels {labels.shape}; they must be finite, (k, 4), (k,) and (k,). If training diverged, "
            "lower its rate."
        )
    if not np.isin(labels, np.arange(classes)).all():
        raise ConfigError(
            f"score of {task} returned a label of entry {place} that is not one of 0 to {classes - 1}. Return places "
            "in test.classes."
        )
    return Found(boxes, scores.reshape(-1), labels.astype(np.int64))


def as_detection(boxes: Any, scores: Any, labels: Any) -> Mapping[str, Any]:
    """Return what :func:`of_detections` reads of one picture."""
    return {"boxes": np.asarray(boxes), "scores": np.asarray(scores), "labels": np.asarray(labels)}
