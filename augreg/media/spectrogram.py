"""A log-mel spectrogram in numpy, to be drawn and to compare sounds by."""

from __future__ import annotations

from functools import lru_cache

import numpy as np


def log_mel(wave: np.ndarray, rate: int, bands: int = 80, columns: int = 240) -> np.ndarray:
    """Return the level of mel bands over time in decibels, float64 (bands, columns'), low bands first.

    A Hann window of 25 ms, hops so that about ``columns`` frames result, triangular filters on the mel scale
    2595 log10(1 + f / 700) up to 8 kHz.
    """
    size = max(16, round(0.025 * rate))
    padded = np.pad(np.asarray(wave, dtype=np.float64), size // 2)
    hop = max(1, (len(padded) - size) // columns)
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * np.hanning(size)
    count = max(512, 1 << (size - 1).bit_length())
    power = np.abs(np.fft.rfft(frames, count)) ** 2
    return np.asarray(10 * np.log10(power @ filters(bands, count, rate).T + 1e-10).T)


@lru_cache(maxsize=8)  # of short clips, making them would be a fifth of the time
def filters(bands: int, count: int, rate: int) -> np.ndarray:
    """Return triangular mel filters, float64 (bands, count // 2 + 1), which nobody may write into."""
    top = mel(highest(rate))
    edges = 700 * (10 ** (np.linspace(0, top, bands + 2) / 2595) - 1)
    frequency = np.fft.rfftfreq(count, 1 / rate)[None]
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    found = np.clip(np.minimum((frequency - low) / (middle - low), (high - frequency) / (high - middle)), 0, None)
    # Bands narrower than a bin would be empty: they take the nearest bin.
    empty = np.flatnonzero(found.sum(axis=1) == 0)
    found[empty, np.abs(frequency - middle[empty]).argmin(axis=1)] = 1.0
    found.flags.writeable = False
    return found


def mel(hertz: float) -> float:
    """Return a frequency on the mel scale."""
    return float(2595 * np.log10(1 + hertz / 700))


def highest(rate: float) -> float:
    """Return the frequency in Hz at which the highest band ends."""
    return min(8_000.0, rate / 2)


def share_of_band(hertz: float, rate: float) -> float:
    """Return where a frequency lies between the lowest band, 0, and the highest, 1."""
    return mel(hertz) / mel(highest(rate))
