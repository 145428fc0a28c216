"""COCO's average precision and recall: numpy alone, as pycocotools, which needs a compiler, works them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

OVERLAPS: Final = np.linspace(0.5, 0.95, 10)
"""Shares of overlap (intersection over union) from which on a box is found."""

RECALLS: Final = np.linspace(0.0, 1.0, 101)
"""Where precision is read off."""

MOST: Final = 100
"""Boxes of one class that count in one picture, the surest."""


@dataclass(frozen=True, slots=True)
class Found:
    """Boxes that a detector found in one picture.

    Args:
        boxes: float64 (k, 4), x1, y1, x2, y2 in pixels.
        scores: float64 (k,), how sure it is.
        labels: int64 (k,), places in the classes.

    """

    boxes: Floats
    scores: Floats
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class There:
    """Boxes that are annotated in one picture.

    Args:
        boxes: float64 (m, 4), as of :class:`Found`.
        labels: int64 (m,), places in the classes.
        crowd: bool (m,): regions of many objects, in which it does no harm to find some, and no good.

    """

    boxes: Floats
    labels: NDArray[np.int64]
    crowd: NDArray[np.bool_]


def of_classes(found: Sequence[Found], there: Sequence[There], classes: int) -> tuple[Floats, Floats]:
    """Return precision and recall of each class at each of :data:`OVERLAPS`.

    Args:
        found, there: of each picture, in the same order.
        classes: how many there are.

    Returns:
        Average precision and recall, both float64 (classes, 10); NaN for classes of which nothing is there.

    """
    precision, recall = np.full((classes, len(OVERLAPS)), np.nan), np.full((classes, len(OVERLAPS)), np.nan)
    for code in range(classes):
        parts = [_matched(one, other, code) for one, other in zip(found, there, strict=True)]
        many = sum(part[3] for part in parts)
        if many:
            scores = np.concatenate([part[0] for part in parts])
            order = np.argsort(-scores, kind="mergesort")
            hits, ignored = (np.concatenate([part[k] for part in parts], 1)[:, order] for k in (1, 2))
            precision[code], recall[code] = _averaged(hits, ignored, many)
    return precision, recall


def _averaged(hits: NDArray[np.bool_], ignored: NDArray[np.bool_], many: int) -> tuple[Floats, Floats]:
    right, wrong = np.cumsum(hits & ~ignored, 1, float), np.cumsum(~hits & ~ignored, 1, float)
    recall, precision = right / many, right / np.maximum(right + wrong, np.spacing(1))
    # Precision at a recall is the best at that recall or a higher one.
    best = np.maximum.accumulate(precision[:, ::-1], 1)[:, ::-1]
    read = np.zeros((len(OVERLAPS), len(RECALLS)))
    for row in range(len(OVERLAPS)):
        places = np.searchsorted(recall[row], RECALLS, side="left")
        known = places < recall.shape[1]
        read[row, known] = best[row, places[known]]
    return read.mean(1), recall[:, -1] if recall.shape[1] else np.zeros(len(OVERLAPS))


def _matched(found: Found, there: There, code: int) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_], int]:
    """Return of one class of a picture: scores, hits and ignored at each overlap, and how many there are to find."""
    own = found.labels == code
    order = np.argsort(-found.scores[own], kind="mergesort")[:MOST]
    boxes, scores = found.boxes[own][order], found.scores[own][order]
    real = there.labels == code
    last = np.argsort(there.crowd[real], kind="mergesort")  # crowds match what nothing else does
    goal, crowd = there.boxes[real][last], there.crowd[real][last]
    shares = overlaps(boxes, goal, crowd)
    hits, ignored = (np.zeros((len(OVERLAPS), len(boxes)), bool) for _ in range(2))
    for row, least in enumerate(OVERLAPS):
        free = np.ones(len(goal), bool)
        for place in range(len(boxes)):
            chosen = _best(shares[place], free | crowd, crowd, min(float(least), 1 - 1e-10))
            if chosen is not None:
                free[chosen], hits[row, place], ignored[row, place] = False, True, crowd[chosen]
    return scores, hits, ignored, int((~crowd).sum())


def _best(shares: Floats, free: NDArray[np.bool_], crowd: NDArray[np.bool_], least: float) -> int | None:
    """Return the free box that overlaps most, of equal ones the last, and a crowd only where no other does."""
    for kind in (~crowd, crowd):
        places = np.flatnonzero(free & kind & (shares >= least))
        if len(places):
            return int(places[::-1][shares[places[::-1]].argmax()])
    return None


def overlaps(boxes: Floats, others: Floats, crowd: NDArray[np.bool_] | None = None) -> Floats:
    """Return intersection over union, float64 (k, m); of a crowd over the area of the box that was found.

    >>> import numpy as np
    >>> from augreg.learn.detection.precision import overlaps
    >>> overlaps(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 0.0, 3.0, 2.0]])).round(3).tolist()
    [[0.333]]

    """
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(2)
    own = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(1)[:, None]
    theirs = np.clip(others[:, 2:] - others[:, :2], 0, None).prod(1)[None]
    whole = own + theirs - both
    if crowd is not None:
        whole = np.where(crowd[None], own, whole)
    return np.asarray(both / np.maximum(whole, np.finfo(float).tiny))
