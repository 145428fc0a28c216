"""Augmenters that take the memory that they declare, and more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

import augreg


def declared(memory: float) -> augreg.Declaration:
    return augreg.Declaration(leaves=augreg.EVERY, dtypes=("float32", "uint8"), memory=memory)


@dataclass(frozen=True, kw_only=True)
class Greedy(augreg.AugmenterBase):
    """Take forty copies for a moment."""

    declares: ClassVar[augreg.Declaration] = declared(2.0)

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        rows = [torch.stack([row] * 40)[0].clone() for row in batch.rows()]
        return augreg.Batch(rows, batch.info)


@dataclass(frozen=True, kw_only=True)
class Honest(Greedy):
    """Take forty copies for a moment, and say so."""

    declares: ClassVar[augreg.Declaration] = declared(41.0)
