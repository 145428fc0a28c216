"""Color operations against formulas and torchvision."""

import numpy as np
import pytest
import torch
import torchvision.transforms.v2.functional as tv
from augreg_image.photometric import Brightness, ColorJitter, Contrast, Normalize, hue_stage, saturation_stage
from hypothesis import given, settings
from hypothesis import strategies as st
from image_testkit import batch_of, noise, rng_for, run, run_on_torch, run_with, share, smooth

from augreg.data.params import Params
from augreg.errors import ConfigError

DTYPES = [torch.uint8, torch.uint16, torch.float16, torch.float32]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 6])
def test_brightness_multiplies_and_clips_once(channels, dtype):
    image = noise(9, 7, channels, dtype=dtype)
    found = run_with(Brightness(), batch_of(image), factor=[1.4]).data[0]
    expected = np.clip(share(image) * 1.4, 0, 1)
    if channels == 4:
        expected[3] = share(image)[3]
    assert found.dtype == dtype
    np.testing.assert_allclose(share(found), expected, atol=0.51 / 255 if dtype == torch.uint8 else 2e-3)


@pytest.mark.parametrize("factor", [0.3, 1.7])
def test_contrast_equals_torchvision(factor):
    image = smooth(30, 40, dtype=torch.float32)
    found = run_with(Contrast(), batch_of(image), factor=[factor]).data[0]
    np.testing.assert_allclose(found, tv.adjust_contrast(image, factor), atol=2e-3)


def test_contrast_of_many_channels_pivots_on_their_common_mean():
    image = noise(8, 8, 6, dtype=torch.float32)
    found = run_with(Contrast(), batch_of(image), factor=[0.5]).data[0]
    np.testing.assert_allclose(found, 0.5 * image + 0.5 * image.mean(), atol=1e-6)


def test_saturation_equals_torchvision():
    image = smooth(20, 20, dtype=torch.float32)
    stage = saturation_stage(np.array([0.4]))
    found = np.einsum("ij,jhw->ihw", stage.gain[0], image.numpy())
    np.testing.assert_allclose(found, tv.adjust_saturation(image, 0.4), atol=2e-3)


@given(turn=st.floats(-0.5, 0.5))
def test_hue_keeps_grays_and_luma_and_composes(turn):
    gain = hue_stage(np.array([turn])).gain[0]
    np.testing.assert_allclose(gain @ np.ones(3), np.ones(3), atol=1e-5)
    luma = np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(luma @ gain, luma, atol=1e-6)
    np.testing.assert_allclose(gain @ hue_stage(np.array([-turn])).gain[0], np.eye(3), atol=1e-6)


def test_jitter_is_the_product_of_its_parts_whatever_their_order():
    image = smooth(20, 26, dtype=torch.float32)
    columns = {"brightness": [0.9], "contrast": [0.7], "saturation": [0.5], "hue": [0.0]}
    found = run_with(ColorJitter(), batch_of(image), **columns).data[0]
    one = tv.adjust_saturation(tv.adjust_contrast(tv.adjust_brightness(image, 0.9), 0.7), 0.5)
    other = tv.adjust_brightness(tv.adjust_contrast(tv.adjust_saturation(image, 0.5), 0.7), 0.9)
    np.testing.assert_allclose(found, one, atol=3e-3)
    np.testing.assert_allclose(found, other, atol=3e-3)


def test_jitter_draws_inside_its_ranges_and_leaves_alpha():
    batch = batch_of(*[noise(4, 4, 4)] * 100)
    params = ColorJitter(brightness=0.2, contrast=(0.5, 0.6), saturation=0, hue=(0, 0.3)).draw(
        batch.info, rng_for(batch)
    )
    assert (np.abs(params.array("brightness") - 1) <= 0.2).all()
    assert (params.array("saturation") == 1).all()
    assert ((params.array("contrast") >= 0.5) & (params.array("contrast") < 0.6)).all()
    out = run(ColorJitter(), batch)
    assert torch.equal(out.data[3][3], batch.data[3][3])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_torch_path_agrees(dtype, channels):
    batch = batch_of(*(smooth(24, 31, channels, seed=s, dtype=dtype) for s in range(4)))
    for augmenter in (Brightness(), Contrast(), ColorJitter(), Normalize(mean=0.4, std=0.3)):
        params = augmenter.draw(batch.info, rng_for(batch))
        cpu, gpu = augmenter.apply(batch, params).data, run_on_torch(augmenter, batch, params).data
        for a, b in zip(cpu, gpu, strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_allclose(share(a), share(b), atol=1.01 / 255 if dtype == torch.uint8 else 2e-3)


@pytest.mark.parametrize("dtype", DTYPES)
def test_normalize_equals_torchvision(dtype):
    image = noise(10, 12, dtype=dtype)
    found = run(Normalize(), batch_of(image)).data[0]
    expected = tv.normalize(torch.from_numpy(share(image)), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_normalize_takes_many_channels_with_one_mean_and_refuses_a_wrong_number():
    image = noise(5, 5, 7)
    found = run(Normalize(mean=0.5, std=0.25), batch_of(image)).data[0]
    np.testing.assert_allclose(found, (share(image) - 0.5) / 0.25, atol=1e-5)
    with pytest.raises(ConfigError, match=r"mean=.* has 3 values, .* 7 channels. Give one for all"):
        run(Normalize(), batch_of(image))
    with pytest.raises(ConfigError, match="std="):
        Normalize(std=0.0)


@pytest.mark.parametrize("augmenter", [Brightness(), Contrast()])
def test_level_zero_changes_nothing_and_both_directions_occur(augmenter):
    image = smooth(8, 8)
    batch = batch_of(*[image] * 40)
    out = run(augmenter, batch, level=0.0)
    assert all(row is image for row in out.data)
    factors = augmenter.draw(batch.info, rng_for(batch), np.ones(40)).array("factor")
    assert set(np.sign(factors - 1)) == {-1.0, 1.0}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_stages_compose_as_maps_do(data):
    factors = data.draw(st.lists(st.floats(0.7, 1.1), min_size=2, max_size=4))
    kinds = data.draw(st.lists(st.sampled_from([Brightness, Contrast]), min_size=len(factors), max_size=len(factors)))
    image = smooth(12, 9, dtype=torch.float32) * 0.5 + 0.25
    batch, op = batch_of(image), None
    single = batch
    for kind, factor in zip(kinds, factors, strict=True):
        params = Params(1, factor=np.array([factor]))
        step = kind().lower(batch.info, params)
        op = step if op is None else op.then(step)
        single = kind().apply(single, params)
    assert len(op.stages) == 1
    np.testing.assert_allclose(op.run(batch).data[0], single.data[0], atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16])
def test_colors_beside_alpha_are_those_of_a_picture_without(dtype):
    image = noise(21, 17, 4, dtype=dtype)
    opaque = torch.from_numpy(image.numpy()[:3].copy())
    params = ColorJitter().draw(batch_of(opaque).info, rng_for(batch_of(opaque)))
    with_alpha = ColorJitter().apply(batch_of(image), params).data[0]
    plain = ColorJitter().apply(batch_of(opaque), params).data[0]
    assert torch.equal(with_alpha[:3], plain)
    assert torch.equal(with_alpha[3], image[3])
