"""Mixing series of one batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

import augreg
from augreg.kernel import mix_labels


@dataclass(frozen=True, kw_only=True)
class Mixup(augreg.AugmenterBase):
    """Average the series with another one of the batch, and their labels likewise.

    The partner may be shorter or longer: it begins anew where it ends. A value is valid where those are that it is
    made of. Weights are beta(alpha, alpha); the larger one is that of the series itself.
    """

    alpha: float = augreg.param.number(0.4, "of the beta distribution", low=0.01, high=100.0)
    classes: int | None = augreg.param.integer(
        None, "number of classes, to turn class numbers into class weights", low=1, optional=True
    )

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        targets=("mask", "label"),
        dtypes=("float32", "float64"),
        devices=("cpu", "cuda"),
        labels="mixes",
        alters=frozenset({"meaning"}),
        differentiable=True,
    )

    @property
    def label_classes(self) -> int | None:
        """The number of classes."""
        return self.classes

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw a weight, and a partner by its key: the order of the batch has no say."""
        n = len(batch)
        order = np.argsort(batch.keys, kind="stable")
        rank = np.empty(n, dtype=np.int64)
        rank[order] = np.arange(n)
        step = rng.integers("partner", 1, max(n, 2))  # 1 to n - 1, so never back to itself
        partner = order[(rank + step) % max(n, 1)]
        weight = rng.beta("weight", self.alpha, self.alpha)
        keys = [str(int(key)) for key in batch.keys[partner]]  # as text: JSON readers round large numbers
        return augreg.Params(n, partner=keys, weight=np.maximum(weight, 1.0 - weight))

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Mix every series with its partner."""
        place = {str(int(key)): i for i, key in enumerate(batch.info.keys)}
        keys = [params["partner"][i] for i in range(len(batch))]
        missing = [key for key in keys if key not in place]
        if missing:
            raise augreg.SampleError(f"the partner with key {missing[0]} is not in this batch. Replay them together.")
        pairs = [(i, place[key]) for i, key in enumerate(keys)]
        weights, whole = params.array("weight").tolist(), batch.rows()
        rows = [w * whole[i] + (1 - w) * _as_long(whole[j], whole[i]) for (i, j), w in zip(pairs, weights, strict=True)]
        targets: dict[str, list[Any]] = {}
        if "label" in batch.info.targets:
            label = batch.info.target("label")
            shares = zip(pairs, weights, strict=True)
            targets["label"] = [mix_labels([label[i], label[j]], [w, 1 - w], self.classes) for (i, j), w in shares]
        if "mask" in batch.info.targets:
            mask = batch.info.target("mask")
            targets["mask"] = [_both(mask[i], mask[j]) for i, j in pairs]
        return batch.replace(rows, targets=targets)


def _as_long(other: torch.Tensor, row: torch.Tensor) -> torch.Tensor:
    """Return a series that begins anew until it is as long as ``row``; of no length, ``row`` itself."""
    moments = other.shape[-1]
    if moments == 0:
        return row
    return other[..., torch.arange(row.shape[-1], device=row.device) % moments]


def _both(own: torch.Tensor | None, other: torch.Tensor | None) -> torch.Tensor | None:
    """Return where both are valid, in the form of a series' own mask."""
    if own is None and other is None:
        return None
    if own is None or other is None:
        raise augreg.SampleError("some series of the batch have a mask and some have none; give all of them one.")
    if other.ndim > own.ndim:
        other = other.all(dim=0)  # a moment is valid where all channels are
    return own & (_as_long(other, own) if other.shape[-1] else True)
