"""AugMix: a sample blended with several chains of operations on copies of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augreg import param
from augreg.contract.augmenter import Augmenter
from augreg.contract.policy import Member, Plan, Policy
from augreg.data.params import Params
from augreg.policies.blending import Blend
from augreg.policies.per_sample import from_records, repeated, strength
from augreg.random.rng import Rng


@dataclass(frozen=True, kw_only=True)
class AugMix(Policy):
    """The sample blended with several copies of it, each of which went through a short chain of operations.

    AugMix (Hendrycks et al., 2019, arXiv:1912.02781): x' = (1 - m) x + m (w1 chain1(x) + w2 chain2(x) + ...), with w
    from Dirichlet(alpha) and m from Beta(alpha, alpha), all drawn per sample. It makes models sturdy against what they
    did not see in training, most of all with the loss :func:`augreg.policies.jensen_shannon`.

    It is for samples of numbers: pictures, sounds, clips, spectrograms. Texts have no average. Operations have to keep
    the shape and the label. Where they move things, the blend shows these in several places, so samples with boxes,
    masks or keypoints are refused; draw only from operations that leave them true, {targets: [boxes]} and not geometry.

    >>> import torch, augreg
    >>> steps = [{"policy.augmix": {"operations": ["image.posterize", "image.rotate", "image.contrast"]}}]
    >>> picture = torch.arange(3 * 64, dtype=torch.uint8).reshape(3, 8, 8)
    >>> pipe = augreg.Pipeline({"image": steps})
    >>> len({pipe(picture, modality="image", seed=7, keys=i).numpy().tobytes() for i in range(20)})
    20

    """

    width: int = param.integer(3, "chains", low=1, high=64)
    depth: tuple[int, int] = param.interval(
        (1, 3), "operations of a chain, from fewest to most; each chain draws how many", low=1, high=64, integral=True
    )
    level: tuple[float, float] = param.interval(
        (0.0, 0.3),
        "range of the strengths, the paper's severity is 3 of 10; {field: strength} takes one from each record",
        low=0,
        high=1,
        from_field=True,
    )
    alpha: float = param.number(1.0, "of both distributions of the weights", low=1e-3, high=1000.0)

    def unfit(self, augmenter: Augmenter) -> str | None:
        """Refuse what is no function from one sample to another of its kind, and what makes a label untrue."""
        declares = augmenter.declares
        if declares.dtypes and all(dtype == "str" for dtype in declares.dtypes):
            return "changes texts, which have no average to blend"
        if declares.labels != "keeps" or "label" in declares.targets:
            return "does not keep the label, so that the blend would have none"
        if declares.reads:
            return f"reads {declares.reads[0]} before it draws, which inside a chain is not there yet"
        if not declares.keeps_shape:
            return "does not keep the shape, so that its result cannot be blended with the sample"
        if not declares.keeps_dtype or not declares.keeps_range or declares.gives_tensor:
            return "gives values of another kind, which cannot be blended with the sample's"
        return None

    def combined(self, members: Sequence[Member]) -> Augmenter:
        """See :meth:`augreg.Policy.combined`."""
        return Blend(policy=self, members=tuple(members))

    def plan(self, rng: Rng, weights: NDArray[np.float64]) -> Plan:
        """Draw the chains, one after another: a slot for each operation that one may have."""
        low, high = map(int, self.depth)
        size = self.width * high
        equal = bool((weights == weights[0]).all())
        which = rng.choice("operation", len(weights), None if equal else weights, size=size)
        deep = np.repeat(rng.integers("depth", low, high + 1, size=self.width), high, axis=1)
        return Plan(np.where(np.arange(size) % high < deep, which, -1), self._levels(rng, size))

    def _levels(self, rng: Rng, size: int) -> NDArray[np.float64]:
        if from_records(self.level):
            return repeated(strength(self.level, rng), len(rng), size)
        first, last = self.level
        return first + (last - first) * rng.uniform("level", size=size)

    def shares(self, rng: Rng) -> Params:
        """Draw how much of the result is augmented, ``mixed`` (n,), and how that is shared out, ``weights``."""
        weights = rng.dirichlet("weights", self.alpha, self.width)
        return Params(len(rng), weights=weights, mixed=rng.beta("mixed", self.alpha, self.alpha))
