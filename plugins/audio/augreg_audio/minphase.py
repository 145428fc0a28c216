"""Causal impulse responses from amplitude responses."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def minimum_phase(amplitude: Array) -> Array:
    """Return the minimum-phase impulse response float64 (2 (bins - 1),) with this amplitude at the bins of its FFT.

    By folding the real cepstrum (Oppenheim and Schafer, "Discrete-Time Signal Processing", chapter on the cepstrum).
    Amplitudes (bins,) below -140 dB of the largest are raised to that.
    """
    size = 2 * (len(amplitude) - 1)
    logs = np.log(np.maximum(amplitude, amplitude.max() * 1e-7))
    cepstrum = np.fft.irfft(logs, n=size)
    cepstrum[1 : size // 2] *= 2.0
    cepstrum[size // 2 + 1 :] = 0.0
    return np.fft.irfft(np.exp(np.fft.rfft(cepstrum)), n=size)
