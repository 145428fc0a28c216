"""Distortion, envelopes and equalisers against their formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio.envelopes import Fade, GainTransition
from augreg_audio.equalizer import (
    AirAbsorption,
    HighShelf,
    LowShelf,
    PeakingEq,
    SevenBandEq,
    air_decibels_per_metre,
)
from augreg_audio.shapers import BitCrush, Clip, Overdrive, Tanh

import augreg
from augreg.data.batch import Batch
from augreg.data.params import Params
from augreg.kernel import make_batch


def response(augmenter: Any, rate: float = 48000.0, params: Params | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in Hz and gains in dB, from the response to a click."""
    click = torch.zeros(1, 1 << 15, dtype=torch.float64)
    click[0, 0] = 1.0
    batch = make_batch("audio", [click], rates=rate)
    params = params or augmenter.draw(batch.info, augreg.Rng(0, batch.info.keys))
    out = augmenter.apply(batch, params).data[0, 0].numpy()
    return np.fft.rfftfreq(1 << 15, 1 / rate), 20 * np.log10(np.abs(np.fft.rfft(out)) + 1e-12)


@pytest.mark.parametrize("gain", [-18.0, -6.0, 9.0])
def test_shelves_and_peaks_reach_their_gains(gain: float):
    hertz, level = response(LowShelf(frequency=1000.0, decibels=(gain, gain), q=0.7))
    np.testing.assert_allclose(np.interp([10, 1000, 20000], hertz, level), [gain, gain / 2, 0.0], atol=0.1)
    hertz, level = response(HighShelf(frequency=1000.0, decibels=(gain, gain), q=0.7))
    np.testing.assert_allclose(np.interp([10, 1000, 20000], hertz, level), [0.0, gain / 2, gain], atol=0.1)
    hertz, level = response(PeakingEq(frequency=1000.0, decibels=(gain, gain), q=2.0))
    np.testing.assert_allclose(np.interp([10, 1000, 20000], hertz, level), [0.0, gain, 0.0], atol=0.1)


def test_seven_bands_add_up():
    eq = SevenBandEq()
    params = Params(
        1,
        frequency=np.array([[60.0, 150.0, 300.0, 700.0, 1500.0, 3000.0, 6000.0]]),
        decibels=np.array([[6.0, 0.0, 0.0, -8.0, 0.0, 0.0, 3.0]]),
        q=np.full((1, 7), 0.7),
    )
    hertz, level = response(eq, params=params)
    np.testing.assert_allclose(np.interp([5, 700, 20000], hertz, level), [6.0, -8.0, 3.0], atol=0.3)


def test_seven_bands_at_8_khz_leave_the_top_out():
    _, level = response(SevenBandEq(), rate=8000.0)
    assert np.isfinite(level).all()


def test_air_absorbs_as_the_standard_tabulates():
    # ISO 9613-1 table 1, dB per km at 20 degrees C and 70 % relative humidity.
    hertz = np.array([125.0, 500.0, 1000.0, 4000.0, 8000.0])
    wanted = np.array([0.339, 2.80, 4.98, 23.1, 76.6])
    np.testing.assert_allclose(1000 * air_decibels_per_metre(hertz, 20.0, 70.0), wanted, rtol=0.02)


def test_air_filter_has_that_response():
    hertz, level = response(AirAbsorption(distance=100.0, temperature=20.0, humidity=70.0), rate=44100.0)
    picked = np.array([500.0, 2000.0, 8000.0, 16000.0])
    wanted = -100.0 * air_decibels_per_metre(picked, 20.0, 70.0)
    np.testing.assert_allclose(np.interp(picked, hertz, level), wanted, atol=0.5)


def test_percentile_clip_cuts_the_share(noise: Any, run: Any):
    x = noise(10000)
    out = run(Clip(share=0.1), [x]).data[0]
    limit = np.sort(np.abs(x.numpy()).ravel())[8999]
    assert torch.equal(out, x.clamp(-limit, limit))
    assert abs(float((out.abs() == out.abs().max()).float().mean()) - 0.1) < 0.01


def test_level_clip(noise: Any, run: Any):
    x = noise(1000) * 10
    assert torch.allclose(run(Clip(mode="level", threshold=-6.0), [x]).data[0], x.clamp(-0.50118724, 0.50118724))


def test_tanh_keeps_loudness_and_is_tanh(noise: Any, run: Any):
    x = noise(4000, channels=2)
    out = run(Tanh(drive=(10, 10)), [x]).data[0]
    rms = float(x.double().square().mean().sqrt())
    shaped = torch.tanh(x.double() * 10**0.5 / rms)
    wanted = shaped * rms / shaped.square().mean().sqrt()
    torch.testing.assert_close(out.double(), wanted, atol=1e-6, rtol=1e-5)


def test_overdrive_keeps_the_peak_and_adds_harmonics(run: Any):
    tone = torch.sin(torch.arange(16000) * 2 * torch.pi * 500 / 16000)[None] * 0.5
    even = run(Overdrive(drive=12.0, colour=0.2), [tone]).data[0]
    odd = run(Overdrive(drive=12.0, colour=0.0), [tone]).data[0]
    assert float(even.abs().max()) == pytest.approx(0.5, rel=1e-5)
    spectra = [np.abs(np.fft.rfft(v[0].numpy())) for v in (even, odd)]
    assert spectra[0][1000] > 0.01 * spectra[0][500] > 0
    assert spectra[1][1000] < 1e-4 * spectra[1][500]
    assert spectra[1][1500] > 0.01 * spectra[1][500]


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_bit_crush_has_that_many_values(bits: int, noise: Any, run: Any):
    x = noise(20000) * 3
    out = run(BitCrush(bits=(bits, bits)), [x]).data[0]
    assert len(out.unique()) <= 2**bits
    inside = x.abs() < 1 - 2.0 ** (1 - bits)
    assert float((out - x)[inside].abs().max()) <= 2.0**-bits + 1e-6


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("frames", [1, 999, 70000])
def test_bit_crush_rounds_half_to_even_in_stacks_and_lists_alike(dtype: torch.dtype, frames: int, noise: Any):
    # More rows than go together when they are short, fewer than one group holds when they are long.
    rows = [(3 * noise(frames, channels=2, seed=s)).to(dtype) for s in range(70 if frames < 1000 else 3)]
    rows[0][0, 0], rows[1][0, 0], rows[2][0, 0] = 1e30, -torch.inf, 0.375
    batch = make_batch("audio", rows, rates=16000)
    params = BitCrush().draw(batch.info, augreg.Rng(3, batch.info.keys))
    stacked, listed = (BitCrush().apply(b, params) for b in (batch, Batch(rows, batch.info)))
    scales = 2.0 ** (params.array("bits")[:, None, None] - 1)
    wanted = np.clip(np.rint(batch.data.numpy() * scales), -scales, scales - 1) / scales
    for i in range(len(rows)):
        np.testing.assert_array_equal(stacked.row(i).numpy(), wanted[i])
        np.testing.assert_array_equal(listed.row(i).numpy(), wanted[i])


def test_gain_transition_reaches_both_ends(run: Any):
    step = GainTransition(start=(-12, -12), end=(6, 6), duration=0.1)
    batch = make_batch("audio", [torch.ones(1, 16000)], rates=16000)
    params = Params(1, start=np.array([-12.0]), end=np.array([6.0]), duration=np.array([0.1]), place=np.array([0.5]))
    level = 20 * np.log10(step.apply(batch, params).data[0, 0].numpy())
    np.testing.assert_allclose(level[[0, 7000, 8000, 9000]], [-12.0, -12.0, -3.0, 6.0], atol=0.05)


@pytest.mark.parametrize("shape", ["linear", "quarter_sine", "half_sine"])
def test_fade_starts_and_ends_in_silence(shape: str, run: Any):
    out = run(Fade(fade_in=0.25, fade_out=0.5, shape=shape), [torch.ones(1, 1000)]).data[0, 0]
    assert out[0] == 0
    assert out[-1] == 0
    assert (out[250:500] == 1).all()
    assert (out[:250].diff() > 0).all()
    assert (out[500:].diff() < 0).all()


@pytest.mark.parametrize(
    "augmenter",
    [Clip(share=0.2), Clip(mode="level"), Tanh(), Overdrive(), BitCrush(), GainTransition(), Fade()],
    ids=lambda a: type(a).__name__,
)
def test_all_rows_at_once_agree_with_row_by_row(augmenter: Any, noise: Any):
    batch = make_batch("audio", [noise(n, channels=2, seed=n) for n in (1, 300, 5000)], rates=16000)
    params = augmenter.draw(batch.info, augreg.Rng(2, batch.info.keys))
    tracked = batch.replace(batch.data.clone().requires_grad_())
    wanted = augmenter.apply(batch, params).data
    torch.testing.assert_close(augmenter.apply(tracked, params).data.detach(), wanted, atol=2e-6, rtol=1e-5)
