"""Speed: length, pitch, timing and spectrum of the resampled sound."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal
import torch
from augreg_audio.resampling import output_frames, resample_row, sizes, smooth_numbers
from augreg_audio.speed import Speed
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
from augreg.batch import make_batch


def frequency(x: np.ndarray, rate: float) -> float:
    """Frequency of a steady tone, from the interpolated peak of a windowed spectrum."""
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x)), 8 * len(x)))
    k = int(spectrum.argmax())
    a, b, c = np.log(spectrum[k - 1 : k + 2])
    return float((k + 0.5 * (a - c) / (a - 2 * b + c)) * rate / (8 * len(x)))


@pytest.mark.parametrize("factor", [0.5, 0.9, 0.937, 1.1, 1.2345, 2.0])
@pytest.mark.parametrize("rate", [8000, 44100])
def test_pitch_and_length_follow_the_factor(factor: float, rate: int, run: Any):
    time = torch.arange(rate) / rate
    out = run(Speed(factor=(factor, factor)), [torch.sin(2 * torch.pi * 440 * time)[None]], rate=rate)
    assert abs(int(out.lengths[0]) - rate / factor) <= 0.5
    middle = out.data[0, 0, 500:-500].numpy()
    assert abs(1200 * np.log2(frequency(middle, rate) / (440 * factor))) < 1.0
    assert np.abs(middle).max() == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize(("up", "down"), [(10, 9), (10, 11), (2, 3)])
def test_band_limited_sound_equals_scipy(up: int, down: int, noise: Any):
    taps = scipy.signal.firwin(255, 0.5)
    x = scipy.signal.lfilter(taps, 1.0, noise(20000).numpy().astype(np.float64))[:, 300:]
    got = resample_row(x, down / up, int(x.shape[-1] * up / down))
    wanted = scipy.signal.resample_poly(x, up, down, axis=-1, window=("kaiser", 12.0))[:, : got.shape[-1]]
    assert np.abs(got - wanted)[:, 200:-200].max() < 2e-3 * np.abs(wanted).max()


def test_nothing_aliases(run: Any):
    time = torch.arange(16000, dtype=torch.float64) / 16000
    out = run(Speed(factor=(2.0, 2.0)), [torch.sin(2 * torch.pi * 6000 * time)[None]])
    assert float(out.data[0, 0, 200:-200].abs().max()) < 1e-3


def test_factor_one_is_the_identity(noise: Any, run: Any):
    x = noise(777)
    assert torch.equal(run(Speed(factor=(1.0, 1.0)), [x]).data[0], x)


def test_all_rows_at_once_agree_with_row_by_row(noise: Any):
    batch = make_batch("audio", [noise(n, channels=2, seed=n) for n in (1, 10, 3000, 20000)], rates=16000)
    step = Speed(factor=(0.8, 1.25))
    params = step.draw(batch.info, augreg.Rng(2, batch.info.keys))
    tracked = batch.replace(batch.data.clone().requires_grad_())
    torch.testing.assert_close(
        step.apply(tracked, params).data.detach(), step.apply(batch, params).data, atol=1e-6, rtol=0
    )


@settings(deadline=None, max_examples=60)
@given(frames=st.integers(1, 200_000), factor=st.floats(0.4, 2.5))
def test_transform_lengths_factor_well_and_meet_the_ratio(frames: int, factor: float):
    before, after = sizes(frames, factor)
    assert before >= frames
    assert after >= int(output_frames(np.array([frames]), np.array([factor]))[0])
    for size in (before, after):
        for prime in (2, 3, 5, 7, 11, 13):
            while size % prime == 0:
                size //= prime
        assert size == 1
    # One cent is 5.8e-4; typical errors are a tenth of that and less.
    assert abs(before / after / factor - 1.0) * frames < max(3.0, 6e-4 * frames)


def test_smooth_numbers():
    assert smooth_numbers(20).tolist() == [n for n in range(1, 21) if n not in (17, 19)]
