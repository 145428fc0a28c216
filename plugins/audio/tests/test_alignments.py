"""Word alignments through pipelines: every word is a tone of its own, so the sound itself says where it went."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio import files

import augreg

RATE = 16000
WORDS = ("the", "cat", "sat", "on", "it")
TONES = dict(zip(WORDS, (400.0, 700.0, 1100.0, 1600.0, 2300.0), strict=True))
SPANS = [(0.2, 0.45), (0.5, 0.9), (0.95, 1.3), (1.4, 1.6), (1.65, 1.9)]

PIPELINES: dict[str, list[Any]] = {
    "tempo and room": [{"audio.tempo": {"factor": [0.7, 1.4]}}, "audio.lowpass", "audio.synthetic_reverb"],
    "stretch and codec": [{"audio.time_stretch": {"factor": [0.7, 1.4]}}, {"audio.mp3": {"bitrate": 32}}],
    "cut": ["audio.crop", {"audio.pad": {"before": [0.1, 0.3]}}, "audio.shift"],
    "stutter": [{"audio.repeat_part": {"width": [0.1, 0.3]}}, {"audio.splice_out": {"width": [0.02, 0.05]}}],
    "backwards": ["audio.reverse", {"audio.opus": {"bitrate": 24}}],
    "somewhere": [
        {"audio.insert_in_background": {"source": str(files.SAMPLES / "rain.wav"), "snr": 30}},
        {"audio.to_rate": {"rate": 11025}},
    ],
    "again": [{"audio.loop": {"times": 2}}, {"audio.delay": {}}],
}


def spoken() -> augreg.Audio:
    time = np.arange(2 * RATE) / RATE
    wave = 1e-4 * np.random.default_rng(0).standard_normal(len(time))
    for word, (onset, offset) in zip(WORDS, SPANS, strict=True):
        wave += 0.3 * np.sin(2 * np.pi * TONES[word] * time) * ((time >= onset) & (time < offset))
    events = augreg.Events(SPANS, labels=list(WORDS), columns={"index": np.arange(5)})
    return augreg.Audio(torch.from_numpy(wave).float()[None], RATE, events=events)


@pytest.mark.parametrize("name", PIPELINES)
def test_every_word_is_where_its_alignment_says(name: str):
    pipe, sound, seen = augreg.Pipeline({"audio": PIPELINES[name]}), spoken(), 0
    for out in augreg.augment([sound] * 6, pipe, seed=11, keys=list(range(6))):
        wave, rate = out.data[0].double().numpy(), out.sample_rate
        for (onset, offset), word, index in zip(
            out.events.data, out.events.labels, out.events.columns["index"], strict=True
        ):
            assert WORDS[int(index)] == word
            # Windows of a stretch reach 32 ms over the edge of a word.
            heard = wave[int((onset + 0.04) * rate) : int((offset - 0.04) * rate)]
            if len(heard) < 0.05 * rate:
                continue
            power = np.abs(np.fft.rfft(heard * np.hanning(len(heard)), 1 << 15))
            hertz = power.argmax() * rate / (1 << 15)
            assert min(WORDS, key=lambda w: abs(TONES[w] - hertz)) == word
            assert abs(hertz - TONES[word]) < 25
            seen += 1
    assert seen >= 15
