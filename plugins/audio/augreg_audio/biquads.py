"""Second-order filter sections: analogue prototypes, their frequency response on a digital grid, how long they ring.

Robert Bristow-Johnson, "Cookbook formulae for audio equalizer biquad filter coefficients" (W3C note, 2021). The
response is evaluated from the prototype through the bilinear transform, s = j tan(w/2) / tan(w0/2), in sines and
cosines of w/2: no digital coefficients and so no cancellation near DC, even in float32.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np

Array = np.ndarray

SILENT_SHARE: Final = 1e-6
"""An impulse response is over when it has fallen to this share (-120 dB)."""

HIGHEST_CORNER: Final = 0.49
"""Corner frequencies are kept below this share of the sample rate; the bilinear transform ends at 0.5."""


class Grid(NamedTuple):
    """cos^2(w/2), sin^2(w/2) and sin(w)/2 at the bins of a real FFT, (bins,)."""

    cos2: Array
    sin2: Array
    sin1: Array


@lru_cache(maxsize=32)
def grid(size: int, dtype: str = "float32") -> Grid:
    """Return the grid of a real FFT of ``size`` points as arrays (size // 2 + 1,)."""
    half = np.arange(size // 2 + 1, dtype=np.float64) * (np.pi / size)
    parts = np.cos(half) ** 2, np.sin(half) ** 2, np.sin(half) * np.cos(half)
    return Grid(*(part.astype(dtype) for part in parts))


def section(numerator: tuple[Any, Any, Any], denominator: tuple[Any, Any, Any], frequency: Array, rate: Array) -> Array:
    """Return warped coefficients of one section per row, float64 (n, 6): B2, B1, B0, A2, A1, A0.

    ``numerator`` and ``denominator`` are the coefficients of s^2, s and 1 of the prototype whose corner is at s = j,
    numbers or arrays (n,); ``frequency`` (the corner) and ``rate`` are in Hz, float64 (n,).
    """
    n = len(frequency)
    share = np.clip(frequency / rate, 1e-7, HIGHEST_CORNER)
    warp = np.asarray([math.tan(math.pi * s) for s in share.tolist()], dtype=np.float64)
    powers = (1.0, warp, warp * warp)
    made = np.empty((n, 6))
    for k, factor in enumerate((*numerator, *denominator)):
        made[:, k] = factor * powers[k % 3]
    return made


def butterworth(kind: str, order: int, frequency: Array, rate: Array) -> Array:
    """Return a Butterworth filter of even order, "lowpass" or "highpass", as sections (n, order // 2, 6)."""
    top = (0.0, 0.0, 1.0) if kind == "lowpass" else (1.0, 0.0, 0.0)
    damping = [2.0 * math.sin(math.pi * (2 * k + 1) / (2 * order)) for k in range(order // 2)]
    return np.stack([section(top, (1.0, d, 1.0), frequency, rate) for d in damping], axis=1)


def bandpass(frequency: Array, q: Array, rate: Array) -> Array:
    """Return a band-pass section with 0 dB at its centre, (n, 1, 6)."""
    return section((0.0, 1.0 / q, 0.0), (1.0, 1.0 / q, 1.0), frequency, rate)[:, None]


def notch(frequency: Array, q: Array, rate: Array) -> Array:
    """Return a band-stop section with a zero at its centre, (n, 1, 6)."""
    return section((1.0, 0.0, 1.0), (1.0, 1.0 / q, 1.0), frequency, rate)[:, None]


def peaking(frequency: Array, q: Array, gain: Array, rate: Array) -> Array:
    """Return a peaking section, (n, 1, 6); ``gain`` is the amplitude factor at the centre."""
    a = np.sqrt(gain)
    return section((1.0, a / q, 1.0), (1.0, 1.0 / (a * q), 1.0), frequency, rate)[:, None]


def low_shelf(frequency: Array, q: Array, gain: Array, rate: Array) -> Array:
    """Return a low-shelf section, (n, 1, 6); ``gain`` is the amplitude factor at DC."""
    a = np.sqrt(gain)
    edge = np.sqrt(a) / q
    return section((a, a * edge, a * a), (a, edge, np.ones_like(a)), frequency, rate)[:, None]


def high_shelf(frequency: Array, q: Array, gain: Array, rate: Array) -> Array:
    """Return a high-shelf section, (n, 1, 6); ``gain`` is the amplitude factor at the Nyquist frequency."""
    a = np.sqrt(gain)
    edge = np.sqrt(a) / q
    return section((a * a, a * edge, a), (np.ones_like(a), edge, a), frequency, rate)[:, None]


def response(sections: Array, at: Grid) -> Array:
    """Return the complex response of cascaded sections.

    Sections (..., s, 6) and a grid of (bins,) give (..., bins). In real numbers, which is quicker than complex
    division.
    """
    real: Any = None
    imaginary: Any = None
    for k in range(sections.shape[-2]):
        c = [sections[..., k, j, None] for j in range(6)]
        top, top_j = c[2] * at.cos2 - c[0] * at.sin2, c[1] * at.sin1
        low, low_j = c[5] * at.cos2 - c[3] * at.sin2, c[4] * at.sin1
        size = 1.0 / (low * low + low_j * low_j)
        one, one_j = (top * low + top_j * low_j) * size, (top_j * low - top * low_j) * size
        if real is None:
            real, imaginary = one, one_j
        else:
            real, imaginary = real * one - imaginary * one_j, real * one_j + imaginary * one
    found = np.empty(np.shape(real), dtype=np.result_type(at.cos2.dtype, np.complex64))
    found.real, found.imag = real, imaginary
    return found


def ringing(sections: Array) -> Array:
    """Return after how many frames the impulse response of every row is over, int64 (n,).

    From the pole radius of every section; the times of cascaded sections add up.
    """
    a2, a1, a0 = (sections[..., j] for j in (3, 4, 5))
    root = np.sqrt((a1 * a1 - 4.0 * a2 * a0).astype(np.complex128))
    radius = np.zeros(sections.shape[:-1])
    for s in ((-a1 + root) / (2.0 * a2), (-a1 - root) / (2.0 * a2)):
        radius = np.maximum(radius, np.abs((1.0 + s) / (1.0 - s)))
    decay = -np.log(np.clip(radius, 1e-3, 1.0 - 1e-9))
    result: Array = np.ceil(-math.log(SILENT_SHARE) / decay).sum(axis=-1).astype(np.int64) + 8
    return result
