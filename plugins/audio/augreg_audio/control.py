"""Control signals of limiters and compressors: levels every half millisecond, held peaks, gains between them.

All arrays have one row per sound, (n, steps). A row comes out alike whatever stands beside it: what is done to several
rows at once is done element by element, or in the order of time.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Final

import numpy as np

from augreg_audio import recursion

Array = np.ndarray

SECONDS: Final = 0.0005
"""How far apart the values of a control signal are."""

SILENT: Final = 1e-10
"""Levels below this amplitude, -200 dB, count as this."""

WIDTH: Final = 32
"""Means that one row of a matrix product gives."""

LONGEST: Final = 64
"""Values per mean up to which a matrix product is quicker than a running sum."""


def step_of(rate: float) -> int:
    """Return how many frames share one value of a control signal."""
    return max(1, round(rate * SECONDS))


def levels(x: Array, step: int) -> Array:
    """Return the largest level of x (channels, frames) in dB in every ``step`` frames, (steps,) of x's dtype."""
    frames = x.shape[-1]
    count = -(-frames // step)
    peaks = np.zeros(count * step, dtype=x.dtype)
    np.abs(x[0], out=peaks[:frames])
    for channel in x[1:]:
        np.maximum(peaks[:frames], np.abs(channel), out=peaks[:frames])
    # A maximum over a short last axis costs eight times as much as these passes over spans that double.
    width = 1
    while 2 * width < step:
        peaks = np.maximum(peaks[:-width], peaks[width:])
        width *= 2
    loudest = np.maximum(peaks[: (count - 1) * step + 1 : step], peaks[step - width :: step][:count])
    np.log10(np.maximum(loudest, SILENT, out=loudest), out=loudest)
    return np.multiply(loudest, 20.0, out=loudest)


def held(reduction: Array, release: Any) -> Array:
    """Return gain reductions (n, steps) that fall no faster than exponentially over ``release`` steps, one or (n,).

    A running maximum of log r[k] + k / release: the recursion max(r[k], c y[k - 1]) without a loop.
    """
    ramp = np.arange(reduction.shape[-1]) / np.maximum(np.reshape(release, (-1, 1)), 1e-3)
    logs = np.log(np.maximum(reduction, 1e-30)) + ramp
    np.maximum.accumulate(logs, axis=1, out=logs)
    logs -= ramp
    made = logs.astype(reduction.dtype)
    return np.exp(made, out=made)


def anticipated(reduction: Array, ahead: list[int]) -> Array:
    """Return reductions (n, steps) that rise before they are needed, over ``ahead`` steps, one number per row.

    The largest of what comes next, averaged over as many steps: never less than what is needed now.
    """
    n, steps = reduction.shape
    spans = [np.zeros((n, steps + max(ahead) - 1), dtype=reduction.dtype)]
    spans[0][:, :steps] = reduction
    while 2 ** len(spans) <= max(ahead):
        last, width = spans[-1], 2 ** (len(spans) - 1)
        spans.append(np.maximum(last[:, :-width], last[:, width:]))
    made = np.empty_like(reduction)
    for i, count in enumerate(ahead):
        level = count.bit_length() - 1
        rest = count - (1 << level)
        pair = spans[level][i, :steps], spans[level][i, rest : rest + steps]
        if count == 1:
            made[i] = pair[0]
        elif count > LONGEST:
            made[i] = _running_means(np.maximum(*pair), count)
        else:
            _means(*pair, count, made[i])
    return made


def _means(one: Array, other: Array, count: int, out: Array) -> None:
    """Fill ``out`` (steps,) with the mean of the larger of both here and at the ``count`` - 1 before, where there are.

    A product with a banded matrix takes half of the time of a running sum.
    """
    steps = len(out)
    blocks = -(-steps // WIDTH)
    padded = np.zeros(blocks * WIDTH + count - 1, dtype=out.dtype)
    np.maximum(one, other, out=padded[count - 1 : count - 1 + steps])
    step = padded.itemsize
    windows = np.ndarray((blocks, WIDTH + count - 1), padded.dtype, padded, 0, (WIDTH * step, step))
    band, early = _band(count, out.dtype)
    out[:] = recursion.product(windows, band).ravel()[:steps]
    out[:count] *= early[:steps]


def _running_means(values: Array, count: int) -> Array:
    """Return the same for many neighbours, of values (steps,)."""
    total = np.cumsum(values, dtype=np.float64)
    means = total / np.minimum(np.arange(1, len(values) + 1), count)
    means[count:] -= total[:-count] / count
    return means


@lru_cache(maxsize=LONGEST)
def _band(count: int, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """Return the matrix (WIDTH + count - 1, WIDTH) that makes means of ``count``, and what corrects the first ones."""
    away = np.arange(WIDTH + count - 1)[:, None] - np.arange(WIDTH)
    band = np.where((away >= 0) & (away < count), 1.0 / count, 0.0)
    return band.astype(dtype), (count / np.arange(1, count + 1)).astype(dtype)


def factors(reduction: Array, counts: list[int]) -> Array:
    """Return amplitude factors at both ends of every step, (n, steps, 2), from reductions in dB (n, steps).

    The gain runs linearly from one end to the other, and is nowhere higher than the reductions say. Only the first
    ``counts`` steps of a row are its own.
    """
    n, steps = reduction.shape
    gain = np.multiply(reduction, -math.log(10.0) / 20.0)
    np.exp(gain, out=gain)  # a third of the time of a power of 10
    corners = np.empty((n, steps + 1), dtype=gain.dtype)
    corners[:, 0], corners[:, -1] = gain[:, 0], gain[:, -1]
    np.minimum(gain[:, 1:], gain[:, :-1], out=corners[:, 1:-1])
    for i, count in enumerate(counts):
        if count < steps:
            corners[i, count] = gain[i, count - 1]
    ends = np.empty((n, steps, 2), dtype=gain.dtype)
    ends[..., 0], ends[..., 1] = corners[:, :-1], corners[:, 1:]
    return ends


def faded(x: Array, ends: Array, step: int, out: Array) -> None:
    """Fill ``out`` with x (channels, frames) times factors (steps, 2) at both ends of every step; x may be ``out``."""
    frames = x.shape[-1]
    count = -(-frames // step)
    # A product with a small matrix takes a fifth of the time of sums over a short last axis.
    gain = recursion.product(ends[:count], _ramps(step, x.dtype)).ravel()[:frames]
    np.multiply(x, gain, out=out)


@lru_cache(maxsize=64)
def _ramps(step: int, dtype: np.dtype[Any]) -> Array:
    """Return the weights of both ends within a step, (2, step)."""
    ramp = np.arange(step) / step
    return np.stack([1 - ramp, ramp]).astype(dtype)
