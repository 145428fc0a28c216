"""Speed: length, pitch, timing and spectrum of the resampled sound."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal
import torch
from augreg_audio.resampling import (
    CUTOFF,
    KAISER_BETA,
    LARGEST_DRIFT,
    RUNS_PER_CALL,
    ZERO_CROSSINGS,
    Fraction,
    bank,
    fraction,
    output_frames,
    periodic,
    resample_row,
    room,
    table,
)
from augreg_audio.speed import Speed
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import i0

import augreg
from augreg.kernel import make_batch


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


def by_definition(x: np.ndarray, factor: float, scale: float, frames: int) -> np.ndarray:
    """The windowed sinc summed frame by frame; ``scale`` is how much lower its edge is."""
    half = int(np.ceil(ZERO_CROSSINGS * scale))
    found = np.zeros(frames)
    for t in range(frames):
        away = t * factor - np.arange(len(x))
        window = i0(KAISER_BETA * np.sqrt(np.maximum(1 - (away / half) ** 2, 0))) / i0(KAISER_BETA)
        kernel = np.sinc(away * CUTOFF / scale) * CUTOFF / scale * np.where(np.abs(away) < half, window, 0.0)
        found[t] = x @ kernel
    return found


@pytest.mark.parametrize("factor", [0.3, 0.9, 0.93217, 1.0731, 1.1, 2.0, 3.3])
@pytest.mark.parametrize("frames", [1, 10, 700])
def test_resampling_is_the_windowed_sinc(factor: float, frames: int, noise: Any):
    x = noise(frames).double().numpy()[0]
    after = int(output_frames(np.array([frames]), np.array([factor]))[0])
    exact = fraction(factor, after, 2 * table(factor, x.dtype).half)
    got = resample_row(x[None], factor, after)[0]
    scale = max(1.0, np.ceil(factor * 64) / 64)
    np.testing.assert_allclose(got, by_definition(x, exact.steps / exact.period, scale, after), atol=1e-4)


@settings(deadline=None, max_examples=60)
@given(
    steps=st.integers(1, 400),
    period=st.integers(1, 400),
    jump=st.integers(0, 30),
    frames=st.integers(1, 900),
    seed=st.integers(0, 99),
)
def test_sums_that_repeat_are_those_frame_by_frame(steps: int, period: int, jump: int, frames: int, seed: int):
    """Also where the first input frame moves on unevenly, by ``jump`` at a time."""
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal((period, 5))
    even = np.arange(period) * steps // period
    first = even // (jump + 1) * (jump + 1) + jump + RUNS_PER_CALL
    x = rng.standard_normal((2, room(frames, Fraction(steps, period), 5 + 3 * jump)))
    out = np.full((2, frames), np.nan)
    periodic(x, bank(weights, first, steps), out)
    for t in range(frames):
        start = t // period * steps + first[t % period]
        np.testing.assert_allclose(out[:, t], x[:, start : start + 5] @ weights[t % period], rtol=1e-9, atol=1e-12)


def test_the_response_is_flat_and_its_images_are_gone():
    known = table(1.0, np.dtype(np.float64))
    # Weights for falling places are the kernel in rising order, 128 per input frame.
    kernel = known.weights[::-1].T.ravel()
    level = 20 * np.log10(np.abs(np.fft.rfft(kernel, 1 << 20)) / len(known.weights) + 1e-12)
    nyquist = np.arange(len(level)) / (1 << 20) * 2 * len(known.weights)
    assert np.abs(level[nyquist < 0.82]).max() < 0.01
    assert level[nyquist > 1.06].max() < -74


@settings(deadline=None, max_examples=200)
@given(frames=st.integers(1, 200_000), factor=st.floats(0.1, 10.0))
def test_fractions_are_close_and_long_enough(frames: int, factor: float):
    taps = 2 * table(factor, np.dtype(np.float32)).half
    steps, period = fraction(factor, frames, taps)
    assert steps >= taps
    # 0.1 cents, where a fraction with a denominator up to 32768 does not place the last frame right.
    assert abs(steps / period - factor) * frames <= max(LARGEST_DRIFT, 6e-5 * factor * frames)


@pytest.mark.parametrize("factor", [0.9321, 1.0731])
def test_the_end_of_a_long_sound_stays_in_place(factor: float):
    at = np.arange(1_000_000)
    x = np.sin(2 * np.pi * 0.01 * at)
    after = int(len(at) / factor) - 1000
    got = resample_row(x[None], factor, after)[0]
    wanted = np.sin(2 * np.pi * 0.01 * factor * np.arange(after))
    assert np.abs(got - wanted)[1000:].max() < 2 * np.pi * 0.01 * 1.1 * LARGEST_DRIFT
