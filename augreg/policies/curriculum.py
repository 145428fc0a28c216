"""A curriculum: another policy for a share of the samples, at a share of its strength, both growing with the epochs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augreg import param
from augreg.contract.policy import NONE, Plan
from augreg.errors import ConfigError
from augreg.policies.per_sample import from_records, strength
from augreg.policies.wrapper import Wrapper
from augreg.random.rng import Rng


@dataclass(frozen=True, kw_only=True)
class Curriculum(Wrapper):
    """Another policy, on few samples or mildly at first, and more from epoch to epoch.

    MADAug (Hou et al., 2023, arXiv:2309.04747) lets the share of augmented samples grow as tanh(epoch / t0):
    ``share: {tanh: [0, 1], epochs: 10}``. ``level`` is what the strengths that the policy draws are multiplied by;
    operations that draw as they are configured (``level: own``) keep their own.

    >>> import augreg
    >>> inner = {"policy.trivial": {"operations": ["text.keyboard"], "level": 1}}
    >>> ramp = {"policy": inner, "share": {"linear": [0, 1], "epochs": 10}}
    >>> pipe = augreg.Pipeline({"text": [{"policy.curriculum": ramp}]})
    >>> texts = ["one two three four"] * 100
    >>> [sum(t != texts[0] for t in pipe(texts, seed=7, epoch=e, keys=range(100))) for e in (0, 5, 10)]
    [0, 51, 100]

    """

    share: float = param.number(1.0, "share of the samples that it is applied to", low=0, high=1, scheduled=True)
    level: float = param.number(
        1.0,
        "what the strengths are multiplied by; {field: strength} takes it from each record",
        low=0,
        high=1,
        scheduled=True,
        from_field=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.level != 1 and not self.draws_levels:
            raise ConfigError(
                f"level={self.level!r} would do nothing: the policy within draws no strengths. Leave it out."
            )

    def plan(self, rng: Rng, weights: NDArray[np.float64]) -> Plan:
        """See :meth:`augreg.Policy.plan`."""
        plan = self._inner.plan(rng, weights)
        on = rng.bernoulli("share", self.share)[:, None]
        share = strength(self.level, rng)[:, None] if from_records(self.level) else self.level
        level = plan.level if plan.level is None else plan.level * share
        return Plan(np.where(on, plan.operation, NONE), level)
