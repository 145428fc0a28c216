"""Keyed random numbers for one sample: those of :class:`augreg.random.rng.Rng`, at the price of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, nextafter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from augreg.random import exact
from augreg.random.keys import Keys, stream_key
from augreg.random.philox import LOW32, SMALL, block, first_word
from augreg.random.rng import Bound, Floats, Ints, Rng, Size, log_of
from augreg.random.variates import TWO_M32


class OneRng(Rng):
    """The numbers of one sample, with the same bits as in a batch.

    What augmenters mostly draw, one number between two others, is worked out with Python's numbers: they are the same
    float64 and exact integers as numpy's, which takes longer to look at an array of one than to compute with it.
    Everything else is inherited.
    """

    __slots__ = ("_high", "_low")

    def __init__(self, seed: int, keys: Keys, *, epoch: int, copy: int, path: str = "") -> None:
        # No checks: the engine has made them of seed, epoch and copy, and keys are uint64 (1,).
        self.seed, self.epoch, self.copy, self.keys, self.path = seed, epoch, copy, keys, path
        self._prefetch, self._rows_of, self._fields = None, None, None
        key = int(keys[0])
        self._low, self._high = key & LOW32, key >> 32

    def at(self, path: str) -> OneRng:
        """See :class:`Rng`."""
        other = object.__new__(OneRng)
        other.seed, other.epoch, other.copy, other.keys = self.seed, self.epoch, self.copy, self.keys
        other.path = f"{self.path}/{path}" if self.path else path
        other._prefetch, other._rows_of, other._low, other._high = None, None, self._low, self._high
        other._fields = self._fields
        return other

    def with_fields(self, values: Mapping[str, Floats]) -> OneRng:
        """See :class:`Rng`."""
        other = OneRng(self.seed, self.keys, epoch=self.epoch, copy=self.copy, path=self.path)
        other._fields = values
        return other

    def take(self, rows: ArrayLike) -> Rng:
        """See :class:`Rng`."""
        given = np.asarray(rows)  # its index, 0, or a mask, true
        return self if given.size == 1 and given.item() == (given.dtype.kind == "b") else super().take(given)

    def fire(self, paths: Sequence[str], ps: Sequence[float]) -> list[bool]:
        """Whether steps fire, each of probability p: ``at(path).bernoulli("p", p)``."""
        found = []
        for path, p in zip(paths, ps, strict=True):
            if 0 < p < 1:
                key = stream_key(self.seed, self.epoch, self.copy, path, "p")
                found.append((first_word(self._low, self._high, key) + 0.5) * TWO_M32 < p)
            else:
                found.append(p > 0)
        return found

    def _word(self, name: str) -> int:
        return first_word(self._low, self._high, stream_key(self.seed, self.epoch, self.copy, self.path, name))

    def _first(self, name: str, size: Size) -> NDArray[np.unsignedinteger]:
        return np.array([self._word(name)], dtype=np.uint32) if size == () else super()._first(name, size)

    def _spread(self, name: str, low: float, span: float, size: Size) -> list[float] | None:
        """Return numbers low + u span, u uniform, as many as the size says; None for sizes that numpy is for."""
        if size == ():
            return [low + (self._word(name) + 0.5) * TWO_M32 * span]
        if type(size) is not int or size > 4 * SMALL:
            return None
        return [low + (word + 0.5) * TWO_M32 * span for word in self._words(name, size)]

    def uniform(self, name: str, low: Bound = 0.0, high: Bound = 1.0, size: Size = ()) -> Floats:
        """See :class:`Rng`."""
        if not isinstance(low, (int, float)) or not isinstance(high, (int, float)):
            return super().uniform(name, low, high, size)
        start, end = float(low), float(high)
        span = end - start
        found = self._spread(name, start, span, size) if 0.0 <= span < inf else None
        if found is None:
            return super().uniform(name, low, high, size)  # which says what is wrong, too
        below = nextafter(end, start)
        found = [min(max(value, start), below) for value in found]
        return np.array(found if size == () else [found])

    def log_uniform(self, name: str, low: Bound, high: Bound, size: Size = ()) -> Floats:
        """See :class:`Rng`."""
        if not isinstance(low, float) or not isinstance(high, float) or not 0.0 < low <= high < inf:
            return super().log_uniform(name, low, high, size)
        start = log_of(low)
        exponents = self._spread(name, start, log_of(high) - start, size)
        if exponents is None:
            return super().log_uniform(name, low, high, size)
        below = nextafter(high, low)
        found = [min(max(exact.exp_one(value), low), below) for value in exponents]
        return np.array(found if size == () else [found])

    def _words(self, name: str, k: int) -> list[int]:
        found: list[int] = []
        key = stream_key(self.seed, self.epoch, self.copy, self.path, name)
        for index in range(-(-k // 4)):
            found += block(self._low, self._high, index, 0, key)
        return found[:k]

    def words(self, name: str, k: int) -> NDArray[np.uint32]:
        """See :class:`Rng`."""
        return np.array([self._words(name, k)], dtype=np.uint32) if k <= 4 * SMALL else super().words(name, k)

    def integers(self, name: str, low: Bound, high: Bound, size: Size = ()) -> Ints:
        """See :class:`Rng`."""
        if size != () or type(low) is not int or type(high) is not int or not 0 < high - low <= 1 << 32:
            return super().integers(name, low, high, size)
        return np.array([low + (self._word(name) * (high - low) >> 32)])

    def choice(
        self, name: str, n_options: int, weights: Sequence[float] | NDArray[Any] | None = None, size: Size = ()
    ) -> Ints:
        """See :class:`Rng`."""
        if size != () or weights is None or n_options < 1:
            return super().choice(name, n_options, weights, size)
        edges = self._edges(name, n_options, weights)
        return np.array([edges.searchsorted((self._word(name) + 0.5) * TWO_M32 * edges.item(-1), "right")])

    def sign(self, name: str, size: Size = ()) -> Floats:
        """See :class:`Rng`."""
        return np.array([-1.0 if self._word(name) < 1 << 31 else 1.0]) if size == () else super().sign(name, size)

    def bernoulli(self, name: str, p: Any) -> NDArray[np.bool_]:
        """See :class:`Rng`."""
        if type(p) is not float:
            return super().bernoulli(name, p)
        return np.array([(self._word(name) + 0.5) * TWO_M32 < p])
