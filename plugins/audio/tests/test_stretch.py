"""Time stretching and pitch shifting: length, pitch, timing, rows at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio import vocoder
from augreg_audio.stretch import PitchShift, TimeStretch

import augreg
from augreg import Events
from augreg.kernel import make_batch


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
@pytest.mark.parametrize("rate", [8000, 16000, pytest.param(44100, marks=pytest.mark.slow)])
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


def spoken(ratio: float, seconds: float, rate: int) -> torch.Tensor:
    """A short word whose pitch glides, all of it ``ratio`` times as high, with its formants: what a shift should give.

    Harmonics start at phase 0 together, as the pulses of a voice do.
    """
    time = np.arange(round(seconds * rate)) / rate
    hertz = glide(time) * ratio
    phase = 2 * np.pi * np.cumsum(hertz) / rate
    found = np.zeros_like(time)
    for k in range(1, 25):
        loud = sum(np.exp(-(((k * hertz / ratio - f) / 250) ** 2)) for f in (600, 1300, 2400)) + 0.02
        found += loud * np.cos(k * phase) * (k * hertz < 0.45 * rate)
    gate = np.clip(np.minimum(time - 0.03, seconds - 0.03 - time) / 0.03, 0, 1)
    return torch.from_numpy(0.05 * found * gate).float()[None]


def glide(time: np.ndarray) -> np.ndarray:
    """Pitch in Hz of ``spoken`` at times in seconds."""
    return 120 + 20 * np.sin(2 * np.pi * 1.2 * time)


def tracked(wave: np.ndarray, rate: int, ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """Times and fundamentals in Hz of voiced windows: the interpolated peak of the normalised autocorrelation."""
    low, high, width = rate / (200 * ratio), rate / (80 * ratio), round(0.02 * rate)
    lags = np.arange(int(low), int(high) + 1)
    times, found = [], []
    for start in range(0, len(wave) - width - lags[-1], round(0.005 * rate)):
        x = wave[start : start + width].astype(float)
        others = np.lib.stride_tricks.sliding_window_view(wave[start : start + width + lags[-1]], width)[lags]
        alike = others @ x / np.sqrt((x @ x) * np.square(others, dtype=float).sum(axis=1) + 1e-9)
        # The shortest of all periods that fit about as well: multiples fit, too.
        best = next((k for k in range(1, len(lags) - 1) if alike[k] > 0.9 * alike.max() and _top(alike, k)), 0)
        if not best or alike.max() < 0.8:
            continue
        before, here, behind = alike[best - 1 : best + 2]
        lag = lags[best] + 0.5 * (before - behind) / (before - 2 * here + behind)
        times.append((start + (width + lag) / 2) / rate)
        found.append(rate / lag)
    return np.asarray(times), np.asarray(found)


def _top(values: np.ndarray, k: int) -> bool:
    return bool(values[k] >= values[k - 1] and values[k] > values[k + 1])


def test_the_tracker_follows_a_glide():
    times, found = tracked(spoken(1.0, 0.5, 32000)[0].numpy(), 32000, 1.0)
    assert len(times) > 40
    assert np.median(np.abs(1200 * np.log2(found / glide(times)))) < 1


@pytest.mark.parametrize(("engine", "most"), [("vocoder", 3), ("wsola", 10)])
@pytest.mark.parametrize("semitones", [-7.0, -4.0, -0.5, 3.0, 5.0])
def test_pitch_of_a_gliding_voice(engine: str, most: float, semitones: float, run: Any):
    """Short, and never steady: frames that stand still anywhere show as steps in the pitch, in cents."""
    rate, ratio = 32000, 2 ** (semitones / 12)
    out = run(PitchShift(semitones=(semitones, semitones), engine=engine), [spoken(1.0, 0.5, rate)], rate=rate)
    times, found = tracked(out.data[0, 0].numpy(), rate, ratio)
    cents = np.abs(1200 * np.log2(found / (glide(times) * ratio)))
    assert len(times) > 30
    assert np.median(cents) < most


@pytest.mark.parametrize("factor", [0.8, 0.95, 1.2])
def test_a_stretched_glide_keeps_its_pitch_all_along(factor: float, run: Any):
    rate = 32000
    out = run(TimeStretch(factor=(factor, factor)), [spoken(1.0, 0.5, rate)], rate=rate)
    times, found = tracked(out.data[0, 0].numpy(), rate, 1.0)
    cents = np.abs(1200 * np.log2(found / glide(times * factor)))
    assert len(times) > 30
    assert np.median(cents) < 3


@pytest.mark.parametrize("seed", range(4))
def test_nearest_peaks_equal_a_search(seed: int):
    power = np.random.default_rng(seed).integers(0, 6, (6, 40)).astype(np.float32)
    power[seed] = 0.0
    found = vocoder.nearest_peaks(power)
    assert np.array_equal(vocoder.nearest_peaks_batch(torch.from_numpy(power)[None])[0].numpy(), found)
    for line, row in zip(power, found, strict=True):
        edge = np.pad(line, 2, constant_values=-1)
        peaks = [k for k in range(40) if line[k] > 0 and line[k] >= edge[k : k + 5].max()]
        for k in range(40):
            assert row[k] == (min(peaks, key=lambda peak: (abs(peak - k), peak)) if peaks else k)
