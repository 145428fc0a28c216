"""Pictures that name their channels: colors are found wherever they stand, and alpha stays in any case."""

import numpy as np
import PIL.Image
import pytest
import torch

import augreg
from augreg import Image, Pipeline, UnsupportedError
from augreg.registry import default

EVERY = {
    s.name: default().load(s.id)
    for s in default().augmenters()
    if s.modalities == ("image",) and s.namespace == "image"
}
VALUES = [n for n, c in EVERY.items() if c.declares.values == "unit" and c.declares.keeps_range]
MOVES = [n for n, c in EVERY.items() if c.declares.values == "any"]
# Another picture's part, with its alpha.
MIXES = ("image.cutmix", "image.mixup", "image.fmix", "image.resizemix", "image.mosaic", "image.copy_paste")
RGB = [n for n, c in EVERY.items() if c.declares.channels and getattr(c, "by_name", False)]
BANDS = ("nir", "blue", "red", "swir", "green")


def step(name):
    cls = EVERY[name]
    return augreg.Step(cls(**(cls.examples[0] if cls.examples else {})), p=1.0)


def pixels(channels, seed=7, dtype=np.uint8):
    return np.random.default_rng(seed).integers(0, 256, (40, 48, channels)).astype(dtype)


def applied(name, pictures):
    try:
        return augreg.augment(pictures, Pipeline({"image": [step(name)]}), seed=3, keys=list(range(len(pictures))))
    except UnsupportedError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", [n for n in VALUES if n not in MIXES])
def test_alpha_stays_bit_for_bit_whatever_changes_values(name):
    arrays = [pixels(4), pixels(4, 8)]
    masks = np.zeros((40, 48), np.int64)
    masks[5:20, 5:30] = 1
    held = [PIL.Image.fromarray(a) for a in arrays]
    for out, before in zip(applied(name, held), arrays, strict=True):
        np.testing.assert_array_equal(np.asarray(out)[..., 3], before[..., 3])
    bgra = {"channels": ["blue", "green", "red", "alpha"]}
    named = [Image(a[..., [2, 1, 0, 3]], masks=masks, options=bgra) for a in arrays]
    for out, before in zip(applied(name, named), arrays, strict=True):
        np.testing.assert_array_equal(out.data[..., 3], before[..., 3])


@pytest.mark.parametrize("name", MOVES)
def test_alpha_moves_like_the_picture(name):
    gray = pixels(1)
    out = applied(name, [PIL.Image.fromarray(np.repeat(gray, 4, axis=2))])[0]
    found = np.asarray(out).astype(int)
    assert np.abs(found[..., 3] - found[..., 0]).max() <= 1


@pytest.mark.parametrize("name", RGB)
def test_steps_for_colors_find_them_and_leave_other_bands(name):
    array = pixels(5)
    out = applied(name, [Image(array, options={"channels": BANDS})])[0].data
    alone = applied(name, [Image(np.ascontiguousarray(array[..., [2, 4, 1]]))])[0].data
    np.testing.assert_array_equal(out[..., [2, 4, 1]], alone)
    np.testing.assert_array_equal(out[..., [0, 3]], array[..., [0, 3]])


@pytest.mark.parametrize("name", RGB)
def test_steps_for_colors_refuse_bands_without_colors(name):
    nameless = Image(pixels(3), options={"channels": ["nir", "swir", "red"]})
    with pytest.raises(UnsupportedError, match=r"channels=\['nir', 'swir', 'red'\].*there is no green"):
        Pipeline({"image": [step(name)]})(nameless, seed=1, keys=0)


def test_brightness_and_contrast_change_every_band():
    array = pixels(5, dtype=np.float32) / 600
    for name, wanted in (
        ("image.brightness", array * 1.5),
        ("image.contrast", None),
        ("image.invert", 1 - array),
    ):
        config = {} if name == "image.invert" else {"factor": [1.5, 1.5]}
        pipe = Pipeline({"image": [{name: {"p": 1.0, **config}}]})
        out = pipe(Image(array, options={"channels": BANDS}), seed=1, keys=0).data
        if wanted is None:
            luma = array[..., [2, 4, 1]].mean(axis=(0, 1)) @ [0.299, 0.587, 0.114]
            pivot = np.where([False, True, True, False, True], luma, array.mean(axis=(0, 1)))
            wanted = 1.5 * array - 0.5 * pivot
        np.testing.assert_allclose(out, wanted.clip(0, 1), atol=1e-5)


def test_four_bands_without_alpha_are_inverted_all():
    array = pixels(4)
    pipe = Pipeline({"image": [{"image.invert": {"p": 1.0}}, {"image.brightness": {"factor": [0.5, 0.5], "p": 1.0}}]})
    for options in ({"alpha": False}, {"channels": ["red", "green", "blue", "nir"]}):
        out = pipe(array, seed=1, keys=0, modality="image", options=options)
        assert np.abs(out.astype(float) - (255 - array.astype(float)) / 2).max() <= 0.5 + 1e-6
    unsaid = pipe(array, seed=1, keys=0, modality="image")
    np.testing.assert_array_equal(unsaid[..., 3], array[..., 3])
    with pytest.raises(UnsupportedError, match="Say which of them are red, green and blue"):
        Pipeline(["image.hue"])(array, seed=1, keys=0, modality="image", options={"alpha": False})


def test_named_pictures_do_not_notice_their_neighbors():
    arrays = [pixels(4), pixels(4, 8), pixels(4, 9)]
    first, last = ["red", "green", "blue", "nir"], ["nir", "blue", "green", "red"]
    said = [{"channels": first}, {"alpha": True}, {"channels": last}]
    samples = [Image(a, options=o) for a, o in zip(arrays, said, strict=True)] + [Image(pixels(4, 10))]
    steps = [{n: {"p": 0.7}} for n in ("image.brightness", "image.color_jitter", "image.contrast", "image.gamma")]
    pipe = Pipeline({"image": [*steps, {"image.gaussian_blur": {"p": 0.5}}, {"image.erasing": {"p": 0.5}}]})
    keys = list(range(4))
    for seed in range(8):
        together = pipe(samples, seed=seed, keys=keys)
        for sample, key, out in zip(samples, keys, together, strict=True):
            np.testing.assert_array_equal(pipe(sample, seed=seed, keys=key).data, out.data)


@pytest.mark.parametrize(
    ("channels", "match"),
    [
        (["red", "green"], "names 2 channels, and image has 4"),
        (["red", "green", "blue", "Alpha"], "Did you mean 'alpha'"),
        (["alpha", "red", "green", "blue"], "'alpha' before others"),
        (["red", "red", "green", "blue"], "twice"),
        ("rgba", "give the name of every channel"),
    ],
)
def test_wrong_names_are_refused(channels, match):
    with pytest.raises(augreg.SampleError, match=match):
        Pipeline(["image.hflip"])(Image(pixels(4), options={"channels": channels}), seed=1, keys=0)


def test_batched_kernels_agree_with_those_of_the_cpu():
    from augreg_image.run_torch import run_torch
    from image_testkit import rng_for

    from augreg.kernel import make_batch

    rows = [torch.from_numpy(pixels(5, s, np.float32) / 255).permute(2, 0, 1) for s in range(3)]
    batch = make_batch("image", rows, extras={"alpha": [False] * 3, "channels": [BANDS] * 3})
    for name in ("image.color_jitter", "image.contrast", "image.gamma", "image.gaussian_blur"):
        augmenter = EVERY[name]()
        op = augmenter.lower(batch.info, augmenter.draw(batch.info, rng_for(batch)))
        for a, b in zip(run_torch(op.stages, batch).rows(), op.run(batch).rows(), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4)
