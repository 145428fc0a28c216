"""SapAugment: the harder a sample is for the model, the milder its augmentation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from augreg import param
from augreg.contract.policy import Learned, Plan
from augreg.errors import ConfigError
from augreg.policies.observations import listed
from augreg.policies.wrapper import Wrapper
from augreg.random.incomplete_beta import incomplete_beta
from augreg.random.keys import field_keys, hash_keys
from augreg.random.rng import Rng

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Adaptive(Learned, Wrapper):
    """Another policy, its strengths multiplied by a cap that hangs on each sample's loss.

    SapAugment (Hu et al., 2020, arXiv:2011.01156): of B samples the one with the r-th smallest loss gets the cap
    1 - I(r / B), where I is the distribution function of Beta(s (1 - a), s a). Easy samples get up to 1, hard ones
    little; ``a`` = 0.5 and ``s`` = 2 is a straight line, a larger ``a`` caps more of them, a larger ``s`` parts easy
    from hard more sharply. Equal losses share the mean of their ranks. Before anything was observed nothing is capped;
    from then on a sample without a loss gets ``unseen``.

    A :class:`augreg.policies.Learner` is told losses by key: ``observe(keys=..., losses=...)``; where a record has
    several fields of one modality, also ``field=``, since each of them is a sample. Its state:
    ``{"losses": {hash of a key, 16 hexadecimal digits: loss}}``.

    >>> import augreg
    >>> inner = {"policy.trivial": {"operations": ["text.keyboard"], "level": 1}}
    >>> pipe = augreg.Pipeline({"text": [{"policy.adaptive": {"policy": inner}}]})
    >>> learner = augreg.policies.learner(pipe)
    >>> learner.observe(keys=["easy", "hard"], losses=[0.1, 3.0])
    >>> learner.pipeline()(["one two three"] * 2, seed=7, keys=["easy", "hard"])[1]  # the hardest stays as it is
    'one two three'

    """

    a: float = param.number(0.5, "share by which strengths are lowered on average", low=0.01, high=0.99)
    s: float = param.number(2.0, "how sharply easy samples are parted from hard ones", low=0.1, high=100)
    unseen: float | None = param.number(
        None, "cap of samples without a loss; 1 - a, the mean of all, if none is given", low=0, high=1, optional=True
    )
    samples: int = param.integer(100_000, "of how many samples losses are kept at most", low=1, high=10_000_000)
    observes: ClassVar[tuple[str, ...]] = ("keys", "losses", "field")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self._inner.learned is not None:
            raise ConfigError(
                "the policy within learns, too, and one step learns one thing. Use them one after another."
            )
        if not self.draws_levels:
            raise ConfigError("the policy within draws no strengths that could be capped. Give one that does.")

    @property
    def learned(self) -> Learned | None:
        """Itself."""
        return self

    def with_state(self, state: Any) -> Self:
        """See :meth:`augreg.Policy.with_state`."""
        return replace(self, state=state)

    def plan(self, rng: Rng, weights: Floats) -> Plan:
        """See :meth:`augreg.Policy.plan`."""
        plan = self._inner.plan(rng, weights)
        if plan.level is None or not self.state or not self.state["losses"]:
            return plan
        return Plan(plan.operation, plan.level * self._caps(rng.keys)[:, None])

    def _caps(self, keys: NDArray[np.uint64]) -> Floats:
        known, caps = self._table
        place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        unseen = 1.0 - self.a if self.unseen is None else self.unseen
        return np.where(known[place] == keys, caps[place], unseen)

    @cached_property
    def _table(self) -> tuple[NDArray[np.uint64], Floats]:
        """The hashed keys of the samples with a loss, in order, and their caps."""
        losses = self.state["losses"]
        known = np.array([int(key, 16) for key in losses], dtype=np.uint64)
        order = np.argsort(known)
        values = np.array(list(losses.values()), dtype=np.float64)[order]
        return known[order], caps(values, self.a, self.s)

    def initial_state(self, operations: Sequence[str]) -> dict[str, Any]:
        """See :meth:`augreg.Learned.initial_state`."""
        return {"losses": {}}

    def state_size(self, operations: Sequence[str]) -> int:
        """See :meth:`augreg.Learned.state_size`."""
        return self.samples * 46 + 64  # 16 digits, a float of at most 25 characters, quotes, colon and comma

    def check_state(self, operations: Sequence[str]) -> None:
        """See :meth:`augreg.Learned.check_state`."""
        if self.state is None:
            return
        losses = self.state.get("losses") if isinstance(self.state, Mapping) and len(self.state) == 1 else None
        if not isinstance(losses, Mapping) or not all(map(_is_entry, losses.items())):
            raise ConfigError("its state holds no losses by hashed keys; give what a learner's snapshot says.")
        self._check_number(losses)

    def _check_number(self, losses: Mapping[str, Any]) -> None:
        if len(losses) > self.samples:
            raise ConfigError(
                f"losses of {len(losses)} samples are more than samples={self.samples}. Say samples: {len(losses)}, or "
                "as many as the data set has."
            )

    def observed(self, state: Mapping[str, Any], **observation: Any) -> dict[str, Any]:
        """See :meth:`augreg.Learned.observed`.

        Args:
            state: what was known.
            observation: ``keys`` of samples, ``losses``, one for each, and ``field`` of a record with several samples.

        """
        keys, losses = (listed(observation[what], what) for what in ("keys", "losses"))
        if len(keys) != len(losses):
            raise ConfigError(f"observe got {len(keys)} keys and {len(losses)} losses; give one loss per sample.")
        for loss in losses:
            if isinstance(loss, bool) or not isinstance(loss, (int, float)) or not math.isfinite(loss):
                raise ConfigError(f"losses hold {loss!r}; give finite numbers, and leave out samples that have none.")
        hashed, field = hash_keys(keys), observation.get("field")
        hashed = hashed if field is None else field_keys(hashed, field)
        told = {f"{key:016x}": float(loss) for key, loss in zip(hashed.tolist(), losses, strict=True)}
        found = {**state["losses"], **told}
        self._check_number(found)
        return {"losses": dict(sorted(found.items()))}


def caps(losses: Floats, a: float, s: float) -> Floats:
    """Return the cap of each of some losses, (n,): 1 - I(rank / n) with the mean rank of equal ones.

    >>> import numpy as np
    >>> from augreg.policies.adaptive import caps
    >>> caps(np.array([3.0, 1.0, 2.0, 4.0]), 0.5, 2.0).round(9).tolist()
    [0.25, 0.75, 0.5, 0.0]

    """
    _, group, counts = np.unique(losses, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    rank = (last - (counts - 1) / 2.0)[group]
    below = incomplete_beta(s * (1.0 - a), s * a, rank / len(losses))
    return np.clip(1.0 - below, 0.0, 1.0)


def _is_entry(entry: tuple[Any, Any]) -> bool:
    key, loss = entry
    return (
        isinstance(key, str)
        and len(key) == 16
        and all(digit in "0123456789abcdef" for digit in key)
        and isinstance(loss, (int, float))
        and not isinstance(loss, bool)
        and math.isfinite(loss)
    )
