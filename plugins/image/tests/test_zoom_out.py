"""Zooming out against torchvision's padding of pictures, boxes and masks."""

import numpy as np
import pytest
import torch
import torchvision.transforms.v2.functional as tv
from augreg_image.zoom_out import ZoomOut
from image_testkit import batch_of, noise, rng_for, run, run_with
from torchvision import tv_tensors

from augreg import Boxes


@pytest.mark.parametrize(("side", "place"), [(1.0, (0.3, 0.4)), (1.7, (0.25, 0.9)), (4.0, (0.0, 0.99))])
def test_it_pads_as_torchvision(side, place):
    image, mask = noise(20, 31), torch.arange(20 * 31).reshape(1, 20, 31)
    given = torch.tensor([[1.0, 2.0, 11.0, 12.0], [4.0, 6.0, 31.0, 20.0]])
    batch = batch_of(image, boxes=[Boxes(given, labels=["a", "b"])], masks=[mask[0]])
    found = run_with(ZoomOut(fill=0.2, mask_fill=7), batch, side=[side], place=[place])
    height, width = int(20 * side), int(31 * side)
    top, left = int((height - 20) * place[0]), int((width - 31) * place[1])
    margins = [left, top, width - 31 - left, height - 20 - top]
    assert torch.equal(found.data[0], tv.pad(image, margins, fill=51))
    assert torch.equal(found.info.target("masks")[0], tv.pad(tv_tensors.Mask(mask), margins, fill=7)[0])
    boxes = tv.pad(tv_tensors.BoundingBoxes(given, format="XYXY", canvas_size=(20, 31)), margins)
    np.testing.assert_array_equal(found.info.target("boxes")[0].data, boxes.numpy())


def test_ratios_and_places_are_uniform():
    batch = batch_of(*[noise(10, 10, seed=s) for s in range(400)])
    params = ZoomOut().draw(batch.info, rng_for(batch))
    sides = np.sort(params.array("side"))
    assert np.abs(sides - np.linspace(1, 4, 400)).max() < 0.3
    assert np.abs(np.sort(params.array("place"), axis=0) - np.linspace(0, 1, 400)[:, None]).max() < 0.1
    assert all(tuple(row.shape[1:]) >= (10, 10) for row in run(ZoomOut(), batch).data)
