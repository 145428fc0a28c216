"""Resampling by any ratio with a windowed sinc: every row by its own fraction of small numbers, as matrix products.

Output frame t lies at t P / M in input frames, so that the weights repeat every M frames while the sound moves on by P:
a run of output frames, in all periods at once, is one product of the sound (periods, window) with a small matrix.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import torch

from augreg_audio import recursion

Array = np.ndarray

ZEROS: Final = 20
"""Zero crossings of the sinc on either side."""

KAISER: Final = 7.3
"""Shape of the window: with so many zero crossings it falls by 74 dB between 0.82 and 1.06 of the Nyquist frequency."""

EDGE: Final = 0.94
"""Where the response is -6 dB, as a share of the lower Nyquist frequency: flat to 0.82, 74 dB down at 1.06."""

PLACES: Final = 128
"""Places between two input frames for which weights are kept; others lie on the line between them, right to -90 dB."""

EDGES: Final = 64
"""Steps of the factor, per unit, at which the edge of the filter is another."""

RUN: Final = 32
"""Output frames per matrix product."""

DRIFT: Final = 0.25
"""Frames by which the end of a sound may be misplaced, as long as M does not exceed the largest of ``DENOMINATORS``."""

DENOMINATORS: Final = (512, 4096, 32768)
"""Largest M that is looked at for a close fraction, then for a closer one."""

MARGIN: Final = 256
"""Frames of silence behind a signal whose spectrum is tapered, so that the end does not ring into the beginning."""

PASS: Final = 0.94
"""Up to this share of the lower Nyquist frequency a tapered spectrum is whole; above, a raised cosine falls to 0."""

CHUNK: Final = 1 << 24
"""Weighted samples that are in memory at once where a whole batch is resampled."""


def output_frames(frames: Array, factor: Array) -> Array:
    """Return the length of ``frames`` played ``factor`` times as fast, int64 (n,), at least 1 for any sound."""
    return np.where(frames > 0, np.maximum(np.floor(frames / factor + 0.5).astype(np.int64), 1), 0)


def taper(bins: int) -> tuple[int, Array]:
    """Return from which bin on the common bins of both spectra are damped, and by what, float64 (bins - first,)."""
    first = int(PASS * (bins - 1)) + 1
    place = np.arange(first, bins) / max(bins - 1, 1)
    return first, 0.5 + 0.5 * np.cos((place - PASS) * (np.pi / (1.0 - PASS)))


class Fraction(NamedTuple):
    """``steps`` input frames per ``period`` output frames."""

    steps: int
    period: int


@lru_cache(maxsize=8)
def _numbers(most: int) -> Array:
    return np.arange(1.0, most + 1.0)


@lru_cache(maxsize=1024)
def fraction(factor: float, frames: int, taps: int) -> Fraction:
    """Return the fraction of smallest numbers that is close enough to ``factor`` for ``frames`` output frames.

    In a period there are at least as many input frames as one run of output frames needs, for which BLAS asks.
    """
    near, far = 1, math.inf
    for most in DENOMINATORS:
        period = _numbers(most)
        wanted = period * factor
        missed = np.abs(np.maximum(np.rint(wanted), 1.0) - wanted)
        enough = missed <= period * (DRIFT / max(frames, 1))
        first = int(enough.argmax())
        if enough[first]:
            near = first + 1
            break
        away = missed / period
        best = int(away.argmin())
        near, far = (best + 1, float(away[best])) if away[best] < far else (near, far)
    steps = max(round(near * factor), 1)
    times = -(-(math.ceil(RUN * factor) + taps + 1) // steps)
    return Fraction(steps * times, near * times)


class Table(NamedTuple):
    """Weights of the input frames 1 - half .. half around places between two, and their steps to the next place.

    Arrays (PLACES, 2 half).
    """

    half: int
    weights: Array
    steps: Array

    def at(self, phase: Array) -> Array:
        """Return the weights (m, 2 half) for places in [0, 1)."""
        place = phase * PLACES
        below = place.astype(np.intp)
        found: Array = self.steps.take(below, axis=0)
        found *= (place - below).astype(found.dtype)[:, None]
        found += self.weights.take(below, axis=0)
        return found


def table(factor: float, dtype: np.dtype[Any]) -> Table:
    """Return the weights for a ratio: a sinc under a Kaiser window, the edge at the lower Nyquist frequency."""
    return _table(max(1.0, math.ceil(factor * EDGES) / EDGES), dtype)


@lru_cache(maxsize=64)
def _table(scale: float, dtype: np.dtype[Any]) -> Table:
    half = math.ceil(ZEROS * scale)
    away = np.arange(1 - half, half + 1) - np.arange(PLACES + 1)[:, None] / PLACES
    found = np.sinc(away * (EDGE / scale)) * (EDGE / scale)
    found *= np.i0(KAISER * np.sqrt(np.maximum(1.0 - (away / half) ** 2, 0.0))) / np.i0(KAISER)
    return Table(half, found[:-1].astype(dtype), np.diff(found, axis=0).astype(dtype))


def resample_row(x: Array, factor: float, frames: int) -> Array:
    """Return (channels, frames) of x (channels, L) read ``factor`` times as fast; silence around x."""
    by = table(factor, x.dtype)
    steps, period = fraction(factor, frames, 2 * by.half)
    first, rest = np.divmod(np.arange(period) * steps, period)
    before = by.half - 1
    size = max(room(frames, steps, period, 2 * by.half), before + x.shape[-1])
    padded = np.zeros((len(x), size), dtype=x.dtype)
    padded[:, before : before + x.shape[-1]] = x
    return periodic(padded, by.at(rest / period), first, steps, frames)


def room(frames: int, steps: int, period: int, taps: int) -> int:
    """Return how many input frames :func:`periodic` reads."""
    return -(-frames // period) * steps + taps + -(-RUN * steps // period)


def periodic(x: Array, weights: Array, first: Array, steps: int, frames: int) -> Array:
    """Return (channels, frames) of weighted sums over x (channels, L), which must be as long as ``room`` says.

    Output frame t < period is the sum of ``weights[t]`` (period, taps) over the frames of x from ``first[t]`` (period,)
    on; every period later it is the same ``steps`` frames later.
    """
    period = len(weights)
    matrices, starts = _banded(weights, first)
    periods = -(-frames // period)
    out = np.empty((len(x), periods, period), dtype=x.dtype)
    for sound, made in zip(x, out, strict=True):
        _products(sound, matrices, starts, steps, made)
    result: Array = out.reshape(len(x), -1)[:, :frames]
    return result


def _banded(weights: Array, first: Array) -> tuple[Array, list[int]]:
    """Return one matrix (width, RUN) per run of output frames, and the input frame at which each begins.

    ``weights`` (period, taps) of every output frame, ``first`` (period,) the input frame of the first of them, from 0.
    """
    period, taps = weights.shape
    starts = first[::RUN]
    frame = np.arange(period)
    run, column = np.divmod(frame, RUN)
    shift = first - starts[run]
    width = taps + int(shift.max())
    matrices = np.zeros((len(starts), width, RUN), dtype=weights.dtype)
    step = matrices.itemsize
    # All places where the first weight of a frame can be, and from each of them down its column.
    shape = (matrices.size - (taps - 1) * RUN, taps)
    columns = np.ndarray(shape, matrices.dtype, matrices, 0, (step, RUN * step))
    columns[(run * width + shift) * RUN + column] = weights
    return matrices, starts.tolist()


def _products(x: Array, matrices: Array, starts: list[int], steps: int, out: Array) -> None:
    """Fill ``out`` (periods, period) from a padded sound."""
    periods, period = out.shape
    width, step = matrices.shape[1], x.itemsize
    shape = (periods, starts[-1] + width)
    windows = np.ndarray(shape, x.dtype, x, 0, (steps * step, step))
    for k, start in enumerate(starts):
        run = min(RUN, period - k * RUN)
        recursion.product(windows[:, start : start + width], matrices[k, :, :run], out[:, k * RUN : k * RUN + run])


def resample_batch(x: torch.Tensor, factors: Array, frames: Array) -> torch.Tensor:
    """Return every row of x (n, channels, L) read by its own factor, ``frames`` (n,) long, all rows in one go.

    x is 0 behind its rows, and so is the result.
    """
    most = int(frames.max(initial=0))
    if not most:
        return x[..., :0]
    by = [table(float(factor), np.dtype(np.float64)) for factor in factors]
    ratios = [fraction(float(f), int(t), 2 * b.half) for f, t, b in zip(factors, frames, by, strict=True)]
    half, last = max(b.half for b in by), max(most * r.steps // r.period for r in ratios)
    windows = torch.nn.functional.pad(x, (half - 1, max(0, last + half + 1 - x.shape[-1]))).unfold(-1, 2 * half, 1)
    steps, period = (torch.as_tensor([r[k] for r in ratios], device=x.device)[:, None] for k in (0, 1))
    weights, climbs, kind = _stacked(by, half, x)
    row, made = torch.arange(len(x), device=x.device)[:, None], []
    chunk = max(1, CHUNK // (len(x) * x.shape[1] * 2 * half))
    for start in range(0, most, chunk):
        place = torch.arange(start, min(start + chunk, most), device=x.device) * steps
        phase = place % period * (PLACES / period.double())
        below = phase.long()
        rest = (phase - below).to(x.dtype)[..., None]
        found = weights[kind, below] + climbs[kind, below] * rest  # (n, frames, taps)
        made.append((windows[row, :, place // period] * found[:, :, None]).sum(-1))
    inside = torch.arange(most, device=x.device) < torch.as_tensor(frames, device=x.device)[:, None, None]
    return torch.where(inside, torch.cat(made, dim=1).swapaxes(1, 2), 0.0)


def _stacked(by: list[Table], half: int, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the different tables (k, PLACES, 2 half) with their steps, and which one every row has, (n, 1)."""
    kinds = {id(b): b for b in by}
    both = [[np.pad(a, ((0, 0), (half - b.half, half - b.half))) for a in b[1:]] for b in kinds.values()]
    weights, climbs = (
        torch.from_numpy(np.stack(column)).to(like.device, like.dtype) for column in zip(*both, strict=True)
    )
    which = {known: k for k, known in enumerate(kinds)}
    return weights, climbs, torch.as_tensor([which[id(b)] for b in by], device=like.device)[:, None]
