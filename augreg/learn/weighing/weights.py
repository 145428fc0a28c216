"""What was learned: the mean weight of each operation, of each range of strengths, and the policy that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg.learn.weighing.drawing import Operation

LEAST: Final = 0.5
"""Mean weight below which an operation, or a range of its strengths, is left out: half of what all have on average."""

DIGITS: Final = 4
"""Of weights in policies and files."""


@dataclass(frozen=True, slots=True)
class Weight:
    """A mean over augmented samples.

    Args:
        mean: their mean weight, where 1 is the mean over all; None of no samples.
        n: how many samples.

    """

    mean: float | None
    n: int

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {"mean": None if self.mean is None else round(self.mean, DIGITS), "n": self.n}


@dataclass(frozen=True, slots=True)
class Weighed:
    """One operation.

    Args:
        operation: what it applies.
        whole: its mean weight.
        bins: the mean weight in ranges of strengths, from weak to strong; none where it has no strength.

    """

    operation: Operation
    whole: Weight
    bins: tuple[Weight, ...]

    def kept(self, least: float) -> tuple[float, tuple[float, float] | None] | None:
        """Return weight and strengths with which a policy draws it; None if it is left out."""
        if self.whole.mean is None or self.whole.mean < least:
            return None
        span = self.operation.span
        if span is None:
            return self.whole.mean, None
        good = [place for place, one in enumerate(self.bins) if one.mean is not None and one.mean >= least]
        # From the mildest good range to the strongest: one between them that is low is more likely noise.
        first, last = good[0], good[-1] + 1
        some = self.bins[first:last]
        mean = sum((one.mean or 0.0) * one.n for one in some) / sum(one.n for one in some)
        low, high = (round(span[0] + (span[1] - span[0]) * end / len(self.bins), DIGITS) for end in (first, last))
        return mean, (low, high)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        said = {"operation": self.operation.entry(self.operation.span), **self.whole.to_json()}
        return {**said, "bins": [one.to_json() for one in self.bins]}


@dataclass(frozen=True, slots=True)
class Weights:
    """What :func:`learn_weights` learned.

    Args:
        modality: of the samples.
        seed: what it was learned with.
        steps: how many steps it took.
        operations: the operations, in the order given.

    """

    modality: str
    seed: int
    steps: int
    operations: tuple[Weighed, ...]

    def policy(self, least: float = LEAST) -> dict[str, Any]:
        """Return a pipeline that draws one operation for each sample, as often as its weight says.

        Left out are operations whose mean weight is below ``least``, where 1 is the mean over all, and the weakest and
        the strongest strengths whose weight is.

        Args:
            least: from 0 (nothing is left out) to 1 (half or so is).

        """
        kept = [(one.operation, one.kept(least)) for one in self.operations]
        entries = [
            operation.entry(some[1], round(max(some[0], 10.0**-DIGITS), DIGITS))
            for operation, some in kept
            if some is not None
        ]
        return {self.modality: [{"policy.trivial": {"n": 1, "operations": entries}}]}

    def keeps(self, least: float) -> bool:
        """Whether :meth:`policy` has any operation."""
        return any(one.kept(least) is not None for one in self.operations)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        own = {"modality": self.modality, "seed": self.seed, "steps": self.steps}
        return {**own, "operations": [one.to_json() for one in self.operations]}


def averaged(found: Sequence[Weights]) -> Weights:
    """Return the mean of weights that were learned of the same operations on other samples, or with other seeds.

    Each counts by how many samples it is a mean of. ``seed`` is that of the first.
    """
    rows = zip(*(one.operations for one in found), strict=True)
    operations = tuple(
        Weighed(
            row[0].operation,
            _pooled([one.whole for one in row]),
            tuple(_pooled(ranges) for ranges in zip(*(one.bins for one in row), strict=True)),
        )
        for row in rows
    )
    return Weights(found[0].modality, found[0].seed, sum(one.steps for one in found), operations)


def _pooled(found: Sequence[Weight]) -> Weight:
    n = sum(one.n for one in found)
    return Weight(sum((one.mean or 0.0) * one.n for one in found) / n if n else None, n)


def weighed(
    operations: Sequence[Operation],
    drawn: NDArray[np.int64],
    levels: NDArray[np.float64],
    weights: NDArray[np.float64],
    bins: int,
) -> tuple[Weighed, ...]:
    """Return the means over samples (n,), each of one operation and one strength (NaN for none)."""
    found = []
    for code, operation in enumerate(operations):
        own = drawn == code
        strong = np.minimum(np.nan_to_num(levels[own]) * bins, bins - 1).astype(np.int64)
        ranges = () if operation.span is None else (_mean(weights[own][strong == place]) for place in range(bins))
        found.append(Weighed(operation, _mean(weights[own]), tuple(ranges)))
    return tuple(found)


def _mean(values: NDArray[np.float64]) -> Weight:
    return Weight(float(values.mean()) if len(values) else None, len(values))
