"""Keyed random numbers for a batch: each is a function of what it is for, not of when or where it is drawn.

A number depends on (seed, epoch, copy, sample key, path of the step, name of the draw) and on nothing else, so
batch size, order, worker, rank, device, other steps and other draws leave it alone. The first three and the
last two are hashed to the key of a Philox4x32-10 stream; the sample key is the counter (`augreg.random.philox`).

Parameters are float64 with the same bits on every machine: uniforms are scaled integers, everything else uses
`augreg.random.exact`. A uniform takes one 32-bit word w as (w + 1/2) 2**-32, never 0 or 1. Not 53 bits: that costs
two words of each block of four, while 2**-32 of a full turn is already 8e-8 degrees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import inf, prod
from operator import index
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from augreg.errors import ConfigError, ContractError
from augreg.random import exact, philox, variates
from augreg.random.keys import Keys, as_keys, join, stream_key
from augreg.random.prefetch import Draw, Prefetch

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Size = int | tuple[int, ...]
Bound = float | Sequence[float] | NDArray[Any]
"""One number, or one for each sample."""


def integer(what: str, value: int) -> int:
    """Return an integer of any kind as int; ``what`` is its name in the error.

    Raises:
        ConfigError: it is none.

    """
    try:
        return index(value)
    except TypeError:
        raise ConfigError(f"{what}={value!r} is no integer. Give an int, of any size.") from None


@lru_cache(maxsize=1024)
def log_of(value: float) -> float:
    """Return the logarithm of a bound; most are asked for again and again."""
    return float(exact.log(value))


def _log(bound: float | Floats) -> float | Floats:
    return log_of(bound) if isinstance(bound, float) else exact.log(bound)


class Rng:
    """Random numbers for n samples; every draw is a pure function of its name, nothing is consumed.

    Drawing the same name twice gives the same numbers: give each parameter its own name. Bounds may be scalars
    or arrays (n,), one per sample. ``size`` is the shape per sample; results are (n, *size), filled in C order,
    so that a larger size leaves the first numbers of a sample alone.
    """

    __slots__ = ("_fields", "_prefetch", "_rows_of", "copy", "epoch", "keys", "path", "seed")

    def __init__(self, seed: int, keys: Keys, *, epoch: int = 0, copy: int = 0, path: str = "") -> None:
        self.seed, self.epoch, self.copy = integer("seed", seed), integer("epoch", epoch), integer("copy", copy)
        self.path = path
        self.keys = as_keys(keys)
        self._prefetch: Prefetch | None = None
        self._rows_of: NDArray[Any] | None = None
        self._fields: Mapping[str, Floats] | None = None

    def __len__(self) -> int:
        return len(self.keys)

    def __repr__(self) -> str:
        return f"Rng(seed={self.seed}, n={len(self)}, epoch={self.epoch}, copy={self.copy}, path={self.path!r})"

    def _with(self, keys: Keys, path: str) -> Rng:
        other = object.__new__(Rng)
        other.seed, other.epoch, other.copy = self.seed, self.epoch, self.copy
        other.keys, other.path = keys, path
        other._prefetch, other._rows_of = self._prefetch, self._rows_of
        other._fields = self._fields
        return other

    def with_fields(self, values: Mapping[str, Floats]) -> Rng:
        """Return the same numbers, knowing what the samples' records hold: field -> numbers (n,), see :meth:`field`."""
        other = self._with(self.keys, self.path)
        other._fields = values
        return other

    def field(self, name: str) -> Floats:
        """Return the numbers from 0 to 1 that the records of the samples hold in a field, float64 (n,).

        They ride with the keys, so that whatever selects samples selects theirs.

        Raises:
            ContractError: it is no field that the pipeline reads, by ``level: {field: name}``.

        """
        found = (self._fields or {}).get(name)
        if found is None:
            raise ContractError(
                f"no record was asked for its field {name!r}. Declare the parameter that names it with from_field=True."
            )
        return found

    def prefetching(self, wanted: set[Draw]) -> Rng:
        """Return the same numbers, those of known draws computed together, see `augreg.random.prefetch`."""
        other = self._with(self.keys, self.path)
        if len(self) <= Prefetch.MAX_SAMPLES:
            other._prefetch, other._rows_of = Prefetch(self.keys, wanted), None
        return other

    def at(self, path: str) -> Rng:
        """Return the numbers of the step *path* below this one: paths join as "a/b"."""
        return self._with(self.keys, f"{self.path}/{path}" if self.path else path)

    def take(self, rows: ArrayLike) -> Rng:
        """Return the numbers of some samples only: *rows* are indices or a mask (n,)."""
        rows = np.asarray(rows)
        rows = rows if rows.size else rows.astype(np.intp)
        other = self._with(self.keys[rows], self.path)
        if self._fields is not None:
            other._fields = {name: values[rows] for name, values in self._fields.items()}
        if self._prefetch is not None:
            if self._rows_of is not None:
                other._rows_of = self._rows_of[rows]
            else:  # negative ones count from the end
                other._rows_of = rows if rows.dtype.kind == "i" else np.arange(len(self))[rows]
        return other

    def _stream(self, name: str) -> int:
        return stream_key(self.seed, self.epoch, self.copy, self.path, name)

    def _first(self, name: str, size: Size) -> NDArray[np.unsignedinteger]:
        """Words (n, *size), values below 2**32, of either unsigned width."""
        if size == ():
            prefetched = None if self._prefetch is None else self._prefetch.words(self, name)
            if prefetched is None:
                return philox.first_words(self.keys, self._stream(name))
            return prefetched if self._rows_of is None else prefetched[self._rows_of]
        shape = (size,) if isinstance(size, int) else size
        return self.words(name, prod(shape)).reshape(len(self), *shape)

    def _rows(self, name: str, value: Bound, size: Size) -> NDArray[Any]:
        """One bound as an array () or (n, 1, ..., 1), to be broadcast over (n, *size)."""
        array = np.asarray(value)
        if array.ndim == 0:
            return array
        if array.shape != (len(self),):
            raise ContractError(
                f"draw {name!r}: a bound of shape {array.shape} does not fit {len(self)} samples. "
                f"Pass a scalar or an array ({len(self)},)."
            )
        return array.reshape(len(self), *(1,) * (1 if isinstance(size, int) else len(size)))

    def _float(self, name: str, value: Bound, size: Size) -> float | Floats:
        if isinstance(value, (int, float)):
            return float(value)
        return self._rows(name, value, size).astype(np.float64)

    def _span(self, name: str, low: Bound, high: Bound, size: Size) -> tuple[float | Floats, float | Floats]:
        lows, highs = self._float(name, low, size), self._float(name, high, size)
        with np.errstate(over="ignore", invalid="ignore"):
            span = highs - lows
        if not (0.0 <= span < inf if isinstance(span, float) else ((span >= 0.0) & (span < inf)).all()):
            raise ConfigError(f"draw {name!r}: low={low!r}, high={high!r} is no range. Give finite low <= high.")
        return lows, highs

    def _integer_span(self, name: str, low: Bound, high: Bound, size: Size) -> tuple[NDArray[Any], NDArray[Any]]:
        lows, highs = self._rows(name, low, size), self._rows(name, high, size)
        if any(bound.size and bound.dtype.kind not in "iu" for bound in (lows, highs)):
            raise ConfigError(f"draw {name!r}: low={low!r} and high={high!r} must be integers. Drop the fraction.")
        lows = lows.astype(np.int64)
        span = (highs.astype(np.int64) - lows).astype(np.uint64)
        if not ((span > 0) & (span <= 1 << 32)).all():
            raise ConfigError(f"draw {name!r}: [{low!r}, {high!r}) must hold 1 to 2**32 integers. Give low < high.")
        return lows, span

    def words(self, name: str, k: int) -> NDArray[np.uint32]:
        """Raw random bits: uint32 (n, k)."""
        per_row = -(-k // 4)
        if self._prefetch is not None and 0 < per_row <= Prefetch.MAX_BLOCKS:
            found = self._prefetch.words(self, name, per_row)
            if found is not None:
                return (found if self._rows_of is None else found[self._rows_of])[:, :k]
        if per_row == 1:
            return philox.blocks(self.keys, 0, 0, self._stream(name))[:, :k]
        numbers = np.tile(np.arange(per_row, dtype=np.uint64), len(self))
        words = philox.blocks(np.repeat(self.keys, per_row), numbers, 0, self._stream(name))
        return words.reshape(len(self), per_row * 4)[:, :k]

    def uniform(self, name: str, low: Bound = 0.0, high: Bound = 1.0, size: Size = ()) -> Floats:
        """Uniform float64 (n, *size) in [low, high); low itself where both are equal.

        Raises:
            ConfigError: unless low and high are finite and low <= high.

        """
        unit = variates.unit(self._first(name, size))
        if isinstance(low, float) and isinstance(high, float) and low == 0.0 and high == 1.0:
            return unit
        lows, highs = self._span(name, low, high, size)
        return variates.scaled(unit, lows, highs)

    def log_uniform(self, name: str, low: Bound, high: Bound, size: Size = ()) -> Floats:
        """Float64 (n, *size) in [low, high) whose logarithm is uniform; low itself where both are equal.

        Raises:
            ConfigError: unless 0 < low <= high < infinity.

        """
        lows, highs = self._span(name, low, high, size)
        if not np.all(np.greater(lows, 0.0)):
            raise ConfigError(f"draw {name!r}: low={low!r} has no logarithm. Give a low above 0.")
        start = _log(lows)
        exponent = start + variates.unit(self._first(name, size)) * (_log(highs) - start)
        return variates.inside(exact.exp(exponent), lows, highs)

    def integers(self, name: str, low: Bound, high: Bound, size: Size = ()) -> Ints:
        """Uniform int64 (n, *size) in [low, high), by multiply and shift: low + (w (high - low) >> 32).

        A value's probability is off by at most 2**-32.

        Raises:
            ConfigError: unless low and high are integers with low < high <= low + 2**32.

        """
        lows, span = self._integer_span(name, low, high, size)
        values: Ints = lows + variates.below(self._first(name, size), span)
        return values

    def bernoulli(self, name: str, p: Bound) -> NDArray[np.bool_]:
        """Boolean (n,), true with probability p: never for p <= 0, always for p >= 1."""
        fired: NDArray[np.bool_] = variates.unit(self._first(name, ())) < self._rows(name, p, ())
        return fired

    def choice(
        self, name: str, n_options: int, weights: Sequence[float] | NDArray[Any] | None = None, size: Size = ()
    ) -> Ints:
        """Index int64 (n, *size) of one of *n_options*, equally likely or in proportion to weights (n_options,).

        Raises:
            ConfigError: for no options, or weights that are negative, not finite, all 0 or of another number.

        """
        if n_options < 1:
            raise ConfigError(f"draw {name!r}: {n_options} options leave nothing to choose. Give at least one.")
        if weights is None:
            return self.integers(name, 0, n_options, size)
        return variates.weighted(variates.unit(self._first(name, size)), self._edges(name, n_options, weights))

    @staticmethod
    def _edges(name: str, n_options: int, weights: Sequence[float] | NDArray[Any]) -> Floats:
        shares = np.asarray(weights, dtype=np.float64)
        edges = variates.shares_up_to(shares.tobytes(), n_options) if shares.ndim == 1 else None
        if edges is None:
            raise ConfigError(
                f"draw {name!r}: weights={weights!r} do not fit {n_options} options. "
                f"Give {n_options} finite numbers >= 0, one of them above 0."
            )
        return edges

    def normal(self, name: str, mean: Bound = 0.0, std: Bound = 1.0, size: Size = ()) -> Floats:
        """Draw normal float64 (n, *size) by the inverse distribution function (AS 241), within 6.4 std of the mean."""
        quantile = exact.normal_quantile(variates.unit(self._first(name, size)))
        quantile *= self._rows(name, std, size)
        quantile += self._rows(name, mean, size)
        return quantile

    def sign(self, name: str, size: Size = ()) -> Floats:
        """Float64 (n, *size) of -1.0 and +1.0, equally likely."""
        return np.where(self._first(name, size) < 1 << 31, -1.0, 1.0)

    def gamma(self, name: str, shape: Bound, size: Size = ()) -> Floats:
        """Gamma float64 (n, *size) of scale 1, by Marsaglia and Tsang (2000).

        Raises:
            ConfigError: unless shape is finite and at least 1e-6.

        """
        return exact.exp(self._log_gamma(name, [shape], size)[..., 0])

    def beta(self, name: str, a: Bound, b: Bound, size: Size = ()) -> Floats:
        """Beta float64 (n, *size) in [0, 1], from two gamma variates X / (X + Y), kept as logarithms.

        Raises:
            ConfigError: unless a and b are finite and at least 1e-6.

        """
        logs = self._log_gamma(name, [a, b], size)
        return 1.0 / (1.0 + exact.exp(logs[..., 1] - logs[..., 0]))

    def dirichlet(self, name: str, alpha: Bound, k: int) -> Floats:
        """Dirichlet float64 (n, k), rows add up to 1; alpha is one concentration or one for each of the k parts.

        Raises:
            ConfigError: unless every alpha is finite and at least 1e-6.

        """
        parts = np.broadcast_to(np.asarray(alpha, dtype=np.float64), (k,))
        return variates.normalised(self._log_gamma(name, list(parts), ()))

    def _log_gamma(self, name: str, shapes: Sequence[Bound], size: Size) -> Floats:
        """Logarithms of gamma variates, (n, *size, len(shapes))."""
        rows = [self._rows(name, shape, size).astype(np.float64) for shape in shapes]
        if not all((np.isfinite(row) & (row >= 1e-6)).all() for row in rows):
            raise ConfigError(f"draw {name!r}: concentrations {shapes} must be finite and at least 1e-6.")
        inner = (size,) if isinstance(size, int) else size
        shape = (len(self), *inner, len(rows))
        grid = np.stack([np.broadcast_to(row, shape[:-1]) for row in rows], axis=-1)
        each = prod(shape[1:])
        numbers = np.tile(np.arange(each, dtype=np.uint64), len(self))
        logs = variates.log_gamma(np.repeat(self.keys, each), numbers, self._stream(name), grid.ravel())
        return logs.reshape(shape)

    def permutation(self, name: str, n: int | NDArray[Any]) -> Ints | list[Ints]:
        """Random orders of 0 .. n-1: int64 (rows, n), or a list of arrays where *n* is an array (rows,)."""
        counts = np.asarray(n)
        if counts.ndim == 0:
            return variates.order(self.words(name, int(counts)))
        words = np.split(self._ragged_words(name, counts), np.cumsum(counts)[:-1])
        return [variates.order(row) for row in words[: len(self)]]

    def sample(self, name: str, n: int | NDArray[Any], k: int) -> Ints:
        """Draw k distinct numbers below n, in random order: int64 (rows, k); n is one number or one per row.

        Raises:
            ConfigError: where k is larger than n.

        """
        limits = np.broadcast_to(np.asarray(self._rows(name, n, ()), dtype=np.int64), (len(self),))
        if k < 0 or (len(limits) and k > limits.min()):
            raise ConfigError(f"draw {name!r}: cannot take {k} distinct of {limits.min()}. Take at most that many.")
        step = np.arange(k, dtype=np.int64)
        swaps = step + variates.below(self.words(name, k), (limits[:, None] - step).astype(np.uint64))
        return variates.shuffled_heads(swaps, limits)

    def _ragged_words(self, name: str, counts: Ints) -> NDArray[np.uint32]:
        if counts.shape != (len(self),) or counts.dtype.kind not in "iu" or (counts < 0).any():
            raise ContractError(f"draw {name!r}: counts must be {len(self)} integers >= 0, not {counts!r}.")
        counts = counts.astype(np.int64)
        per_row = (counts + 3) >> 2
        first = np.cumsum(per_row) - per_row
        numbers = np.arange(per_row.sum(), dtype=np.int64) - np.repeat(first, per_row)
        words = philox.blocks(np.repeat(self.keys, per_row), numbers.astype(np.uint64), 0, self._stream(name))
        unused = first * 4 - (np.cumsum(counts) - counts)
        used: NDArray[np.uint32] = words.reshape(-1)[np.arange(counts.sum()) + np.repeat(unused, counts)]
        return used

    def ragged(self, name: str, counts: ArrayLike) -> Floats:
        """Uniform float64 (sum of counts,) in (0, 1), row after row: counts[i] numbers for sample i.

        A row's j-th number depends on its key and j only, not on any count.
        """
        return variates.unit(self._ragged_words(name, np.asarray(counts)))

    def noise_key(self, name: str) -> Ints:
        """Key of bulk noise: int64 (n,), non-negative, to be kept in Params and given to `augreg.random.noise`."""
        keys = join(self.words(name, 4))
        return (keys >> np.uint64(1)).astype(np.int64)


def fires(
    seed: int, keys: Keys, paths: Sequence[str], ps: Sequence[float], *, epoch: int = 0, copy: int = 0
) -> NDArray[np.bool_]:
    """Which steps fire for which samples: bool (paths, n), all gates in one pass.

    Row i equals ``Rng(seed, keys, epoch=epoch, copy=copy).at(paths[i]).bernoulli("p", ps[i])``.
    """
    keys = as_keys(keys)
    chances = np.asarray(ps, dtype=np.float64).reshape(-1, 1)
    fired = np.repeat(chances >= 1.0, len(keys), axis=1)
    open_rows = [i for i, p in enumerate(ps) if 0.0 < p < 1.0]
    if open_rows and len(keys):
        streams = [stream_key(index(seed), index(epoch), index(copy), paths[i], "p") for i in open_rows]
        fired[open_rows] = variates.unit(philox.first_words_of_streams(keys, streams)) < chances[open_rows]
    return fired
