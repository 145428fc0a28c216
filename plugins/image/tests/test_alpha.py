"""Alpha is no color: every step that only changes values leaves it, and does to the colors what it does without it."""

import numpy as np
import PIL.Image
import pytest
import torch
from augreg_image.run_torch import run_torch
from image_testkit import rng_for, smooth

import augreg
from augreg.kernel import make_batch
from augreg.registry import default


def _steps():
    for spec in default().augmenters():
        if spec.modalities != ("image",):
            continue
        cls = default().load(spec.id)
        if not cls.declares.targets and cls.declares.keeps_range:
            yield spec.name, cls


STEPS = dict(_steps())


def pixels(channels, flip=1, seed=7):
    found = np.random.default_rng(seed).integers(0, 256, (40, 48, channels), dtype=np.uint8)
    found[..., -1] = 255
    found[:, :20, -1] = 128
    return found[:, ::flip].copy()


def step(name):
    cls = STEPS[name]
    return augreg.Step(cls(**(cls.examples[0] if cls.examples else {})), p=1.0)


def applied(name, pictures):
    pipe = augreg.Pipeline({"image": [step(name)]})
    try:
        return augreg.augment(pictures, pipe, seed=3, keys=list(range(len(pictures))))
    except augreg.UnsupportedError as error:
        pytest.skip(str(error))


def held(array, as_pil):
    return PIL.Image.fromarray(array) if as_pil else augreg.Image(array)


def values(picture):
    return np.asarray(picture.data if isinstance(picture, augreg.Image) else picture)


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize(("channels", "as_pil"), [(4, True), (2, True), (4, False)])
def test_every_step_that_moves_nothing_leaves_alpha(name, channels, as_pil):
    images = [pixels(channels), pixels(channels, -1, seed=8)]
    for out, image in zip(applied(name, [held(image, as_pil) for image in images]), images, strict=True):
        assert values(out).shape == image.shape
        np.testing.assert_array_equal(values(out)[..., -1], image[..., -1])


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("channels", [4, 2])
def test_colors_beside_alpha_come_out_as_without_it(name, channels):
    if name == "image.overlay_text":
        pytest.skip("its text has an ink of its own for gray pictures")
    images = [pixels(channels), pixels(channels, -1, seed=8)]
    colors = [image[..., :-1] if channels == 4 else image[..., 0] for image in images]
    beside = applied(name, [held(image, as_pil=True) for image in images])
    alone = applied(name, [held(np.ascontiguousarray(image), as_pil=True) for image in colors])
    for one, other in zip(beside, alone, strict=True):
        np.testing.assert_array_equal(values(one)[..., :-1].squeeze(), values(other))


@pytest.mark.parametrize("name", ["image.invert", "image.gamma", "image.equalize"])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_alpha_stays_in_the_batched_kernels(name, dtype):
    batch = make_batch("image", [smooth(40, 31, 4, seed=s, dtype=dtype) for s in range(3)])
    augmenter = step(name).augmenter
    op = augmenter.lower(batch.info, augmenter.draw(batch.info, rng_for(batch)))
    found = run_torch(op.stages, batch)
    for row, before in zip(found.rows(), batch.data, strict=True):
        assert torch.equal(row[3], before[3])
        assert not torch.equal(row[:3], before[:3])


def test_two_channels_that_say_nothing_are_no_gray_and_alpha():
    image = pixels(2)
    pipe = augreg.Pipeline({"image": [{"image.invert": {"p": 1.0}}]})
    said, unsaid = augreg.augment([PIL.Image.fromarray(image), augreg.Image(image)], pipe, seed=3, keys=[0, 1])
    np.testing.assert_array_equal(np.asarray(said), np.dstack([255 - image[..., 0], image[..., 1]]))
    np.testing.assert_array_equal(unsaid.data, 255 - image)


def test_palette_with_transparency_has_alpha():
    picture = PIL.Image.fromarray(pixels(4)).quantize(16)
    picture.info["transparency"] = 3
    assert picture.mode == "P"
    alpha = np.asarray(picture.convert("RGBA"))[..., 3]
    pipe = augreg.Pipeline({"image": [{"image.invert": {"p": 1.0}}]})
    np.testing.assert_array_equal(np.asarray(pipe(picture, seed=1, keys=0))[..., 3], alpha)
