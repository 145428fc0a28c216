"""Missing pixels (NaN) under steps that move whole pixels, and sixteen bits under CLAHE."""

import cv2
import numpy as np
import pytest

from augreg import Image, Pipeline, SampleError

MOVES = {
    "image.hflip": lambda a: a[:, ::-1],
    "image.vflip": lambda a: a[::-1],
    "image.transpose": lambda a: a.transpose(1, 0, 2),
    "image.center_crop": lambda a: a[3:13, 5:15],
    "image.pad": lambda a: np.pad(a, ((2, 2), (2, 2), (0, 0))),
}
PARAMS = {"image.center_crop": {"size": 10}, "image.pad": {"padding": 2}}


def bands():
    found = np.random.default_rng(0).random((16, 20, 6)).astype(np.float32)
    found[:7, :9] = np.nan
    return found


@pytest.mark.parametrize("name", MOVES)
def test_missing_pixels_move_with_the_others(name):
    pipe = Pipeline({"image": [{name: {"p": 1.0, **PARAMS.get(name, {})}}]})
    found = pipe(Image(bands()), seed=1, keys=0).data
    np.testing.assert_array_equal(found, MOVES[name](bands()))


def test_every_symmetry_keeps_missing_pixels():
    square = bands()[:, :16]
    turned = [np.rot90(m, k) for m in (square, square[:, ::-1]) for k in range(4)]
    pipe = Pipeline({"image": [{"image.d4": {"p": 1.0}}, {"image.hflip": {"p": 0.5}}, {"image.rot90": {"p": 0.5}}]})
    for key in range(12):
        found = pipe(Image(square), seed=1, keys=key).data
        assert any(np.array_equal(found, one, equal_nan=True) for one in turned)


@pytest.mark.parametrize("name", ["image.rotate", "image.resize", "image.brightness", "image.gaussian_blur"])
def test_steps_that_compute_with_pixels_refuse_missing_ones(name):
    params = {"size": 9} if name == "image.resize" else {}
    with pytest.raises(SampleError, match="NaN"):
        Pipeline({"image": ["image.hflip", {name: {"p": 0.1, **params}}]})(Image(bands()), seed=1, keys=0)


def clahe(image):
    pipe = Pipeline({"image": [{"image.clahe": {"p": 1.0, "clip": [2.0, 2.0], "tiles": 4}}]})
    return pipe(Image(image), seed=1, keys=0).data


def test_clahe_of_sixteen_bits_is_opencvs():
    ramp = np.linspace(20_000, 24_000, 64)
    image = (ramp[None] + ramp[:, None] / 8).astype(np.uint16)
    found = clahe(image)
    np.testing.assert_array_equal(found, cv2.createCLAHE(2.0, (4, 4)).apply(image))
    assert found.dtype == np.uint16
    assert np.ptp(found) > 2 * np.ptp(image)


def test_clahe_of_sixteen_bit_colors_changes_lightness_and_keeps_hue():
    ramp = np.linspace(20_000, 24_000, 64)
    gray = (ramp[None] + ramp[:, None] / 8).astype(np.uint16)
    found = clahe(np.dstack([gray, gray, gray]))
    assert found.dtype == np.uint16
    assert np.ptp(found.astype(int), axis=2).max() <= 100  # of 65535: the rounding of CIELAB
    assert np.ptp(found) > 1.2 * np.ptp(gray)
    rose = np.dstack([gray, gray // 2, gray // 2])
    assert (clahe(rose)[..., 0] >= clahe(rose)[..., 1]).all()
