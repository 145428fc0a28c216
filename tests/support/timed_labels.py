"""Sounds with a tone in each event, and labels of them that went through a pipeline as those of a data set do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import augreg
from augreg.media import labels

RATE = 8000
TIME_STEPS = (
    {"audio.crop": {"seconds": 1.3}},
    {"audio.pad": {"seconds": 3.5}},
    {"audio.reverse": {"p": 1.0}},
    {"audio.speed": {"p": 1.0}},
    {"audio.loop": {"seconds": 5.0}},
    {"audio.shift": {"p": 1.0}},
    {"audio.gain": {"p": 1.0}},
)


def about(seconds: float, modality: str = "audio") -> labels.About:
    return labels.About(path=f"a/7.{'wav' if modality == 'audio' else 'mp4'}", modality=modality, seconds=seconds)


def painted(events: Sequence[Sequence[float]], seconds: float) -> np.ndarray:
    """Return silence with a loud tone in each event: float32 (1, frames)."""
    time = np.arange(round(seconds * RATE)) / RATE
    heard = sum(((time >= start) & (time < end)) for start, end in events) > 0
    return np.float32(0.5 * np.sin(2 * np.pi * 440 * time) * heard)[None]


def some_steps(seed: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    return [TIME_STEPS[i] for i in rng.choice(len(TIME_STEPS), size=rng.integers(1, 4), replace=False)]


def moved(name: str, content: bytes, wave: np.ndarray, steps: Sequence[Any], seed: int) -> tuple[bytes, np.ndarray]:
    """Return what the form writes of labels that moved with their sound, and the sound."""
    form = labels.reading(name)({})
    held = form.read(content, about(wave.shape[1] / RATE))
    schema = {"sound": "audio"} | {
        field: {**role, "of": "sound" if role["of"] == labels.SAMPLE else role["of"]}
        for field, role in form.roles.items()
    }
    record = {"sound": augreg.Audio(wave, RATE), **held.fields}
    out = augreg.augment(record, augreg.Pipeline({"audio": list(steps)}), seed=seed, keys=0, schema=schema)
    after = labels.Labels({field: out[field] for field in form.roles}, held.rest)
    sound = np.asarray(out["sound"].data)
    return form.write(after, about(sound.shape[1] / RATE)), sound


def check_heard(wave: np.ndarray, events: Sequence[tuple[float, float]]) -> None:
    """Make sure that there is a tone in each event and silence elsewhere, their edges aside."""
    loud = np.convolve(np.abs(wave[0]), np.ones(40) / 40, "same") > 0.02
    inside, near = np.zeros(len(loud), bool), np.zeros(len(loud), bool)
    for start, end in events:
        inside[round((start + 0.02) * RATE) : max(round((end - 0.02) * RATE), 0)] = True
        near[max(round((start - 0.02) * RATE), 0) : round((end + 0.02) * RATE)] = True
    assert loud[inside].all()
    assert not loud[~near].any()
