"""Words that fill a sound to its last frame still end with it, to the last bit, wherever a step moves its end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio import files, plugin, timemap
from hypothesis import given
from hypothesis import strategies as st

import augreg

RATES = (8000, 11025, 16000, 22050, 44100)
NAMES = [
    spec.name
    for spec in plugin.augreg_augmenters()
    if spec.modalities == ("audio",) and "events" in augreg.registry.load(spec.name).declares.targets
]
MORE: dict[str, dict[str, Any]] = {
    "audio.insert_in_background": {"source": str(files.SAMPLES / "rain.wav")},
    "audio.to_rate": {"rate": 11025},
}


def filled(n: int = 60) -> list[augreg.Audio]:
    rng, sounds = np.random.default_rng(0), []
    for _ in range(n):
        rate, frames = int(rng.choice(RATES)), int(rng.integers(900, 9000))
        cut = rng.uniform(0, frames / rate)
        words = augreg.Events([(0, cut), (cut, frames / rate)], labels=["a", "b"])
        sounds.append(augreg.Audio(torch.full((1, frames), 0.1), rate, events=words))
    return sounds


@pytest.mark.parametrize("name", NAMES)
def test_no_word_ends_behind_its_recording(name: str):
    step = {name: {**MORE.get(name, {}), "p": 1.0}}
    for out in augreg.augment(filled(), {"audio": [step]}, seed=3, modality="audio"):
        end = out.data.shape[-1] / out.sample_rate
        assert (out.events.data >= 0.0).all()
        assert (out.events.data <= end).all()
        assert (out.events.data[:, 0] <= out.events.data[:, 1]).all()


@pytest.mark.parametrize(
    "steps", [["audio.speed"], ["audio.loop"], ["audio.tempo"], ["audio.splice_out", "audio.loop"]]
)
def test_the_last_word_ends_where_the_sound_does(steps: list[str]):
    """What is heard to the end is marked to the end: the same bits as frames / rate."""
    for out in augreg.augment(filled(20), {"audio": steps}, seed=5, modality="audio"):
        assert out.events.data.max() == out.data.shape[-1] / out.sample_rate


def test_rounding_leaves_no_splinter_of_a_word():
    """A stretch that begins where a word ends holds nothing of it, though their moments differ in the last bit."""
    start = np.nextafter(0.3, 0.0)
    moved = timemap.placed(1.0, 1.0 - start, -start).events(augreg.Events([[0.1, 0.3], [0.3, 0.5]], labels=["a", "b"]))
    assert moved.labels == ["b"]


@given(
    rate=st.sampled_from(RATES),
    frames=st.integers(1, 10**7),
    after=st.integers(1, 10**7),
    share=st.floats(0.0, 1.0),
)
def test_whatever_the_lengths_are(rate: int, frames: int, after: int, share: float):
    whole, end = frames / rate, after / rate
    words = augreg.Events([[0.0, share * whole], [share * whole, whole]])
    moved = timemap.scaled(whole, end).events(words).data
    assert moved.min() >= 0.0
    assert moved.max() == end
