"""Tempo: length, pitch, timing, and the filter of FFmpeg."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio import atempo, wsola
from augreg_audio.stretch import TimeStretch
from augreg_audio.tempo import Tempo

import augreg
from augreg import Events
from augreg.errors import UnsupportedError
from augreg.kernel import make_batch

ENGINES = ["wsola", "atempo"]


def voice(fundamental: float, seconds: float, rate: int) -> torch.Tensor:
    """A buzz with formants and a little noise, float32 (1, frames); its pitch is known exactly."""
    time = np.arange(int(seconds * rate)) / rate
    hertz = fundamental * np.arange(1, int(0.45 * rate / fundamental))
    loud = sum(np.exp(-(((hertz - f) / 200) ** 2)) for f in (500, 1500, 2500)) + 0.02
    wave = sum(a * np.cos(2 * np.pi * h * time + k * k) for k, (a, h) in enumerate(zip(loud, hertz, strict=True)))
    noise = np.random.default_rng(0).standard_normal(len(time)) * 0.01
    return torch.from_numpy(0.1 * wave + 0.1 * noise).float()[None]


def cents_off(x: torch.Tensor, rate: int, wanted: float) -> float:
    """Distance of the interpolated peak of the autocorrelation near ``wanted`` Hz, in cents."""
    wave = x[0].double().numpy()[rate // 5 : -rate // 5]
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 4 * len(wave))) ** 2
    fine = np.fft.irfft(np.pad(power, (0, 7 * (len(power) - 1))))
    lags = np.arange(int(8 * rate / (1.4 * wanted)), int(8 * rate / (wanted / 1.4)))
    return float(1200 * np.log2(8 * rate / lags[fine[lags].argmax()] / wanted))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rate", [8000, 16000, pytest.param(44100, marks=pytest.mark.slow)])
@pytest.mark.parametrize("factor", [0.3, 0.7, 0.93, 1.1, 1.5, 3.5])
def test_pitch_stays_and_length_follows(engine: str, rate: int, factor: float, run: Any):
    x = voice(140.0, 3.0 if factor > 2 else 1.5, rate)
    out = run(Tempo(factor=(factor, factor), engine=engine), [x], rate=rate)
    assert abs(int(out.lengths[0]) / rate - x.shape[-1] / rate / factor) < 1e-3
    assert abs(cents_off(out.data[0], rate, 140.0)) < 10
    assert 0.8 < float(out.data[0].square().mean() / x.square().mean()) < 1.2


@pytest.mark.parametrize("factor", [0.5, 0.77, 1.13, 2.0])
def test_a_tone_stays_a_tone(factor: float, run: Any):
    rate = 16000
    x = 0.5 * torch.sin(2 * torch.pi * 220.0 * torch.arange(2 * rate) / rate)[None]
    y = run(Tempo(factor=(factor, factor)), [x]).data[0, 0, 800:-800].double().numpy()
    power = np.abs(np.fft.rfft(y * np.hanning(len(y)))) ** 2
    hertz = np.fft.rfftfreq(len(y), 1 / rate)
    # Windows are joined at whole frames, so its phase may wander, but nothing else may sound.
    assert power[np.abs(hertz - 220) > 8].sum() < 0.003 * power.sum()
    assert abs(float(hertz[power.argmax()]) / 220 - 1) < 2e-3


@pytest.mark.parametrize("rate", [100, 4000, 8000, 16000, 44100, 192000])
@pytest.mark.parametrize("factor", [0.25, 0.8, 1.25, 4.0])
def test_no_window_is_further_off_than_the_reach(rate: int, factor: float, noise: Any):
    x, grid = noise(rate, channels=2).numpy(), wsola.grid_of(rate)
    centres = wsola.places(x, factor, round(rate / factor), rate)
    nominal = np.arange(len(centres)) * grid.hop * factor
    assert np.abs(centres - nominal).max() <= grid.reach + 0.5
    assert centres[0] == 0


def test_windows_are_the_most_similar_ones(noise: Any):
    rate, factor = 4000, 1.3  # so low that the search has one stage and a loop can follow it
    x, grid = noise(2000)[0].double().numpy(), wsola.grid_of(rate)
    assert (grid.coarse, grid.fine) == (1, 1)
    centres = wsola.places(x[None], factor, 1500, rate)
    padded = np.pad(x, 1000)
    for k in range(1, len(centres)):
        following, wanted = int(centres[k - 1]) + grid.hop, int(np.floor(k * grid.hop * factor + 0.5))
        if abs(following - wanted) <= grid.reach:
            assert centres[k] == following
            continue
        pattern = padded[1000 + following - grid.hop : 1000 + following + grid.hop]
        scores = {}
        for centre in range(wanted - grid.reach, wanted + grid.reach + 1):
            window = padded[1000 + centre - grid.hop : 1000 + centre + grid.hop]
            scores[centre] = window @ pattern / max(np.linalg.norm(window), 1e-9)
        assert scores[int(centres[k])] == pytest.approx(max(scores.values()), rel=1e-6, abs=1e-9)


def test_joined_is_the_overlap_and_add_of_hann_windows(noise: Any, monkeypatch: pytest.MonkeyPatch):
    x, hop = noise(500, channels=2).double(), 40
    centres = np.asarray([0, 55, 90, 140, 190])
    window = 0.5 - 0.5 * np.cos(np.pi * np.arange(2 * hop) / hop)
    padded, wanted = np.pad(x.numpy(), ((0, 0), (hop, hop))), np.zeros((2, 6 * hop))
    for k, centre in enumerate(centres.tolist()):
        wanted[:, k * hop : (k + 2) * hop] += window * padded[:, centre : centre + 2 * hop]
    for together in (2048, 2, 1):
        monkeypatch.setattr(wsola, "WINDOWS_AT_ONCE", together)
        got = wsola.joined(x, centres, hop, 4 * hop)
        np.testing.assert_allclose(got.numpy(), wanted[:, hop : 5 * hop], atol=1e-12)


@pytest.mark.parametrize(("engine", "late"), [("wsola", 0.024), ("atempo", 0.04)])
@pytest.mark.parametrize("factor", [0.6, 0.8, 1.25, 2.0])
def test_bursts_stay_where_the_events_say(engine: str, late: float, factor: float, run: Any):
    rate, spans = 16000, [(0.3, 0.6), (1.0, 1.3), (1.7, 2.1)]
    x = torch.zeros(1, 3 * rate)
    noise = torch.from_numpy(np.random.default_rng(0).standard_normal(3 * rate)).float()
    labels = np.zeros(300, dtype=np.int64)
    for k, (onset, offset) in enumerate(spans, start=1):
        part = slice(int(onset * rate), int(offset * rate))
        x[0, part] = noise[part]
        labels[round(100 * onset) : round(100 * offset)] = k
    events = Events(spans, labels=[1, 2, 3])
    targets = {"events": [events], "frame_labels": [labels]}
    out = run(Tempo(factor=(factor, factor), engine=engine), [x], targets=targets)
    moved = out.info.target("events")[0]
    np.testing.assert_allclose(moved.data, np.asarray(spans) / factor, atol=1e-4)
    loud, apart = out.data[0, 0].square(), late / min(factor, 1.0)
    hops = np.asarray(out.info.target("frame_labels")[0])
    assert len(hops) == round(300 / factor)
    for label, (onset, offset) in zip(moved.labels, moved.data, strict=True):
        assert loud[int((onset + apart) * rate) : int((offset - apart) * rate)].mean() > 0.5
        assert loud[int((onset - 0.03 - apart) * rate) : int((onset - apart) * rate)].mean() < 0.05
        assert loud[int((offset + apart) * rate) : int((offset + 0.03 + apart) * rate)].mean() < 0.05
        assert set(hops[int(100 * onset) + 1 : int(100 * offset) - 1]) == {label}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_channels_stay_together(engine: str, channels: int, run: Any):
    x = voice(140.0, 1.0, 16000) * torch.arange(1, channels + 1)[:, None] / channels
    out = run(Tempo(factor=(1.2, 1.2), engine=engine), [x]).data[0]
    for k in range(channels):
        torch.testing.assert_close(out[k], out[-1] * (k + 1) / channels, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("engine", ENGINES)
def test_hard_inputs(engine: str, run: Any, noise: Any):
    for factor in (0.1, 0.5, 2.0, 10.0):
        step = Tempo(factor=(factor, factor), engine=engine)
        for rate in (100.0, 8000.0, 192000.0, 11025.5):
            for frames in (1, 10, 401):
                out = run(step, [noise(frames)], rate=rate)
                assert int(out.lengths[0]) == max(1, int(np.floor(frames / factor + 0.5)))
                assert torch.isfinite(out.data).all()
        assert not run(step, [torch.zeros(2, 3000)]).data.any()


def test_ffmpeg_is_never_asked_for_what_ends_the_process(monkeypatch: pytest.MonkeyPatch):
    asked: list[float] = []

    def filtered(x: np.ndarray, factor: float, rate: int) -> np.ndarray:
        asked.append(factor)
        return x[:, : round(x.shape[-1] / factor)]

    monkeypatch.setattr(atempo, "_filtered", filtered)
    for factor in np.geomspace(0.1, 10.0, 41):
        asked.clear()
        made = atempo.stretch_row(np.ones((1, 5000), dtype=np.float32), float(factor), round(5000 / factor), 16000)
        assert made.shape == (1, round(5000 / factor))
        assert all(0.5 <= f <= 2.0 for f in asked)
        assert np.prod(asked) == pytest.approx(factor)


def test_atempo_takes_neither_gradients_nor_many_channels(noise: Any, run: Any):
    step = Tempo(factor=(1.2, 1.2), engine="atempo")
    with pytest.raises(UnsupportedError, match="9 channels"):
        run(step, [noise(1000, channels=9)])
    with pytest.raises(UnsupportedError, match="gradients"):
        run(step, [noise(1000).requires_grad_()])


def test_gradients_flow_and_agree_with_row_by_row(noise: Any):
    rows = [noise(n, channels=2, seed=n) for n in (1, 10, 3000, 16000)]
    step, batch = Tempo(), make_batch("audio", rows, rates=16000)
    params = step.draw(batch.info, augreg.Rng(2, batch.info.keys))
    tracked = batch.replace(batch.data.clone().requires_grad_())
    wanted, got = step.apply(batch, params), step.apply(tracked, params)
    torch.testing.assert_close(got.data.detach(), wanted.data, atol=1e-6, rtol=0)
    got.data.square().sum().backward()
    assert tracked.data.grad[3].abs().sum() > 0
    assert not tracked.data.grad[2, :, 3000:].any()


def syllables(seconds: float, rate: int) -> torch.Tensor:
    """A buzz in bursts of all lengths, as speech has them."""
    time, generator = np.arange(int(seconds * rate)) / rate, np.random.default_rng(1)
    loud, at = np.zeros_like(time), 0.05
    while at < seconds - 0.3:
        span = generator.uniform(0.06, 0.25)
        loud += generator.uniform(0.3, 1.0) * np.clip(np.minimum(time - at, at + span - time) / 0.02, 0, 1)
        at += span + generator.uniform(0.02, 0.2)
    phase = 2 * np.pi * np.cumsum(130 + 20 * np.sin(2 * np.pi * 0.7 * time)) / rate
    wave = sum(np.cos(k * phase) / k for k in range(1, 20)) + 0.02 * generator.standard_normal(len(time))
    return torch.from_numpy(0.2 * loud * wave).float()[None]


def lateness(before: np.ndarray, after: np.ndarray, factor: float, rate: int) -> float:
    """By how many seconds rises and falls of the loudness come late, on the whole."""
    window = np.hanning(round(0.03 * rate))
    first, second = (np.sqrt(np.convolve(np.square(x), window / window.sum(), "same")) for x in (before, after))
    wanted = np.gradient(np.interp(np.arange(len(after)) * factor, np.arange(len(before)), first))
    size = 1 << (2 * len(after)).bit_length()
    alike = np.fft.irfft(np.fft.rfft(np.gradient(second), size) * np.conj(np.fft.rfft(wanted, size)))
    lags = np.arange(-round(0.06 * rate), round(0.06 * rate) + 1)
    return float(lags[alike[lags].argmax()]) / rate


@pytest.mark.parametrize(
    ("step", "how", "most"),
    [(TimeStretch, {}, 0.001), (Tempo, {}, 0.008), (Tempo, {"engine": "atempo"}, 0.015)],
    ids=["time_stretch", "wsola", "atempo"],
)
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("factor", [0.7, 0.9, 1.1, 1.4])
def test_syllables_come_in_time(step: Any, how: dict[str, Any], most: float, rate: int, factor: float, run: Any):
    x = syllables(3.0, rate)
    out = run(step(factor=(factor, factor), **how), [x], rate=rate).data[0, 0].double().numpy()
    assert abs(lateness(x[0].double().numpy(), out, factor, rate)) < most
