"""Instance masks stay with their boxes wherever boxes are dropped."""

import numpy as np
import pytest
import torch
from image_testkit import noise

import augreg
from augreg import Boxes, Image

H, W = 60, 80
PLACES = [[4, 4, 20, 18], [30, 8, 52, 26], [60, 40, 76, 56], [8, 38, 26, 54], [36, 34, 46, 44]]


def sample(key):
    """A picture with five rectangles, each with a box of its own label and a mask of its own number."""
    masks = torch.zeros(len(PLACES), H, W, dtype=torch.uint8)
    for k, (left, top, right, bottom) in enumerate(PLACES):
        masks[k, top:bottom, left:right] = k + 1
    boxes = Boxes(PLACES, labels=[k + 1 for k in range(len(PLACES))])
    return Image(noise(H, W, seed=key), boxes=boxes, masks=masks, key=key)


STEPS = [
    {"image.crop": {"size": 30}}, {"image.resized_crop": {"size": 40, "scale": [0.1, 0.3]}},
    {"image.translate": {"x": [0.4, 0.5], "y": 0.4}}, {"image.iou_crop": {}}, {"image.box_crop": {"margin": 0.1}},
    {"image.rotate": {"degrees": [40, 50], "min_visibility": 0.9}},
    {"image.elastic": {"magnitude": 0.1, "min_visibility": 0.95}}, {"image.grid_shuffle": {"min_visibility": 0.8}},
    {"image.erasing": {"scale": 0.3, "min_visibility": 0.6}}, {"image.grid_mask": {"min_visibility": 0.8}},
    {"image.mask_dropout": {"chance": 0.5}},
    {"image.fmix": {"min_visibility": 0.4}}, {"image.resizemix": {}},
    {"image.cutmix": {"min_visibility": 0.4}}, {"image.mosaic": {"min_visibility": 0.4}}, {"image.mixup": {}},
    {"image.copy_paste": {"min_visibility": 0.4}},
    {"image.corruption": {"kind": "elastic_transform", "severity": 1}},
]  # fmt: skip


@pytest.mark.parametrize("step", STEPS, ids=lambda s: next(iter(s)))
def test_every_mask_left_is_that_of_the_box_at_its_place(step):
    name, config = next(iter(step.items()))
    pipe = augreg.Pipeline({"image": [{name: {**config, "p": 1.0}}]})
    kept = 0
    for result in augreg.augment([sample(k) for k in range(8)], pipe, seed=2):
        assert len(result.masks) == len(result.boxes)
        for mask, label in zip(result.masks, result.boxes.labels, strict=True):
            # Where all of an object is hidden, its mask may be empty; it is never that of another one.
            assert set(mask.unique().tolist()) <= {0, label}
            kept += bool(mask.any())
    assert kept > 4


def test_boxes_that_stay_whole_are_the_very_objects():
    given = sample(1)
    pipe = augreg.Pipeline({"image": [{"image.erasing": {"scale": 0.02, "p": 1.0}}]})
    assert augreg.augment([given], pipe, seed=1)[0].boxes.columns == {}
    still = augreg.Pipeline({"image": [{"image.rotate": {"degrees": 0, "p": 1.0}}]})
    assert augreg.augment([given], still, seed=1)[0].boxes is given.boxes


def test_label_maps_and_masks_of_another_number_stay():
    given = sample(1)
    pipe = augreg.Pipeline({"image": [{"image.crop": {"size": 30}}]})
    for masks in (given.masks[0], given.masks[:3], given.masks[None]):
        result = augreg.augment([given.changed(masks=masks)], pipe, seed=2)[0]
        assert result.masks.shape[:-2] == masks.shape[:-2]
        assert len(result.boxes) < len(PLACES)


def test_rotated_boxes_keep_their_masks_too():
    x0, y0, x1, y1 = np.array(PLACES, dtype=float).T
    rotated = np.stack([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0, np.zeros(5)], axis=1)
    given = sample(3).changed(boxes=Boxes(rotated, "cxcywhr", labels=[1, 2, 3, 4, 5]))
    pipe = augreg.Pipeline({"image": [{"image.crop": {"size": 36, "min_visibility": 0.5}}]})
    result = augreg.augment([given], pipe, seed=2)[0]
    assert 0 < len(result.boxes) < 5
    assert [int(m.max()) for m in result.masks] == result.boxes.labels
