"""Steps for values from 0 to 1 do not stand behind steps that leave this range: whatever may be drawn."""

import cv2
import numpy as np
import pytest
import torch

import augreg
from augreg import ConfigError, Pipeline

BLUR, NORMAL = {"image.gaussian_blur": {"p": 0.5}}, "image.normalize"
RAW = {"image.to_tensor": {"scale": False}}
REFUSED = {
    "one after the other": [NORMAL, BLUR],
    "seldom": [{"image.normalize": {"p": 0.01}}, {"image.gaussian_noise": {"p": 0.01}}],
    "in a sequence": [[NORMAL], {"sequential": {"steps": [BLUR], "p": 0.1}}],
    "one of both kinds, then another": [{"one_of": [NORMAL, BLUR]}, "image.grayscale"],
    "some of them in order": [{"some_of": {"steps": [NORMAL, BLUR], "n": 2}}],
    "some of them in any order": [{"some_of": {"steps": [BLUR, NORMAL], "n": [1, 2], "order": "random"}}],
    "restored at times": [NORMAL, {"image.denormalize": {"p": 0.5}}, BLUR],
    "values of integers as floats": [RAW, "image.color_jitter"],
    "bytes": [NORMAL, {"image.to_tensor": {"dtype": "uint8"}}],
    "twice restored is not twice left": [NORMAL, "image.denormalize", NORMAL, "image.posterize"],
}
TAKEN = {
    "the usual order": [BLUR, "image.to_tensor", "image.color_jitter", NORMAL],
    "never": [{"image.normalize": {"p": 0.0}}, BLUR],
    "one of both": [{"one_of": [NORMAL, BLUR]}],
    "one of some": [{"some_of": {"steps": [NORMAL, BLUR], "n": 1}}],
    "restored": [NORMAL, "image.denormalize", BLUR],
    "geometry": [NORMAL, "image.hflip", {"image.rotate": {"degrees": 9}}, {"image.crop": {"size": 8}}],
    "as torchvision's and timm's": [NORMAL, "image.erasing", "image.mixup", "image.cutmix"],
    "as albumentations'": [NORMAL, "image.to_tensor"],
    "some in order": [{"some_of": {"steps": [BLUR, NORMAL], "n": 2}}],
}


@pytest.mark.parametrize("steps", REFUSED.values(), ids=REFUSED)
def test_what_would_clip_is_refused_when_built(steps):
    with pytest.raises(ConfigError, match=r"takes values from 0 to 1 and stands behind image\.\w+, .* Put it before"):
        Pipeline({"image": steps})


@pytest.mark.parametrize("steps", TAKEN.values(), ids=TAKEN)
def test_other_orders_are_taken(steps):
    Pipeline({"image": steps})


def test_the_message_is_the_order_to_write():
    with pytest.raises(ConfigError, match=r"Put it before: \[image\.gaussian_blur, image\.normalize\]\."):
        Pipeline({"image": [NORMAL, BLUR]})
    with pytest.raises(ConfigError, match="stands behind image.normalize"):
        Pipeline({"schema": {"photo": "image"}, "image": [NORMAL], "fields": {"photo": [BLUR]}})
    with pytest.raises(ConfigError, match="stands behind image.normalize"):
        Pipeline({"video": [NORMAL, BLUR]})
    Pipeline({"schema": {"a": "image", "b": "image"}, "fields": {"a": [NORMAL], "b": [BLUR]}})


def test_what_may_follow_normalization_cuts_nothing_off():
    image = np.random.default_rng(3).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    normal = (image / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    two = [torch.from_numpy(image).permute(2, 0, 1)] * 2
    names = ("erasing", "coarse_dropout", "pixel_dropout", "hflip")
    for name in (*names, "cutmix", "fmix", "resizemix", "mosaic", "mixup"):
        pipe = Pipeline({"image": [NORMAL, {f"image.{name}": {"p": 1.0}}]})
        for out in augreg.augment(two, pipe, seed=3, keys=[0, 1], modality="image"):
            assert out.min() < normal.min() + 0.6
            assert out.max() > normal.max() - 0.6


def test_blur_of_normalized_pictures_by_way_of_denormalizing():
    image = np.random.default_rng(3).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    blur = {"image.gaussian_blur": {"p": 1.0, "sigma": [1.0, 1.0]}}
    normal = (image / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    pipe = Pipeline({"image": [NORMAL, "image.denormalize", blur, NORMAL]})
    found = pipe(augreg.Image(image), seed=1, keys=0).data
    assert np.abs(found - cv2.GaussianBlur(normal, (0, 0), 1.0))[8:-8, 8:-8].max() < 0.05
