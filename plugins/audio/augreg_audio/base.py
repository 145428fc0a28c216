"""What waveform augmenters share: render the sound, then move the targets by the declared time map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

import augreg
from augreg_audio.timemap import TimeMap, move_targets


class Rendered(NamedTuple):
    """What a waveform augmenter makes of a batch.

    ``data`` is padded (n, channels, frames); ``lengths`` int64 (n,) unless they are as before; ``rates`` float64
    (n,) in Hz unless they are as before.
    """

    data: torch.Tensor
    lengths: np.ndarray | None = None
    rates: np.ndarray | None = None


@dataclass(frozen=True)
class WaveformAugmenter(augreg.AugmenterBase):
    """Base class: a subclass says what it does to the sound (``render``) and to time (``time_map``)."""

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the augmented sound of a batch with at least one row."""
        raise NotImplementedError

    def time_map(
        self,
        info: augreg.BatchInfo,  # noqa: ARG002 - for subclasses
        params: augreg.Params,  # noqa: ARG002 - for subclasses
    ) -> Sequence[TimeMap | None] | None:
        """Return the time map of every row (None for a row whose time does not move), or None if none moves."""
        return None

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Apply drawn parameters: sound, lengths, rates, and the targets that move with time."""
        if len(batch) == 0:
            return batch
        data, lengths, rates = self.render(batch, params)
        maps = self.time_map(batch.info, params)
        shapes = batch.info.shapes.copy()
        shapes[:, 0] = data.shape[1]
        if lengths is not None:
            shapes[:, -1] = lengths
        targets = None if maps is None else move_targets(batch.info, maps)
        return batch.replace(data, shapes=shapes, rates=rates, targets=targets)
