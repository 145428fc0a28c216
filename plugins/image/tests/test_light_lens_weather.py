"""Clouds, flares, drops, stones, lenses and their noise: formulas, scipy, and both backends."""

import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch
from augreg_image import focus, lens, light, noise, overlay, superpixels, weather
from augreg_image.corruptions.fields import Dice
from image_testkit import batch_of, named, rng_for, run, run_on_torch, run_with, share, smooth, taken
from image_testkit import noise as random_picture

DTYPES = [torch.uint8, torch.uint16, torch.float16, torch.float32]
LEVEL = {torch.uint8: 1.01 / 255, torch.uint16: 2e-4, torch.float16: 2e-3, torch.float32: 2e-5}
KERNELS = [
    lens.ChromaticAberration(strength=0.1), focus.AnisotropicBlur(), focus.Ringing(), noise.AdditiveNoise(),
    noise.AdditiveNoise(distribution="laplace", per_channel=False), focus.DefocusBlur(radius=(0.0, 6.0)),
    focus.ZoomBlur(factor=(1.0, 1.5)), focus.GlassBlur(reach=(0, 3)), superpixels.Superpixels(size=(0.02, 0.3)),
    superpixels.Superpixels(size=(0.1, 0.3), chance=0.5), overlay.OverlayText(size=(0.1, 0.9)),
]  # fmt: skip
PICTURES = [
    *((dtype, (3, 37, 48)) for dtype in DTYPES),
    *((torch.float32, shape) for shape in ((1, 21, 30), (5, 33, 17), (3, 3, 2), (3, 1, 9))),
]
EFFECTS = [
    light.PlasmaBrightness(), light.PlasmaContrast(), light.PlasmaShadow(), lens.SunFlare(), weather.Spatter(),
    weather.Spatter(liquid="mud"), weather.Gravel(), weather.Fog(), weather.Rain(), weather.Snow(), light.Shadow(),
    light.Illumination(),
]  # fmt: skip


@pytest.mark.parametrize(("augmenter", "dtype", "channels"), taken(KERNELS, DTYPES, [1, 3, 4, 6]), ids=named)
def test_kernels_of_both_backends_agree(augmenter, dtype, channels):
    batch = batch_of(*(smooth(21, 30, channels, seed=s, dtype=dtype) for s in range(4)))
    params = augmenter.draw(batch.info, rng_for(batch))
    found = run_on_torch(augmenter, batch, params).data
    for i, (a, b) in enumerate(zip(augmenter.apply(batch, params).data, found, strict=True)):
        assert a.dtype == b.dtype == dtype
        assert (np.abs(share(a) - share(b)) > LEVEL[dtype]).mean() <= 0.002
        row = np.array([i])
        alone = run_on_torch(augmenter, batch.take(row), params.take(row)).data[0]
        assert np.abs(share(alone) - share(b)).max() <= LEVEL[dtype]


@pytest.mark.parametrize("augmenter", EFFECTS, ids=lambda a: type(a).__name__)
@pytest.mark.parametrize(("dtype", "shape"), PICTURES)
def test_effects_of_both_backends_agree(augmenter, dtype, shape):
    channels, height, width = shape
    rows = [smooth(height, width, channels, seed=s, dtype=dtype) for s in range(4)]
    batch = batch_of(*rows)
    params = augmenter.draw(batch.info, rng_for(batch), np.array([0.0, 0.3, 0.7, 1.0]))
    found = augmenter.on_device(torch.stack(rows), params)
    assert torch.equal(found[0], rows[0])
    for i, (a, b) in enumerate(zip(augmenter.apply(batch, params).data, found, strict=True)):
        assert a.dtype == b.dtype == dtype
        assert (np.abs(share(a) - share(b)) > LEVEL[dtype]).mean() <= 0.002
        alone = augmenter.on_device(rows[i][None], params.take(np.array([i])))
        assert torch.equal(alone[0], b)


@pytest.mark.parametrize("augmenter", EFFECTS, ids=lambda a: type(a).__name__)
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_effects_repeat_and_grow_with_their_strength(augmenter, channels):
    image = smooth(48, 60, channels)
    once, again = (run_with(augmenter, batch_of(image), strength=[0.5], noise=[9]).data[0] for _ in range(2))
    assert torch.equal(once, again)
    change = [
        np.abs(share(run_with(augmenter, batch_of(image), strength=[s], noise=[9]).data[0]) - share(image)).mean()
        for s in (0.2, 0.5, 0.9)
    ]
    assert 0 < change[0] < change[1] < change[2]
    assert run(augmenter, batch_of(image), level=0.0).data[0] is image


def test_fields_of_the_last_keys_are_drawn_too():
    """Fields lie far apart on the sequence of a key, which ends at 2**63."""
    for key in (0, 2**63 - 1):
        dice = Dice(key)
        first, second = dice.uniform(50), dice.uniform(50)
        assert not np.array_equal(first, second)
        assert 0 < dice.number(0.0, 1.0) < 1
        assert np.isfinite(dice.normal(20)).all()


def test_plasma_adds_scales_and_darkens_by_one_cloud():
    gray = np.full((32, 40, 3), 0.5, np.float32)
    gray[16:] = 0.3
    cloud = light.PlasmaBrightness().cloud(gray, Dice(5))
    np.testing.assert_allclose(light.PlasmaBrightness().effect(gray, 0.5, Dice(5)), gray + 0.35 * cloud, atol=1e-5)
    contrast = light.PlasmaContrast().effect(gray, 0.5, Dice(5))
    np.testing.assert_allclose(contrast, 0.4 + (gray - 0.4) * (1 + 0.475 * cloud), atol=1e-5)
    shadow = light.PlasmaShadow().effect(gray, 0.5, Dice(5))
    np.testing.assert_allclose(shadow[cloud[:, :, 0] > 0.2], gray[cloud[:, :, 0] > 0.2] / 2, atol=1e-6)
    np.testing.assert_array_equal(shadow[cloud[:, :, 0] < -0.2], gray[cloud[:, :, 0] < -0.2])


def test_the_glare_is_brightest_at_the_sun_which_stands_where_it_may():
    black = np.zeros((60, 80, 3), np.float32)
    for key in range(8):
        shine = lens.SunFlare(height=(0.2, 0.3), ghosts=0).effect(black, 1.0, Dice(key)).sum(axis=2)
        y, x = (round(v.mean()) for v in np.nonzero(shine >= shine.max() - 1e-6))
        assert 0.18 * 60 <= y <= 0.32 * 60
        assert 0.08 * 80 <= x <= 0.92 * 80
        assert shine[min(59, y + 30), x] < shine[y, x]


def test_mud_covers_the_share_drawn_and_stones_are_gray():
    white = np.ones((200, 200, 3), np.float32)
    muddy = weather.Spatter(liquid="mud").effect(white, 0.5, Dice(2))
    assert (muddy.min(axis=2) < 0.99).mean() == pytest.approx(0.2, abs=0.02)
    np.testing.assert_allclose(muddy[muddy[..., 0] < 0.3][:5], np.array([[63, 42, 20]] * 5) / 255, atol=0.1)
    stones = weather.Gravel(size=0.02).effect(white, 0.5, Dice(2))
    assert (stones.min(axis=2) < 0.8).mean() == pytest.approx(60 * np.pi * 0.02**2, rel=0.15)
    assert np.ptp(stones, axis=2).max() == 0


def test_red_grows_and_blue_shrinks_about_the_middle():
    image = torch.zeros(3, 41, 61)
    image[:, 20, 50] = 1
    found = run_with(lens.ChromaticAberration(), batch_of(image), strength=[0.1]).data[0].numpy()
    columns = np.arange(61)
    at = [(plane[20] * columns).sum() / plane[20].sum() for plane in found]
    np.testing.assert_allclose(at, [30 + 20 * 1.1, 50, 30 + 20 * 0.9], atol=0.35)
    assert run_with(lens.ChromaticAberration(), batch_of(image), strength=[0.0]).data[0] is image


@pytest.mark.parametrize("degrees", [0.0, 37.0, 90.0])
def test_a_bell_of_shape_one_has_the_covariance_of_the_gaussian(degrees):
    kernel = focus.bell(3.0, 1.2, 1.0, degrees)
    side = np.arange(len(kernel)) - len(kernel) // 2
    x, y = np.meshgrid(side, -side)
    found = [[(kernel * a * b).sum() for a in (x, y)] for b in (x, y)]
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    turn = np.array([[c, -s], [s, c]])
    np.testing.assert_allclose(found, turn @ np.diag([9.0, 1.44]) @ turn.T, rtol=0.07, atol=0.05)


def test_the_ringing_kernel_is_the_circular_sinc_of_scipy():
    kernel = focus.ring(0.4, 6)
    side = np.arange(-6, 7)
    r = np.hypot(side[:, None], side) * np.pi * 0.4
    expected = np.where(r > 0, 2 * scipy.special.j1(r) / np.where(r > 0, r, 1), 1.0)
    np.testing.assert_allclose(kernel, expected / expected.sum(), atol=1e-10)
    edge = torch.cat([torch.zeros(1, 20, 30), torch.ones(1, 20, 30)], dim=2) * 0.5 + 0.25
    found = run_with(focus.Ringing(), batch_of(edge), cutoff=[0.4], amount=[1.0]).data[0]
    assert float(found.max()) > 0.77
    assert float(found.min()) < 0.23


@pytest.mark.parametrize("distribution", ["uniform", "laplace"])
def test_noise_has_the_distribution_drawn(distribution):
    image = torch.full((3, 100, 100), 0.5)
    augmenter = noise.AdditiveNoise(distribution=distribution)
    found = (run_with(augmenter, batch_of(image), std=[0.05], noise=[7]).data[0] - 0.5).numpy().ravel()
    scale = {"uniform": scipy.stats.uniform(-(3**0.5), 2 * 3**0.5), "laplace": scipy.stats.laplace(0, 0.5**0.5)}
    assert scipy.stats.kstest(found / 0.05, scale[distribution].cdf).pvalue > 0.01
    assert found.std() == pytest.approx(0.05, rel=0.02)
    together = noise.AdditiveNoise(distribution=distribution, per_channel=False)
    gray = run_with(together, batch_of(random_picture(9, 9) // 2 + 60), std=[0.05], noise=[7]).data[0].int()
    change = gray - (random_picture(9, 9) // 2 + 60).int()
    assert int((change.amax(dim=0) - change.amin(dim=0)).max()) <= 1
