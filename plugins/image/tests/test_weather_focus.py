"""Lens blurs and weather: formulas, strengths, repeatability."""

import numpy as np
import pytest
import torch
from augreg_image import focus, light
from image_testkit import batch_of, run, run_with, smooth


@pytest.mark.parametrize("radius", [1.0, 2.7, 5.0])
def test_the_lens_spreads_light_over_its_disc(radius):
    kernel = focus.lens(radius, 0.5)
    assert kernel.sum() == pytest.approx(1.0)
    assert kernel.max() == pytest.approx(1 / (np.pi * radius**2), rel=0.2)
    np.testing.assert_array_equal(kernel, kernel.T)


def test_defocus_of_a_dot_is_the_lens():
    image = torch.zeros(1, 31, 31)
    image[0, 15, 15] = 1
    found = run_with(focus.DefocusBlur(), batch_of(image), radius=[3.0]).data[0][0].numpy()
    kernel = focus.lens(3.0, 0.5)
    reach = len(kernel) // 2
    np.testing.assert_allclose(found[15 - reach : 16 + reach, 15 - reach : 16 + reach], kernel, atol=1e-6)


def test_zoom_blur_keeps_the_middle_and_flat_pictures():
    flat = torch.full((3, 20, 20), 77, dtype=torch.uint8)
    assert torch.equal(run(focus.ZoomBlur(), batch_of(flat)).data[0], flat)
    assert run(focus.ZoomBlur(), batch_of(flat), level=0.0).data[0] is flat
    slope = torch.linspace(0, 1, 33).expand(1, 20, 33).contiguous()
    found = run_with(focus.ZoomBlur(steps=5), batch_of(slope), factor=[1.4]).data[0]
    mean = np.mean(1 / np.linspace(1, 1.4, 5))
    np.testing.assert_allclose(found[0, 10] - 0.5, (slope[0, 10] - 0.5) * mean, atol=1e-3)


def test_glass_shows_near_pixels():
    """A slope tells how far a shown pixel has come: any way up to the reach, all equally often."""
    image = (torch.arange(60.0) / 60).expand(1, 80, 60).contiguous()
    found = run_with(focus.GlassBlur(sigma=0.1), batch_of(image), reach=[2], noise=[5]).data[0]
    way = np.rint((found - image)[0, :, 2:-2].numpy() * 60).astype(int)
    counts = np.bincount(way.ravel() + 2)
    assert len(counts) == 5
    np.testing.assert_allclose(counts / counts.sum(), 0.2, atol=0.02)


def test_illumination_is_a_slope_around_the_middle():
    image = torch.full((1, 40, 40), 0.5)
    found = run_with(light.Illumination(), batch_of(image), strength=[0.5], noise=[3]).data[0]
    assert float(found.mean()) == pytest.approx(0.5, abs=1e-3)
    assert float(found.max() - found.min()) == pytest.approx(0.5 * 0.8 * 2 * 0.5, rel=0.1)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("factor", [1.07, 1.4])
def test_zoom_blur_is_the_mean_of_enlarged_pictures(channels, factor):
    """Interpolated by hand: what OpenCV does is rougher for some numbers of channels."""
    image = smooth(21, 34, channels, dtype=torch.float32)
    plain, height, width = image.double().numpy(), 21, 34
    total = np.zeros_like(plain)
    for step in np.linspace(1.0, factor, 8):
        y, x = (np.clip((n - 1) / 2 + (np.arange(n) - (n - 1) / 2) / step, 0, n - 1) for n in (height, width))
        top, left = np.floor(y).astype(int), np.floor(x).astype(int)
        low, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
        v, u = (y - top)[:, None], x - left
        total += (plain[:, top][:, :, left] * (1 - u) + plain[:, top][:, :, right] * u) * (1 - v)
        total += (plain[:, low][:, :, left] * (1 - u) + plain[:, low][:, :, right] * u) * v
    found = run_with(focus.ZoomBlur(), batch_of(image), factor=[factor]).data[0]
    colors = 3 if channels == 4 else channels  # the fourth is alpha, which keeps its place
    np.testing.assert_allclose(found[:colors], total[:colors] / 8, atol=2e-6)
    np.testing.assert_array_equal(found[colors:], plain[colors:])
