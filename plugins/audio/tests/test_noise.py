"""Noise: its ratio to the sound, its spectrum, its independence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal
import torch
from augreg_audio.noise import ColoredNoise, GaussianNoise, GaussianSnr
from torch._subclasses.fake_tensor import FakeTensorMode

import augreg
from augreg.data.batch import Batch
from augreg.kernel import make_batch


def decibels(x: torch.Tensor) -> float:
    return float(10 * torch.log10(x.double().square().mean()))


@pytest.mark.parametrize("kind", [GaussianSnr, ColoredNoise])
@pytest.mark.parametrize("snr", [-5.0, 10.0, 40.0])
@pytest.mark.parametrize("frames", [50, 16000])
def test_snr_is_what_was_asked_for(kind: Any, snr: float, frames: int, noise: Any, run: Any):
    rows = [noise(frames, channels=2, seed=1), 0.01 * noise(2 * frames, channels=2, seed=2)]
    out = run(kind(snr=(snr, snr)), rows)
    for i, row in enumerate(rows):
        added = out.row(i).double() - row.double()
        assert abs(decibels(row) - decibels(added) - snr) < 0.1


def test_absolute_level(noise: Any, run: Any):
    out = run(GaussianNoise(decibels=(-40, -40)), [torch.zeros(2, 50000)]).data[0]
    assert abs(decibels(out) + 40.0) < 0.1
    assert abs(float(torch.corrcoef(out)[0, 1])) < 0.02


@pytest.mark.parametrize("slope", [-6.0, -3.0, 0.0, 3.0, 6.0])
def test_colour(slope: float, run: Any):
    x = torch.randn(1, 400_000, generator=torch.Generator().manual_seed(0)) * 0.1
    added = (run(ColoredNoise(snr=(0, 0), slope=(slope, slope)), [x]).data[0] - x)[0].numpy()
    hertz, density = scipy.signal.welch(added, 16000, nperseg=4096)
    level = 10 * np.log10(density)
    inside = (hertz > 100) & (hertz < 7000)
    fitted = np.polyfit(np.log2(hertz[inside]), level[inside], 1)[0]
    assert abs(fitted - slope) < 0.15


def test_colored_noise_does_not_repeat(run: Any):
    x = torch.randn(1, 64000, generator=torch.Generator().manual_seed(0)) * 0.1
    added = (run(ColoredNoise(snr=(0, 0)), [x]).data[0] - x)[0].numpy().astype(np.float64)
    spectrum = np.abs(np.fft.rfft(added, 128000)) ** 2
    correlation = np.fft.irfft(spectrum)[2000:60000]
    assert np.abs(correlation).max() < 0.1 * np.square(added).sum()


LENGTHS = [16000, 0, 1, 10, 15990, 8000, 16000, 15999, 16000, 15000, 300_000]
"""More rows of one size than are made together, and sizes of their own; one too large for company."""


def of_all_lengths(dtype: torch.dtype, noise: Any) -> Batch:
    rows = [noise(n, channels=2, seed=k) for k, n in enumerate(LENGTHS)]
    return make_batch(
        "audio", [(r * 9000).to(dtype) if dtype == torch.int16 else r.to(dtype) for r in rows], rates=16000
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int16])
def test_colored_noise_is_the_same_in_any_company(dtype: torch.dtype, noise: Any):
    batch = of_all_lengths(dtype, noise)
    rows = batch.rows()
    step = ColoredNoise()
    params = step.draw(batch.info, augreg.Rng(0, batch.info.keys))
    whole, listed = step.apply(batch, params), step.apply(Batch(rows, batch.info), params)
    for i, row in enumerate(rows):
        alone = step.apply(make_batch("audio", [row], rates=16000), params.take(np.array([i])))
        assert torch.equal(whole.row(i), alone.row(0))
        assert torch.equal(whole.row(i), listed.row(i))
        assert not whole.data[i, :, LENGTHS[i] :].any()


@pytest.mark.parametrize("dtype", [torch.float32, pytest.param(torch.float64, marks=pytest.mark.slow)])
def test_colored_noise_is_the_same_with_gradients_and_on_devices(dtype: torch.dtype, noise: Any):
    batch = of_all_lengths(dtype, noise)
    step = ColoredNoise()
    params = step.draw(batch.info, augreg.Rng(0, batch.info.keys))
    whole = step.apply(batch, params)
    tracked = batch.replace(batch.data.clone().requires_grad_())
    again = step.apply(tracked, params)
    torch.testing.assert_close(again.data.detach(), whole.data, atol=2e-6, rtol=0)
    again.data.sum().backward()
    for i, frames in enumerate(LENGTHS):
        assert (tracked.data.grad[i, :, :frames] == 1).all()
    with FakeTensorMode(allow_non_fake_inputs=True):
        made = step.apply(Batch(torch.empty_like(batch.data, device="cuda"), batch.info), params).data
    assert (made.device.type, made.shape) == ("cuda", batch.data.shape)


def test_silence_stays_silence(run: Any):
    assert not run(GaussianSnr(), [torch.zeros(1, 100)]).data.any()
    assert not run(ColoredNoise(), [torch.zeros(1, 100)]).data.any()


def test_two_samples_get_two_noises_and_gradients_pass_through(noise: Any):
    x = noise(1000)
    batch = make_batch("audio", [x, x], rates=16000)
    step = GaussianSnr(snr=10)
    params = step.draw(batch.info, augreg.Rng(0, batch.info.keys))
    out = step.apply(batch, params).data
    assert not torch.equal(out[0], out[1])
    tracked = batch.replace(batch.data.clone().requires_grad_())
    again = step.apply(tracked, params)
    torch.testing.assert_close(again.data.detach(), out, atol=1e-6, rtol=0)
    again.data.sum().backward()
    assert torch.equal(tracked.data.grad, torch.ones_like(out))
