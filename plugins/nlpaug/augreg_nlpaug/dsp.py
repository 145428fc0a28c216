"""The transforms that nlpaug takes from librosa, on torch: so nothing more need be installed.

They follow librosa 0.11 (windows of 2048 samples, a quarter apart, silence beyond the ends) but for the resampling
in ``pitch_shift``, which is done in the spectrum of the whole sound.
"""

from __future__ import annotations

import types
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

Array = NDArray[Any]

WINDOW: Final = 2048
"""Samples of a window, librosa's default: 93 ms at 22,050 Hz."""
HOP: Final = WINDOW // 4
"""Samples from one window to the next."""


def stft(y: Array) -> Array:
    """Return the short-time spectra of samples (L,): complex (1025, 1 + L // 512)."""
    x = torch.from_numpy(np.ascontiguousarray(y))
    window = torch.hann_window(WINDOW, dtype=x.dtype)
    found = torch.stft(x, WINDOW, HOP, window=window, center=True, pad_mode="constant", return_complex=True)
    return found.numpy()


def istft(spectra: Array, length: int | None = None) -> Array:
    """Return the samples of short-time spectra: (length,), or as many as whole hops."""
    x = torch.from_numpy(np.ascontiguousarray(spectra))
    window = torch.hann_window(WINDOW, dtype=x.real.dtype)
    length = HOP * (x.shape[1] - 1) if length is None else length
    # The last window reaches two hops beyond the last whole one; where it ends in nothing, torch refuses.
    x = torch.nn.functional.pad(x, (0, max(0, -(-length // HOP) - x.shape[1])))
    if length == 0:
        return np.zeros(0, dtype=x.real.numpy().dtype)
    return torch.istft(x, WINDOW, HOP, window=window, center=True, length=length).numpy()


def time_stretch(*, y: Array, rate: float) -> Array:
    """Return samples (round(L / rate),): ``rate`` times as fast at the same pitch."""
    return istft(phase_vocoder(stft(y), rate), length=round(len(y) / rate)).astype(y.dtype)


def phase_vocoder(spectra: Array, rate: float) -> Array:
    """Return spectra (bins, ceil(frames / rate)) in which time goes ``rate`` times as fast.

    Amplitudes are interpolated between frames, phases go on by what they gain from one frame to the next.
    """
    place = np.arange(0, spectra.shape[1], rate)
    first = place.astype(np.int64)
    share = place - first
    padded = np.pad(spectra, ((0, 0), (0, 2)))
    here, next_ = padded[:, first], padded[:, first + 1]
    loud = (1 - share) * np.abs(here) + share * np.abs(next_)
    advance = (HOP * np.linspace(0, np.pi, spectra.shape[0]))[:, None]
    gained = np.angle(next_) - np.angle(here) - advance
    gained = advance + gained - 2 * np.pi * np.round(gained / (2 * np.pi))
    phase = np.angle(spectra[:, :1]) + np.cumsum(gained, axis=1) - gained
    made: Array = (loud * np.exp(1j * phase)).astype(spectra.dtype)
    return made


def pitch_shift(*, y: Array, n_steps: float, **_: float) -> Array:
    """Return samples (L,) shifted by semitones; the sample rate, which librosa asks for, plays no part."""
    rate = 2.0 ** (-n_steps / 12.0)
    stretched = time_stretch(y=y, rate=rate)
    made = resample(stretched, max(1, int(np.ceil(len(stretched) * rate))))
    return np.pad(made[: len(y)], (0, max(0, len(y) - len(made))))


def resample(y: Array, length: int) -> Array:
    """Return samples (length,) with the same spectrum, cut off or extended by silence at the top."""
    if length == len(y) or not len(y):
        return y
    spectrum = np.fft.rfft(y)
    bins = length // 2 + 1
    spectrum = np.pad(spectrum[:bins], (0, max(0, bins - len(spectrum))))
    made: Array = np.fft.irfft(spectrum, length) * (length / len(y))
    return made.astype(y.dtype)


LIBROSA: Final = types.SimpleNamespace(
    effects=types.SimpleNamespace(time_stretch=time_stretch, pitch_shift=pitch_shift),
    core=types.SimpleNamespace(stft=stft, istft=istft),
)
"""Stands in for librosa in nlpaug's models."""
