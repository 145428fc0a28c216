"""CTAugment: it learns which strengths of which operation a model still recognizes, and draws those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from augreg import param
from augreg.contract.policy import Learned, Plan, Policy
from augreg.errors import ConfigError, nearest
from augreg.policies.observations import listed
from augreg.policies.trivial import drawn
from augreg.random.rng import Rng

Floats = NDArray[np.float64]

LEAST: Final = 1e-9
"""The smallest weight, so that something is left to draw when a model is always wrong."""


@dataclass(frozen=True, kw_only=True)
class CTA(Learned):
    """Operations drawn uniformly, at strengths at which a model still recognizes what it sees.

    CTAugment (Berthelot et al., 2019, ReMixMatch, arXiv:1911.09785). The strengths of each operation are cut into
    ``bins``, each with a weight that begins at 1. A :class:`augreg.policies.Learner` probes: it applies an operation at
    some strength to labeled samples, and the probability that the model gives their class moves the weight of that bin
    there, w <- decay w + (1 - decay) probability. Training draws an operation, one of its bins in proportion to the
    weights, and a strength within it. Bins below ``threshold`` times the best of all are not drawn, and no operation
    without others: so strengths that destroy what a label says drop out, with nobody to mark them. (CTAugment compares
    the bins of each operation among themselves, so that one which is harmful at every strength stays.)

    Its state: ``{"operations": [name, ...], "weights": [[weight of each bin], ...]}``.

    >>> import augreg
    >>> steps = {"operations": ["text.keyboard", "text.word_swap"], "bins": 4}
    >>> pipe = augreg.Pipeline({"text": [{"policy.cta": steps}]})
    >>> learner = augreg.policies.learner(pipe)
    >>> probe = learner.probe(["one two three", "four five six"], seed=7, keys=[0, 1])
    >>> learner.observe(probe=probe, probabilities=[0.9, 0.0])
    >>> [row["operation"] for row in learner.table()]
    ['text.keyboard', 'text.word_swap']

    """

    n: int | None = param.integer(
        None, "operations, one after another; as the set of operations says if none is given", low=1, optional=True
    )
    bins: int = param.integer(8, "parts into which the strengths are cut", low=1, high=1000)
    decay: float = param.number(0.99, "how much of a weight an observation leaves", low=0, high=1)
    threshold: float = param.number(0.8, "share of the best weight below which a bin is not drawn", low=0, high=1)
    observes: ClassVar[tuple[str, ...]] = ("operations", "bins", "probabilities")

    def plan(self, rng: Rng, weights: Floats) -> Plan:
        """See :meth:`augreg.Policy.plan`."""
        ends = self._ends(len(weights))
        operation = drawn(rng, np.where(ends[:, -1] > 0, weights, 0.0), self.slots)
        of = ends[operation]
        chosen = rng.uniform("bin", size=self.slots) * of[..., -1]
        # The first bin whose end lies above; those of weight 0 end where the one before them does.
        place = np.minimum((chosen[..., None] >= of).sum(axis=-1), self.bins - 1)
        return Plan(operation, (place + rng.uniform("level", size=self.slots)) / self.bins)

    def _ends(self, k: int) -> Floats:
        """Return where each bin ends if those that are drawn lie one behind another, (operations, bins)."""
        if self.state is None:
            return np.cumsum(np.ones((k, self.bins)), axis=1)
        return self._learned_ends

    @cached_property
    def _learned_ends(self) -> Floats:
        learned = np.asarray(self.state["weights"], dtype=np.float64)
        return np.cumsum(np.where(learned >= self.threshold * learned.max(), learned, 0.0), axis=1)

    def initial_state(self, operations: Sequence[str]) -> dict[str, Any]:
        """See :meth:`augreg.Learned.initial_state`."""
        return {"operations": list(operations), "weights": [[1.0] * self.bins for _ in operations]}

    def state_size(self, operations: Sequence[str]) -> int:
        """See :meth:`augreg.Learned.state_size`."""
        names = sum(len(name.encode()) + 8 for name in operations)
        return names + len(operations) * (self.bins + 1) * 26 + 64  # a float has 24 characters at most

    def check_state(self, operations: Sequence[str]) -> None:
        """See :meth:`augreg.Learned.check_state`."""
        if self.state is None:
            return
        keys = set(self.state) if isinstance(self.state, Mapping) else None
        if keys != {"operations", "weights"}:
            raise ConfigError(f"state={self.state!r} is none of policy.cta; give what a learner's snapshot says.")
        if list(self.state["operations"]) != list(operations):
            raise ConfigError(
                f"its state was learned over {list(self.state['operations'])}, and it draws from {list(operations)}. "
                "Give the same operations in the same order, or leave out the state to learn anew."
            )
        rows = self.state["weights"]
        lists = isinstance(rows, (list, tuple)) and all(isinstance(row, (list, tuple)) for row in rows)
        shape = [len(row) for row in rows] if lists else []
        if shape != [self.bins] * len(operations) or not all(
            _within(weight) and weight for row in rows for weight in row
        ):
            raise ConfigError(
                f"its state holds no {self.bins} weights above 0 and up to 1 for each of {len(operations)} operations. "
                "Give bins as they were when it was learned."
            )

    def observed(self, state: Mapping[str, Any], **observation: Any) -> dict[str, Any]:
        """See :meth:`augreg.Learned.observed`.

        Args:
            state: what was known.
            observation: per probe, ``operations``, a number or a name; ``bins``, None for all bins of an operation
                whose strength the policy does not set; ``probabilities``, of the true class.

        """
        names, rows = list(state["operations"]), [list(row) for row in state["weights"]]
        told = [listed(observation[what], what) for what in self.observes]
        if len({len(part) for part in told}) > 1:
            numbers = ", ".join(f"{len(part)} {what}" for part, what in zip(told, self.observes, strict=True))
            raise ConfigError(f"observe got {numbers}; give one of each per sample.")
        for operation, place, probability in zip(*told, strict=True):
            if not _within(probability):
                raise ConfigError(
                    f"probabilities hold {probability!r}; give the probability of the true class of each."
                )
            if place is not None and not (isinstance(place, int) and 0 <= place < self.bins):
                raise ConfigError(f"bins hold {place!r}; give whole numbers from 0 to {self.bins - 1}.")
            row = rows[_place(operation, names)]
            for b in range(self.bins) if place is None else (place,):
                row[b] = max(self.decay * row[b] + (1 - self.decay) * probability, LEAST)
        return {"operations": names, "weights": rows}

    def probing(self) -> Policy:
        """Return the policy that a probe draws with: each operation and bin as likely, one per sample."""
        return Probing(operations=self.operations)


@dataclass(frozen=True, kw_only=True)
class Probing(Policy):
    """One operation per sample, whatever its weight, of any strength."""

    def plan(self, rng: Rng, weights: Floats) -> Plan:
        """See :meth:`augreg.Policy.plan`."""
        return Plan(drawn(rng, np.ones_like(weights), 1), rng.uniform("level", size=1))


def _within(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def _place(operation: Any, names: Sequence[str]) -> int:
    if isinstance(operation, int) and not isinstance(operation, bool) and 0 <= operation < len(names):
        return operation
    if operation not in names:
        raise ConfigError(
            f"operations hold {operation!r}, which the policy does not draw.{nearest(str(operation), names)} It draws "
            f"{', '.join(names)}."
        )
    if names.count(operation) > 1:
        raise ConfigError(f"the policy draws {operation!r} several times. Give its place in the list, from 0.")
    return names.index(operation)
