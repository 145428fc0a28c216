"""UniformAugment: n operations, each kept by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augreg import param
from augreg.contract.policy import NONE, Plan, Policy
from augreg.policies.trivial import drawn
from augreg.random.rng import Rng


@dataclass(frozen=True, kw_only=True)
class Uniform(Policy):
    """Several operations per sample, each applied with a probability that is drawn too, of any strength.

    UniformAugment (LingChen et al., 2020, arXiv:2003.14348): probability and strength are uniform. ``p`` fixes the
    probability.

    >>> import augreg
    >>> pipe = augreg.Pipeline({"text": [{"policy.uniform": {"p": 0.5, "operations": ["text.keyboard"]}}]})
    >>> same = sum(pipe("one two three", seed=7, keys=i) == "one two three" for i in range(200))
    >>> 40 < same < 120  # of 200, both slots stay empty in a fourth; so do some keyboards of strength near 0
    True

    """

    n: int = param.integer(2, "operations, one after another", low=1)
    p: float | None = param.number(
        None,
        "probability that each is applied; drawn anew for each if none is given",
        low=0,
        high=1,
        optional=True,
        scheduled=True,
    )

    def plan(self, rng: Rng, weights: NDArray[np.float64]) -> Plan:
        """See :meth:`augreg.Policy.plan`."""
        n = self.slots
        kept = rng.uniform("kept", size=n) < (rng.uniform("p", size=n) if self.p is None else self.p)
        return Plan(np.where(kept, drawn(rng, weights, n), NONE), rng.uniform("level", size=n))
