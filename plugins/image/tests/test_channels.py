"""Pictures of any number of channels: each channel comes out as it would alone, and stays in range."""

import importlib
from dataclasses import fields

import cv2
import numpy as np
import pytest
import torch
from augreg_image import blur, distortion, focus, geometry, projective, resize, sharpen, symmetry
from augreg_image.kernels.channels import OPENCV_MAX_CHANNELS as EDGE
from augreg_image.kernels.channels import in_chunks, in_fours
from augreg_image.kernels.filters import filter_cpu, trimmed
from augreg_image.plugin import augreg_augmenters
from image_testkit import batch_of, noise, rng_for, run, run_on_torch, share, smooth
from scipy import ndimage

DTYPES = [torch.uint8, torch.uint16, torch.float16, torch.float32]
WARPS = [
    geometry.Rotate,
    geometry.Affine,
    projective.Zoom,
    projective.Translate,
    projective.Perspective,
    distortion.Elastic,
    distortion.GridDistortion,
]
FILTERS = [
    blur.GaussianBlur(),
    blur.BoxBlur(),
    blur.MedianBlur(),
    blur.MotionBlur(),
    focus.DefocusBlur(),
    focus.ZoomBlur(),
    focus.GlassBlur(),
    focus.AnisotropicBlur(),
    focus.Ringing(),
    sharpen.Sharpen(),
    sharpen.UnsharpMask(),
    sharpen.Emboss(),
]
TURNS = [symmetry.Transpose(), symmetry.Rot90(turns=(1, 2, 3)), symmetry.D4(), geometry.HFlip(), geometry.VFlip()]
LEVEL = {torch.uint8: 1.01 / 255, torch.uint16: 1.01 / 65535, torch.float16: 1e-3, torch.float32: 1e-6}


def together_and_alone(augmenter, image, seed=0):
    """The picture's result, and that of each of its channels put together, (C, H, W)."""
    batch = batch_of(image)
    params = augmenter.draw(batch.info, rng_for(batch, seed))
    planes = batch_of(*image[:, None])
    alone = augmenter.apply(planes, params.take(np.zeros(len(image), dtype=np.int64))).data
    return augmenter.apply(batch, params).data[0], torch.cat(list(alone))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("kind", WARPS, ids=lambda k: k.__name__)
def test_warps_give_every_channel_the_bits_that_it_gets_alone(kind, interpolation, dtype):
    augmenter = kind(interpolation=interpolation)
    for channels in (2, 3, 5, 6):
        for seed in range(2):
            found, alone = together_and_alone(augmenter, noise(31, 44, channels, dtype=dtype), seed)
            assert torch.equal(found, alone), (channels, seed)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [(60, 77), (19, 23), (60, 20)])
def test_resizes_give_every_channel_the_values_that_it_gets_alone(size, dtype):
    for interpolation in ("nearest", "bilinear", "bicubic"):
        augmenter = resize.Resize(size=size, interpolation=interpolation)
        for channels in (2, 6, 130):
            found, alone = together_and_alone(augmenter, noise(31, 44, channels, dtype=dtype))
            np.testing.assert_allclose(share(found), share(alone), rtol=0, atol=LEVEL[dtype])


@pytest.mark.parametrize("channels", [EDGE + 2, 514])
@pytest.mark.parametrize("augmenter", FILTERS, ids=lambda a: type(a).__name__)
def test_filters_take_more_channels_than_opencv(augmenter, channels):
    for dtype in (d for d in DTYPES if str(d)[6:] in augmenter.declares.dtypes):
        image = noise(9, 11, channels, dtype=dtype)
        found = run(augmenter, batch_of(image)).data[0]
        for part in (slice(0, 3), slice(EDGE - 1, EDGE + 2), slice(channels - 2, channels)):
            few = run(augmenter, batch_of(image[part])).data[0]
            np.testing.assert_allclose(share(found[part]), share(few), rtol=0, atol=LEVEL[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("augmenter", TURNS, ids=lambda a: type(a).__name__)
def test_turns_take_more_channels_than_opencv(augmenter, dtype):
    for seed in range(4):
        found, alone = together_and_alone(augmenter, noise(5, 8, 514, dtype=dtype), seed)
        assert torch.equal(found, alone)


def test_a_mirrored_resize_takes_more_channels_than_opencv():
    image = noise(20, 24, 140, dtype=torch.float32)
    flip, half = geometry.HFlip(), resize.Resize(size=(10, 12))
    batch = batch_of(image)
    params = flip.draw(batch.info, rng_for(batch))
    op = flip.lower(batch.info, params)
    joined = op.then(half.lower(op.infer(batch.info), half.draw(op.infer(batch.info), rng_for(batch))))
    assert joined is not None
    whole = run(half, batch_of(image.flip(-1))).data[0]
    np.testing.assert_allclose(joined.run(batch).data[0], whole, rtol=0, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 7, EDGE, EDGE + 1, 2 * EDGE + 6])
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (6, 1), (5, 8)])
def test_parts_are_put_together_in_order(channels, shape):
    image = np.random.default_rng(0).integers(0, 30000, (*shape, channels)).astype(np.uint16)
    wider = np.zeros((shape[0] + 1, shape[1] + 2, channels), np.uint16)
    wider[1:, 1:-1] = image
    asked = []

    def doubled(part, _, first):
        asked.append((first, part.shape[2]))
        return part + np.arange(first, first + part.shape[2], dtype=np.uint16)

    wanted = image + np.arange(channels, dtype=np.uint16)
    room = np.empty_like(image)
    np.testing.assert_array_equal(in_fours(doubled, image), wanted)
    np.testing.assert_array_equal(in_fours(doubled, wider[1:, 1:-1]), wanted)
    found = in_fours(doubled, image, room)
    np.testing.assert_array_equal(found, wanted)
    assert found is room or channels in (1, 3, 4)  # a kernel is asked to fill the room itself there
    assert {count for _, count in asked} <= {1, 3, 4}
    np.testing.assert_array_equal(in_chunks(lambda part: cv2.add(part, part), wider[1:, 1:-1]), image * 2)


@pytest.mark.parametrize("channels", [2, 6, 10])
@pytest.mark.parametrize("size", [3, 5, 7, 11])
def test_medians_of_pairs_equal_scipy(channels, size):
    image = noise(25, 30, channels)
    planes = image.permute(1, 2, 0).contiguous().numpy()
    wanted = ndimage.median_filter(planes, size=(size, size, 1), mode="nearest")
    np.testing.assert_array_equal(blur.median(planes, size), wanted)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("size", [3, 7, 9, 13, 21])
@pytest.mark.parametrize("sparse", [False, True])
def test_filters_equal_scipy_whatever_way_they_take(dtype, size, sparse):
    rng = np.random.default_rng(size)
    white = 1.0 if dtype == np.float32 else float(np.iinfo(dtype).max)
    image = (rng.random((30, 41, 3)) * white).astype(dtype)
    kernel = rng.normal(0.4, 1.0, (size, size)) * ((rng.random((size, size)) < 0.1) if sparse else 1.0)
    kernel[size // 2, size // 2] += 1.0
    kernel /= np.abs(kernel).sum()
    wanted = ndimage.correlate(image.astype(np.float64), kernel[:, :, None], mode="reflect").clip(0.0, white)
    found = filter_cpu(image, kernel)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, wanted, rtol=0, atol=2e-6 if dtype == np.float32 else 0.51 + 1e-6 * white)


def test_trimming_keeps_the_middle():
    kernel = np.zeros((9, 9))
    kernel[4, 2:8] = 1.0
    kernel[3, 4] = 2.0
    assert trimmed(kernel).shape == (3, 7)
    assert trimmed(kernel)[1, 3] == kernel[4, 4]
    np.testing.assert_array_equal(np.pad(trimmed(kernel), ((3, 3), (1, 1))), kernel)
    assert trimmed(np.zeros((5, 5))).size
    assert trimmed(np.eye(3)).shape == (3, 3)


def bounded():
    """Every augmenter that keeps the range of floats, with each interpolation that it has."""
    for spec in augreg_augmenters():
        module, name = spec.target.split(":")
        kind = getattr(importlib.import_module(module), name)
        if "float32" not in kind.declares.dtypes or not kind.declares.keeps_range or kind.declares.labels == "mixes":
            continue
        resampled = "interpolation" in {f.name for f in fields(kind)}
        for mode in ("nearest", "bilinear", "bicubic") if resampled else (None,):
            for config in kind.examples[:2] or ({},):
                yield pytest.param(kind, {**config, **({"interpolation": mode} if mode else {})}, id=f"{name}-{mode}")


@pytest.mark.parametrize(("kind", "config"), list(bounded()))
def test_floats_stay_between_black_and_white(kind, config):
    augmenter = kind(**config)
    channels = 3 if 3 in (augmenter.declares.channels or (3,)) else augmenter.declares.channels[0]
    white = torch.ones(channels, 40, 51)
    for seed in range(3):
        for image in (white, noise(40, 51, channels, seed, torch.float32).round()):
            found = run(augmenter, batch_of(image), seed).data[0]
            assert 0.0 <= float(found.min()) <= float(found.max()) <= 1.0


CUBIC = [
    resize.Resize(size=(20, 23), interpolation="bicubic"),
    resize.Resize(size=(61, 90), interpolation="bicubic"),
    resize.ResizedCrop(size=(61, 90), scale=(0.5, 0.9), interpolation="bicubic"),
    geometry.Rotate(interpolation="bicubic"),
]


@pytest.mark.parametrize("step", CUBIC, ids=lambda s: f"{type(s).__name__}-{getattr(s, 'size', 0)}")
def test_cubic_depths_stay_between_those_of_the_source(step):
    depth = torch.where(smooth(40, 51, 1, dtype=torch.float32) > 0.5, 9.0, -3.0)
    batch = batch_of(depth)
    params = step.draw(batch.info, rng_for(batch))
    for found in (step.apply(batch, params).data[0], run_on_torch(step, batch, params).data[0]):
        assert float(found.min()) == -3.0
        assert float(found.max()) == 9.0


def test_cubic_depths_beside_nan_are_clipped_too():
    depth = torch.where(smooth(40, 51, 1, dtype=torch.float32) > 0.5, 9.0, 2.0)
    depth[0, :3, :4] = torch.nan
    batch = batch_of(depth)
    step = geometry.Rotate(degrees=(20, 40), interpolation="bicubic")
    params = step.draw(batch.info, rng_for(batch))
    for found in (step.apply(batch, params).data[0], run_on_torch(step, batch, params).data[0]):
        known = found[~found.isnan()]
        assert 0 < len(known) < found.numel()
        assert float(known.max()) == 9.0
        assert float(known.min()) == 0.0
