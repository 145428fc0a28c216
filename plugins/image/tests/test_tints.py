"""Tints, HSV, tone curves and denormalization against physics, torchvision, colorsys and their formulas."""

import colorsys

import numpy as np
import pytest
import torch
import torchvision.transforms.v2.functional as tv
from augreg_image import hsv, photometric, tints, tone
from image_testkit import batch_of, noise, rng_for, run, run_on_torch, run_with, share, smooth

DTYPES = [torch.uint8, torch.uint16, torch.float16, torch.float32]
LEVEL = {torch.uint8: 1.01 / 255, torch.uint16: 2e-4, torch.float16: 2e-3, torch.float32: 2e-5}


@pytest.mark.parametrize("augmenter", [hsv.HSV(hue=0.4, saturation=0.6, value=0.5), tints.HEStain(strength=0.8)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_kernels_of_both_backends_agree(augmenter, dtype):
    batch = batch_of(*(noise(21, 30, 3, seed=s, dtype=dtype) for s in range(3)))
    params = augmenter.draw(batch.info, rng_for(batch))
    found = augmenter.on_device(torch.stack(list(batch.data)), params)
    for a, b in zip(augmenter.apply(batch, params).data, found, strict=True):
        assert a.dtype == b.dtype == dtype
        assert (np.abs(share(a) - share(b)) > LEVEL[dtype]).mean() <= 0.002


@pytest.mark.parametrize("augmenter", [tints.Sepia(), tints.PlanckianJitter(), tints.FancyPCA(std=2), tone.ToneCurve()])
def test_fused_steps_of_both_backends_agree(augmenter):
    batch = batch_of(*(noise(21, 30, seed=s) for s in range(3)))
    params = augmenter.draw(batch.info, rng_for(batch))
    for a, b in zip(augmenter.apply(batch, params).data, run_on_torch(augmenter, batch, params).data, strict=True):
        assert np.abs(share(a) - share(b)).max() <= LEVEL[torch.uint8]


@pytest.mark.parametrize("turn", [-0.5, -0.13, 0.07, 0.31])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_a_turned_hue_is_torchvisions(turn, dtype):
    image = noise(40, 50, dtype=dtype)
    found = run_with(hsv.HSV(), batch_of(image), hue=[turn], saturation=[1.0], value=[1.0]).data[0]
    difference = np.abs(share(found) - share(tv.adjust_hue(image, turn)))
    assert difference.max() <= (1.01 / 255 if dtype == torch.uint8 else 1e-4)


def test_saturation_and_value_are_those_of_colorsys():
    image = noise(9, 11, dtype=torch.float32)
    found = run_with(hsv.HSV(), batch_of(image), hue=[0.2], saturation=[0.5], value=[1.3]).data[0]
    for pixel, shown in zip(image.flatten(1).T.tolist(), found.flatten(1).T.tolist(), strict=True):
        h, s, v = colorsys.rgb_to_hsv(*pixel)
        np.testing.assert_allclose(shown, colorsys.hsv_to_rgb((h + 0.2) % 1, s * 0.5, min(v * 1.3, 1)), atol=2e-4)


@pytest.mark.parametrize("dtype", DTYPES)
def test_alpha_stays_on_a_device(dtype):
    batch = batch_of(*(noise(8, 9, 4, seed=s, dtype=dtype) for s in range(2)))
    params = hsv.HSV(hue=(0.2, 0.3)).draw(batch.info, rng_for(batch))
    found = hsv.HSV().on_device(torch.stack(list(batch.data)), params)
    for a, b, c in zip(found, hsv.HSV().apply(batch, params).data, batch.data, strict=True):
        assert torch.equal(a[3], c[3])
        assert (np.abs(share(a) - share(b)) > LEVEL[dtype]).mean() <= 0.002


def test_alpha_stays():
    image = noise(8, 9, 4)
    for augmenter in (hsv.HSV(hue=(0.2, 0.3)), tints.Sepia(), tints.FancyPCA(std=3)):
        found = run(augmenter, batch_of(image)).data[0]
        assert torch.equal(found[3], image[3])
        assert not torch.equal(found[:3], image[:3])


def planck(kelvin):
    """Linear sRGB of a black body from Planck's law and Wyman's fits of the color matching functions."""
    nm = np.arange(360.0, 831.0)
    power = nm**-5 / (np.exp(1.4387769e7 / (nm * kelvin)) - 1)

    def lobe(height, middle, below, above):
        return height * np.exp(-0.5 * ((nm - middle) / np.where(nm < middle, below, above)) ** 2)

    x = lobe(1.056, 599.8, 37.9, 31.0) + lobe(0.362, 442.0, 16.0, 26.7) + lobe(-0.065, 501.1, 20.4, 26.2)
    y = lobe(0.821, 568.8, 46.9, 40.5) + lobe(0.286, 530.9, 16.3, 31.1)
    z = lobe(1.217, 437.0, 11.8, 36.0) + lobe(0.681, 459.0, 26.0, 13.8)
    xyz = np.array([(power * f).sum() for f in (x, y, z)])
    return np.linalg.inv([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ xyz


@pytest.mark.parametrize("kelvin", [3000.0, 4500.0, 6500.0, 9000.0, 14000.0])
def test_black_bodies_have_the_color_of_plancks_law(kelvin):
    found, expected = tints.black_body(np.array([kelvin]))[0], planck(kelvin)
    np.testing.assert_allclose(found / found[1], expected / expected[1], rtol=0.03, atol=0.01)


def test_warm_light_reddens_and_6500_kelvin_changes_nothing():
    gray = torch.full((3, 4, 4), 0.4)
    warm = run_with(tints.PlanckianJitter(), batch_of(gray), temperature=[3000.0]).data[0][:, 0, 0]
    assert warm[0] > 0.4 > warm[2]
    assert float(warm[1]) == pytest.approx(0.4)
    assert run_with(tints.PlanckianJitter(), batch_of(gray), temperature=[6500.0]).data[0] is gray


def test_components_are_orthogonal_and_shift_all_pixels_alike():
    np.testing.assert_allclose(tints.PCA_VECTORS.T @ tints.PCA_VECTORS, np.eye(3), atol=2e-3)
    image = smooth(12, 14, dtype=torch.float32) * 0.2 + 0.4
    found = run_with(tints.FancyPCA(), batch_of(image), alpha=[[0.5, -1.0, 2.0]]).data[0]
    shift = sum(a * v * e for a, v, e in zip((0.5, -1, 2), tints.PCA_VALUES, tints.PCA_VECTORS.T, strict=True))
    np.testing.assert_allclose((found - image).numpy(), np.broadcast_to(shift[:, None, None], image.shape), atol=1e-5)


def test_half_sepia_lies_between_the_picture_and_brown():
    image = noise(6, 7, dtype=torch.float32) * 0.5
    brown = torch.einsum("ij,jhw->ihw", torch.tensor(tints.SEPIA, dtype=torch.float32), image)
    found = run_with(tints.Sepia(), batch_of(image), amount=[0.5]).data[0]
    np.testing.assert_allclose(found, (image + brown) / 2, atol=1e-5)


def test_twice_the_hematoxylin_takes_its_light_twice():
    """By the law of Beer and Lambert: light is 10 to minus the amounts of stain times what they take."""
    rng = np.random.default_rng(3)
    amounts = rng.uniform(0.1, 0.5, (3, 20))
    light = np.exp(-tints.STAINS.T @ amounts)
    image = torch.from_numpy(light.astype(np.float32)).view(3, 4, 5)
    found = run_with(tints.HEStain(), batch_of(image), factor=[[2.0, 1.0, 1.0]], shift=[[0.0, 0.1, 0.0]]).data[0]
    stained = np.exp(-tints.STAINS.T @ (amounts * [[2], [1], [1]] + [[0], [0.1], [0]]))
    np.testing.assert_allclose(found.view(3, 20), stained, atol=1e-5)


def test_tone_curve_is_the_bezier_curve_through_its_points():
    image = torch.linspace(0, 1, 50).expand(1, 2, 50).contiguous()
    found = run_with(tone.ToneCurve(), batch_of(image), moves=[[0.2, -0.1]]).data[0][0, 0].numpy()
    t = np.linspace(0, 1, 50)
    casteljau = np.array([0.0, 1 / 3 + 0.2, 2 / 3 - 0.1, 1.0])[:, None] * np.ones(50)
    while len(casteljau) > 1:
        casteljau = casteljau[:-1] * (1 - t) + casteljau[1:] * t
    np.testing.assert_allclose(found, casteljau[0], atol=1e-5)
    assert (np.diff(found) >= 0).all()


def test_denormalize_undoes_normalize():
    image = noise(7, 9, dtype=torch.float32)
    there = run(photometric.Normalize(), batch_of(image))
    back = run(photometric.Denormalize(), there).data[0]
    np.testing.assert_allclose(back, image, atol=1e-6)
