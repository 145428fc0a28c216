"""What waveform augmenters share: render the sound, then move the targets by the declared time map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import torch

import augreg
from augreg import EVERY
from augreg_audio.chain import Chain, Step
from augreg_audio.linear import LinearFilter
from augreg_audio.timeback import TimeBack, ways_back
from augreg_audio.timemap import TimeMap, move_targets
from augreg_audio.waveform import DTYPES, Array, BatchWork, RowWork, by_row, map_batch, map_rows


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

    lists: ClassVar[bool] = True

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the augmented sound of a batch with at least one row."""
        raise NotImplementedError

    def time_map(
        self,
        info: augreg.BatchInfo,
        params: augreg.Params,
    ) -> Sequence[TimeMap | None] | None:
        """Return the time map of every row (None for a row whose time does not move), or None if none moves."""
        return None

    @property
    def inverts(self) -> bool:
        """Whether predictions can be mapped back: where nothing moves, and along every time map."""
        return not self.declares.targets or type(self).time_map is not WaveformAugmenter.time_map

    def inverses(self, info: augreg.BatchInfo, params: augreg.Params) -> list[TimeBack | None]:
        """Return for each sound the way back along its time map."""
        return ways_back(self.time_map(info, params) or [None] * len(info))

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Apply drawn parameters: sound, lengths, rates, and the targets that move with time."""
        if len(batch) == 0:
            return batch
        data, lengths, rates = self.render(batch, params)
        info = batch.info
        if lengths is None and rates is None and not info.targets and data.shape[1] == info.shapes.item(0, 0):
            return augreg.Batch(data, info)
        maps = self.time_map(info, params) if info.targets else None
        shapes = info.shapes.copy()
        shapes[:, 0] = data.shape[1]
        if lengths is not None:
            shapes[:, -1] = lengths
        targets = None if maps is None else move_targets(info, maps)
        return batch.replace(data, shapes=shapes, rates=rates, targets=targets)


@dataclass(frozen=True)
class RowAugmenter(WaveformAugmenter):
    """Base class of augmenters that keep the shape: one function for a row on the CPU, one for a batch elsewhere.

    They fuse with each other and with linear filters, see :mod:`augreg_audio.chain`.
    """

    inplace: ClassVar[bool] = False
    """Whether ``work``'s function may be given one array for x and out."""

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> RowWork:
        """Return ``work(i, x, out)``, see :func:`augreg_audio.waveform.map_rows`."""
        raise NotImplementedError

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> BatchWork:
        """Return ``kernel(x, inside)``, see :func:`augreg_audio.waveform.map_batch`."""
        raise NotImplementedError

    def lower(self, info: augreg.BatchInfo, params: augreg.Params) -> Chain:
        """Return a chain of this step alone."""
        return Chain((Step.of(self, params),), frozenset(self.declares.devices))

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the sound: row by row with numpy on the CPU, else in one go with torch."""
        if by_row(batch):
            return Rendered(map_rows(batch, self.work(batch.info, params)))
        return Rendered(map_batch(batch, self.kernel(batch.info, params)))


@dataclass(frozen=True)
class LinearAugmenter(augreg.AugmenterBase):
    """Base class of augmenters that are a linear filter: ``filter`` is all they define beside ``draw``.

    Neighbors among them become one filter, and they fuse with row augmenters.
    """

    lists: ClassVar[bool] = True

    def filter(self, info: augreg.BatchInfo, params: augreg.Params) -> LinearFilter:
        """Return the filter of the drawn parameters."""
        raise NotImplementedError

    @property
    def inverts(self) -> bool:
        """Whether predictions can be mapped back: all that a filter moves, it delays."""
        return True

    def inverses(self, info: augreg.BatchInfo, params: augreg.Params) -> list[TimeBack | None]:
        """Return for each sound the way back from its delay."""
        return ways_back(self.filter(info, params).time_map(info)) if self.declares.targets else [None] * len(info)

    def lower(self, info: augreg.BatchInfo, params: augreg.Params) -> Chain:
        """Return a chain of the filter alone."""
        return Chain((self.filter(info, params),), frozenset(self.declares.devices))


def either(
    batch: augreg.Batch,
    row: Callable[[int, Array, Array], None],
    kernel: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> Rendered:
    """Render a batch that keeps its shape: row by row with numpy on the CPU, else in one go with torch.

    See :func:`augreg_audio.waveform.map_rows` for ``row`` and :func:`augreg_audio.waveform.map_batch` for ``kernel``.
    """
    return Rendered(map_rows(batch, row) if by_row(batch) else map_batch(batch, kernel))


def waveform_declaration(
    *,
    alters: tuple[str, ...] = (),
    level: augreg.Level | None = None,
    moves: bool = False,
    keeps_shape: bool = True,
    devices: tuple[str, ...] = ("cpu", "cuda"),
    differentiable: bool = False,
    labels: Literal["keeps", "changes", "mixes"] = "keeps",
    channels: tuple[int, ...] = (),
    reads: tuple[str, ...] = (),
    nonfinite: Literal["error", "passes"] = "error",
    full_scale: bool = False,
    p: float = 1.0,
    memory: float = 4.0,
) -> augreg.Declaration:
    """Return the declaration of a waveform augmenter; ``moves`` says that events and frame labels move with it."""
    return augreg.Declaration(
        targets=("events", "frame_labels") if moves else (),
        leaves=("label",) if moves else EVERY,
        dtypes=DTYPES,
        channels=channels,
        devices=devices,
        keeps_shape=keeps_shape,
        labels=labels,
        alters=frozenset(alters),
        level=level,
        reads=reads,
        nonfinite=nonfinite,
        full_scale=full_scale,
        differentiable=differentiable,
        p=p,
        memory=memory,
    )
