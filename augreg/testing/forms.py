"""Samples in other forms: dtype, channels, memory layout, one pixel, silence; targets come along where they can."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import torch

from augreg.contract.declaration import Declaration
from augreg.data.samples import Sample

FULL: Final = {"uint8": 255.0, "uint16": 65535.0, "int16": 32767.0}
"""What 1.0 is in integer dtypes."""


def tensor_of(sample: Any) -> torch.Tensor | None:
    """Return the tensor that a sample holds, or None."""
    data = getattr(sample, "data", None) if isinstance(sample, Sample) else None
    return data if isinstance(data, torch.Tensor) else None


def with_data(sample: Any, data: Any) -> Any:
    """Return a sample with other data, its targets kept."""
    return dataclasses.replace(sample, data=data)


def bare(sample: Any, data: Any) -> Any:
    """Return a sample with other data and no target but the label."""
    gone = {name: None for name in sample.targets if name != "label"}
    return dataclasses.replace(sample, data=data, **gone)


def fitted(sample: Any, declares: Declaration, channel_axis: int | None) -> Any:
    """Return a sample in a dtype and a channel count that are declared; as it is where it fits already."""
    data = tensor_of(sample)
    if data is None:
        return sample
    name = str(data.dtype).removeprefix("torch.")
    if declares.dtypes and name not in declares.dtypes:
        sample = in_dtype(sample, declares.dtypes[0])
    if declares.channels and channel_axis is not None and data.shape[channel_axis] not in declares.channels:
        sample = in_channels(sample, declares.channels[0], channel_axis)
    return sample


def in_dtype(sample: Any, dtype: str) -> Any:
    """Return a sample whose tensor is converted: integers hold 1.0 as their largest value."""
    data = tensor_of(sample)
    if data is None or str(data.dtype) == f"torch.{dtype}":
        return sample
    exact = torch.complex128 if data.is_complex() and dtype.startswith("complex") else torch.float64
    share = data.to(exact) / FULL.get(str(data.dtype).removeprefix("torch."), 1.0)
    if dtype in FULL:
        share = torch.round(share * FULL[dtype])
    return with_data(sample, share.to(getattr(torch, dtype)))


def in_channels(sample: Any, count: int, axis: int) -> Any:
    """Return a sample whose tensor has ``count`` channels: the first ones, repeated where there are too few."""
    data = tensor_of(sample)
    if data is None:
        return sample
    index = torch.arange(count) % data.shape[axis]
    return with_data(sample, data.index_select(axis, index))


def strided(sample: Any) -> Any:
    """Return a sample with equal values in a tensor that is not contiguous in any usual order."""
    data = tensor_of(sample)
    if data is None:
        return sample
    room = torch.zeros([2 * s for s in data.shape], dtype=data.dtype)
    view = room[tuple(slice(None, None, 2) for _ in data.shape)]
    view.copy_(data)
    return with_data(sample, view)
