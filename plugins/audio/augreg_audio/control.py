"""Control signals of limiters and compressors: peaks every half millisecond, held and smoothed, gains between them.

All signals have one row per sound, (n, room) in C order, with the steps of each at its beginning and room for what it
looks ahead, see :func:`room_for`. So most can be done to all rows in one line, which takes a third of the time of
rows one by one. Reductions are logarithms of amplitude ratios, in nepers. A row comes out alike whatever stands beside
it: all is done element by element, and no span that is looked at reaches from one row into what counts of another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np

from augreg_audio import recursion

Array = np.ndarray

STEP_SECONDS: Final = 0.0005
"""How far apart the values of a control signal are."""

HALVINGS: Final = 5
"""How often a recursion is halved."""

STEPS_PER_ROW: Final = 4
"""Steps whose gains one row of a matrix product gives."""


def step_of(rate: float) -> int:
    """Return how many frames share one value of a control signal."""
    return max(1, round(rate * STEP_SECONDS))


def room_for(steps: int, ahead: int) -> int:
    """Return how long rows have to be that hold ``steps`` values and look ``ahead`` steps ahead, this included."""
    return -(-(steps + ahead) // STEPS_PER_ROW) * STEPS_PER_ROW


def peaks(xs: Sequence[Array], step: int, out: Array) -> None:
    """Fill ``out`` (n, room) with the largest magnitude of sounds (channels, frames) in every ``step``; then come 0."""
    size = out.shape[1] * step
    line = np.empty(len(xs) * size, dtype=out.dtype)
    for first, x in zip(range(0, line.size, size), xs, strict=True):
        last = first + x.shape[-1]
        whole = line[first:last]
        np.abs(x[0], out=whole)
        for channel in x[1:]:
            np.maximum(whole, np.abs(channel), out=whole)
        line[last : first + size] = 0.0
    # A maximum over a short last axis costs eight times as much as these passes over spans that double.
    width = 1
    while 2 * width < step:
        line = np.maximum(line[:-width], line[width:])
        width *= 2
    np.maximum(line[: (out.size - 1) * step + 1 : step], line[step - width :: step][: out.size], out=out.reshape(-1))


def above(levels: Array, limits: Sequence[float]) -> Array:
    """Turn peaks (n, room), in place, into the logarithm of how far they are above their row's limit; 0 below it."""
    most = float(np.finfo(levels.dtype).max)
    inverse = [min(1.0 / limit, most) if limit > 0 else 0.0 for limit in limits]
    levels *= np.asarray(inverse, dtype=levels.dtype)[:, None]
    levels.clip(1.0, None, out=levels)  # np.maximum with a number takes three times as long
    np.log(levels, out=levels)
    return levels


def held(reduction: Array, release: Sequence[float]) -> Array:
    """Return reductions (n, room) that fall no faster than exponentially over ``release`` steps, one per row.

    The recursion y[k] = max(r[k], exp(-1 / release) y[k - 1]).
    """
    return _recursion(reduction, release, np.maximum)


def smoothed(reduction: Array, attack: Sequence[float]) -> Array:
    """Return reductions (n, room) that follow with a time constant of ``attack`` steps, one per row.

    The recursion y[k] = (1 - a) r[k] + a y[k - 1], with a = exp(-1 / attack).
    """
    gain = [-math.expm1(-1.0 / max(a, 1e-3)) for a in attack]
    return _recursion(reduction * np.asarray(gain, dtype=reduction.dtype)[:, None], attack, np.add)


def _recursion(values: Array, time: Sequence[float], combine: np.ufunc) -> Array:
    """Return y[k] = combine(v[k], exp(-1 / time) y[k - 1]) for values (n, room).

    Every other value by the same recursion over pairs, the rest from those; when few are left, by spans that double.
    """
    decay = np.asarray([math.exp(-1.0 / max(t, 1e-3)) for t in time])[:, None]
    found = np.empty_like(values)
    _scan(values, decay, combine, found, HALVINGS)
    return found


def _scan(values: Array, decay: Array, combine: np.ufunc, out: Array, halvings: int) -> None:
    factor = decay.astype(values.dtype)
    if not halvings:
        out[...] = values
        width, size = 1, values.shape[1]
        while width < size:
            out[:, width:] = combine(out[:, width:], out[:, :-width] * factor)
            decay, width = decay * decay, 2 * width
            factor = decay.astype(values.dtype)
        return
    out[:, :1] = values[:, :1]
    pairs = values.shape[1] // 2
    joined = np.multiply(values[:, : 2 * pairs : 2], factor)
    combine(joined, values[:, 1::2], out=joined)
    later = np.empty_like(joined)
    _scan(joined, decay * decay, combine, later, halvings - 1)
    out[:, 1::2] = later
    rest = out[:, 2::2]
    combine(values[:, 2::2], np.multiply(later[:, : rest.shape[1]], factor, out=joined[:, : rest.shape[1]]), out=rest)


def anticipated(reduction: Array, ahead: Sequence[int]) -> Array:
    """Return reductions (n, room) that rise before they are needed, over ``ahead`` steps, one number per row.

    The largest of what comes next, averaged over as many steps, or those there are at the beginning: never less than
    what is needed now. What comes behind a row's own steps must not be larger than the last of them.
    """
    n, room = reduction.shape
    most = max(ahead)
    if most == 1:
        return reduction
    spans = _doubled(reduction.ravel(), most, np.maximum)
    # Behind as many zeros as the longest mean looks back.
    largest = np.zeros((n, room), dtype=reduction.dtype)
    kept = room - most + 1
    for i, count in enumerate(ahead):
        span = spans[count.bit_length() - 1]
        first, rest = i * room, i * room + count - (1 << count.bit_length() - 1)
        np.maximum(span[first : first + kept], span[rest : rest + kept], out=largest[i, most - 1 :])
    return _means(largest, ahead)


def _means(values: Array, ahead: Sequence[int]) -> Array:
    """Return the means of ``ahead`` neighbors of values (n, room): the first of the longest, then one step on, ...

    As sums over 1, 2, 4 ... neighbors, of which every row takes those that make up its number.
    """
    n, room = values.shape
    most = max(ahead)
    kept = room - most + 1
    sums = _doubled(values.ravel(), most, np.add)
    made = np.zeros((n, room), dtype=values.dtype)
    for i, count in enumerate(ahead):
        first, parts = i * room + most - count, []
        for level in range(count.bit_length()):
            if count >> level & 1:
                parts.append(sums[level][first : first + kept])
                first += 1 << level
        out = made[i, :kept]
        total = np.add(parts[0], parts[1], out=out) if len(parts) > 1 else parts[0]
        for part in parts[2:]:
            np.add(out, part, out=out)
        if total is not out:
            out[...] = total
        out[:count] *= _early(count, values.dtype.char)[:kept]
    made *= np.asarray([1.0 / count for count in ahead], dtype=values.dtype)[:, None]
    return made


def _doubled(line: Array, most: int, combine: np.ufunc) -> list[Array]:
    """Return what ``combine`` makes of 1, 2, 4 ... neighbors, at most ``most``, in a line."""
    found = [line]
    while 2 ** len(found) <= most:
        last, width = found[-1], 2 ** (len(found) - 1)
        found.append(combine(last[:-width], last[width:]))
    return found


@lru_cache(maxsize=256)
def _early(count: int, dtype: str) -> Array:
    """Return what corrects the first means of ``count`` values, of which there were fewer."""
    return (count / np.arange(1, count + 1)).astype(dtype)


def corners(reduction: Array, counts: Sequence[int]) -> Array:
    """Return the gains between steps, (n, blocks, k + 1): at both ends of k = STEPS_PER_ROW steps, and between those.

    The gain runs linearly from one step to the next, and is nowhere higher than the reductions (n, room) say. The
    first ``counts`` steps of a row are its own.
    """
    n, room = reduction.shape
    line = reduction.ravel()
    ends = np.empty(line.size + 1, dtype=reduction.dtype)
    np.maximum(line[1:], line[:-1], out=ends[1:-1])
    for i, count in enumerate(counts):
        ends[i * room], ends[i * room + count] = reduction[i, 0], reduction[i, count - 1]
    ends[-1] = 0.0
    np.exp(np.negative(ends, out=ends), out=ends)
    made = np.empty((n, room // STEPS_PER_ROW, STEPS_PER_ROW + 1), dtype=reduction.dtype)
    flat = made.reshape(-1, STEPS_PER_ROW + 1)
    flat[:, :STEPS_PER_ROW], flat[:, STEPS_PER_ROW] = (
        ends[:-1].reshape(-1, STEPS_PER_ROW),
        ends[STEPS_PER_ROW::STEPS_PER_ROW],
    )
    return made


def curves(gains: Array, step: int) -> Array:
    """Return the gain of every frame, (n, room step), from the corners (n, blocks, k + 1) of :func:`corners`."""
    # A product with a small matrix takes a fifth of the time of sums over a short last axis.
    return recursion.product(gains, _ramps(step, gains.dtype.char)).reshape(len(gains), -1)


@lru_cache(maxsize=64)
def _ramps(step: int, dtype: str) -> Array:
    """Return the weights of all corners at every frame of k = STEPS_PER_ROW steps, (k + 1, k step)."""
    place = np.arange(STEPS_PER_ROW * step) / step
    weights: Any = np.maximum(1.0 - np.abs(place - np.arange(STEPS_PER_ROW + 1)[:, None]), 0.0)
    return np.asarray(weights.astype(dtype))
