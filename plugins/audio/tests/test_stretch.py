"""Time stretching and pitch shifting: length, pitch, timing, rows at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio.stretch import PitchShift, TimeStretch

import augreg
from augreg.batch import make_batch
from augreg.samples import Events


def tone(frequency: float, seconds: float, rate: int) -> torch.Tensor:
    time = np.arange(int(seconds * rate)) / rate
    return torch.from_numpy(0.5 * np.sin(2 * np.pi * frequency * time)).float()[None]


def voice(fundamental: float, seconds: float, rate: int) -> torch.Tensor:
    """A buzz with falling harmonics, formants, vibrato-free: pitch is known exactly."""
    time = np.arange(int(seconds * rate)) / rate
    found = np.zeros_like(time)
    for k in range(1, int(0.45 * rate / fundamental)):
        hertz = k * fundamental
        loud = sum(np.exp(-(((hertz - f) / 200) ** 2)) for f in (500, 1500, 2500)) + 0.02
        found += loud * np.cos(2 * np.pi * hertz * time + k * k)
    noise = np.random.default_rng(0).standard_normal(len(time)) * 0.01
    return torch.from_numpy(0.1 * found + 0.1 * noise).float()[None]


def pitch(x: torch.Tensor, rate: int, low: float, high: float) -> float:
    """Fundamental in Hz: the interpolated peak of the autocorrelation."""
    wave = x[0].double().numpy()[rate // 5 : -rate // 5]
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 4 * len(wave))) ** 2
    fine = np.fft.irfft(np.pad(spectrum, (0, 7 * (len(spectrum) - 1))))
    lags = np.arange(int(8 * rate / high), int(8 * rate / low))
    return 8 * rate / float(lags[fine[lags].argmax()])


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("factor", [0.7, 0.93, 1.1, 1.5])
def test_stretch_keeps_pitch_and_changes_length(rate: int, factor: float, run: Any):
    x = voice(140.0, 1.5, rate)
    out = run(TimeStretch(factor=(factor, factor)), [x], rate=rate)
    assert abs(int(out.lengths[0]) / rate - x.shape[-1] / rate / factor) < 1e-3
    assert abs(1200 * np.log2(pitch(out.data[0], rate, 95.0, 200.0) / 140.0)) < 10
    ratio = float(out.data[0].square().mean() / x.square().mean())
    assert 0.5 < ratio < 1.5


@pytest.mark.parametrize("engine", ["vocoder", "wsola"])
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("semitones", [-5.0, -0.3, 3.0, 7.0])
def test_pitch_shift_within_ten_cents(rate: int, semitones: float, engine: str, run: Any):
    for x, fundamental in ((voice(140.0, 1.5, rate), 140.0), (tone(220.0, 1.5, rate), 220.0)):
        out = run(PitchShift(semitones=(semitones, semitones), engine=engine), [x], rate=rate)
        assert out.lengths[0] == x.shape[-1]
        wanted = fundamental * 2 ** (semitones / 12)
        assert abs(1200 * np.log2(pitch(out.data[0], rate, wanted / 1.5, wanted * 1.5) / wanted)) < 10


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_bursts_stay_where_the_events_say(factor: float, run: Any):
    rate, spans = 16000, [(0.2, 0.4), (0.7, 0.8), (1.2, 1.6)]
    x = torch.zeros(1, 2 * rate)
    noise = np.random.default_rng(0).standard_normal(2 * rate).astype(np.float32)
    for onset, offset in spans:
        part = slice(int(onset * rate), int(offset * rate))
        x[0, part] = torch.from_numpy(noise[part])
    out = run(TimeStretch(factor=(factor, factor)), [x], targets={"events": [Events(spans)]})
    loud = out.data[0, 0].square()
    for onset, offset in out.info.target("events")[0].data:
        inside = loud[int((onset + 0.01) * rate) : int((offset - 0.01) * rate)].mean()
        before = loud[int((onset - 0.08) * rate) : int((onset - 0.04) * rate)].mean()
        behind = loud[int((offset + 0.04) * rate) : int((offset + 0.08) * rate)].mean()
        assert inside > 0.4
        assert max(before, behind) < 0.02 * inside


def test_keep_length_cuts_or_fills(run: Any):
    x = voice(140.0, 1.0, 16000)
    events = [Events([[0.0, 0.2], [0.9, 1.0]])]
    slow = run(TimeStretch(factor=(0.5, 0.5), keep_length=True), [x], targets={"events": events})
    assert slow.data.shape == (1, 1, 16000)
    np.testing.assert_allclose(slow.info.target("events")[0].data, [[0.0, 0.4]])
    fast = run(TimeStretch(factor=(2.0, 2.0), keep_length=True), [x], targets={"events": events})
    assert not fast.data[0, :, 8000:].any()
    np.testing.assert_allclose(fast.info.target("events")[0].data, [[0.0, 0.1], [0.45, 0.5]])


STEPS = [
    TimeStretch(),
    TimeStretch(keep_length=True),
    PitchShift(),
    PitchShift(engine="wsola"),
    PitchShift(keep_formants=True),
]


@pytest.mark.parametrize("augmenter", STEPS, ids=repr)
def test_all_rows_at_once_agree_with_row_by_row(augmenter: Any, noise: Any):
    rows = [noise(n, channels=2, seed=n) for n in (1, 10, 3000, 16000)]
    batch = make_batch("audio", rows, rates=16000)
    params = augmenter.draw(batch.info, augreg.Rng(2, batch.info.keys))
    tracked = batch.replace(batch.data.clone().requires_grad_())
    wanted, got = augmenter.apply(batch, params), augmenter.apply(tracked, params)
    assert np.array_equal(wanted.info.shapes, got.info.shapes)
    torch.testing.assert_close(got.data.detach(), wanted.data, atol=1e-3, rtol=0)


def test_neutral_values_are_the_identity(noise: Any, run: Any):
    x = noise(3000)
    assert torch.equal(run(TimeStretch(factor=(1, 1)), [x]).data[0], x)
    assert torch.equal(run(PitchShift(semitones=(0, 0)), [x]).data[0], x)


@pytest.mark.parametrize("engine", ["vocoder", "wsola"])
@pytest.mark.parametrize("semitones", [-5.0, 4.0])
def test_formants_move_along_or_stay(engine: str, semitones: float, run: Any):
    """One formant at 1500 Hz: the middle of the spectrum says where it is."""
    time, ratio = np.arange(32000) / 16000, 2 ** (semitones / 12)
    parts = [np.exp(-(((k * 125 - 1500) / 400) ** 2)) * np.cos(2 * np.pi * k * 125 * time + k * k) for k in range(63)]
    x = torch.from_numpy(0.1 * np.sum(parts, axis=0)).float()[None]
    for keep, wanted in ((False, 1500 * ratio), (True, 1500)):
        step = PitchShift(semitones=(semitones, semitones), keep_formants=keep, engine=engine)
        out = run(step, [x]).data[0]
        power = np.abs(np.fft.rfft(out[0].numpy() * np.hanning(32000))) ** 2
        hertz = np.fft.rfftfreq(32000, 1 / 16000)
        assert abs(float((power * hertz).sum() / power.sum()) / wanted - 1) < 0.08
        assert abs(1200 * np.log2(pitch(out, 16000, 100 * ratio, 160 * ratio) / (125 * ratio))) < 10
