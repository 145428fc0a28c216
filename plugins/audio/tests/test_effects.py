"""Echoes, lost packets, wobbles and trimming, each against a formula or a loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio.echo import Echo
from augreg_audio.modulation import Chorus, Tremolo, Vibrato, read_row
from augreg_audio.transmission import PacketLoss
from augreg_audio.trim import Trim

import augreg
from augreg import Events
from augreg.kernel import make_batch

RATE = 16000


def test_echoes_are_softer_copies(noise: Any, run: Any):
    x = noise(16000, channels=2)
    step = Echo(delay=(0.1, 0.1), decibels=(-6, -6), repeats=(3, 3))
    y, gain = run(step, [x]).data[0], 10 ** (-6 / 20)
    wanted = x.clone()
    for k in range(1, 4):
        wanted[:, 1600 * k :] += gain**k * x[:, : -1600 * k]
    torch.testing.assert_close(y, wanted, atol=1e-5, rtol=0)


def test_an_echo_after_the_end_changes_nothing(noise: Any, run: Any):
    x = noise(1000)
    assert torch.equal(run(Echo(delay=(0.1, 0.1)), [x]).data[0], x)


@pytest.mark.parametrize(("loss", "burst"), [(0.05, 1.0), (0.2, 3.0), (0.5, 2.0)])
def test_packets_are_lost_at_the_rate_and_in_bursts(loss: float, burst: float, run: Any):
    x = torch.ones(1, 8000 * 320)
    y = run(PacketLoss(loss=(loss, loss), burst=(burst, burst)), [x]).data[0, 0].reshape(-1, 320)
    lost = (y == 0).all(dim=1).numpy()
    assert (lost | (y == 1).all(dim=1).numpy()).all()
    assert abs(lost.mean() - loss) < 0.1 * loss + 0.01
    bursts = np.diff(np.flatnonzero(np.diff(np.concatenate([[False], lost, [False]]))))[::2]
    assert abs(bursts.mean() / burst - 1) < 0.12


def test_repeated_packets_are_the_last_that_arrived(run: Any):
    x = torch.arange(1.0, 1.0 + 300 * 80).reshape(1, -1) / 24000
    y = run(PacketLoss(loss=(0.4, 0.4), packet=0.005, conceal="repeat"), [x]).data[0, 0].reshape(-1, 80)
    packets, last, age, repeated = x.reshape(-1, 80), None, 0, 0
    for k in range(300):
        if torch.equal(y[k], packets[k]):
            last, age = packets[k], 0
            continue
        age, repeated = age + 1, repeated + 1
        torch.testing.assert_close(y[k], torch.zeros(80) if last is None else last * 0.5 ** (age - 1))
    assert repeated > 60


def test_a_shorter_sound_loses_the_same_packets(run: Any):
    step = PacketLoss(loss=(0.3, 0.3))
    whole, part = (run(step, [torch.ones(1, n)]).data[0] for n in (64000, 20000))
    assert torch.equal(part, whole[:, :20000])


def test_tremolo_is_the_product_with_a_sine(noise: Any):
    batch = make_batch("audio", [noise(8000)], rates=RATE)
    params = augreg.Params(1, frequency=np.array([5.0]), depth=np.array([0.6]), phase=np.array([0.25]))
    y = Tremolo().apply(batch, params).data[0, 0].double().numpy()
    time = np.arange(8000) / RATE
    gain = 1 - 0.6 * (0.5 + 0.5 * np.cos(2 * np.pi * 5 * time))
    np.testing.assert_allclose(y, batch.data[0, 0].double().numpy() * gain, atol=1e-6)


def read(x: np.ndarray, place: np.ndarray) -> np.ndarray:
    """x (channels, L) at fractional frames (m,)."""
    out = np.empty((len(x), len(place)), dtype=x.dtype)
    read_row(x, lambda part: place[part], out)
    return out


def test_fractional_reading_of_a_band_limited_sound():
    tones = (300.0, 2000.0, 4500.0)
    time = np.arange(4000)
    place = np.random.default_rng(0).uniform(50, 3900, 1000)
    for hertz in tones:
        x = np.sin(2 * np.pi * hertz / RATE * time)[None]
        np.testing.assert_allclose(read(x, place)[0], np.sin(2 * np.pi * hertz / RATE * place), atol=6e-3)
    assert np.array_equal(read(x, time.astype(float))[0], x[0])
    assert not read(x, np.array([-20.0, 4020.0])).any()


@pytest.mark.parametrize("semitones", [0.2, 1.0])
def test_vibrato_swings_the_pitch(semitones: float, run: Any):
    time = np.arange(2 * RATE) / RATE
    x = torch.from_numpy(np.sin(2 * np.pi * 1000 * time))[None]
    y = run(Vibrato(frequency=(4, 4), semitones=(semitones, semitones)), [x]).data[0, 0].numpy()
    # The instantaneous frequency, from the phase of the analytic signal.
    spectrum = np.fft.fft(y)
    spectrum[len(y) // 2 :] = 0
    hertz = np.diff(np.unwrap(np.angle(np.fft.ifft(spectrum)))) * RATE / (2 * np.pi)
    heard = 12 * np.log2(hertz[2000:-2000] / 1000)
    assert abs(heard.max() - semitones) < 0.05 * semitones + 0.01
    assert abs(heard.min() + semitones) < 0.1 * semitones + 0.01
    assert abs(heard.mean()) < 0.05


def test_chorus_without_swing_is_a_comb(noise: Any, run: Any):
    x = noise(4000)
    step = Chorus(delay=(0.01, 0.01), depth=(0, 0), mix=(0.4, 0.4))
    wanted = 0.6 * x + 0.4 * torch.nn.functional.pad(x, (160, 0))[:, :4000]
    torch.testing.assert_close(run(step, [x]).data[0], wanted, atol=1e-5, rtol=0)


def test_trim_cuts_silence_with_its_targets(run: Any, noise: Any):
    x = 1e-5 * noise(16000, channels=2)
    x[:, 4800:9600] = noise(4800, channels=2)
    labels = np.arange(100)
    targets = {"events": [Events([[0.3, 0.6], [0.0, 0.1]], labels=["word", "nothing"])], "frame_labels": [labels]}
    out = run(Trim(threshold=40, margin=0.05), [x], targets=targets)
    assert torch.equal(out.data[0], x[:, 4000:10400])
    events = out.info.target("events")[0]
    assert events.labels == ["word"]
    np.testing.assert_allclose(events.data, [[0.05, 0.35]])
    assert np.array_equal(out.info.target("frame_labels")[0], labels[25:65])


def test_trim_leaves_silence_and_what_is_loud_throughout(run: Any, noise: Any):
    for x in (torch.zeros(1, 3000), noise(3000), noise(7)):
        assert torch.equal(run(Trim(), [x]).data[0], x)


STEPS = [
    Echo(),
    PacketLoss(loss=(0.3, 0.3)),
    PacketLoss(loss=(0.3, 0.3), conceal="repeat"),
    Tremolo(),
    Vibrato(),
    Chorus(),
    Trim(),
]


@pytest.mark.parametrize("step", STEPS, ids=repr)
def test_all_rows_at_once_agree_with_row_by_row(step: Any, noise: Any):
    batch = make_batch("audio", [noise(n, channels=2, seed=n) for n in (1, 10, 3000, 16000)], rates=RATE)
    params = step.draw(batch.info.replace(data=batch.rows()), augreg.Rng(2, batch.info.keys))
    tracked = batch.replace(batch.data.clone().requires_grad_())
    wanted, got = step.apply(batch, params).data, step.apply(tracked, params).data
    torch.testing.assert_close(got.detach(), wanted, atol=1e-4, rtol=0)
    got.square().sum().backward()
    assert torch.isfinite(tracked.data.grad).all()
