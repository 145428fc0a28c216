"""ImageNet-C's corruptions: published parameters, growing severities, determinism."""

import numpy as np
import pytest
import scipy.stats
import torch
from augreg_image.corruptions.augmenter import ELASTIC, EXTRA, STANDARD, Corruption, elastic_field
from augreg_image.corruptions.fields import Dice, motion, plasma, zoomed
from augreg_image.corruptions.kinds import _poisson, disc
from image_testkit import batch_of, run, run_with, share, smooth

from augreg.samples import Keypoints

ALL = (*STANDARD, *EXTRA)


def test_there_are_fifteen_and_four():
    assert len(STANDARD) == 15
    assert len(EXTRA) == 4
    assert len(set(ALL)) == 19


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_kind_keeps_dtype_and_shape_and_repeats(kind, channels):
    image = smooth(48, 60, channels)
    for severity in (1, 3, 5):
        augmenter = Corruption(kind=kind, severity=severity)
        out = run(augmenter, batch_of(image, image)).data
        assert out[0].dtype == torch.uint8
        assert out[0].shape == image.shape
        assert torch.equal(out[1], run(augmenter, batch_of(image, image)).data[1])
        if kind != "saturate" or channels == 3:
            assert not torch.equal(out[0], image)
    wide = run(Corruption(kind=kind), batch_of(smooth(24, 30, channels, dtype=torch.float32))).data[0]
    assert 0 <= float(wide.min()) <= float(wide.max()) <= 1


@pytest.mark.parametrize("kind", sorted(set(ALL) - {ELASTIC, "saturate", "spatter", "glass_blur", "snow", "frost"}))
def test_damage_grows_with_severity(kind):
    image = smooth(112, 112)
    damage = []
    for severity in range(1, 6):
        rows = run(Corruption(kind=kind, severity=severity), batch_of(*[image] * 3)).data
        damage.append(np.mean([np.abs(share(row) - share(image)).mean() for row in rows]))
    assert scipy.stats.spearmanr(damage, range(5)).statistic >= 0.69


STRENGTHS = [("gaussian_noise", 1, 0.08), ("gaussian_noise", 3, 0.18), ("speckle_noise", 2, 0.1)]


@pytest.mark.parametrize(("kind", "severity", "std"), STRENGTHS)
def test_noise_has_the_published_strength(kind, severity, std):
    image = torch.full((1, 150, 150), 0.5)
    found = run(Corruption(kind=kind, severity=severity), batch_of(image)).data[0]
    assert float(found.std()) == pytest.approx(std, rel=0.05)


@pytest.mark.parametrize("photons", [60, 3])
def test_shot_noise_is_poisson(photons):
    table = _poisson(photons)
    for level in (20, 128, 255):
        mean = level / 255 * photons
        assert table[level].mean() == pytest.approx(mean, rel=0.01)
        assert table[level].var() == pytest.approx(mean, rel=0.03)
        np.testing.assert_array_equal(table[level], scipy.stats.poisson.ppf((np.arange(4096) + 0.5) / 4096, mean))


def test_impulse_noise_and_contrast_follow_their_formulas():
    image = torch.full((1, 200, 200), 0.5)
    found = run(Corruption(kind="impulse_noise", severity=4), batch_of(image)).data[0]
    assert float((found != 0.5).float().mean()) == pytest.approx(0.17, abs=0.01)
    image = smooth(20, 20, dtype=torch.float32)
    found = run(Corruption(kind="contrast", severity=2), batch_of(image)).data[0]
    mean = image.mean(dim=(1, 2), keepdim=True)
    np.testing.assert_allclose(found, (image - mean) * 0.3 + mean, atol=1e-5)


def test_disc_motion_and_zoom():
    assert disc(6, 0.5).sum() == pytest.approx(1, abs=1e-4)
    dot = np.zeros((61, 61, 1), np.float32)
    dot[30, 30] = 1
    assert motion(dot, 10, 3, 30.0).sum() == pytest.approx(1, abs=1e-4)
    assert (motion(dot, 10, 3, 0.0)[30] > 0).any()
    flat = np.full((20, 30, 3), 0.25, np.float32)
    np.testing.assert_allclose(zoomed(flat, 1.3), flat)


def test_clouds_span_black_to_white_and_get_rougher_with_a_small_decay():
    rough, soft = (plasma(Dice(3), 64, decay) for decay in (1.2, 3.0))
    for cloud in (rough, soft):
        assert cloud.min() == 0
        assert cloud.max() == 1
    assert np.abs(np.diff(rough)).mean() > np.abs(np.diff(soft)).mean()


def test_elastic_transform_moves_points_with_pixels():
    image = torch.zeros(1, 60, 60)
    image[0, 29:32, 29:32] = 1
    batch = batch_of(image, keypoints=[Keypoints([[30.5, 30.5]])], masks=[image.long()])
    # From severity 2 on the published displacement folds, so that a point may appear in several places.
    out = run(Corruption(kind=ELASTIC, severity=1), batch)
    found, (x, y) = out.data[0][0].numpy(), out.info.target("keypoints")[0].data[0]
    if found.sum() > 1:
        rows, columns = np.mgrid[0:60, 0:60] + 0.5
        at = [(found * columns).sum() / found.sum(), (found * rows).sum() / found.sum()]
        np.testing.assert_allclose(at, [x, y], atol=0.5)
    assert elastic_field(40, 50, 2, Dice(1)).shape == (40, 50, 2)


def test_any_draws_all_fifteen_and_other_kinds_leave_targets():
    batch = batch_of(*[smooth(12, 12)] * 200)
    from image_testkit import rng_for

    assert set(Corruption().draw(batch.info, rng_for(batch))["kind"]) == set(STANDARD)
    points = Keypoints([[3.0, 3.0]])
    out = run_with(Corruption(), batch_of(smooth(20, 20), keypoints=[points]), kind=["fog"], severity=[1], noise=[1])
    assert out.info.target("keypoints")[0] is points
