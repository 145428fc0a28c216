"""`image.masks_to_boxes` draws the boxes that torchvision's masks_to_boxes draws, from edge to edge."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.ops import masks_to_boxes

import augreg
from augreg import Boxes, Image

PIPE = augreg.Pipeline(["image.masks_to_boxes"])


def picture(masks: torch.Tensor, **columns: object) -> Image:
    boxes = Boxes(np.tile([0.0, 0.0, 5.0, 5.0], (len(masks), 1)), labels=np.arange(len(masks)), columns=columns)
    return Image(torch.zeros(3, *masks.shape[1:], dtype=torch.uint8), boxes=boxes, masks=masks)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_boxes_are_those_of_torchvision(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    masks = torch.from_numpy(rng.random((n, 17, 23)) > rng.uniform(0.5, 1.0, (n, 1, 1)))
    out = PIPE(picture(masks), seed=1, keys="a")
    full = masks.flatten(1).any(1)
    wanted = np.add(masks_to_boxes(masks[full]).numpy(), [0, 0, 1, 1]) if full.any() else np.zeros((0, 4))
    assert np.array_equal(out.boxes.data.reshape(-1, 4), wanted)
    assert out.boxes.labels.tolist() == full.nonzero()[:, 0].tolist()
    assert torch.equal(out.masks, masks[full])


@pytest.mark.parametrize("form", ["xyxy", "xywh", "cxcywh"])
def test_the_format_and_the_columns_stay(form: str) -> None:
    masks = torch.zeros(2, 9, 9, dtype=torch.bool)
    masks[0, 2:5, 1:8], masks[1, 0, 0] = True, True
    given = picture(masks, score=np.array([0.5, 0.75]))
    given = given.changed(boxes=Boxes(given.boxes.data, form, given.boxes.labels, given.boxes.columns))
    out = PIPE(given, seed=1, keys="a")
    wanted = {"xyxy": [1, 2, 8, 5], "xywh": [1, 2, 7, 3], "cxcywh": [4.5, 3.5, 7, 3]}
    assert out.boxes.data[0].tolist() == wanted[form]
    assert out.boxes.columns["score"].tolist() == [0.5, 0.75]


def test_behind_a_rotation_they_fit_again() -> None:
    masks = torch.zeros(1, 40, 40, dtype=torch.bool)
    yy, xx = np.mgrid[:40, :40]
    masks[0] = torch.from_numpy((xx - 19.5) ** 2 + (yy - 19.5) ** 2 < 100)
    given = picture(masks)
    given = given.changed(boxes=Boxes(np.array([[9.0, 9.0, 31.0, 31.0]])))
    turned, fitted = (
        augreg.Pipeline([{"image.rotate": {"degrees": [45, 45], "p": 1.0}}, *more])(given, seed=1, keys="a").boxes.data[
            0
        ]
        for more in ([], ["image.masks_to_boxes"])
    )
    assert turned[2] - turned[0] > 28  # the box of a turned box
    assert fitted[2] - fitted[0] < 23  # a disc stays a disc


def test_boxes_without_masks_and_turned_ones_stay() -> None:
    plain = torch.zeros(3, 9, 9, dtype=torch.uint8)
    alone = Boxes(np.array([[0.0, 0.0, 5.0, 5.0]]))
    turned = Boxes(np.array([[3.0, 3.0, 2.0, 2.0, 30.0]]), "cxcywhr")
    for sample in (
        Image(plain, boxes=alone),
        Image(plain, boxes=turned, masks=torch.ones(1, 9, 9, dtype=torch.bool)),
        Image(plain, boxes=Boxes(np.zeros((0, 4)))),
    ):
        assert np.array_equal(PIPE(sample, seed=1, keys="a").boxes.data, sample.boxes.data)
