"""Loudness against the standard's own numbers, limiters against their promise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio.dynamics import (
    Compressor,
    Limiter,
    LoudnessNormalize,
    PeakNormalize,
    RmsNormalize,
    loudest,
)
from augreg_audio.loudness import energies_on_device, loudness
from torch._subclasses.fake_tensor import FakeTensorMode

import augreg
from augreg.data.batch import Batch
from augreg.kernel import make_batch


def tone(decibels: float, seconds: float, rate: int, hertz: float = 997.0) -> np.ndarray:
    time = np.arange(int(seconds * rate)) / rate
    return 10 ** (decibels / 20) * np.sin(2 * np.pi * hertz * time)


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000, 96000])
def test_a_full_scale_tone_in_one_channel_is_minus_three_lufs(rate: int):
    # ITU-R BS.1770-4: "if a 0 dB FS, 997 Hz sine wave is applied to the left input, the indicated loudness is -3.01".
    assert abs(loudness(tone(0.0, 5.0, rate)[None], rate) + 3.01) < 0.1


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ([(-23.0, 20.0)], -23.0),
        ([(-33.0, 20.0)], -33.0),
        ([(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)], -23.0),
        ([(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)], -23.0),
        ([(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)], -23.0),
    ],
)
def test_signals_of_ebu_tech_3341(parts: list[tuple[float, float]], wanted: float):
    mono = np.concatenate([tone(level, seconds, 16000, 1000.0) for level, seconds in parts])
    assert abs(loudness(np.stack([mono, mono]), 16000) - wanted) < 0.1


def test_surround_of_ebu_tech_3341_counts_more_and_bass_not_at_all():
    left, center, surround = (tone(level, 20.0, 16000, 1000.0) for level in (-28.0, -24.0, -30.0))
    five = np.stack([left, left, center, surround, surround])  # test signal 6
    assert abs(loudness(five, 16000) + 23.0) < 0.1
    bass = tone(0.0, 20.0, 16000, 60.0)
    six = np.stack([left, left, center, bass, surround, surround])
    assert loudness(six, 16000) == pytest.approx(loudness(five, 16000), abs=1e-9)
    on_device = energies_on_device(torch.from_numpy(six)[None], torch.ones(1, 1, 320000, dtype=bool), [320000], 16000)
    assert -0.691 + 10 * np.log10(float(on_device[0])) == pytest.approx(loudness(six, 16000), abs=1e-3)
    seven = np.concatenate([five, np.zeros((2, 320000))])  # nobody knows where seven channels are
    alike = np.sum([10 ** (loudness(channel[None], 16000) / 10) for channel in five])
    assert loudness(seven, 16000) == pytest.approx(10 * np.log10(alike), abs=0.01)


def test_loudness_of_short_and_silent_sounds():
    assert loudness(np.zeros((1, 100)), 16000) == -np.inf
    assert abs(loudness(tone(-20.0, 0.2, 48000)[None], 48000) + 23.0) < 0.2


@pytest.mark.parametrize("target", [-30.0, -16.0])
def test_normalisers_reach_their_targets(target: float, noise: Any, run: Any):
    rows = [noise(n, channels=2, seed=n) * 0.1 for n in (16000, 40000)]
    out = run(LoudnessNormalize(target=(target, target)), rows)
    for i in range(2):
        assert abs(loudness(out.row(i).double().numpy(), 16000) - target) < 0.05
    out = run(PeakNormalize(target=(target, target)), rows)
    for i in range(2):
        assert float(20 * out.row(i).abs().max().log10()) == pytest.approx(target, abs=1e-3)
    out = run(RmsNormalize(target=(target, target)), rows)
    for i in range(2):
        assert float(10 * out.row(i).square().mean().log10()) == pytest.approx(target, abs=1e-3)


@pytest.mark.parametrize("augmenter", [PeakNormalize(), RmsNormalize(), LoudnessNormalize()], ids=repr)
def test_normalisers_in_stacks_lists_and_on_devices(augmenter: Any, noise: Any):
    rows = [noise(n, channels=2, seed=n) * 0.1 for n in (1, 300, 6400, 6401, 9000, 40001)]
    rows.append(torch.zeros(2, 500))
    ragged = make_batch("audio", rows, rates=[16000.0] * 4 + [48000.0] * 3)
    long = [noise(40001, channels=2, seed=s) * 0.1**s for s in range(9)]
    for batch in (ragged, make_batch("audio", long, rates=16000.0)):
        params = augmenter.draw(batch.info, augreg.Rng(2, batch.info.keys))
        wanted = augmenter.apply(batch, params)
        tracked = batch.replace(batch.data.clone().requires_grad_())
        found = augmenter.apply(tracked, params).data.detach()
        torch.testing.assert_close(found, wanted.data, atol=1e-6, rtol=1e-5)
        for i, row in enumerate(batch.rows()):
            alone = make_batch("audio", [row], rates=batch.info.rates[i : i + 1])
            assert torch.equal(augmenter.apply(alone, params.take(np.array([i]))).row(0), wanted.row(i))
        with FakeTensorMode(allow_non_fake_inputs=True):
            made = augmenter.apply(Batch(torch.empty_like(batch.data, device="cuda"), batch.info), params).data
        assert (made.device.type, made.shape) == ("cuda", batch.data.shape)


@pytest.mark.parametrize("augmenter", [PeakNormalize(), RmsNormalize(), LoudnessNormalize()], ids=repr)
def test_silence_stays_silence_and_what_is_next_to_it_stays_finite(augmenter: Any, run: Any):
    quiet = torch.zeros(1, 8000)
    quiet[0, 100] = 1e-42
    out = run(augmenter, [torch.zeros(1, 8000), quiet]).data
    assert not out[0].any()
    assert torch.isfinite(out[1]).all()


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("augmenter", [PeakNormalize(), RmsNormalize(), LoudnessNormalize()], ids=repr)
def test_what_is_not_finite_stays_as_it_is_and_leaves_its_neighbors_alone(augmenter: Any, value: float, noise: Any):
    rows = [0.1 * noise(8000, channels=2, seed=s) for s in range(3)]
    rows[1][1, 5000] = value
    batch = make_batch("audio", rows, rates=16000.0)
    params = augmenter.draw(batch.info, augreg.Rng(2, batch.info.keys))
    for given in (batch, batch.replace(batch.data.clone().requires_grad_()), Batch(rows, batch.info)):
        made = augmenter.apply(given, params)
        assert torch.equal(made.row(1).nan_to_num(nan=7.0), rows[1].nan_to_num(nan=7.0))
        for i in (0, 2):
            alone = augmenter.apply(make_batch("audio", [rows[i]], rates=16000.0), params.take(np.array([i])))
            torch.testing.assert_close(made.row(i).detach(), alone.row(0), rtol=1e-5, atol=0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("frames", [1, 2, 7, 16001])
def test_loudest_is_the_largest_magnitude_of_any_channel(dtype: Any, frames: int):
    x = np.random.default_rng(frames).standard_normal((3, 2 * frames)).astype(dtype)
    for one in (x, x[:, :frames], x[:, ::-2], -x, np.zeros_like(x)):
        assert loudest(one) == float(np.abs(one).max())


@pytest.mark.parametrize("attack", [0.0, 0.0001, 0.0005, 0.003, 0.00306])
def test_limiter_keeps_every_sample_below_the_threshold(attack: float, noise: Any, run: Any):
    x = noise(20000, channels=2)
    x[:, 5000:5010] = 3.0
    out = run(Limiter(threshold=(-12, -12), attack=(attack, attack), relative=False), [x]).data[0]
    assert float(out.abs().max()) <= 10 ** (-12 / 20) * (1 + 1e-5)
    assert float(out.abs().max()) > 0.9 * 10 ** (-12 / 20)


def test_limiter_relative_to_the_peak(noise: Any, run: Any):
    x = noise(20000) * 0.01
    out = run(Limiter(threshold=(-12, -12)), [x]).data[0]
    assert float(out.abs().max() / x.abs().max()) == pytest.approx(10 ** (-12 / 20), rel=0.05)


def test_limiter_leaves_quiet_sounds_alone(noise: Any, run: Any):
    x = noise(5000) * 0.01
    torch.testing.assert_close(run(Limiter(threshold=(-6, -6), relative=False), [x]).data[0], x, rtol=1e-6, atol=0)


def test_compressor_reduces_a_steady_tone_by_the_ratio(run: Any):
    x = torch.from_numpy(tone(-10.0, 1.0, 16000)).float()[None]
    step = Compressor(threshold=(-30, -30), ratio=(4, 4), attack=0.005, release=0.2, makeup=False)
    out = run(step, [x]).data[0, 0, 8000:]
    level = 20 * np.log10(float(out.abs().max()))
    assert abs(level - (-30 + 20 / 4)) < 0.5


def test_compressor_narrows_the_range_and_keeps_the_rms(noise: Any, run: Any):
    x = torch.cat([noise(8000, seed=1) * 0.05, noise(8000, seed=2)], dim=-1)
    out = run(Compressor(threshold=(-45, -45), ratio=(6, 6)), [x]).data[0]
    before = float(x[:, 8000:].square().mean() / x[:, 2000:8000].square().mean())
    after = float(out[:, 8000:].square().mean() / out[:, 2000:8000].square().mean())
    assert after < 0.2 * before
    assert float(out.square().mean()) == pytest.approx(float(x.square().mean()), rel=1e-3)
