"""From 32-bit words to the values of a distribution, each a pure function with the same bits everywhere."""

from __future__ import annotations

from functools import lru_cache
from itertools import count
from typing import Final

import numpy as np
from numpy.typing import NDArray

from augreg.random import exact, philox

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Unsigned = NDArray[np.unsignedinteger]

TWO_M32: Final = 2.0**-32
# Up to this many options, and from this many rows on, Fisher-Yates runs over a table instead of dictionaries.
TABLE: Final = 4096
TABLE_ROWS: Final = 8


def unit(words: Unsigned) -> Floats:
    """(w + 1/2) 2**-32: float64 in (0, 1), the middles of 2**32 equal parts."""
    values: Floats = np.add(words, 0.5, dtype=np.float64)
    values *= TWO_M32
    return values


def inside(values: Floats, low: float | Floats, high: float | Floats) -> Floats:
    """Clip to [low, high), which rounding may have left: high is taken only where it equals low."""
    below_high = np.nextafter(high, low)
    return np.minimum(np.maximum(values, low, out=values), below_high, out=values)


def scaled(unit_values: Floats, low: float | Floats, high: float | Floats) -> Floats:
    """Scale uniforms u to low + u (high - low), in [low, high)."""
    return inside(np.asarray(low + unit_values * (high - low)), low, high)


def below(words: Unsigned, span: NDArray[np.uint64]) -> Ints:
    """Multiply and shift, w span >> 32: integers in [0, span), for spans of 1 to 2**32."""
    product = words.astype(np.uint64) * span
    product >>= np.uint64(32)
    return product.astype(np.int64)


@lru_cache(maxsize=256)
def shares_up_to(shares: bytes, n: int) -> Floats | None:
    """Return the sums of the shares (n,), float64 as bytes, up to each option; None unless they are valid weights.

    Most are asked for in every call.
    """
    each = np.frombuffer(shares)
    if len(each) != n or not (np.isfinite(each) & (each >= 0)).all() or not each.any():
        return None
    found = np.array([sum(each[: i + 1].tolist()) for i in range(n)])
    found.flags.writeable = False
    return found


def weighted(unit_values: Floats, edges: Floats) -> Ints:
    """Index of the option in whose share of the total a uniform falls; a share of 0 is never taken."""
    return np.asarray(np.searchsorted(edges, unit_values * edges[-1], side="right"), dtype=np.int64)


def order(words: NDArray[np.uint32]) -> Ints:
    """Ranks of random words (..., n): a permutation of 0 .. n-1 along the last axis.

    Sorts word 2**32 + index: all different, so that every sorting algorithm gives the same result.
    """
    tagged = words.astype(np.uint64) << np.uint64(32)
    tagged |= np.arange(words.shape[-1], dtype=np.uint64)
    tagged.sort(axis=-1)
    tagged &= np.uint64(philox.LOW32)
    return tagged.astype(np.int64)


def shuffled_heads(swaps: Ints, limits: Ints) -> Ints:
    """First k entries of Fisher-Yates shuffles: step j swaps entries j and swaps[:, j] of 0 .. limits-1."""
    longest = int(limits.max(initial=0))
    if len(swaps) < TABLE_ROWS or longest > TABLE:
        return np.array([_sparse_heads(row) for row in swaps.tolist()], dtype=np.int64).reshape(swaps.shape)
    table = np.tile(np.arange(longest, dtype=np.int64), (len(swaps), 1))
    rows = np.arange(len(swaps))
    for step, target in enumerate(swaps.T):
        taken = table[rows, target]
        table[rows, target] = table[:, step]
        table[:, step] = taken
    return table[:, : swaps.shape[1]].copy()


def _sparse_heads(swaps: list[int]) -> list[int]:
    moved: dict[int, int] = {}
    heads = []
    for step, target in enumerate(swaps):
        heads.append(moved.get(target, target))
        moved[target] = moved.get(step, step)
    return heads


def log_gamma(keys: NDArray[np.uint64], index: NDArray[np.uint64], key: int, shape: Floats) -> Floats:
    """Logarithms of gamma variates (m,) of the given shapes (m,), by keyed rejection.

    Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables", ACM TOMS 26, 2000: with d = a - 1/3,
    c = 1 / sqrt(9 d), x normal and v = (1 + c x)**3, d v is accepted where log u < x²/2 + d - d v + d log v.
    For a < 1, gamma(a) is gamma(a + 1) u**(1/a). Attempt t of element i is block (i, t), so that a rejection
    moves no other number; logarithms, because a small shape would underflow.
    """
    result = np.empty(len(keys))
    pending = np.arange(len(keys))
    lifted = np.where(shape < 1.0, shape + 1.0, shape)
    for attempt in count():
        if not len(pending):
            break
        uniforms = unit(philox.blocks(keys[pending], index[pending], attempt, key))
        accepted, logs = _gamma_attempt(uniforms, lifted[pending])
        chosen = pending[accepted]
        boost = exact.log(uniforms[accepted, 2]) / shape[chosen]
        result[chosen] = logs[accepted] + np.where(shape[chosen] < 1.0, boost, 0.0)
        pending = pending[~accepted]
    return result


def _gamma_attempt(uniforms: Floats, shape: Floats) -> tuple[NDArray[np.bool_], Floats]:
    x = exact.normal_quantile(uniforms[:, 0])
    d = shape - 1.0 / 3.0
    root = 1.0 + x / np.sqrt(9.0 * d)
    positive = root > 0.0
    v = np.where(positive, root * root * root, 1.0)
    log_v = exact.log(v)
    bound = 0.5 * x * x + d * (1.0 - v + log_v)
    return positive & (exact.log(uniforms[:, 1]) < bound), exact.log(d) + log_v


def normalised(logs: Floats) -> Floats:
    """exp(logs) along the last axis, divided by its sum, which is taken in a fixed order."""
    values = exact.exp(logs - logs.max(axis=-1, keepdims=True, initial=-np.inf))
    total = np.zeros(values.shape[:-1])
    for part in range(values.shape[-1]):
        total += values[..., part]
    return values / total[..., None]
