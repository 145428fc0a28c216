"""Noise, blur and erasing against formulas, scipy and brute force."""

import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
import torch
from augreg_image.blur import GaussianBlur, MedianBlur, box_weights
from augreg_image.compression import Downscale
from augreg_image.erasing import CoarseDropout, Erasing
from augreg_image.histogram import CLAHE
from augreg_image.kernels import keyed_noise
from augreg_image.kernels.filters import filter_cpu, filter_torch, gaussian_weights, separable_cpu, separable_torch
from augreg_image.kernels.layout import to_hwc
from augreg_image.noise import GaussianNoise
from image_testkit import batch_of, noise, rng_for, run, run_with, share, smooth

from augreg import Boxes, Keypoints
from augreg.data.batch import Batch
from augreg.random import noise as augreg_noise

DTYPES = [torch.uint8, torch.uint16, torch.float16, torch.float32]


def splitmix(state, count):
    mask, out = (1 << 64) - 1, []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        out.append(z ^ (z >> 31))
    return out


@pytest.mark.parametrize("key", [0, 1, 2**62 + 12345, 2**63 - 1])
def test_bits_are_splitmix64_on_both_backends(key):
    expected = splitmix(key, 5)
    assert augreg_noise.bits(key, 5).tolist() == expected
    keys = np.array([7, key], dtype=np.int64)
    found = augreg_noise.bits_on(keys, 5, "cpu")[1].numpy().view(np.uint64)
    assert found.tolist() == expected
    halves = keyed_noise.halves_torch(keys, (3, 2, 3), torch.device("cpu"))[1].numpy()
    np.testing.assert_array_equal(halves, keyed_noise.halves(key, (3, 2, 3)))


def test_first_word_of_seed_zero_is_the_published_one():
    assert augreg_noise.bits(0, 1)[0] == 0xE220A8397B1DCDAF


def test_normals_are_normal_and_uniforms_uniform():
    values = keyed_noise.normals(99, (400, 400))
    assert scipy.stats.kstest(values.ravel()[:20000], "norm").pvalue > 1e-3
    assert abs(values.std() - 1) < 0.006
    flat = keyed_noise.uniforms(5, (200, 200)).ravel()
    assert scipy.stats.kstest(flat, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(flat[:-1], flat[1:])[0, 1]) < 0.02


@pytest.mark.parametrize("dtype", DTYPES)
def test_gaussian_noise_has_the_strength_asked_for(dtype):
    image = torch.full((3, 64, 64), 0.5)
    image = {torch.uint8: image * 255, torch.uint16: image * 65535}.get(dtype, image)
    image = torch.from_numpy(image.numpy().astype(str(dtype).removeprefix("torch.")))
    out = run_with(GaussianNoise(), batch_of(image), std=[0.1], noise=[5])
    assert out.data[0].dtype == dtype
    difference = share(out.data[0]) - share(image)
    assert difference.std() == pytest.approx(0.1, rel=0.03)
    assert abs(difference.mean()) < 0.003


def test_gaussian_noise_is_the_same_on_both_paths_and_in_any_batch():
    batch = batch_of(*(smooth(20, 21, seed=s) for s in range(3)))
    augmenter = GaussianNoise(mean=0.02)
    params = augmenter.draw(batch.info, rng_for(batch))
    whole = augmenter.apply(batch, params).data
    keys, std = params.array("noise"), params.array("std")
    alone = augmenter.apply(batch.take(np.array([2])), params.take(np.array([2]))).data[0]
    assert torch.equal(alone, whole[2])
    grain = keyed_noise.normals_torch(keys, torch.stack(list(batch.data))).numpy()
    for i in range(3):
        expected = np.clip(batch.data[i].numpy() + grain[i] * std[i] * 255 + 0.02 * 255, 0, 255)
        assert np.abs(whole[i].numpy() - expected).max() <= 0.51


def test_noise_differs_between_samples_and_level_zero_is_the_identity():
    batch = batch_of(*[smooth(9, 9)] * 3)
    out = run(GaussianNoise(), batch).data
    assert not torch.equal(out[0], out[1])
    assert run(GaussianNoise(), batch, level=0.0).data[1] is batch.data[1]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_gaussian_blur_equals_scipy(dtype, channels):
    image = noise(30, 26, channels, dtype=dtype)
    found = run_with(GaussianBlur(), batch_of(image), sigma=[1.7]).data[0]
    expected = scipy.ndimage.gaussian_filter(share(image), (0, 1.7, 1.7), mode="reflect", truncate=4.2)
    assert found.dtype == dtype
    np.testing.assert_allclose(share(found), expected, atol=0.8 / 255 if dtype == torch.uint8 else 1e-3)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16])
def test_a_blur_too_narrow_for_whole_numbers_leaves_the_picture_alone(dtype):
    image = noise(30, 26, 3, dtype=dtype)
    for sigma in np.linspace(0.05, 0.3, 26).tolist():
        exact = to_hwc(image).astype(np.float64)
        for axis in (0, 1):
            exact = scipy.ndimage.correlate1d(exact, gaussian_weights(sigma), axis=axis, mode="reflect")
        found = run_with(GaussianBlur(), batch_of(image), sigma=[sigma]).data[0]
        # Between two whole numbers either is right: 3.1 standard deviations are not all of them.
        assert np.abs(to_hwc(found) - exact).max() < 0.51
        if sigma < 0.2:
            assert found is image


def test_filters_agree_between_backends_also_on_tiny_pictures():
    rng = np.random.default_rng(0)
    for height, width in ((30, 20), (2, 3), (1, 1)):
        image = noise(height, width)
        array, stack = to_hwc(image), torch.stack([image, image])
        weights = gaussian_weights(2.0)
        cpu = separable_cpu(array, weights).transpose(2, 0, 1)
        assert np.abs(separable_torch(stack, [weights, np.ones(1)])[0].numpy().astype(int) - cpu).max() <= 1
        assert torch.equal(separable_torch(stack, [weights, np.ones(1)])[1], image)
        kernel = rng.random((5, 5)) / 12
        cpu = filter_cpu(array, kernel).transpose(2, 0, 1)
        assert np.abs(filter_torch(stack, [kernel, kernel])[1].numpy().astype(int) - cpu).max() <= 1


def test_blur_level_is_a_share_of_the_shorter_side():
    small, large = smooth(20, 30), smooth(80, 120)
    sigma = [
        GaussianBlur().draw(b.info, rng_for(b), np.ones(1)).array("sigma")[0]
        for b in (batch_of(small), batch_of(large))
    ]
    assert sigma[1] == pytest.approx(4 * sigma[0])
    assert run(GaussianBlur(), batch_of(small), level=0.0).data[0] is small


@pytest.mark.parametrize("fill", [0.25, (0.1, 0.2, 0.3), "mean"])
def test_erasing_covers_exactly_its_rectangle(fill):
    image = noise(20, 30)
    out = run_with(Erasing(fill=fill), batch_of(image), box=[[3, 5, 13, 9]]).data[0]
    colour = image.double().mean(dim=(1, 2)) if fill == "mean" else torch.tensor(fill) * 255
    expected = image.clone()
    expected[:, 5:9, 3:13] = colour.round().expand(3).to(torch.uint8)[:, None, None]
    assert torch.equal(out, expected)


def test_erasing_on_the_torch_path_is_the_same():
    batch = batch_of(*(noise(20, 30, seed=s) for s in range(4)))
    for fill in (0.3, "mean"):
        augmenter = Erasing(fill=fill)
        params = augmenter.draw(batch.info, rng_for(batch))
        cpu = augmenter.apply(batch, params).data
        boxes = [b.reshape(1, 4) for b in params.array("box")]
        gpu = augmenter._cover_torch(Batch(torch.stack(list(batch.data)), batch.info).data, boxes)
        assert torch.equal(torch.stack(list(cpu)), gpu)


def test_erasing_draws_areas_in_range_and_levels_set_them():
    batch = batch_of(*[noise(100, 100, 1)] * 50)
    box = Erasing(scale=(0.1, 0.2)).draw(batch.info, rng_for(batch)).array("box")
    area = (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]) / 1e4
    assert ((area > 0.09) & (area < 0.21)).all()
    assert len(set(map(tuple, box.tolist()))) > 45
    box = Erasing().draw(batch.info, rng_for(batch), np.full(50, 0.5)).array("box")
    area = (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]) / 1e4
    assert ((area > 0.18) & (area < 0.22)).all()
    assert run(Erasing(), batch, level=0.0).data[7] is batch.data[7]


def test_erasing_hides_points_drops_boxes_and_paints_masks_as_asked():
    image, mask = noise(20, 20), torch.ones(1, 20, 20, dtype=torch.int64)
    points = Keypoints([[5.0, 5.0], [15.0, 15.0]])
    boxes = Boxes([[2, 2, 8, 8], [10, 10, 19, 19]], labels=["a", "b"])
    batch = batch_of(image, keypoints=[points], boxes=[boxes], masks=[mask])
    out = run_with(Erasing(), batch, box=[[2, 2, 8, 6]]).info
    assert out.target("keypoints")[0].visible.tolist() == [False, True]
    assert out.target("boxes")[0].labels == ["a", "b"]
    assert out.target("masks")[0] is mask
    strict = run_with(Erasing(mask_fill=9, min_visibility=0.5), batch, box=[[2, 2, 8, 6]]).info
    assert strict.target("boxes")[0].labels == ["b"]
    assert (strict.target("masks")[0] == 9).sum() == 24
    assert (mask == 1).all()


@pytest.mark.parametrize("size", [1.0, 1.8, 3.0, 4.2, 7.0])
def test_a_box_of_any_size_is_the_share_of_pixels_that_it_covers(size):
    """A level sets sizes between odd numbers: the window, centered on a pixel, covers part of the outermost ones."""
    weights = box_weights(size)
    edges = np.arange(len(weights) + 1) - len(weights) / 2
    covered = np.clip(np.minimum(edges[1:], size / 2) - np.maximum(edges[:-1], -size / 2), 0, None)
    np.testing.assert_allclose(weights, covered / size, atol=1e-12)


def test_a_median_between_two_odd_sizes_is_the_weighted_mean_of_both():
    image = noise(20, 24)
    found = run_with(MedianBlur(), batch_of(image), size=[3.5]).data[0].numpy().astype(float)
    small, large = (
        np.stack([scipy.ndimage.median_filter(plane, k, mode="nearest") for plane in image.numpy()]).astype(float)
        for k in (3, 5)
    )
    np.testing.assert_allclose(found, 0.75 * small + 0.25 * large, atol=0.51)


def test_a_level_sets_both_sides_of_holes_and_the_block_of_a_downscale():
    image = noise(40, 60)
    batch = batch_of(*[image] * 8)
    for row in CoarseDropout().draw(batch.info, rng_for(batch), np.full(8, 0.5))["boxes"]:
        assert {(right - left, bottom - top) for left, top, right, bottom in row} == {
            (round(0.175 * 60), round(0.175 * 40))
        }
    scale = Downscale().draw(batch.info, rng_for(batch), np.linspace(0, 1, 8)).array("scale")
    np.testing.assert_allclose(scale, 1 / np.maximum(1, np.linspace(0, 0.06, 8) * 40))


def test_half_of_clahe_lies_in_the_middle():
    image = smooth(64, 64)
    whole, half = (
        run_with(CLAHE(), batch_of(image), clip=[3.0], amount=[a]).data[0].numpy().astype(float) for a in (1.0, 0.5)
    )
    np.testing.assert_allclose(half, (whole + image.numpy()) / 2, atol=0.51)
