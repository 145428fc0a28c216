"""Scaling, which fuses with itself: two factors in a row are one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

import augreg


@dataclass(frozen=True)
class Scaling:
    """The operator x -> factor * x over n series; 1 is the identity. See `augreg.Op`."""

    factors: np.ndarray

    def take(self, rows: np.ndarray) -> Scaling:
        """Return the operator of some series."""
        return Scaling(self.factors[rows])

    def expand(self, rows: np.ndarray, info: augreg.BatchInfo) -> Scaling:
        """Spread over all series of ``info``: the identity elsewhere."""
        factors = np.ones(len(info))
        factors[rows] = self.factors
        return Scaling(factors)

    def then(self, other: augreg.Op) -> Scaling | None:
        """Return both as one; anything that is no scaling does not compose with it."""
        return Scaling(self.factors * other.factors) if isinstance(other, Scaling) else None

    def infer(self, info: augreg.BatchInfo) -> augreg.BatchInfo:
        """Return the facts afterwards: the same."""
        return info

    def run(self, batch: augreg.Batch) -> augreg.Batch:
        """Multiply. The batch is one padded tensor (n, C, longest): zeros behind a series stay zeros."""
        data = batch.stack()
        factors = torch.as_tensor(self.factors, dtype=data.dtype, device=data.device)
        return batch.replace(data * factors[:, None, None])


@dataclass(frozen=True, kw_only=True)
class Scale(augreg.AugmenterBase):
    """Multiply all values by a random factor."""

    factor: tuple[float, float] = augreg.param.interval((0.7, 1.4), "what to multiply by", low=0.0, unit="ratio")

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        leaves=augreg.EVERY,
        dtypes=("float32", "float64"),
        devices=("cpu", "cuda"),
        alters=frozenset({"loudness"}),
        level=augreg.Level("factor", 1.0, 2.0, scale="log", signed=True),
        nonfinite="passes",
        differentiable=True,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw one factor per series."""
        return augreg.Params(len(batch), factor=self.sample("factor", rng, level))

    def lower(self, info: augreg.BatchInfo, params: augreg.Params) -> augreg.Op:
        """Return the operator; `apply` runs it, alone or composed with its neighbors."""
        return Scaling(params.array("factor"))
