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

from augreg import SampleError
from augreg_audio import recursion

Array = np.ndarray

ZERO_CROSSINGS: Final = 20
"""Zero crossings of the sinc on either side."""

KAISER_BETA: Final = 7.3
"""Shape of the window: with so many zero crossings it falls by 74 dB between 0.82 and 1.06 of the Nyquist frequency."""

CUTOFF: Final = 0.94
"""Where the response is -6 dB, as a share of the lower Nyquist frequency: flat to 0.82, 74 dB down at 1.06."""

TABLE_PLACES: Final = 128
"""Places between two input frames for which weights are kept; others lie on the line between them, right to -90 dB."""

CUTOFF_STEPS: Final = 64
"""Steps of the factor, per unit, at which the edge of the filter is another."""

RUN_FRAMES: Final = 16
"""Output frames of one run: what one matrix product makes in every period."""

RUNS_PER_CALL: Final = 8
"""Runs, each a matrix product, that one call of numpy makes."""

STRETCH_FRAMES: Final = 1 << 20
"""Frames, going in or out, that are padded at once: with all of an hour, the padded sound would be another hour."""

LARGEST_DRIFT: Final = 0.5
"""Frames by which the end of a sound may be misplaced, as long as M does not exceed the largest of ``DENOMINATORS``.

Its length is rounded by as much.
"""

DENOMINATORS: Final = (512, 4096, 32768)
"""Largest M that is looked at for a close fraction, then for a closer one."""

SILENT_MARGIN: Final = 256
"""Frames of silence behind a signal whose spectrum is tapered, so that the end does not ring into the beginning."""

PASSBAND: Final = 0.94
"""Up to this share of the lower Nyquist frequency a tapered spectrum is whole; above, a raised cosine falls to 0."""

MOST_FACTOR: Final = 500.0
"""How far apart two rates may be. 8 kHz and 192 kHz are 24 times; a filter has 40 weights for each."""

WEIGHTED_AT_ONCE: Final = 1 << 24
"""Weighted samples that are in memory at once where a whole batch is resampled."""


def output_frames(frames: Array, factor: Array) -> Array:
    """Return the length of ``frames`` played ``factor`` times as fast, int64 (n,), at least 1 for any sound."""
    return np.where(frames > 0, np.maximum(np.floor(frames / factor + 0.5).astype(np.int64), 1), 0)


def taper(bins: int) -> tuple[int, Array]:
    """Return from which bin on the common bins of both spectra are damped, and by what, float64 (bins - first,)."""
    first = int(PASSBAND * (bins - 1)) + 1
    place = np.arange(first, bins) / max(bins - 1, 1)
    return first, 0.5 + 0.5 * np.cos((place - PASSBAND) * (np.pi / (1.0 - PASSBAND)))


class Fraction(NamedTuple):
    """``steps`` input frames per ``period`` output frames."""

    steps: int
    period: int


@lru_cache(maxsize=8)
def _numbers(most: int) -> Array:
    return np.arange(1.0, most + 1.0)


@lru_cache(maxsize=1024)
def check_rates(rate: float, other: float, what: str) -> None:
    """Refuse a sound at ``rate`` Hz where ``what`` has another rate, so far off that either is likely to be wrong.

    A sound of seconds would become one of hours, or need a filter as long as itself.
    """
    if not other / MOST_FACTOR <= rate <= other * MOST_FACTOR:
        raise SampleError(
            f"a sound at {rate:g} Hz is given to {what} at {other:g} Hz, more than {MOST_FACTOR:g} times apart. "
            "Is its sample rate right? If so, resample it before, in several steps."
        )


def check_factor(factor: float) -> None:
    """Refuse to read a sound so much faster or slower that one of the rates behind the factor is likely to be wrong."""
    if not 1.0 / MOST_FACTOR <= factor <= MOST_FACTOR:
        raise SampleError(
            f"a sound would be read {factor:g} times as fast; {1 / MOST_FACTOR:g} to {MOST_FACTOR:g} times is "
            "resampled at once. Is its sample rate right? If so, resample it before, in several steps."
        )


def fraction(factor: float, frames: int, taps: int) -> Fraction:
    """Return the fraction of smallest numbers that is close enough to ``factor`` for ``frames`` output frames.

    In a period there are at least as many input frames as one run of output frames needs, for which BLAS asks.
    """
    near, far = 1, math.inf
    for most in DENOMINATORS:
        period = _numbers(most)
        wanted = period * factor
        missed = np.abs(np.maximum(np.rint(wanted), 1.0) - wanted)
        enough = missed <= period * (LARGEST_DRIFT / max(frames, 1))
        first = int(enough.argmax())
        if enough[first]:
            near = first + 1
            break
        away = missed / period
        best = int(away.argmin())
        near, far = (best + 1, float(away[best])) if away[best] < far else (near, far)
    steps = max(round(near * factor), 1)
    times = -(-(math.ceil(RUN_FRAMES * factor) + taps + 1 + RUNS_PER_CALL) // steps)
    return Fraction(steps * times, near * times)


class Table(NamedTuple):
    """Weights of the input frames 1 - half .. half around places between two, and their steps to the next place.

    Arrays (TABLE_PLACES, 2 half).
    """

    half: int
    weights: Array
    steps: Array

    def at(self, phase: Array) -> Array:
        """Return the weights (m, 2 half) for places in [0, 1)."""
        place = phase * TABLE_PLACES
        below = place.astype(np.intp)
        found: Array = self.steps.take(below, axis=0)
        found *= (place - below).astype(found.dtype)[:, None]
        found += self.weights.take(below, axis=0)
        return found


def table(factor: float, dtype: np.dtype[Any]) -> Table:
    """Return the weights for a ratio: a sinc under a Kaiser window, the edge at the lower Nyquist frequency."""
    return _table(_scale(factor), dtype.char)


def _scale(factor: float) -> float:
    check_factor(factor)
    return max(1.0, math.ceil(factor * CUTOFF_STEPS) / CUTOFF_STEPS)


@lru_cache(maxsize=64)
def _table(scale: float, dtype: str) -> Table:
    half = math.ceil(ZERO_CROSSINGS * scale)
    away = np.arange(1 - half, half + 1) - np.arange(TABLE_PLACES + 1)[:, None] / TABLE_PLACES
    found = np.sinc(away * (CUTOFF / scale)) * (CUTOFF / scale)
    found *= np.i0(KAISER_BETA * np.sqrt(np.maximum(1.0 - (away / half) ** 2, 0.0))) / np.i0(KAISER_BETA)
    return Table(half, found[:-1].astype(dtype), np.diff(found, axis=0).astype(dtype))


def resample_row(x: Array, factor: float, frames: int) -> Array:
    """Return (channels, frames) of x (channels, L) read ``factor`` times as fast; silence around x."""
    out = np.empty((len(x), frames), dtype=x.dtype)
    resample_into(x, factor, out)
    return out


def resample_into(x: Array, factor: float, out: Array) -> None:
    """Fill ``out`` (channels, frames) with x (channels, L) read ``factor`` times as fast; silence around x."""
    frames = out.shape[-1]
    by = table(factor, x.dtype)
    at = fraction(factor, frames, 2 * by.half)
    sums, before = _sinc(_scale(factor), at, x.dtype.char), by.half - 1 + RUNS_PER_CALL
    periods = _periods_per_call(sums)
    periods *= max(1, STRETCH_FRAMES // (periods * max(at)))
    for k in range(0, -(-frames // at.period), periods):
        some = out[:, k * at.period : (k + periods) * at.period]
        first = k * at.steps - before
        periodic(_silent_around(x, first, first + room(some.shape[-1], at, 2 * by.half)), sums, some)


def _silent_around(x: Array, first: int, last: int) -> Array:
    """Return frames ``first`` to ``last`` of x (channels, L), with silence where x has none."""
    found = np.empty((len(x), last - first), dtype=x.dtype)
    heard = x[:, max(first, 0) : max(last, 0)]
    before = min(max(-first, 0), last - first)
    end = before + heard.shape[-1]
    found[:, :before], found[:, before:end], found[:, end:] = 0.0, heard, 0.0
    return found


@lru_cache(maxsize=4)
def _sinc(scale: float, at: Fraction, dtype: str) -> Bank:
    """Return the weights of one ratio; a few are kept for sounds that are all resampled alike."""
    first, rest = np.divmod(np.arange(0, at.period * at.steps, at.steps), at.period)
    return bank(_table(scale, dtype).at(rest / at.period), first + RUNS_PER_CALL, at.steps)


class Bank(NamedTuple):
    """Weighted sums that repeat, as matrices (runs, width, RUN_FRAMES), one per run of output frames.

    Every ``period`` output frames they are the same, ``steps`` input frames later. The windows of RUNS_PER_CALL runs
    begin at one of the ``starts``, and then every ``hop`` frames: so numpy can step through them in one call.
    """

    matrices: Array
    starts: list[int]
    hop: int
    steps: int
    period: int


def room(frames: int, at: Fraction, taps: int) -> int:
    """Return how many input frames :func:`periodic` reads; for every frame by which ``first`` jumps, three more."""
    return -(-frames // at.period) * at.steps + taps + -(-RUN_FRAMES * at.steps // at.period) + 4 * RUNS_PER_CALL


def periodic(x: Array, by: Bank, out: Array) -> None:
    """Fill ``out`` (channels, frames) from x (channels, L), as long as ``room`` says, all of which has to be finite."""
    periods = -(-out.shape[-1] // by.period)
    rows = _periods_per_call(by)
    made = np.empty((min(rows, periods), len(by.matrices) * RUN_FRAMES), dtype=x.dtype)
    for sound, target in zip(x, out, strict=True):
        for at in range(0, periods, rows):  # a stretch at a time, so that they need no room for a second result
            some = made[: min(rows, periods - at)]
            _products(sound[at * by.steps :], by, some)
            frames = target[at * by.period : (at + len(some)) * by.period]
            whole, rest = divmod(len(frames), by.period)
            frames[: whole * by.period].reshape(whole, by.period)[...] = some[:whole, : by.period]
            frames[whole * by.period :] = some[whole:, :rest].ravel()


def _periods_per_call(by: Bank) -> int:
    return max(1, recursion.MOST_MULTIPLICATIONS // (int(by.matrices.shape[1]) * RUN_FRAMES))


def bank(weights: Array, first: Array, steps: int) -> Bank:
    """Return the sums of ``weights`` (period, taps) over the input frames from ``first`` (period,) on.

    ``first`` rises evenly, but for jumps of at most ``first[0]`` less RUNS_PER_CALL.
    """
    period, taps = weights.shape
    run, column, stack, inside = _layout(period)
    starts = first[:: RUN_FRAMES * RUNS_PER_CALL]
    hop = round(int(first[-1] - first[0]) * RUN_FRAMES / period)
    shift = inside * -hop
    shift += first
    shift -= starts[stack]
    least = min(int(np.minimum.reduce(shift)), 0)
    width = taps + int(np.maximum.reduce(shift)) - least
    matrices = np.zeros((-(-period // RUN_FRAMES), width, RUN_FRAMES), dtype=weights.dtype)
    item = matrices.itemsize
    # All places where the first weight of a frame can be, and from each of them down its column.
    shape = (matrices.size - (taps - 1) * RUN_FRAMES, taps)
    columns = np.ndarray(shape, matrices.dtype, matrices, 0, (item, RUN_FRAMES * item))
    shift += run * width - least
    shift *= RUN_FRAMES
    shift += column
    columns[shift] = weights
    return Bank(matrices, (starts + least).tolist(), hop, steps, period)


@lru_cache(maxsize=512)
def _layout(period: int) -> tuple[Array, Array, Array, Array]:
    """Return of every output frame its run, its place in it, the call that makes that, and its place therein."""
    run, column = np.divmod(np.arange(period), RUN_FRAMES)
    return run, column, *np.divmod(run, RUNS_PER_CALL)


def _products(x: Array, by: Bank, out: Array) -> None:
    """Fill ``out`` (periods, runs RUN_FRAMES) from a padded sound."""
    periods, (runs, width, _), item = len(out), by.matrices.shape, x.itemsize
    for k, start in enumerate(by.starts):
        first, last = k * RUNS_PER_CALL, min((k + 1) * RUNS_PER_CALL, runs)
        shape, strides = (last - first, periods, width), (by.hop * item, by.steps * item, item)
        windows = np.ndarray(shape, x.dtype, x, start * item, strides)
        made = out[:, first * RUN_FRAMES : last * RUN_FRAMES].reshape(periods, last - first, RUN_FRAMES)
        np.matmul(windows, by.matrices[first:last], out=made.transpose(1, 0, 2))


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
    chunk = max(1, WEIGHTED_AT_ONCE // (len(x) * x.shape[1] * 2 * half))
    for start in range(0, most, chunk):
        place = torch.arange(start, min(start + chunk, most), device=x.device) * steps
        phase = place % period * (TABLE_PLACES / period.double())
        below = phase.long()
        rest = (phase - below).to(x.dtype)[..., None]
        found = weights[kind, below] + climbs[kind, below] * rest  # (n, frames, taps)
        made.append((windows[row, :, place // period] * found[:, :, None]).sum(-1))
    inside = torch.arange(most, device=x.device) < torch.as_tensor(frames, device=x.device)[:, None, None]
    return torch.where(inside, torch.cat(made, dim=1).swapaxes(1, 2), 0.0)


def _stacked(by: list[Table], half: int, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the different tables (k, TABLE_PLACES, 2 half) with their steps, and which one every row has, (n, 1)."""
    kinds = {id(b): b for b in by}
    both = [[np.pad(a, ((0, 0), (half - b.half, half - b.half))) for a in b[1:]] for b in kinds.values()]
    weights, climbs = (
        torch.from_numpy(np.stack(column)).to(like.device, like.dtype) for column in zip(*both, strict=True)
    )
    which = {known: k for k, known in enumerate(kinds)}
    return weights, climbs, torch.as_tensor([which[id(b)] for b in by], device=like.device)[:, None]
