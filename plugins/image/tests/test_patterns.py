"""A step that does not fire for a picture leaves it alone, whatever it does to the pictures beside it."""

import numpy as np
import pytest
import torch

import augreg

CHAINS = {
    "colour between geometry": [
        {"image.rotate": {"degrees": 20}},
        {"image.color_jitter": {"p": 0.5}},
        {"image.resized_crop": {"size": [16, 12]}},
    ],
    "geometry between colour": [
        {"image.brightness": {"factor": [1.2, 1.8]}},
        {"image.rotate": {"degrees": 20, "p": 0.5}},
        {"image.contrast": {"factor": [0.3, 0.6]}},
    ],
    "several": [
        {"image.rotate": {"degrees": 20, "p": 0.6}},
        {"image.brightness": {"factor": [1.2, 1.8], "p": 0.5}},
        {"image.affine": {"p": 0.5}},
        {"image.color_jitter": {"p": 0.5}},
        {"image.hflip": {"p": 0.5}},
    ],
}


def samples():
    rng = np.random.default_rng(0)
    return [
        augreg.Image(
            data=torch.from_numpy(rng.integers(0, 256, (3, 24, 30), dtype=np.uint8)),
            boxes=augreg.Boxes([[2, 3, 20, 22]]),
            masks=torch.from_numpy(rng.integers(0, 3, (24, 30))),
        )
        for _ in range(16)
    ]


@pytest.mark.parametrize("chain", CHAINS)
def test_a_batch_gives_what_each_picture_gives_alone(chain):
    pipe, images = augreg.Pipeline({"image": CHAINS[chain]}), samples()
    together = augreg.augment(images, pipe, seed=3)
    for i, (image, found) in enumerate(zip(images, together, strict=True)):
        alone = augreg.augment([image], pipe, seed=3, keys=[i])[0]
        assert torch.equal(found.data, alone.data)
        assert torch.equal(found.masks, alone.masks)
        np.testing.assert_array_equal(found.boxes.data, alone.boxes.data)
