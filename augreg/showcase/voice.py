"""Speaks a few syllables by formula: a glottal pulse train through vowel formants, with plosives as bursts of noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from augreg.data.targets import Events
from augreg.modalities.audio import Audio

# Formant frequencies in Hz of an adult voice (Peterson and Barney 1952, averages rounded).
VOWELS: dict[str, tuple[float, float, float]] = {
    "a": (730.0, 1090.0, 2440.0),
    "e": (530.0, 1840.0, 2480.0),
    "i": (270.0, 2290.0, 3010.0),
    "o": (570.0, 840.0, 2410.0),
    "u": (300.0, 870.0, 2240.0),
    "r": (310.0, 1060.0, 1380.0),
}
BANDWIDTHS = (80.0, 110.0, 170.0)
BURSTS = {"g": 1_900.0, "k": 2_100.0, "t": 4_000.0, "p": 900.0, "s": 5_500.0}
"""Middle of a plosive's or fricative's noise, in Hz."""


def speak(
    syllables: Sequence[str] = ("au", "greg", "spi", "ka", "to", "you"),
    rate: int = 16_000,
    syllable: float = 0.27,
    pitch: float = 128.0,
    seed: int = 3,
) -> Audio:
    """Speak syllables: float32 (1, frames), with one event per syllable.

    Args:
        syllables: letters of VOWELS and BURSTS; others are skipped.
        rate: sample rate in Hz.
        syllable: seconds per syllable.
        pitch: fundamental frequency at the start in Hz; it falls towards the end, as in a statement.
        seed: of the noise.

    """
    rng = np.random.default_rng(seed)
    pieces, starts = [], [0.08]
    for place, letters in enumerate(syllables):
        pieces.append(_syllable(letters, rate, syllable, pitch * (1.12 - 0.3 * place / len(syllables)), rng))
        starts.append(starts[-1] + len(pieces[-1]) / rate)
    rest = np.zeros(round(0.08 * rate))
    wave = np.concatenate([rest, *pieces, rest])
    wave *= 0.6 / np.abs(wave).max()
    wave += 0.0015 * rng.standard_normal(len(wave))
    events = Events(np.column_stack([starts[:-1], np.asarray(starts[1:]) - 0.03]), list(syllables))
    return Audio(torch.from_numpy(wave.astype(np.float32))[None], rate, events=events)


def _syllable(letters: str, rate: int, seconds: float, pitch: float, rng: np.random.Generator) -> np.ndarray:
    vowels = [letter for letter in letters if letter in VOWELS] or ["a"]
    voiced = _voiced(vowels, rate, seconds, pitch)
    first = next(i for i, letter in enumerate(letters + "a") if letter in VOWELS)
    onset = [_burst(BURSTS[letter], rate, letter == "s", rng) for letter in letters[:first] if letter in BURSTS]
    coda = [0.5 * _burst(BURSTS[letter], rate, letter == "s", rng) for letter in letters[-1:] if letter in BURSTS]
    gap = np.zeros(round(0.02 * rate))
    return np.concatenate([*onset, voiced, *coda, gap])


def _voiced(vowels: Sequence[str], rate: int, seconds: float, pitch: float) -> np.ndarray:
    """Return a vowel that glides through the given formants: a sum of harmonics, each as strong as they let through."""
    time = np.arange(round(seconds * rate)) / rate
    knots = np.linspace(0.1, 0.9, len(vowels)) * seconds
    tracks = np.stack([np.interp(time, knots, [VOWELS[v][k] for v in vowels]) for k in range(3)])
    contour = pitch * (1.0 + 0.05 * np.sin(np.pi * time / seconds) + 0.008 * np.sin(2 * np.pi * 5.2 * time))
    phase = 2 * np.pi * np.cumsum(contour) / rate
    wave = np.zeros(len(time))
    for harmonic in range(1, int(0.45 * rate / pitch)):
        frequency = harmonic * contour
        wave += _gain(frequency, tracks) * np.sin(harmonic * phase) / harmonic * (frequency < 0.48 * rate)
    swell = np.clip(np.minimum(time / 0.035, (seconds - time) / 0.07), 0, 1)
    return np.asarray(wave * np.sin(0.5 * np.pi * swell) ** 2)


def _gain(frequency: np.ndarray, tracks: np.ndarray) -> np.ndarray:
    """Return how much of a frequency the formants let through: second-order resonances in parallel."""
    total = np.zeros(len(frequency))
    for k, (centre, width) in enumerate(zip(tracks, BANDWIDTHS, strict=True)):
        resonance = np.sqrt((1 - (frequency / centre) ** 2) ** 2 + (width * frequency / centre**2) ** 2)
        total += 1.0 / (1 + 0.7 * k) / resonance
    return total


def _burst(centre: float, rate: int, long: bool, rng: np.random.Generator) -> np.ndarray:
    """Return a short silence and a burst of noise around a frequency."""
    count = round((0.09 if long else 0.03) * rate)
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1 / rate)
    noise = np.fft.irfft(spectrum * np.exp(-((frequency - centre) ** 2) / (2 * (0.35 * centre) ** 2)), count)
    shape = np.hanning(count) if long else np.exp(-np.arange(count) / (0.008 * rate))
    return np.concatenate([np.zeros(round(0.025 * rate)), 1.6 * noise / np.abs(noise).max() * shape])
