"""Labels of masks beyond the picture: in every dtype, and none that the dtype does not hold or that is no object's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from augreg_image.geometry import Rotate
from image_testkit import batch_of, noise, run_on_torch
from torchvision import tv_tensors

from augreg import Boxes, Image, Params, Pipeline, SampleError

MOVES = {
    "image.rotate": {"degrees": [30, 30]},
    "image.pad": {"size": [40, 40]},
    "image.elastic": {"magnitude": 0.2},
    "image.zoom_out": {},
    "image.erasing": {},
    "image.mask_dropout": {"chance": 1},
    "image.mosaic": {"scale": [0.4, 0.5]},
}
INTEGERS = ("int8", "int16", "uint16", "int32", "uint32", "int64", "uint64")


def moved(step, masks, boxes=None, **more):
    pipe = Pipeline([{step: {"p": 1, **MOVES[step], **more}}])
    rows = [Image(np.zeros((20, 20, 3), np.uint8), masks=masks, boxes=boxes) for _ in range(3)]
    return [np.asarray(row.masks) for row in pipe(rows, seed=7, keys=range(3))]


def labels(size=(20, 20)):
    return np.random.default_rng(0).integers(1, 100, size)


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("step", sorted(MOVES))
def test_labels_of_every_dtype_move_as_those_of_eight_bits(step, dtype):
    boxes = Boxes([[2, 2, 9, 9], [10, 10, 18, 18]])
    given = labels()
    found, expected = (moved(step, given.astype(kind), boxes, mask_fill=7) for kind in (dtype, "uint8"))
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == dtype
        assert (one.astype(np.int64) != other).mean() < 0.01  # OpenCV rounds places of doubles elsewhere


@pytest.mark.parametrize("dtype", [torch.uint32, torch.uint64])
def test_long_unsigned_labels_move_in_torch_as_on_the_cpu(dtype):
    batch = batch_of(noise(20, 20), masks=[torch.from_numpy(labels((2, 20, 20))).to(dtype)])
    augmenter, params = Rotate(mask_fill=7), Params(1, degrees=np.array([40.0]))
    expected = augmenter.lower(batch.info, params).run(batch).info.target("masks")[0]
    found = run_on_torch(augmenter, batch, params).info.target("masks")[0]
    assert found.dtype == expected.dtype == dtype
    assert (found.long() != expected.long()).float().mean() < 0.01


@pytest.mark.parametrize(("dtype", "label"), [("uint8", -1), ("uint8", 300), ("int8", 200), ("bool", 255)])
@pytest.mark.parametrize("step", sorted(MOVES))
def test_a_label_that_the_dtype_does_not_hold_is_refused(step, dtype, label):
    given = (labels() % 2).astype(dtype)
    with pytest.raises(SampleError, match=rf"mask_fill={label} is no label of masks of {dtype}, which hold"):
        moved(step, given, Boxes([[2, 2, 18, 18]]), mask_fill=label)


@pytest.mark.parametrize("dtype", ["uint8", "bool"])
@pytest.mark.parametrize("step", sorted(MOVES.keys() - {"image.mask_dropout"}))
def test_objects_do_not_reach_beyond_the_picture(step, dtype):
    masks = np.zeros((2, 20, 20), dtype)
    masks[0, 5:9, 5:9] = masks[1, 10:16, 10:16] = 1
    boxes = Boxes([[5, 5, 9, 9], [10, 10, 16, 16]])
    for said, plain in zip(moved(step, masks, boxes, mask_fill=1), moved(step, masks, boxes, mask_fill=0), strict=True):
        np.testing.assert_array_equal(said, plain)


@pytest.mark.parametrize("step", sorted(MOVES.keys() - {"image.mosaic"}))
def test_soft_masks_of_torchvision_move_at_the_nearest_pixel(step):
    soft = np.random.default_rng(0).random((20, 20)).astype(np.float32)
    pipe = Pipeline([{step: {"p": 1, **MOVES[step], "mask_fill": 7}}])
    boxes = tv_tensors.BoundingBoxes(torch.tensor([[2, 2, 9, 9]]), format="XYXY", canvas_size=(20, 20))
    target = {"mask": tv_tensors.Mask(torch.from_numpy(soft)), "boxes": boxes}
    found = pipe((tv_tensors.Image(torch.zeros(3, 20, 20)), target), seed=7, keys="a")[1]["mask"]
    assert found.dtype == torch.float32
    assert set(found.ravel().tolist()) <= {*soft.ravel().tolist(), 7.0}
