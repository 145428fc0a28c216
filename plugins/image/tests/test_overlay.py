"""Text and patches against PIL and brute force."""

import numpy as np
import pytest
import torch
from augreg_image import overlay, superpixels
from augreg_image.corruptions.fields import Dice
from image_testkit import batch_of, noise, run, run_with
from PIL import Image, ImageDraw, ImageFont

from augreg.errors import ConfigError


def test_text_is_written_as_pil_writes_it():
    image = torch.zeros(3, 60, 120, dtype=torch.uint8)
    columns = {"text": ["Hi"], "size": [0.5], "place": [[1.0, 0.0]], "colour": [[1.0, 0.5, 0.0]]}
    found = run_with(overlay.OverlayText(), batch_of(image), **columns, opacity=[1.0]).data[0]
    face = ImageFont.load_default(30)
    left, top, _right, bottom = face.getbbox("Hi")
    canvas = Image.new("L", (120, 60))
    ImageDraw.Draw(canvas).text((-left, 60 - (bottom - top) - top), "Hi", fill=255, font=face)
    ink = np.asarray(canvas)
    assert ink.max() == 255
    np.testing.assert_allclose(found[0].numpy(), ink, atol=1)
    np.testing.assert_allclose(found[1].numpy(), ink / 2, atol=1)
    assert not found[2].any()
    half = run_with(overlay.OverlayText(), batch_of(image), **columns, opacity=[0.5]).data[0]
    np.testing.assert_allclose(half[0].numpy(), ink / 2, atol=1)


def test_text_larger_than_the_picture_is_cut_off_and_alpha_stays():
    image = noise(9, 12, 4)
    found = run(overlay.OverlayText(texts="A LONG SENTENCE", size=1.0), batch_of(image)).data[0]
    assert torch.equal(found[3], image[3])
    assert not torch.equal(found[:3], image[:3])


@pytest.mark.parametrize("texts", [[], [""], [3], 7])
def test_texts_that_are_none_are_refused(texts):
    with pytest.raises(ConfigError, match="texts="):
        overlay.OverlayText(texts=texts)


def test_a_font_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match=r"nowhere\.ttf"):
        run(overlay.OverlayText(font="nowhere.ttf"), batch_of(noise(20, 20)))


def test_pixels_belong_to_near_points_and_patches_have_their_mean():
    patch, count = superpixels.patches(33, 42, 7.3, Dice(4))
    points = Dice(4).uniform(5, 6, 2).astype(float)
    points = np.floor((points + np.stack(np.mgrid[0:5, 0:6], axis=2)) * 7.3).clip(0, [32, 41]).reshape(-1, 2)
    points = points[np.lexsort(points.T[::-1])]
    assert count == len(points) == 30
    y, x = np.mgrid[0:33, 0:42].reshape(2, -1)
    far = np.hypot(points[:, :1] - y, points[:, 1:] - x)
    own = far[patch, np.arange(33 * 42)]
    assert (own <= far.min(axis=0) * 1.05 + 1e-9).all()
    image = noise(33, 42)
    found = run_with(superpixels.Superpixels(), batch_of(image), size=[7.3 / 33], noise=[4]).data[0].flatten(1)
    for k in range(count):
        inside = torch.from_numpy(patch == k)
        mean = image.flatten(1)[:, inside].double().mean(dim=1)
        assert (found[:, inside].double() - mean[:, None]).abs().max() <= 0.51
