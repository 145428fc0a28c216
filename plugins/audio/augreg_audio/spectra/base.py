"""What spectrogram augmenters share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

import numpy as np
import torch

import augreg
from augreg import EVERY
from augreg.kernel import for_each
from augreg_audio.spectra.modality import DTYPES
from augreg_audio.timemap import TimeMap, move_targets

Array = np.ndarray

LARGEST_FLOAT16: Final = torch.finfo(torch.float16).max
"""Results that are computed in float32 are clipped to this, so that float16 holds no infinity."""


def declaration(
    *,
    alters: tuple[str, ...],
    level: augreg.Level | None = None,
    moves: bool = False,
    labels: Literal["keeps", "changes", "mixes"] = "keeps",
) -> augreg.Declaration:
    """Return the declaration of a spectrogram augmenter; ``moves`` says that events and frame labels move with it."""
    return augreg.Declaration(
        targets=("events", "frame_labels") if moves else (),
        leaves=("label",) if moves else EVERY,
        dtypes=DTYPES,
        devices=("cpu", "cuda"),
        keeps_shape=True,
        labels=labels,
        alters=frozenset(alters),
        level=level,
        differentiable=True,
    )


def map_rows(
    batch: augreg.Batch, work: Callable[[int, torch.Tensor], torch.Tensor], maps: Sequence[TimeMap | None] | None = None
) -> augreg.Batch:
    """Return a batch of ``work(i, x)`` for every row x (channels, bins, frames); shapes stay. Targets move by ``maps``.

    Half precision is computed in float32; what float16 cannot hold becomes the largest number that it can.
    """
    made: list[torch.Tensor] = [torch.empty(0)] * len(batch)

    def one(i: int) -> None:
        x = batch.data[i]
        half = x.dtype in (torch.float16, torch.bfloat16)
        found = work(i, x.float() if half else x)
        made[i] = (
            found.clamp(-LARGEST_FLOAT16, LARGEST_FLOAT16).to(x.dtype)
            if x.dtype == torch.float16
            else found.to(x.dtype)
        )

    if batch.device.type == "cpu":
        for_each(one, len(batch), light=True)
    else:
        for i in range(len(batch)):
            one(i)
    targets = None if maps is None else move_targets(batch.info, maps)
    return batch.replace(torch.stack(made) if batch.stacked and made else made, targets=targets)


def frames_per_second(info: augreg.BatchInfo) -> Array:
    """Return the frame rates, float64 (n,); 1 where none was given, which no event can notice."""
    return np.where(np.isnan(info.rates), 1.0, info.rates)


def read_at(x: torch.Tensor, place: Array, axis: int) -> torch.Tensor:
    """Return x (channels, bins, frames) read at fractional places along an axis, by linear interpolation.

    Of complex values the amplitude is interpolated, the phase is that of the nearer neighbor.
    """
    size = x.shape[axis]
    low = np.clip(np.floor(place).astype(np.int64), 0, max(size - 2, 0))
    high = np.minimum(low + 1, size - 1)
    share = np.clip(place - low, 0.0, 1.0)
    shape = [1] * x.ndim
    shape[axis] = -1
    weight = torch.from_numpy(share).to(x.device, x.real.dtype).reshape(shape)
    first, second = (x.index_select(axis, torch.from_numpy(index).to(x.device)) for index in (low, high))
    if not x.is_complex():
        return first + (second - first) * weight
    near = torch.where(weight < 0.5, first, second)
    loud = first.abs() + (second.abs() - first.abs()) * weight
    return torch.where(near == 0, loud.to(x.dtype), near / near.abs().clamp(min=1e-30) * loud)
