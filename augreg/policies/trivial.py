"""TrivialAugment: the policy to begin with, and the one that others have to beat."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from augreg import param
from augreg.contract.policy import Plan, Policy
from augreg.errors import ConfigError
from augreg.policies.per_sample import from_records, repeated, strength
from augreg.random.rng import Rng


@dataclass(frozen=True, kw_only=True)
class Trivial(Policy):
    """One operation per sample, each as likely as its weight says, of a strength drawn uniformly.

    TrivialAugment (Mueller and Hutter, 2021, arXiv:2103.10158) draws one operation and one of 31 strengths; strengths
    are continuous here unless ``bins`` says otherwise. With ``n`` it is repeated, and an operation may come twice.

    >>> import augreg
    >>> pipe = augreg.Pipeline({"text": [{"policy.trivial": {"operations": ["text.keyboard", "text.word_swap"]}}]})
    >>> len({pipe("one two three four", seed=7, keys=i) for i in range(20)}) > 10
    True

    """

    n: int | None = param.integer(
        None, "operations, one after another; as the set of operations says if none is given", low=1, optional=True
    )
    level: tuple[float, float] = param.interval(
        (0.0, 1.0),
        "range of the strengths; {field: strength} takes the one strength from each record",
        low=0,
        high=1,
        scheduled=True,
        from_field=True,
    )
    bins: int | None = param.integer(
        None,
        "so many strengths, evenly spaced over the range with both ends; any if none is given",
        low=2,
        optional=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bins is not None and from_records(self.level):
            raise ConfigError(f"bins={self.bins} would do nothing: level={self.level!r} is one strength. Leave it out.")

    def plan(self, rng: Rng, weights: NDArray[np.float64]) -> Plan:
        """See :meth:`augreg.Policy.plan`."""
        n = self.slots
        if from_records(self.level):
            return Plan(drawn(rng, weights, n), repeated(strength(self.level, rng), len(rng), n))
        low, high = self.level
        level = _uniform(rng, n) if self.bins is None else _binned(rng, self.bins, n)
        return Plan(drawn(rng, weights, n), level if (low, high) == (0.0, 1.0) else low + (high - low) * level)


def drawn(rng: Rng, weights: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Draw operations with replacement, (samples, n)."""
    shares = None if alike(weights.tobytes()) else weights
    if n == 1:  # one number is the same, drawn alone or as a row of one, but faster
        return rng.choice("operation", len(weights), shares)[:, None]
    return rng.choice("operation", len(weights), shares, size=n)


@lru_cache(maxsize=256)
def alike(weights: bytes) -> bool:
    """Whether all weights are the same; asked for every sample of a training."""
    return len(set(np.frombuffer(weights).tolist())) < 2


def _uniform(rng: Rng, n: int) -> NDArray[np.float64]:
    return rng.uniform("level")[:, None] if n == 1 else rng.uniform("level", size=n)


def _binned(rng: Rng, bins: int, n: int) -> NDArray[np.float64]:
    found: NDArray[np.float64] = rng.integers("level", 0, bins, size=n) / (bins - 1)
    return found
