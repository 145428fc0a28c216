"""Distortions: pixels, points, boxes and masks go to the same places."""

import dataclasses

import numpy as np
import pytest
import scipy.interpolate
import scipy.ndimage
import torch
from augreg_image import distortion
from augreg_image.kernels import displacement
from image_testkit import batch_of, rng_for, run, run_with, share, smooth

from augreg import Boxes, Keypoints
from augreg.data.params import Params

AUGMENTERS = [
    distortion.Elastic(magnitude=0.03),
    distortion.GridDistortion(magnitude=0.4),
    distortion.OpticalDistortion(k=(0.2, 0.3)),
    distortion.OpticalDistortion(k=(-0.2, -0.1)),
    distortion.ThinPlateSpline(magnitude=0.06),
]


@pytest.mark.parametrize("augmenter", AUGMENTERS, ids=lambda a: type(a).__name__)
@pytest.mark.parametrize("border", ["constant", "edge", "reflect"])
def test_pixels_equal_scipy_and_the_torch_path(augmenter, border):
    augmenter = dataclasses.replace(augmenter, border=border, fill=0.4)
    image = smooth(40, 52)
    batch = batch_of(image)
    params = augmenter.draw(batch.info, rng_for(batch))
    field = augmenter.field(40, 52, params, 0)
    y, x = np.mgrid[0:40, 0:52].astype(float)
    places = [y + field[..., 1], x + field[..., 0]]
    mode = {"constant": "grid-constant", "edge": "nearest", "reflect": "reflect"}[border]
    found = augmenter.apply(batch, params).data[0]
    for c in range(3):
        plane = image[c].numpy().astype(float)
        expected = scipy.ndimage.map_coordinates(plane, places, order=1, mode=mode, cval=102.0)
        assert (np.abs(found[c].numpy() - expected) > 1.01).mean() < 0.002
    gpu = displacement.remap_torch(image[None], field[None], augmenter.resampling)[0]
    assert ((gpu.int() - found.int()).abs() <= 1).float().mean() > 0.998


@pytest.mark.parametrize("augmenter", AUGMENTERS, ids=lambda a: type(a).__name__)
def test_a_painted_pixel_lands_on_its_keypoint_and_in_its_box_and_mask(augmenter):
    images, points, boxes, masks = [], [], [], []
    for x, y in [(20, 20), (30, 16), (40, 30), (26, 33)]:
        image = torch.zeros(1, 48, 60)
        image[0, y - 1 : y + 2, x - 1 : x + 2] = 1
        images.append(image)
        points.append(Keypoints([[x + 0.5, y + 0.5]]))
        boxes.append(Boxes([[x - 1.0, y - 1.0, x + 2.0, y + 2.0]]))
        masks.append(image.to(torch.int64) * 5)
    out = run(augmenter, batch_of(*images, keypoints=points, boxes=boxes, masks=masks))
    rows, columns = np.mgrid[0:48, 0:60] + 0.5
    for i in range(4):
        found, (px, py) = out.data[i][0].numpy(), out.info.target("keypoints")[i].data[0]
        at = [(found * columns).sum() / found.sum(), (found * rows).sum() / found.sum()]
        np.testing.assert_allclose(at, [px, py], atol=0.25)
        left, top, right, bottom = out.info.target("boxes")[i].data[0]
        lit = np.argwhere(found > 0.5) + 0.5
        assert (lit[:, 1] >= left - 0.6).all()
        assert (lit[:, 1] <= right + 0.6).all()
        assert (lit[:, 0] >= top - 0.6).all()
        assert (lit[:, 0] <= bottom + 0.6).all()
        mask = out.info.target("masks")[i][0]
        assert mask[int(py), int(px)] == 5
        assert set(mask.unique().tolist()) == {0, 5}


def test_following_inverts_the_field():
    batch = batch_of(smooth(60, 80))
    augmenter = distortion.Elastic(magnitude=0.03)
    field = augmenter.field(60, 80, augmenter.draw(batch.info, rng_for(batch)), 0)
    points = np.random.default_rng(0).uniform(8, 50, (30, 2))
    moved = displacement.follow(field, points)
    np.testing.assert_allclose(moved + displacement.at(field, moved), points, atol=1e-3)


def test_elastic_has_the_magnitude_asked_for():
    field = distortion.Elastic().field(400, 500, Params(1, magnitude=np.array([0.02]), noise=np.array([5])), 0)
    assert field.std() == pytest.approx(0.02 * 400, rel=0.25)


def test_thin_plate_spline_equals_scipy():
    augmenter = distortion.ThinPlateSpline(points=3)
    moves = np.random.default_rng(0).uniform(-0.05, 0.05, (1, 9, 2))
    field = augmenter.field(120, 160, Params(1, moves=moves), 0)
    side = np.linspace(0, 1, 3)
    nodes = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    spline = scipy.interpolate.RBFInterpolator(nodes, moves[0], kernel="thin_plate_spline")
    x, y = np.meshgrid((np.arange(160) + 0.5) / 160, (np.arange(120) + 0.5) / 120)
    expected = spline(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(120, 160, 2) * [160, 120]
    np.testing.assert_allclose(field, expected, atol=0.3)


def test_optical_distortion_follows_its_formula():
    field = distortion.OpticalDistortion().field(50, 70, Params(1, k=np.array([0.3])), 0)
    u, v = 10.5 - 35, 40.5 - 25
    expected = 0.3 * (u * u + v * v) / (35**2 + 25**2)
    np.testing.assert_allclose(field[40, 10], [u * expected, v * expected], rtol=1e-5)


def test_grid_distortion_keeps_the_edges():
    image = smooth(60, 60, dtype=torch.float32)
    batch = batch_of(image)
    augmenter = distortion.GridDistortion(border="edge")
    params = augmenter.draw(batch.info, rng_for(batch))
    field = augmenter.field(60, 60, params, 0)
    np.testing.assert_allclose(np.cumsum(params["x"][0])[-1], 1.0)
    assert np.abs(field[:, 0, 0]).max() < 1
    assert np.abs(field[0, :, 1]).max() < 1


def test_level_zero_is_the_identity():
    image = smooth(30, 30)
    for augmenter in (distortion.Elastic(), distortion.GridDistortion(), distortion.OpticalDistortion()):
        assert run(augmenter, batch_of(image), level=0.0).data[0] is image


def test_rotated_boxes_follow_their_corners():
    boxes = Boxes([[30.0, 24.0, 12.0, 8.0, 20.0]], "cxcywhr")
    out = run_with(distortion.OpticalDistortion(), batch_of(smooth(48, 60), boxes=[boxes]), k=[0.1])
    assert out.info.target("boxes")[0].format == "cxcywhr"
    assert np.abs(out.info.target("boxes")[0].data - boxes.data).max() < 3
    assert share(out.data[0]).shape == (3, 48, 60)
