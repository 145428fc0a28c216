"""ImageNet-C's corruptions: published parameters, growing severities, determinism."""

import numpy as np
import pytest
import scipy.stats
import torch
from augreg_image.corruptions.augmenter import ELASTIC, EXTRA, STANDARD, Corruption, elastic_field
from augreg_image.corruptions.fields import Dice, motion, plasma, zoomed
from augreg_image.corruptions.kinds import _poisson, disc
from image_testkit import batch_of, rng_for, run, run_with, share, smooth

from augreg import Boxes, Keypoints

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


@pytest.mark.parametrize("severity", range(1, 6))
@pytest.mark.parametrize("key", [1, 2])
def test_targets_are_where_the_folded_picture_shows_them(severity, key):
    """A picture whose values are its own coordinates says where everything went."""
    height, width = 60, 80
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    rng = np.random.default_rng(key)
    points = rng.uniform(2, [width - 2, height - 2], (40, 2))
    boxes = np.concatenate([low := rng.uniform(0, [50, 35], (8, 2)), low + rng.uniform(8, 25, (8, 2))], axis=1)
    shown = []
    for plane in (x / width, y / height):
        batch = batch_of(
            plane[None].float(), keypoints=[Keypoints(points)], boxes=[Boxes(boxes, labels=list(range(8)))]
        )
        out = run_with(Corruption(), batch, kind=[ELASTIC], severity=[severity], noise=[key])
        shown.append(out.data[0][0].numpy().astype(np.float64))
    column, row = shown[0] * width, shown[1] * height
    field, grid = elastic_field(height, width, severity - 1, Dice(key)), torch.stack([x, y], dim=2).numpy()
    found = out.info.target("keypoints")[0]
    for (a, b), (u, v), visible in zip(points, found.data, found.visible, strict=True):
        away = np.hypot(column - a, row - b)
        if visible:
            # The pixel under the point, and its neighbors, show the point's surroundings.
            near = away[max(0, int(v) - 1) : int(v) + 2, max(0, int(u) - 1) : int(u) + 2]
            assert near.min() < 2.5
        else:
            # Beyond the edge the picture is mirrored, which shows other points.
            assert np.hypot(*(np.moveaxis(field + grid, 2, 0) - np.array([a, b])[:, None, None])).min() > 0.4
    kept = out.info.target("boxes")[0]
    for (left, top, right, bottom), k in zip(kept.data, kept.labels, strict=True):
        inside = ((field + grid > boxes[k, :2] + 1) & (field + grid < boxes[k, 2:] - 1)).all(axis=2)
        rows, columns = np.nonzero(inside)
        assert left - 1 <= columns.min()
        assert columns.max() + 1 <= right + 1
        assert top - 1 <= rows.min()
        assert rows.max() + 1 <= bottom + 1
    gone = set(range(8)) - set(kept.labels)
    assert not gone


def test_a_level_is_a_severity_and_none_changes_nothing():
    image = smooth(20, 24)
    rows = batch_of(*[image] * 6)
    levels = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    params = Corruption(kind="contrast").draw(rows.info, rng_for(rows), levels)
    assert params["severity"].tolist() == [0, 1, 2, 3, 4, 5]
    out = Corruption(kind="contrast").apply(rows, params)
    assert out.data[0] is image
    for k in range(1, 6):
        assert torch.equal(out.data[k], run(Corruption(kind="contrast", severity=k), batch_of(image)).data[0])
    elastic = Corruption(kind=ELASTIC)
    still = run(elastic, batch_of(image, keypoints=[Keypoints([[3.0, 4.0]])]), level=0.0)
    assert still.data[0] is image
    assert still.info.target("keypoints")[0].data.tolist() == [[3.0, 4.0]]


def test_any_draws_all_fifteen_and_other_kinds_leave_targets():
    batch = batch_of(*[smooth(12, 12)] * 200)
    assert set(Corruption().draw(batch.info, rng_for(batch))["kind"]) == set(STANDARD)
    points = Keypoints([[3.0, 3.0]])
    out = run_with(Corruption(), batch_of(smooth(20, 20), keypoints=[points]), kind=["fog"], severity=[1], noise=[1])
    assert out.info.target("keypoints")[0] is points
