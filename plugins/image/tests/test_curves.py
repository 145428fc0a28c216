"""Histogram shifts against numpy's interpolation and MONAI's loop."""

import numpy as np
import pytest
import torch
from augreg_image.curves import HistogramShift
from image_testkit import batch_of, noise, rng_for, run, run_on_torch, run_with, share

from augreg.errors import ConfigError

LEVEL = {torch.uint8: 0.51 / 255, torch.uint16: 0.51 / 65535, torch.float16: 1e-3, torch.float32: 2e-6}


@pytest.mark.parametrize("dtype", list(LEVEL))
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_tones_follow_the_lines_between_the_points(dtype, channels):
    heights = np.array([[0.0, 0.05, 0.6, 0.61, 1.0], [0.0, 0.3, 0.5, 0.9, 1.0]])
    batch = batch_of(*(noise(20, 31, channels, seed=s, dtype=dtype) for s in range(2)))
    augmenter = HistogramShift(points=5)
    done = run_with(augmenter, batch, heights=heights)
    for before, after, row in zip(batch.data, done.data, heights, strict=True):
        expected = np.interp(share(before), np.linspace(0, 1, 5), row)
        np.testing.assert_allclose(share(after), expected, atol=LEVEL[dtype])
        assert after.dtype == dtype
    params = augmenter.draw(batch.info, rng_for(batch))
    for a, b in zip(augmenter.apply(batch, params).data, run_on_torch(augmenter, batch, params).data, strict=True):
        np.testing.assert_allclose(share(a), share(b), atol=2.02 * LEVEL[dtype])


@pytest.mark.parametrize("points", [3, 4, 10])
def test_points_are_drawn_one_after_another_between_their_neighbors(points):
    batch = batch_of(*[noise(4, 4)] * 300)
    rng = rng_for(batch)
    found = HistogramShift(points=points, amount=1.0).draw(batch.info, rng).array("heights")
    place = rng.uniform("place", size=points - 2)
    for row, u in zip(found, place, strict=True):
        floating = np.linspace(0, 1, points)
        for k in range(1, points - 1):
            floating[k] = floating[k - 1] + u[k - 1] * (floating[k + 1] - floating[k - 1])
        np.testing.assert_allclose(row, floating, atol=1e-15)
    assert (np.diff(found, axis=1) >= 0).all()
    np.testing.assert_array_equal(found[:, [0, -1]], [[0.0, 1.0]] * 300)
    # The first inner point is uniform between black and the second.
    first = found[:, 1] * (points - 1) / 2
    assert abs(first.mean() - 0.5) < 0.06
    half = HistogramShift(points=points, amount=0.5).draw(batch.info, rng).array("heights")
    np.testing.assert_allclose(half, (found + np.linspace(0, 1, points)) / 2, atol=1e-15)


def test_nothing_drawn_changes_nothing():
    image = noise(9, 9)
    assert run(HistogramShift(), batch_of(image), level=0.0).data[0] is image
    with pytest.raises(ConfigError, match="points=2"):
        HistogramShift(points=2)
