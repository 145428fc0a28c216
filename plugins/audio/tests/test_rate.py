"""Other sample rates, and the engines that resample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio import engines, files, resampling
from augreg_audio.rate import ToRate
from augreg_audio.speed import Speed

import augreg
from augreg.errors import ConfigError, SampleError, UnsupportedError

ENGINES = ["sinc", pytest.param("soxr", marks=pytest.mark.skipif(engines.find_spec("soxr") is None, reason="extra"))]


def band(rate: float, highest: float, seconds: float = 2.0) -> np.ndarray:
    """A swelling sum of tones up to ``highest`` Hz, float64 (frames,): known at any moment, so at any rate."""
    time = np.arange(round(seconds * rate)) / rate
    tones = [np.cos(2 * np.pi * f * time + f) for f in np.linspace(50, highest, 12)]
    return 0.05 * np.sum(tones, axis=0) * np.sin(np.pi * time / seconds) ** 2


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("before", "after"), [(44100, 16000), (8000, 16000), (16000, 8000), (48000, 44100)])
def test_the_same_sound_at_another_rate(engine: str, before: int, after: int, run: Any):
    highest = 0.42 * min(before, after)
    out = run(ToRate(rate=after, engine=engine), [torch.from_numpy(band(before, highest))[None]], rate=before)
    assert out.info.rates.tolist() == [after]
    np.testing.assert_allclose(out.data[0, 0].numpy(), band(after, highest), atol=1e-3)


@pytest.mark.parametrize("engine", ENGINES)
def test_events_and_frame_labels_stay_in_seconds(engine: str):
    events, labels = augreg.Events([[0.1, 0.30001], [0.9, 1.0]], labels=["a", "b"]), np.arange(100)
    sound = augreg.Audio(torch.zeros(1, 44100), 44100, events=events, frame_labels=labels)
    pipe = augreg.Pipeline({"audio": [{"audio.to_rate": {"rate": 16000, "engine": engine}}]})
    out = augreg.augment([sound], pipe, seed=0)[0]
    assert out.sample_rate == 16000
    np.testing.assert_allclose(out.events.data, events.data)
    assert np.array_equal(out.frame_labels, labels)


@pytest.mark.parametrize("rate", [1, 7, 10_000_000])
@pytest.mark.parametrize("name", ["aac", "amr", "g722", "gsm", "mp3", "opus", "to_rate", "impulse_response"])
def test_rates_that_cannot_be_meant_are_refused_before_the_work(name: str, rate: int):
    """At 1 Hz, a second of sound for a codec of 8 kHz takes 8000 times the memory, and minutes."""
    known = {"to_rate": {"rate": 16_000}, "impulse_response": {"source": str(files.SAMPLES / "room.wav")}}
    step = {f"audio.{name}": {**known.get(name, {}), "p": 1.0}}
    sound = augreg.Audio(torch.full((1, 5_000), 0.1), rate)

    def result() -> Any:
        return augreg.augment([sound], {"audio": [step]}, seed=0, keys=[0])[0]

    codec = {"amr": 8_000, "gsm": 8_000, "g722": 16_000}.get(name, 48_000 if rate > 48_000 else 8_000)
    other = {"to_rate": 16_000, "impulse_response": 16_000}.get(name, codec)
    if 1 / resampling.MOST_FACTOR <= rate / other <= resampling.MOST_FACTOR:
        assert result().data.shape[0] == 1
    else:
        with pytest.raises(SampleError, match=r"Is its sample rate right\?"):
            result()


def test_one_pipeline_brings_all_rates_to_one():
    sounds = [(torch.full((1, rate // 10), 0.1), rate) for rate in (8000, 11025, 16000, 44100, 192000)]
    pipe = augreg.Pipeline({"audio": ["audio.to_rate", "audio.gain"]})
    for wave, rate in augreg.augment(sounds, pipe, seed=0):
        assert rate == 16000
        assert abs(wave.shape[-1] - 1600) <= 1


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_rate_is_the_identity(engine: str, noise: Any, run: Any):
    x = noise(1000, channels=2)
    assert torch.equal(run(ToRate(rate=16000, engine=engine), [x]).data[0], x)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("factor", [0.71, 0.9, 1.1, 1.37])
def test_speed_of_a_tone(engine: str, factor: float, run: Any):
    rate, time = 16000, np.arange(32000) / 16000
    x = torch.from_numpy(0.5 * np.sin(2 * np.pi * 500 * time)).float()[None]
    out = run(Speed(factor=(factor, factor), engine=engine), [x])
    assert abs(int(out.lengths[0]) - 32000 / factor) <= 1
    wave = out.data[0, 0].double().numpy()
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 1 << 19))
    assert abs(1200 * np.log2(power.argmax() * rate / (1 << 19) / (500 * factor))) < 1


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("frames", [1, 2, 10, 100])
def test_short_sounds(engine: str, frames: int, noise: Any, run: Any):
    for factor in (0.1, 0.9, 1.1, 10.0):
        out = run(Speed(factor=(factor, factor), engine=engine), [noise(frames, channels=6)])
        assert int(out.lengths[0]) == max(1, int(np.floor(frames / factor + 0.5)))
        assert torch.isfinite(out.data).all()


def test_soxr_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engines, "find_spec", lambda _name: None)
    for make in (Speed, ToRate):
        with pytest.raises(ConfigError, match=r"pip install 'augreg-audio\[soxr\]'"):
            make(engine="soxr")


def test_soxr_gives_no_gradients(monkeypatch: pytest.MonkeyPatch, noise: Any, run: Any):
    monkeypatch.setattr(engines, "find_spec", lambda _name: object())
    with pytest.raises(UnsupportedError, match="engine='sinc'"):
        run(Speed(engine="soxr"), [noise(100).requires_grad_()])
    out = run(Speed(factor=(1.1, 1.1)), [noise(1000).requires_grad_()])
    assert out.data.requires_grad


@pytest.mark.parametrize("as_what", [lambda x: (x, 8000), lambda x: augreg.Audio(x, 8000)], ids=["pair", "audio"])
def test_two_different_rates_for_one_sound_are_an_error(as_what: Any):
    sound, pipe = as_what(torch.zeros(1, 100)), augreg.Pipeline({"audio": ["audio.gain"]})
    with pytest.raises(SampleError, match="8000 Hz comes with sample_rate=16000"):
        augreg.augment([sound], pipe, sample_rate=16000)
    assert len(augreg.augment([sound], pipe, sample_rate=8000)) == 1
