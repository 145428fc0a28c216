"""How sounds are drawn: every channel, axes where they belong, events that overlap in lanes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from augreg import Audio, Events
from augreg.media.spectrogram import filters, share_of_band
from augreg.showcase import sounds, style
from augreg.showcase.captions import named

SIZE = (300, 160)
RATE = 16_000


def drawn(sound: Audio) -> np.ndarray:
    canvas = Pillow.new("RGB", SIZE)
    sounds.draw_sound(canvas, sound, (0, 0, *SIZE), sounds.Scale.of([sound]))
    return np.asarray(canvas).astype(int)


def noise(channels: int, **more: object) -> Audio:
    wave = 0.3 * np.random.default_rng(0).standard_normal((channels, RATE))
    return Audio(torch.from_numpy(wave).float(), RATE, **more)  # type: ignore[arg-type]


def is_wave(pixels: np.ndarray) -> np.ndarray:
    return np.asarray((np.abs(pixels - sounds.WAVE) < 8).all(axis=-1))


def test_every_channel_has_a_wave() -> None:
    sound = noise(2)
    sound.data[0] = 0.0
    strip = is_wave(drawn(sound))[: SIZE[1] // 4]
    assert strip[: SIZE[1] // 8].sum() < 1.2 * SIZE[0]
    assert strip[SIZE[1] // 8 :].sum() > 3 * SIZE[0]


def test_events_at_once_lie_in_lanes_and_others_do_not() -> None:
    assert sounds.lanes_of(Events([[0.0, 0.5], [0.5, 1.0], [0.7, 0.7]])) == [0, 0, 1]
    assert sounds.lanes_of(Events([[0.4, 0.9], [0.0, 0.5], [0.2, 0.3], [0.95, 1.0]])) == [1, 0, 1, 0]
    assert sounds.lanes_of(Events(np.zeros((0, 2)))) == []


@pytest.mark.parametrize("spans", [[[0.2, 0.5], [0.5, 0.8]], [[0.1, 0.6], [0.3, 0.9]], [[0.5, 0.5]]], ids=str)
def test_an_event_is_drawn_where_it_is(spans: list[list[float]]) -> None:
    """Bars begin and end within two pixels; neighbours do not touch, and an instant can be seen."""
    events = Events(spans)
    pixels = drawn(noise(1, events=events))[SIZE[1] - sounds.lane_height(events) :]
    bars = (np.abs(pixels - style.accent("audio")) < 8).all(axis=-1)
    runs = set()
    for line in bars:
        edges = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(int), [0]])))
        runs |= set(map(tuple, edges.reshape(-1, 2).tolist()))
    assert len(runs) == len(spans)
    for (onset, offset), (first, last) in zip(sorted(spans), sorted(runs), strict=True):
        assert abs(first - onset * SIZE[0]) <= 2
        assert abs(last - max(offset * SIZE[0], first + 2)) <= 2


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("hertz", [500.0, 1_000.0, 3_000.0])
def test_a_frequency_is_marked_at_its_band(hertz: float, rate: int) -> None:
    bands = filters(80, 4096, rate)
    loudest = bands[:, round(hertz * 4096 / rate)].argmax()
    assert abs((loudest + 1) / 81 - share_of_band(hertz, rate)) < 1 / 81


def test_parameters_keep_their_names() -> None:
    step = {"augmenter": "audio.chorus", "params": {"delay": 0.01, "depth": 0.002, "mix": 0.5, "key": 2**60}}
    assert named(step) == ("delay 0.01, depth 0.002", "mix 0.5")
    assert named({"augmenter": "audio.reverse", "params": {}}) == ()
