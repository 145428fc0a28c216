"""Reverberation and backgrounds: convolution by hand, decay times, signal-to-noise ratios, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.signal
import soundfile
import torch
from augreg_audio import files
from augreg_audio.background import BackgroundMix, InsertInBackground
from augreg_audio.bursts import Clicks, ShortNoises
from augreg_audio.responses import causally_resampled
from augreg_audio.reverb import ImpulseResponse, RoomSimulation, SyntheticReverb, image_sources

from augreg import Events
from augreg.errors import ConfigError


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    generator = np.random.default_rng(0)
    (tmp_path / "more").mkdir()
    soundfile.write(tmp_path / "long.WAV", 0.1 * generator.standard_normal(40000), 16000)
    soundfile.write(tmp_path / "more" / "short.flac", 0.1 * generator.standard_normal((500, 2)), 8000)
    (tmp_path / "notes.txt").write_text("no sound")
    return tmp_path


def click(frames: int = 16000) -> torch.Tensor:
    x = torch.zeros(1, frames, dtype=torch.float64)
    x[0, 0] = 1.0
    return x


def test_impulse_response_equals_scipy(tmp_path: Path, noise: Any, run: Any):
    response = np.random.default_rng(1).standard_normal(3000) * np.exp(-np.arange(3000) / 500)
    soundfile.write(tmp_path / "room.wav", response * 0.1, 16000, subtype="FLOAT")
    x = noise(10000, channels=2)
    out = run(ImpulseResponse(source=str(tmp_path), align=False), [x]).data[0].numpy()
    unit = response / np.sqrt(np.square(response).sum())
    wanted = scipy.signal.fftconvolve(x.double().numpy(), unit[None], axes=-1)[:, :10000]
    assert np.abs(out - wanted).max() < 1e-5 * np.abs(wanted).max() + 1e-6


@pytest.mark.parametrize("frames", [10000, 1200])
def test_partly_wet_stereo_response_equals_scipy(frames: int, tmp_path: Path, noise: Any, run: Any):
    decay = np.exp(-np.arange(3000) / 500)
    response = 0.1 * np.random.default_rng(2).standard_normal((2, 3000)) * decay
    soundfile.write(tmp_path / "stereo.wav", response.T, 16000, subtype="FLOAT")
    x = noise(frames, channels=2)
    step = ImpulseResponse(source=str(tmp_path), align=False, wet=(0.3, 0.3))
    unit = response / np.sqrt(np.square(response).sum() / 2)
    wet = scipy.signal.fftconvolve(x.double().numpy(), unit, axes=-1)[:, :frames]
    wanted = 0.3 * wet + 0.7 * x.double().numpy()
    for _ in range(2):  # the second time from what is kept
        assert np.abs(run(step, [x]).data[0].numpy() - wanted).max() < 1e-5 * np.abs(wanted).max() + 1e-6


def test_alignment_removes_the_way_to_the_microphone(tmp_path: Path, run: Any):
    response = np.zeros(2000)
    response[300], response[700] = 1.0, 0.5
    soundfile.write(tmp_path / "room.wav", response, 16000, subtype="FLOAT")
    out = run(ImpulseResponse(source=[str(tmp_path / "room.wav")]), [click()]).data[0, 0]
    assert int(out.abs().argmax()) == 0
    assert float(out[400] / out[0]) == pytest.approx(0.5, abs=1e-4)


def test_synthetic_reverb_has_the_decay_and_the_ratio(run: Any):
    out = run(SyntheticReverb(rt60=(0.5, 0.5), direct=(6, 6), delay=(0.01, 0.01)), [click(48000)], rate=48000)
    response = out.data[0, 0].numpy()
    assert response[0] == pytest.approx(1.0, abs=1e-5)
    assert not np.abs(response[1:479]).max() > 1e-4
    assert abs(10 * np.log10(np.square(response[1:]).sum()) + 6) < 0.5
    decay = 10 * np.log10(np.cumsum(np.square(response[480:])[::-1])[::-1])
    time = np.arange(len(decay)) / 48000
    inside = (decay < decay[0] - 5) & (decay > decay[0] - 35)
    slope = np.polyfit(time[inside], decay[inside], 1)[0]
    assert abs(-60 / slope - 0.5) < 0.03


def test_a_shorter_sound_gets_the_same_room_cut_off(run: Any):
    long, short = run(SyntheticReverb(), [click(16000)]).data, run(SyntheticReverb(), [click(4000)]).data
    torch.testing.assert_close(long[..., :4000], short, atol=1e-5, rtol=0)


def test_image_sources_against_a_loop():
    sides, speaker, microphone = np.array([3.0, 4.0, 2.5]), np.array([1.0, 1.5, 1.2]), np.array([2.0, 3.0, 1.0])
    distance, bounces = image_sources(sides, speaker, microphone, 2)
    wanted = []
    for signs in np.ndindex(2, 2, 2):
        for shift in np.ndindex(5, 5, 5):
            n = np.array(shift) - 2
            image = np.where(np.array(signs), -speaker, speaker) + 2 * n * sides
            walls = np.abs(2 * n - np.array(signs)).sum()
            if walls <= 2:
                wanted.append((np.linalg.norm(image - microphone), walls))
    assert len(wanted) == len(distance)
    np.testing.assert_allclose(sorted(zip(distance, bounces, strict=True)), sorted(wanted))


def test_room_reverberates_longer_with_harder_walls(run: Any):
    tails = []
    for absorption in (0.9, 0.5, 0.1):
        response = run(RoomSimulation(absorption=(absorption, absorption)), [click()]).data[0, 0]
        assert float(response[0]) == pytest.approx(1.0, abs=0.5)
        tails.append(float(response[800:].square().sum()))
    assert tails[0] < tails[1] < tails[2]
    dead = run(RoomSimulation(absorption=(1.0, 1.0)), [click()]).data
    assert torch.equal(dead[0], click())


@pytest.mark.parametrize("frames", [300, 16000, 90000])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_background_has_the_ratio(frames: int, channels: int, sounds: Path, noise: Any, run: Any):
    rows = [noise(frames, channels, seed=s) for s in range(4)]
    out = run(BackgroundMix(source=str(sounds), snr=(12, 12)), rows)
    for i, row in enumerate(rows):
        added = (out.row(i) - row).double()
        ratio = float(row.double().square().mean() / added.square().mean())
        assert abs(10 * np.log10(ratio) - 12) < 0.1


def test_background_of_silence_is_silence(sounds: Path, run: Any):
    assert not run(BackgroundMix(source=str(sounds)), [torch.zeros(1, 1000)]).data.any()


def test_sources_are_checked(sounds: Path):
    assert [Path(p).name for p in files.found((str(sounds),))] == ["long.WAV", "short.flac"]
    with pytest.raises(ConfigError, match="no file or folder"):
        BackgroundMix(source=str(sounds / "missing"))
    empty = sounds / "empty"
    empty.mkdir()
    with pytest.raises(ConfigError, match="holds no sound files"):
        BackgroundMix(source=str(empty))
    with pytest.raises(ConfigError, match="expected a folder"):
        BackgroundMix(source=[])


def test_files_come_at_the_wanted_rate(sounds: Path):
    path = str(sounds / "more" / "short.flac")
    assert files.load(path, 8000.0).shape == (2, 500)
    assert files.load(path, 16000.0).shape == (2, 1000)


@pytest.mark.parametrize("source", [None, "folder"])
def test_short_noises(source: str | None, sounds: Path, noise: Any, run: Any):
    x = noise(32000)
    step = ShortNoises(source=str(sounds) if source else None, count=(1, 1), duration=(0.2, 0.2), snr=(6, 6))
    added = (run(step, [x]).data[0] - x)[0].double().numpy()
    heard = np.flatnonzero(added)
    assert 3000 < heard[-1] - heard[0] <= 3200
    burst = added[heard[0] + 200 : heard[-1] - 200]
    assert abs(10 * np.log10(float(x.double().square().mean()) / np.square(burst).mean()) - 6) < 1.5


def test_clicks_come_at_their_rate(run: Any):
    out = run(Clicks(rate=(5, 5), decibels=(-6, -6)), [torch.zeros(1, 1_600_000)]).data[0, 0]
    steps = (out.abs().diff() > 1e-3).sum()
    assert 350 < int(steps) < 650
    assert float(out.abs().max()) < 1.5 * 10 ** (-6 / 20)


def test_insert_moves_sound_and_events(sounds: Path, noise: Any, run: Any):
    x = noise(8000)
    step = InsertInBackground(source=str(sounds), before=0.5, behind=0.25, snr=60)
    out = run(step, [x], targets={"events": [Events([[0.1, 0.2]])], "frame_labels": [np.ones(10)]})
    assert out.lengths[0] == 14000
    torch.testing.assert_close(out.data[0, :, 4000:12000], x, atol=2e-3, rtol=0)
    np.testing.assert_allclose(out.info.target("events")[0].data, [[0.35, 0.45]])
    labels = out.info.target("frame_labels")[0]
    assert len(labels) in (17, 18)
    assert labels[0] == 0
    assert labels[8] == 1


def test_folders_may_hold_every_kind_of_sound_that_media_reads(tmp_path):
    wave = 0.1 * np.random.default_rng(0).standard_normal((48000, 1))
    for name, how in (("a.aiff", "AIFF"), ("b.opus", "OGG"), ("c.oga", "OGG")):
        soundfile.write(tmp_path / name, wave, 48000, format=how, subtype="OPUS" if name == "b.opus" else None)
    names = files.check_source("source", str(tmp_path))
    assert [Path(p).name for p in files.found(names)] == ["a.aiff", "b.opus", "c.oga"]
    assert all(files.load(p, 48000.0).shape == (1, 48000) for p in files.found(names))


@pytest.mark.parametrize("rate", [16000, 48000])
def test_both_ears_keep_their_delay_and_their_level(rate: int, tmp_path: Path, run: Any):
    """The left ear hears the speaker 12 frames (of 16 kHz) before the right one, which hears it louder."""
    response = np.zeros((4000, 2), dtype=np.float32)
    response[500, 0], response[512, 1], response[2000] = 0.9, 1.0, 0.1
    soundfile.write(tmp_path / "ears.wav", response, 16000, subtype="FLOAT")
    x = click(rate).expand(2, -1).clone()
    left, right = run(ImpulseResponse(source=str(tmp_path / "ears.wav")), [x], rate=rate).data[0].numpy()
    delay = int(scipy.signal.correlate(right, left, method="fft").argmax()) - (len(left) - 1)
    assert delay == 12 * rate // 16000
    energy = np.square(response).sum(axis=0)
    assert np.square(left).sum() / np.square(right).sum() == pytest.approx(energy[0] / energy[1], rel=1e-2)
    assert int(np.abs(left).argmax()) <= 0.0005 * rate


def test_a_silent_ear_does_not_say_where_the_sound_begins(tmp_path: Path, run: Any):
    response = np.zeros((1000, 2))
    response[300, 1] = 1.0
    soundfile.write(tmp_path / "one.wav", response, 16000, subtype="FLOAT")
    out = run(ImpulseResponse(source=str(tmp_path / "one.wav")), [click().expand(2, -1).clone()]).data[0]
    assert int(out[1].abs().argmax()) == 0
    assert not out[0].abs().max() > 1e-6


@pytest.mark.parametrize(("own", "rate"), [(48000, 16000), (48000, 44100), (16000, 48000), (8000, 48000)])
def test_a_room_sounds_alike_at_every_rate(own: int, rate: int):
    """Amplitudes of a response at its own rate, worked out by a sum over its frames, are those at another rate."""
    wave = np.zeros((1, own // 20))
    wave[0, [0, own // 300, own // 70, own // 25]] = 1.0, -0.3, 0.2, 0.2
    made = causally_resampled(wave, own / rate)
    hertz = np.linspace(50.0, 0.38 * min(own, rate), 200)
    before, after = (
        np.abs(np.exp(-2j * np.pi * hertz[:, None] / r * np.arange(len(y))) @ y)
        for r, y in ((own, wave[0]), (rate, made[0]))
    )
    scaled = after / after.mean() * before.mean()
    assert np.abs(20 * np.log10(scaled / before)).max() < 0.1
