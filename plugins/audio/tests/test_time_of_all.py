"""Every waveform augmenter there is: the sound itself says whether events and frame labels are where they should be.

Every word is a tone of its own, and only one sounds at a time. The tones lie so far apart that shifted pitches and
formants cannot make one the other.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio import plugin

import augreg

RATE = 16000
TONES = (220.0, 374.0, 636.0, 1081.0, 1838.0)
SPANS = [(0.2, 0.45), (0.5, 0.9), (0.95, 1.3), (1.4, 1.6), (1.65, 1.9)]
HOPS = 200
COPIES = 4

NAMES = [
    spec.name
    for spec in plugin.augreg_augmenters()
    if spec.modalities == ("audio",) and augreg.registry.load(spec.name).declares.labels == "keeps"
]
MOVING = {
    "audio.delay",
    "audio.shift",
    "audio.reverse",
    "audio.speed",
    "audio.to_rate",
    "audio.time_stretch",
    "audio.tempo",
    "audio.crop",
    "audio.pad",
    "audio.loop",
    "audio.repeat_part",
    "audio.splice_out",
    "audio.trim",
    "audio.insert_in_background",
}
VARIANTS: dict[str, tuple[dict[str, Any], ...]] = {
    "audio.shift": ({"wrap": False},),
    "audio.tempo": ({"engine": "atempo", "factor": [0.5, 2.0]}, {"factor": [0.5, 2.0]}),
    "audio.time_stretch": ({"keep_length": True}, {"factor": [0.5, 2.0]}),
    "audio.speed": ({"factor": [0.85, 1.2]},),
    "audio.to_rate": ({"rate": 44100}, {"rate": 8000}),
    "audio.crop": ({"seconds": 1.0}, {"seconds": 3.0}),
    "audio.pad": ({"seconds": 3.0},),
    "audio.loop": ({"seconds": 5.3},),
    "audio.repeat_part": ({"keep_length": True},),
    "audio.delay": ({"seconds": [0.2, 0.9]},),
    "audio.pitch_shift": ({"engine": "wsola"}, {"keep_formants": True, "semitones": [-2, 2]}),
}
CASES = [(name, more) for name in NAMES for more in ({}, *VARIANTS.get(name, ()))]
EDGE = 0.035
"""Seconds at both ends of an event that are not looked at: windows of a stretch reach that far."""


def spoken() -> augreg.Audio:
    time = np.arange(2 * RATE) / RATE
    wave = 1e-4 * np.random.default_rng(0).standard_normal((2, len(time)))
    for tone, (onset, offset) in zip(TONES, SPANS, strict=True):
        wave += 0.3 * np.sin(2 * np.pi * tone * time) * ((time >= onset) & (time < offset))
    words = np.arange(1, 6)
    middles = (np.arange(HOPS) + 0.5) * 2.0 / HOPS
    hops = sum(word * ((middles >= a) & (middles < b)) for word, (a, b) in zip(words, SPANS, strict=True))
    events = augreg.Events(SPANS, labels=words.tolist(), columns={"text": [f"w{k}" for k in words]})
    return augreg.Audio(torch.from_numpy(wave).float(), RATE, events=events, frame_labels=hops)


def augmented(name: str, more: dict[str, Any]) -> list[augreg.Audio]:
    return _augmented(name, json.dumps(more))


@cache
def _augmented(name: str, more: str) -> list[augreg.Audio]:
    """What several tests look at."""
    examples = augreg.registry.load(name).examples
    given = {**(examples[0] if examples and "source" in examples[0] else {}), **json.loads(more), "p": 1.0}
    return augreg.augment(
        [spoken()] * COPIES, augreg.Pipeline({"audio": [{name: given}]}), seed=3, keys=list(range(COPIES))
    )


def test_these_move_time_and_no_others():
    assert {name for name in NAMES if "events" in augreg.registry.load(name).declares.targets} == MOVING


@pytest.mark.parametrize(("name", "more"), CASES, ids=str)
def test_events_are_where_their_tones_sound(name: str, more: dict[str, Any]):
    seen = 0
    for out in augmented(name, more):
        rate, wave = out.sample_rate, out.data.double().numpy()
        words = zip(out.events.data, out.events.labels, out.events.columns["text"], strict=True)
        for (onset, offset), word, text in words:
            assert text == f"w{word}"
            heard = wave[:, int((onset + EDGE) * rate) : int((offset - EDGE) * rate)]
            if heard.shape[-1] < 0.05 * rate:
                continue
            power = np.square(np.abs(np.fft.rfft(heard * np.hanning(heard.shape[-1]), 1 << 16))).sum(axis=0)
            if np.sqrt(np.square(heard).mean()) < 1e-3:
                continue  # masked, dropped, or cut off by a filter
            away = np.abs(np.log(np.asarray(TONES) / (power.argmax() * rate / (1 << 16))))
            assert away.argmin() + 1 == word, (onset, offset)
            seen += 1
    assert seen >= COPIES


@pytest.mark.parametrize(("name", "more"), CASES, ids=str)
def test_frame_labels_are_where_the_events_are(name: str, more: dict[str, Any]):
    """Hops keep their duration; a hop has the word of the event in its middle, 0 between events."""
    for out in augmented(name, more):
        seconds = out.data.shape[-1] / out.sample_rate
        hops = np.asarray(out.frame_labels)
        assert len(hops) == max(1, round(HOPS * seconds / 2.0))
        middles = (np.arange(len(hops)) + 0.5) * seconds / len(hops)
        wanted = np.zeros(len(hops))
        for (onset, offset), word in zip(out.events.data, out.events.labels, strict=True):
            wanted[(middles >= onset) & (middles < offset)] = word
        # Hops at the edges of events may fall on either side.
        assert (hops != wanted).mean() < 0.05
        assert name in MOVING or np.array_equal(hops, spoken().frame_labels)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in MOVING])
def test_what_moves_no_time_leaves_events_alone(name: str):
    for out in augmented(name, {}):
        assert np.array_equal(out.events.data, SPANS)
        assert out.data.shape[-1] == 2 * RATE
