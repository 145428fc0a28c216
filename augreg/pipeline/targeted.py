"""A step that is kept to a part of each sample: the object, the word, the stretch of sound, or everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import torch

from augreg.contract.augmenter import Augmenter, AugmenterBase, memory_of
from augreg.data.batch import ALLOWED, Batch, BatchInfo, stack_rows
from augreg.data.params import Params
from augreg.errors import ContractError
from augreg.modalities.regions import Region, RegionKind
from augreg.pipeline.clipping import clips_values
from augreg.random.rng import Rng

NARROW: Final = frozenset(
    (torch.uint8, torch.int8, torch.int16, torch.float16, torch.bfloat16, torch.float32, torch.complex64)
)
"""Dtypes of which float32 holds every value."""


@dataclass(frozen=True)
class Targeted(AugmenterBase):
    """Does what another augmenter does, and keeps of it what lies within a part of each sample.

    It draws the same random numbers. What cannot be cut out afterwards, the edits of a text, the augmenter itself must
    draw within the part, see ``Declaration.confines``.

    Args:
        targeted: the augmenter.
        parts: what is said of each part, and what the modality says of its target; all must hold.

    """

    targeted: Augmenter
    parts: tuple[tuple[RegionKind, Region], ...]

    def __post_init__(self) -> None:
        declares, lifted = self.targeted.declares, getattr(self.targeted, "augmenter", self.targeted)
        # What it changes hangs on the targets, which the steps before must have moved.
        reads = tuple(dict.fromkeys((*declares.reads, *self.needs)))
        object.__setattr__(self, "declares", replace(declares, reads=reads))
        object.__setattr__(self, "lists", getattr(self.targeted, "lists", False))
        object.__setattr__(self, "by_name", getattr(lifted, "by_name", False))

    @property
    def needs(self) -> tuple[str, ...]:
        """The targets without which no sample can be given to it."""
        return tuple(region.target for _, region in self.parts)

    @property
    def clips(self) -> bool:
        """See :class:`augreg.AugmenterBase`."""
        return clips_values(self.targeted)

    @property
    def values_after(self) -> Literal["same", "unit", "any"]:
        """Values keep their range: elsewhere in the sample they are as before."""
        return "same"

    @property
    def memory(self) -> float:
        """That of the augmenter, and what puts the rest back: up to ten copies of a sample, in floating point."""
        return memory_of(self.targeted) + 10.0

    def draw(self, batch: BatchInfo, rng: Rng, level: np.ndarray | None = None) -> Params:
        """Draw what the augmenter draws; one that keeps to a part itself is told which (:attr:`BatchInfo.allowed`)."""
        parts = [part for part in self.parts if self._confined(part)]
        if not parts:
            return self.targeted.draw(batch, rng, level)
        allowed = [_weights(parts, batch, i) > 0 for i in range(len(batch))]
        return self.targeted.draw(batch.replace(extras={**batch.extras, ALLOWED: allowed}), rng, level)

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Apply it, and put what is outside the part back as it was."""
        out = self.targeted.apply(batch, params)
        parts = [part for part in self.parts if not self._confined(part)]
        if not parts:
            return out
        both = enumerate(zip(batch.rows(), out.rows(), strict=True))
        rows = [blended(old, new, _weights(parts, batch.info, i)) for i, (old, new) in both]
        data = stack_rows(rows, batch.info.form) if batch.stacked and rows else rows
        return Batch(data, out.info)

    def _confined(self, part: tuple[RegionKind, Region]) -> bool:
        return part[0].target in self.declares.confines


def _weights(parts: Sequence[tuple[RegionKind, Region]], info: BatchInfo, i: int) -> np.ndarray:
    """Return how much of the step sample i gets where: all parts must hold."""
    found = parts[0][0].part(info, i, parts[0][1])
    for kind, region in parts[1:]:
        found = found * kind.part(info, i, region)
    return found


def blended(old: torch.Tensor, new: torch.Tensor, weights: np.ndarray) -> torch.Tensor:
    """Return a row that is ``new`` where weights are 1 and ``old`` where they are 0, bit for bit, and a mean between.

    Args:
        old, new: of one shape and dtype; integers are rounded.
        weights: float64 in 0..1 that broadcasts to them.

    >>> import numpy as np, torch
    >>> from augreg.pipeline.targeted import blended
    >>> blended(torch.tensor([0, 0, 0]), torch.tensor([9, 9, 9]), np.array([0.0, 0.5, 1.0]))
    tensor([0, 4, 9])

    """
    if old.shape != new.shape or old.dtype != new.dtype:
        raise ContractError(
            f"a step that declares to keep shape and dtype made {tuple(new.shape)} {new.dtype} of {tuple(old.shape)} "
            f"{old.dtype}, so that no part of it can be kept. Its author has to mend keeps_shape or keeps_dtype."
        )
    if not ((weights > 0) & (weights < 1)).any():
        return torch.where(torch.from_numpy(weights > 0).to(old.device), new, old)
    # Half precision cannot say how far it is from one of its numbers to the next; wide integers need all of float64.
    kind = torch.float32 if old.dtype in NARROW else torch.float64
    share = torch.from_numpy(weights).to(old.device, kind)
    exact = old.dtype if old.is_complex() else kind
    start = old.to(exact)
    mean = start + share * (new.to(exact) - start)
    mean = mean if old.is_floating_point() or old.is_complex() else mean.round()
    return torch.where(share < 1, torch.where(share > 0, mean.to(old.dtype), old), new)
