"""Cropping in time: data, mask and timestamps keep the same stretch. Crops in a row are one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

import augreg


@dataclass(frozen=True)
class Stretches:
    """The operator that keeps ``lengths`` moments from ``starts`` on. See `augreg.Op`."""

    starts: np.ndarray
    lengths: np.ndarray

    def take(self, rows: np.ndarray) -> Stretches:
        """Return the operator of some series."""
        return Stretches(self.starts[rows], self.lengths[rows])

    def expand(self, rows: np.ndarray, info: augreg.BatchInfo) -> Stretches:
        """Spread over all series of ``info``, of which the others stay whole."""
        starts, lengths = np.zeros(len(info), dtype=np.int64), info.lengths.copy()
        starts[rows], lengths[rows] = self.starts, self.lengths
        return Stretches(starts, lengths)

    def then(self, other: augreg.Op) -> Stretches | None:
        """Return both as one: the second counts from where the first starts."""
        return Stretches(self.starts + other.starts, other.lengths) if isinstance(other, Stretches) else None

    def infer(self, info: augreg.BatchInfo) -> augreg.BatchInfo:
        """Return the facts afterwards, with the lengths that series will have."""
        shapes = info.shapes.copy()
        shapes[:, -1] = self.lengths
        return info.replace(shapes=shapes)

    def run(self, batch: augreg.Batch) -> augreg.Batch:
        """Cut. Rows of different lengths go back as a list; the core reads the new lengths off them."""
        rows = [self._cut(i, batch.row(i)) for i in range(len(batch))]
        return batch.replace(rows, targets=self._all(batch.info.targets, "mask"), extras=self._all(batch.info.extras))

    def _cut(self, i: int, row: torch.Tensor) -> torch.Tensor:
        """Return the stretch of series i of what has an entry per moment, in memory of its own."""
        start = int(self.starts[i])
        return row[..., start : start + int(self.lengths[i])].clone()

    def _all(self, columns: Any, *names: str) -> dict[str, list[Any]]:
        """Cut what has an entry per moment beside the data: the mask, and all extras (the timestamps)."""
        found = {name: columns[name] for name in names or columns if name in columns}
        return {k: [None if v is None else self._cut(i, v) for i, v in enumerate(vs)] for k, vs in found.items()}


@dataclass(frozen=True, kw_only=True)
class Crop(augreg.AugmenterBase):
    """Keep a random stretch of the series.

    At least one moment remains. Timestamps stay what they were: they do not begin at 0 anew.
    """

    share: tuple[float, float] = augreg.param.interval(
        (0.5, 1.0), "of the moments that are kept", low=0.0, high=1.0, unit="fraction"
    )

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        targets=("mask",),
        leaves=("label",),
        dtypes=("float32", "float64"),
        devices=("cpu", "cuda"),
        keeps_shape=False,
        alters=frozenset({"duration", "position"}),
        level=augreg.Level("share", 1.0, 0.3),
        nonfinite="passes",
        differentiable=True,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw where the stretch begins and how long it is; ``batch.lengths`` are true lengths, padding not counted."""
        share = self.sample("share", rng, level)
        lengths = np.clip(np.rint(share * batch.lengths), np.minimum(batch.lengths, 1), batch.lengths).astype(np.int64)
        starts = rng.integers("start", 0, batch.lengths - lengths + 1)
        return augreg.Params(len(batch), share=share, start=starts, length=lengths)

    def lower(self, info: augreg.BatchInfo, params: augreg.Params) -> augreg.Op:
        """Return the operator."""
        return Stretches(params.array("start"), params.array("length"))
