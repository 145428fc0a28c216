"""Noise, blur along time and compression, against formulas and frame by frame."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter1d

import augreg
from augreg import Params, Rng
from augreg.kernel import make_batch

NAMES = {"video.noise": {"correlation": 0.5}, "video.temporal_blur": {}, "video.compression": {}}


def clips(lengths=(6, 9), size=(20, 24), dtype=torch.uint8, last=True):
    rows = []
    for i, n in enumerate(lengths):
        values = np.random.default_rng(i).integers(0, 256, (n, *size, 3), dtype=np.uint8)
        row = torch.from_numpy(values).permute(0, 3, 1, 2)
        row = row if last else row.contiguous()
        rows.append(row if dtype == torch.uint8 else (row.double() / 255).to(dtype))
    return make_batch("video", rows, rates=25.0)


@pytest.mark.parametrize("name", NAMES)
def test_rows_stand_alone_and_nothing_is_modified(name):
    batch, augmenter = clips(), augreg.make(name, **NAMES[name])
    before = [row.clone() for row in batch.data]
    params = augmenter.draw(batch.info, Rng(5, batch.info.keys))
    together = augmenter.apply(batch, params)
    again = augmenter.apply(batch, Params.from_rows([params.row(i) for i in range(2)]))
    assert all(torch.equal(a, b) for a, b in zip(before, batch.data, strict=True))
    for i in range(2):
        one = batch.take(np.asarray([i]))
        alone = augmenter.apply(one, augmenter.draw(one.info, Rng(5, one.info.keys)))
        assert torch.equal(alone.data[0], together.data[i])
        assert torch.equal(again.data[i], together.data[i])
        assert not torch.equal(together.data[i], batch.data[i])


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("sigma", [0.4, 1.0, 3.0])
def test_temporal_blur_is_scipys(dtype, last, sigma):
    batch = clips((7, 1), dtype=dtype, last=last)
    out = augreg.make("video.temporal_blur").apply(batch, Params(2, sigma=np.asarray([sigma, sigma])))
    for found, source in zip(out.data, batch.data, strict=True):
        expected = gaussian_filter1d(
            source.double().numpy(), sigma, axis=0, mode="nearest", truncate=np.ceil(4 * sigma) / sigma
        )
        assert found.dtype == dtype
        tolerance = 0.51 if dtype == torch.uint8 else 1e-5
        np.testing.assert_allclose(found.double().numpy(), expected, atol=tolerance)
        assert found.stride() == source.stride()


def test_temporal_blur_passes_gradients():
    clip = torch.rand(5, 3, 4, 4, requires_grad=True)
    batch = make_batch("video", [clip])
    out = augreg.make("video.temporal_blur").apply(batch, Params(1, sigma=np.asarray([1.0])))
    out.data[0][2].sum().backward()
    assert (clip.grad > 0).all()
    np.testing.assert_allclose(clip.grad.sum(dim=0).numpy(), 1.0, rtol=1e-5)


@pytest.mark.parametrize("correlation", [0.0, 0.6, 1.0])
def test_noise_has_its_strength_and_its_correlation(correlation):
    batch = make_batch("video", [torch.full((6, 3, 60, 60), 0.5)])
    params = Params(1, std=np.asarray([0.05]), correlation=np.asarray([correlation]), noise=np.asarray([99]))
    noise = augreg.make("video.noise").apply(batch, params).data[0].double().numpy() - 0.5
    flat = noise.reshape(6, -1)
    np.testing.assert_allclose(flat.std(axis=1), 0.05, rtol=0.03)
    measured = np.corrcoef(flat)
    for a in range(6):
        for b in range(6):
            assert abs(measured[a, b] - correlation ** abs(a - b)) < 0.04


def test_noise_has_the_same_strength_in_every_dtype():
    for dtype, white in ((torch.uint8, 255), (torch.uint16, 65535), (torch.float32, 1.0)):
        gray = torch.full((3, 1, 64, 64), white // 2 if white > 1 else 0.5).to(dtype)
        params = Params(1, std=np.asarray([0.1]), correlation=np.asarray([0.0]), noise=np.asarray([7]))
        out = augreg.make("video.noise").apply(make_batch("video", [gray]), params).data[0]
        assert out.dtype == dtype
        assert abs(float((out.double() / white).std()) - 0.1) < 0.005


def test_a_longer_clip_begins_with_the_same_noise():
    params = Params(1, std=np.asarray([0.1]), correlation=np.asarray([0.5]), noise=np.asarray([7]))
    short, long = (
        augreg.make("video.noise").apply(make_batch("video", [torch.full((n, 3, 8, 8), 0.5)]), params).data[0]
        for n in (3, 9)
    )
    assert torch.equal(short, long[:3])


@pytest.mark.parametrize("shape", [(6, 3, 32, 48), (4, 3, 33, 47), (1, 3, 2, 2), (5, 1, 31, 32)])
def test_compression_keeps_shape_and_gets_worse_with_the_quantizer(shape):
    y, x = np.mgrid[0 : shape[2], 0 : shape[3]]
    frames = [127 + 60 * np.sin((x + 2 * t) / 5) + 40 * np.cos(y / 4) for t in range(shape[0])]
    clip = torch.from_numpy(np.stack(frames).astype(np.uint8))[:, None].repeat(1, shape[1], 1, 1)
    batch = make_batch("video", [clip], rates=24.0)
    errors = []
    for quantizer in (2, 10, 31):
        out = augreg.make("video.compression").apply(batch, Params(1, quantizer=np.asarray([quantizer])))
        assert out.data[0].shape == clip.shape
        errors.append(float((out.data[0].double() - clip.double()).abs().mean()))
    assert errors[0] < 6
    if min(shape[2:]) > 2:
        assert errors[0] < errors[1] < errors[2]


def test_a_lower_bit_rate_is_worse():
    batch = clips((12,), size=(64, 64))
    errors = []
    for bits in (0.02, 2.0):
        augmenter = augreg.make("video.compression", bits_per_pixel=bits)
        out = augmenter.apply(batch, augmenter.draw(batch.info, Rng(1, batch.info.keys)))
        errors.append(float((out.data[0].double() - batch.data[0].double()).abs().mean()))
    assert errors[1] < errors[0]


def test_camera_shake_moves_smoothly_and_takes_boxes_along():
    frames = torch.zeros(24, 3, 64, 64, dtype=torch.uint8)
    frames[:, :, 30:34, 30:34] = 255
    boxes = [augreg.Boxes([[30, 30, 34, 34]]) for _ in range(24)]
    clip = augreg.Video(data=frames, fps=24, boxes=boxes)
    out = augreg.augment([clip], {"video": ["video.camera_shake"]}, seed=3)[0]
    weight = out.data[:, 0].double()
    at = torch.arange(64) + 0.5
    centres = (
        torch.stack([(weight.sum(1) * at).sum(1), (weight.sum(2) * at).sum(1)], dim=1) / weight.sum((1, 2))[:, None]
    )
    boxed = np.asarray([[b.data[0, [0, 2]].mean(), b.data[0, [1, 3]].mean()] for b in out.boxes])
    np.testing.assert_allclose(centres.numpy(), boxed, atol=0.2)
    steps = np.linalg.norm(np.diff(boxed, axis=0), axis=1)
    assert 0.1 < steps.max() < 2.0


def test_flicker_wavers():
    clip = augreg.Video(data=torch.full((16, 3, 4, 4), 100, dtype=torch.uint8), fps=24)
    out = augreg.augment([clip], {"video": ["video.flicker"]}, seed=3)[0]
    levels = out.data[:, 0, 0, 0].double()
    assert 69 <= levels.min() < levels.max() <= 131
    assert len(set(levels.tolist())) > 6
