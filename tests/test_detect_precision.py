"""Average precision as pycocotools has it, and what is refused of detections."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
import augreg.learn
from augreg.errors import ConfigError
from augreg.learn.detection.precision import Found, There, of_classes, overlaps
from augreg.learn.metrics import measured


def pycocotools_says(found: list[Found], there: list[There], classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Average precision and recall, (classes, 10), NaN where nothing is there."""
    coco = pytest.importorskip("pycocotools.coco")
    cocoeval = pytest.importorskip("pycocotools.cocoeval")

    def rows(boxes, labels, more):
        for box, label, extra in zip(boxes, labels, more, strict=True):
            wide, high = box[2:] - box[:2]
            yield {"bbox": [*box[:2], wide, high], "area": wide * high, "category_id": int(label) + 1, **extra}

    annotations, detections = [], []
    for number, (one, other) in enumerate(zip(there, found, strict=True), 1):
        marks = [{"iscrowd": int(crowd), "image_id": number} for crowd in one.crowd]
        annotations += rows(one.boxes, one.labels, marks)
        detections += rows(other.boxes, other.labels, [{"score": s, "image_id": number} for s in other.scores])
    for number, annotation in enumerate(annotations, 1):
        annotation["id"] = number
    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco.COCO()
        truth.dataset = {
            "images": [{"id": n} for n in range(1, len(there) + 1)],
            "categories": [{"id": n + 1} for n in range(classes)],
            "annotations": annotations,
        }
        truth.createIndex()
        judge = cocoeval.COCOeval(truth, truth.loadRes(detections), "bbox")
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][:, :, :, 0, 2].mean(1).T
    recall = judge.eval["recall"][:, :, 0, 2].T
    return tuple(np.where(held < 0, np.nan, held) for held in (precision, recall))


def boxes_of(rng: np.random.Generator, count: int) -> np.ndarray:
    low = rng.integers(0, 60, (count, 2))
    return np.concatenate([low, low + rng.integers(4, 40, (count, 2))], 1).astype(float)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_average_precision_is_that_of_pycocotools(seed: int, crowds: bool) -> None:
    rng = np.random.default_rng(seed)
    found, there = [], []
    for _ in range(6):
        real = boxes_of(rng, int(rng.integers(0, 5)))
        labels = rng.integers(0, 3, len(real))
        there.append(There(real, labels, (rng.random(len(real)) < 0.3) & crowds))
        near = np.repeat(real, 2, 0) + rng.normal(0, 2, (2 * len(real), 4))
        near = np.concatenate([near[near[:, 2:].min(1) > 0], boxes_of(rng, 2)])
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        said = np.concatenate([np.repeat(labels, 2), rng.integers(0, 3, 2)])[: len(near)]
        # Scores of few values, so that many are equal.
        found.append(Found(near[: len(said)], rng.integers(1, 9, len(said)) / 10, said))
    expected = pycocotools_says(found, there, 3)
    for ours, theirs in zip(of_classes(found, there, 3), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_overlap_is_a_count_of_pixels() -> None:
    rng = np.random.default_rng(0)
    one, other = boxes_of(rng, 12), boxes_of(rng, 9)

    def covered(box):
        mask = np.zeros((110, 110), bool)
        mask[int(box[1]) : int(box[3]), int(box[0]) : int(box[2])] = True
        return mask

    expected = [
        [(covered(a) & covered(b)).sum() / (covered(a) | covered(b)).sum() for b in other] for a in one
    ]  # fmt: skip
    np.testing.assert_allclose(overlaps(one, other), expected)


def pictures(boxes, labels) -> augreg.learn.Data:
    blank = [torch.full((3, 32, 32), n, dtype=torch.uint8) for n in range(len(boxes))]
    samples = [
        augreg.Image(data, boxes=augreg.Boxes(box, labels=label))
        for data, box, label in zip(blank, boxes, labels, strict=True)
    ]
    return augreg.learn.Data.of(samples)


TWO = pictures([[[0, 0, 8, 8], [10, 10, 20, 20]], [[4, 4, 12, 12]]], [["a", "b"], ["a"]]).examples


def test_numbers_are_those_of_the_classes() -> None:
    right = {"boxes": [[0, 0, 8, 8]], "scores": [0.9], "labels": [0]}
    none = {"boxes": [], "scores": [], "labels": []}
    found = measured({"detections": [right, none], "train_loss": 0.5}, TWO, "mine")
    assert list(found.numbers) == ["map", "map50", "recall", "train_loss"]
    # Of two a's one is found: precision is 1 at 51 of 101 recalls.
    assert found.precision == pytest.approx((51 / 101, 0))
    assert found.recall == pytest.approx((0.5, 0))
    assert found.numbers["map"] == pytest.approx(51 / 202)
    assert found.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "no list of 2"),
        ([{"boxes": [[0, 0, 1, 1]], "scores": [1.0]}] * 2, "entry 0 cannot be read .'labels'"),
        ([{"boxes": [[0, 0, 1, 1]], "scores": [1.0, 2.0], "labels": [0]}] * 2, r"entry 0 has boxes \(1, 4\)"),
        ([{"boxes": [[0, 0, 1, float("nan")]], "scores": [1.0], "labels": [0]}] * 2, "must be finite"),
        ([{"boxes": [[0, 0, 1, 1]], "scores": [1.0], "labels": [2]}] * 2, "not one of 0 to 1"),
    ],
)
def test_detections_that_are_none_are_refused(given, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        measured({"detections": given}, TWO, "mine")


@pytest.mark.parametrize(
    ("boxes", "said"),
    [
        (None, "has no boxes"),
        (augreg.Boxes([[0, 0, 4, 4]]), "have no labels"),
        (augreg.Boxes([[4, 4, 4, 4, 30]], "cxcywhr", labels=["a"]), "are turned"),
        (augreg.Boxes([], labels=[]), "no picture of data has a box"),
    ],
)
def test_boxes_that_cannot_be_learned_are_refused(boxes, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        augreg.learn.Data.of([augreg.Image(torch.zeros(3, 8, 8), boxes=boxes)])


def test_splits_go_by_the_rarest_class_and_boxes_are_in_one_format() -> None:
    data = augreg.learn.Data.of(
        [
            augreg.Image(torch.zeros(3, 8, 8), boxes=augreg.Boxes([[1, 2, 3, 4]], "xywh", labels=["a"])),
            augreg.Image(torch.ones(3, 8, 8), boxes=augreg.Boxes([[0, 0, 2, 2], [1, 1, 3, 0]], labels=["a", "b"])),
            augreg.Image(torch.ones(3, 8, 9), boxes=augreg.Boxes([[0, 0, 2, 2], [1, 1, 3, 3]], labels=["a", "b"])),
            augreg.Image(torch.ones(3, 9, 9), boxes=augreg.Boxes([])),
        ]
    )
    held = data.examples
    assert held.classes == ("a", "b")
    assert held.samples[0].boxes.data.tolist() == [[1, 2, 4, 6]]
    assert data.notes == ("1 boxes without area were left out",)
    assert held.labels.tolist() == [0, 0, 1, 0]
    assert held.counts.tolist() == [3, 1]
