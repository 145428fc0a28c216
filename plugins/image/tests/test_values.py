"""Tone, color, sharpening, noise, compression and dropout against formulas, PIL and torchvision."""

import io

import numpy as np
import pytest
import scipy.ndimage
import torch
import torchvision.transforms.v2.functional as tv
from augreg_image import blur, color, compression, erasing, histogram, sharpen, tone
from augreg_image import noise as noises
from augreg_image.kernels import keyed_noise, values_cv
from image_testkit import batch_of, named, noise, rng_for, run, run_on_torch, run_with, share, smooth, taken
from PIL import Image as PILImage
from PIL import ImageOps

from augreg.data.params import Params

DTYPES = [torch.uint8, torch.uint16, torch.float16, torch.float32]
LEVEL = {torch.uint8: 1.01 / 255, torch.uint16: 2e-4, torch.float16: 2e-3, torch.float32: 1e-5}

KERNELS = [
    histogram.Autocontrast(), histogram.Equalize(), blur.GaussianBlur(), blur.BoxBlur(), blur.MedianBlur(),
    blur.MotionBlur(), sharpen.Sharpen(), sharpen.UnsharpMask(), sharpen.UnsharpMask(threshold=0.02), sharpen.Emboss(),
    noises.GaussianNoise(mean=0.05), noises.MultiplicativeNoise(), noises.MultiplicativeNoise(per_channel=False),
    noises.ShotNoise(), noises.ISONoise(), noises.SaltAndPepper(), compression.Downscale(),
    compression.Downscale(enlarge="bilinear"),
]  # fmt: skip


@pytest.mark.parametrize(("augmenter", "dtype", "channels"), taken(KERNELS, DTYPES, [1, 3, 4, 6]), ids=named)
def test_torch_path_agrees(augmenter, dtype, channels):
    batch = batch_of(*(smooth(21, 30, channels, seed=s, dtype=dtype) for s in range(3)))
    params = augmenter.draw(batch.info, rng_for(batch))
    gpu = run_on_torch(augmenter, batch, params).data
    for a, b in zip(augmenter.apply(batch, params).data, gpu, strict=True):
        assert a.dtype == b.dtype == dtype
        far = np.abs(share(a) - share(b)) > LEVEL[dtype] + (0.02 if getattr(augmenter, "threshold", 0) else 0)
        assert far.mean() <= 0.002


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("augmenter", "column", "formula"),
    [
        (tone.Gamma(), {"gamma": [1.8]}, lambda x: x**1.8),
        (tone.Invert(), {}, lambda x: 1 - x),
        (tone.Solarize(), {"threshold": [0.4]}, lambda x: np.where(x >= 0.4, 1 - x, x)),
        (tone.SolarizeAdd(), {"add": [0.3]}, lambda x: np.where(x < 0.5, np.minimum(x + 0.3, 1), x)),
        (tone.Posterize(), {"bits": [3]}, lambda x: np.floor(np.round(x * 255, 6) / 32 + 1e-9) * 32 / 255),
    ],
)
def test_curves(augmenter, column, formula, dtype):
    image = noise(16, 17, dtype=dtype)
    found = run_with(augmenter, batch_of(image), **column).data[0]
    assert found.dtype == dtype
    wanted = formula(share(image))
    far = np.abs(share(found) - wanted) > (0.51 / 255 if dtype == torch.uint8 else 2e-3)
    assert far.mean() < 0.01
    gpu = run_on_torch(augmenter, batch_of(image), Params(1, {k: np.asarray(v) for k, v in column.items()})).data[0]
    np.testing.assert_allclose(share(gpu), share(found), atol=1e-3)


def test_posterize_and_solarize_equal_torchvision():
    image = noise(20, 20)
    found = run_with(tone.Posterize(), batch_of(image), bits=[4]).data[0]
    assert torch.equal(found, tv.posterize(image, 4))
    found = run_with(tone.Solarize(), batch_of(image), threshold=[128 / 255]).data[0]
    assert torch.equal(found, tv.solarize(image, 128))


def test_curves_fuse_into_one_table_with_the_same_bits():
    batch = batch_of(noise(9, 9), noise(9, 9, seed=1))
    steps, op, single = [tone.Gamma(), tone.Posterize(), tone.Invert(), tone.Solarize()], None, batch
    for k, step in enumerate(steps):
        params = step.draw(batch.info, rng_for(batch, path=str(k)))
        lowered = step.lower(batch.info, params)
        op = lowered if op is None else op.then(lowered)
        single = step.apply(single, params)
    assert len(op.stages) == 1
    for a, b in zip(op.run(batch).data, single.data, strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("channels", [1, 3])
def test_equalize_equals_pil(channels):
    image = smooth(30, 31, channels)
    array = image.permute(1, 2, 0).numpy()
    expected = np.asarray(ImageOps.equalize(PILImage.fromarray(array.squeeze())))
    found = run(histogram.Equalize(), batch_of(image)).data[0].permute(1, 2, 0).numpy().squeeze()
    np.testing.assert_array_equal(found, expected)
    flat = torch.full((channels, 4, 4), 7, dtype=torch.uint8)
    assert torch.equal(run(histogram.Equalize(), batch_of(flat)).data[0], flat)


def test_autocontrast_equals_torchvision():
    image = smooth(30, 31)
    found = run(histogram.Autocontrast(), batch_of(image)).data[0]
    assert (found.int() - tv.autocontrast(image).int()).abs().max() <= 1
    flat = torch.full((3, 4, 4), 0.3)
    assert torch.equal(run(histogram.Autocontrast(), batch_of(flat)).data[0], flat)


def test_grayscale_shift_shuffle_and_dropout():
    image = noise(8, 8, dtype=torch.float32)
    gray = run(color.Grayscale(), batch_of(image)).data[0]
    np.testing.assert_allclose(gray, tv.rgb_to_grayscale(image, 3), atol=2e-3)
    shifted = run_with(color.RGBShift(), batch_of(image), shift=[[0.1, -0.2, 0.0]]).data[0]
    np.testing.assert_allclose(shifted, (image + torch.tensor([0.1, -0.2, 0])[:, None, None]).clamp(0, 1), atol=1e-6)
    shuffled = run_with(color.ChannelShuffle(), batch_of(image), order=[[2, 0, 1]]).data[0]
    assert torch.equal(shuffled, image[[2, 0, 1]])
    dropped = run_with(color.ChannelDropout(fill=0.5), batch_of(image), dropped=[[0, 1, 0]]).data[0]
    assert torch.equal(dropped[[0, 2]], image[[0, 2]])
    assert (dropped[1] == 0.5).all()


def test_photometric_distort_without_chance_changes_nothing():
    image = noise(8, 8)
    assert run(color.PhotometricDistort(chance=0), batch_of(image)).data[0] is image


def test_sharpen_equals_torchvision_inside():
    image = smooth(20, 20)
    for factor in (0.0, 1.9):
        found = run_with(sharpen.Sharpen(), batch_of(image), factor=[factor]).data[0]
        inner = (slice(None), slice(1, -1), slice(1, -1))
        assert (found.int() - tv.adjust_sharpness(image, factor).int())[inner].abs().max() <= 1


def test_box_and_median_blur_equal_scipy():
    image = noise(20, 24)
    found = run_with(blur.BoxBlur(), batch_of(image), size=[5]).data[0]
    expected = scipy.ndimage.uniform_filter(image.double().numpy(), (0, 5, 5), mode="reflect")
    np.testing.assert_allclose(found, expected, atol=0.6)
    for size in (3, 7):
        found = run_with(blur.MedianBlur(), batch_of(image), size=[size]).data[0]
        np.testing.assert_array_equal(
            found, scipy.ndimage.median_filter(image.numpy(), (1, size, size), mode="nearest")
        )


def test_motion_blur_spreads_a_dot_along_its_direction():
    image = torch.zeros(1, 41, 41)
    image[0, 20, 20] = 1
    found = run_with(blur.MotionBlur(), batch_of(image), length=[15.0], degrees=[30.0]).data[0][0].numpy()
    y, x = np.mgrid[0:41, 0:41] - 20.0
    assert found.sum() == pytest.approx(1, abs=1e-4)
    along = x * np.cos(np.pi / 6) - y * np.sin(np.pi / 6)
    across = x * np.sin(np.pi / 6) + y * np.cos(np.pi / 6)
    assert (found * along**2).sum() == pytest.approx(15**2 / 12, rel=0.05)
    assert (found * across**2).sum() < 0.5


def test_shot_noise_has_the_variance_of_poisson():
    image = torch.full((1, 200, 200), 0.5)
    found = run_with(noises.ShotNoise(), batch_of(image), scale=[0.01], noise=[3]).data[0]
    assert float(found.var()) == pytest.approx(0.005, rel=0.03)
    assert float(found.mean()) == pytest.approx(0.5, abs=0.002)


def test_salt_and_pepper_turns_the_share_asked_for():
    image = torch.full((3, 200, 200), 100, dtype=torch.uint8)
    found = run_with(noises.SaltAndPepper(salt=0.25), batch_of(image), amount=[0.1], noise=[3]).data[0]
    assert (found == 255).all(dim=0).float().mean() == pytest.approx(0.025, abs=0.003)
    assert (found == 0).all(dim=0).float().mean() == pytest.approx(0.075, abs=0.004)
    assert ((found == 100) | (found == 0) | (found == 255)).all()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_codecs_equal_pil(channels):
    image = smooth(24, 30, channels)
    array = image.permute(1, 2, 0).numpy()
    memory = io.BytesIO()
    PILImage.fromarray(array[..., :3].squeeze()).save(memory, "JPEG", quality=40)
    expected = np.asarray(PILImage.open(memory)).reshape(24, 30, -1)
    found = run_with(compression.JPEG(), batch_of(image), quality=[40]).data[0].permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(found[..., : expected.shape[2]], expected)
    if channels == 4:
        np.testing.assert_array_equal(found[..., 3], array[..., 3])
    webp = run_with(compression.WebP(), batch_of(image), quality=[30]).data[0]
    assert 0 < (webp.float() - image.float()).abs().mean() < 12


def test_coarse_dropout_and_grid_mask_cover_what_they_say():
    image = torch.full((1, 60, 80), 200, dtype=torch.uint8)
    batch = batch_of(*[image] * 20)
    augmenter = erasing.CoarseDropout(holes=(2, 5))
    params = augmenter.draw(batch.info, rng_for(batch))
    for row, boxes in zip(augmenter.apply(batch, params).data, params["boxes"], strict=True):
        assert 2 <= len(boxes) <= 5
        expected = image.clone()
        for left, top, right, bottom in boxes:
            assert 0 <= left < right <= 80
            assert 0 <= top < bottom <= 60
            expected[:, top:bottom, left:right] = 0
        assert torch.equal(row, expected)
    out = run_with(erasing.GridMask(), batch_of(image), cell=[10], square=[4], top=[3], left=[7]).data[0]
    y, x = np.mgrid[0:60, 0:80]
    covered = ((y - 3) % 10 < 4) & ((x - 7) % 10 < 4)
    np.testing.assert_array_equal(out[0].numpy() == 0, covered)


def test_clahe_raises_local_contrast():
    image = (smooth(64, 64, 1).float() * 0.2 + 90).to(torch.uint8)
    found = run_with(histogram.CLAHE(), batch_of(image), clip=[4.0], amount=[1.0]).data[0]
    assert found.float().std() > 1.5 * image.float().std()


def test_noise_of_one_sample_does_not_depend_on_its_size_in_the_batch():
    assert np.array_equal(keyed_noise.halves(5, (4, 4, 3)).ravel()[:12], keyed_noise.halves(5, (2, 2, 3)).ravel())


@pytest.mark.parametrize("library", ["opencv", "stringzilla"])
def test_lookup_is_the_same_with_either_library(library, monkeypatch):
    translate = None if library == "opencv" else pytest.importorskip("stringzilla").translate
    monkeypatch.setattr(values_cv, "translate", translate)
    rng = np.random.default_rng(5)
    table = rng.integers(0, 256, 256, dtype=np.uint8)
    for shape in [(7, 5, 3), (1, 1, 1), (6, 9, 4), (8, 3, 7)]:
        image = rng.integers(0, 256, shape, dtype=np.uint8)
        for part in (image, image[:, ::-1], image[shape[0] // 2 :, 1:] if shape[1] > 1 else image):
            assert (values_cv.look_up(part, table, None) == table[part]).all()
            memory = np.empty(part.shape, np.uint8)
            assert values_cv.look_up(part, table, memory) is memory
            assert (memory == table[part]).all()


def test_operations_on_bits_do_what_their_tables_say():
    levels = np.arange(256, dtype=np.uint8)
    masks = [levels & np.uint8(256 - 2**drop) for drop in range(8)]
    tables = np.stack([*masks, 255 - levels, levels ^ np.uint8(40), np.uint8(255 * (levels / 255) ** 0.5)])
    found = values_cv.bitwise(tables)
    assert [k for k, pair in enumerate(found) if pair is None] == [10]
    for table, pair in zip(tables[:10], found, strict=False):
        operate, operand = pair
        np.testing.assert_array_equal(operate(levels, operand), table)


def test_posterize_and_invert_read_any_layout_and_keep_the_input():
    image = noise(9, 11)
    for layout in (image, image.contiguous()):
        before = layout.clone()
        done = run_with(tone.Posterize(bits=3), batch_of(layout), bits=[3]).data[0]
        assert torch.equal(done, before & 0b11100000)
        assert torch.equal(run_with(tone.Invert(), batch_of(layout)).data[0], 255 - before)
        assert torch.equal(layout, before)
