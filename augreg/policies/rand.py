"""RandAugment: n operations of one strength."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augreg import param
from augreg.contract.policy import NONE, Plan, Policy
from augreg.errors import ConfigError
from augreg.policies.per_sample import repeated, strength
from augreg.policies.trivial import alike, drawn
from augreg.random import exact
from augreg.random.rng import Rng


@dataclass(frozen=True, kw_only=True)
class Rand(Policy):
    """Several operations per sample, all of about one strength.

    RandAugment (Cubuk et al., 2019, arXiv:1909.13719) draws n operations with replacement and gives all the strength
    m of 10 (``level`` is m / 10, or m / 30 where a library counts to 30). ``spread`` adds normal noise to the strength,
    as timm's ``mstd`` does; without it equal inputs often give equal results. ``p`` skips some, as timm's ``p``.

    >>> import augreg
    >>> steps = [{"policy.rand": {"n": 2, "level": 0.5, "operations": ["text.keyboard", "text.word_swap"]}}]
    >>> augreg.Pipeline({"text": steps})("one two three four", seed=7, keys="a") != "one two three four"
    True

    """

    n: int = param.integer(2, "operations, one after another", low=1)
    level: float = param.number(
        0.3,
        "strength of all; {field: strength} takes it from each record",
        low=0,
        high=1,
        scheduled=True,
        from_field=True,
    )
    spread: float = param.number(0.1, "standard deviation of the strength from sample to sample", low=0, high=1)
    p: float = param.number(1.0, "probability that each is applied", low=0, high=1, scheduled=True)
    distinct: bool = param.flag(True, "whether the operations of a sample are all different")

    def plan(self, rng: Rng, weights: NDArray[np.float64]) -> Plan:
        """See :meth:`augreg.Policy.plan`."""
        n = self.slots
        operation = _distinct(rng, weights, n) if self.distinct else drawn(rng, weights, n)
        middle = strength(self.level, rng)
        level = rng.normal("level", middle, self.spread, size=n) if self.spread else repeated(middle, len(rng), n)
        if self.p < 1.0:
            operation = np.where(rng.uniform("p", size=n) < self.p, operation, NONE)
        return Plan(operation, np.clip(level, 0.0, 1.0))


def _distinct(rng: Rng, weights: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Draw without replacement, (samples, n): the n smallest of exponential times with the weights as rates.

    Efraimidis and Spirakis (2006): so each next one is drawn by its weight among those that are left.
    """
    k = len(weights)
    if n > k:
        raise ConfigError(f"n={n} different operations cannot be drawn from {k}. Draw fewer, or say distinct: false.")
    if alike(weights.tobytes()):
        return rng.sample("operation", k, n)
    # Not numpy's log, whose last bit hangs on the processor.
    times = -exact.log(rng.uniform("operation", size=k)) / weights
    return np.argsort(times, axis=1, kind="stable")[:, :n]
