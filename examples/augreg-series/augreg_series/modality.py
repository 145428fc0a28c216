"""How series are read and given back, and which of them may share a kernel call."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

import augreg
from augreg.modalities import (
    Hints,
    Modality,
    Result,
    RowForm,
    Wrapped,
    WrappedMany,
    as_tensor,
    check_values,
    only,
    read_as_said,
    restore_like,
)
from augreg_series.examples import example
from augreg_series.sample import MASK, Series

WHAT = "a series"
DTYPES = (torch.float32, torch.float64)


class SeriesModality(Modality):
    """Time series; rows are (C, T). Lengths differ: batches are padded, and the core keeps the true lengths."""

    name = "series"
    sample_type = Series
    targets = (MASK,)
    form = RowForm(length_axis=-1, ragged=True)
    channel_axis = 0
    like_shapes = True
    array_dims = (1, 2)
    array_name = WHAT
    axes = "CT"
    layouts = ("CT", "TC", "T", "BT", "BCT", "BTC")
    rate_fields = ("rate",)

    def wrap(self, obj: Any, hints: Hints) -> Wrapped:
        """Read a Series, or a bare array (C, T) or (T,)."""
        if isinstance(obj, Series):
            return _wrap_sample(obj, hints)
        row, back = _row(obj, hints)
        return Wrapped(row, lambda result: back(result.row), _rate(hints.sample_rate))

    def wrap_all(self, objs: Sequence[Any], hints: Hints) -> WrappedMany | None:
        """Read bare tensors (C, T) at once; anything else is read one by one."""
        if not only(objs, torch.Tensor) or any(obj.ndim != 2 for obj in objs) or hints.layout not in (None, "CT"):
            return None
        try:
            return WrappedMany([_row(obj, hints)[0] for obj in objs], _rate(hints.sample_rate))
        except augreg.SampleError:
            return None  # `wrap` says which one, and why

    def wrap_stack(self, stack: torch.Tensor | np.ndarray, hints: Hints) -> WrappedMany | None:
        """Read a tensor (N, C, T) as it is."""
        if type(stack) is not torch.Tensor or stack.dtype not in DTYPES or stack.requires_grad:
            return None
        check_values(stack, "a stack of series", hints)
        return WrappedMany(stack, _rate(hints.sample_rate))

    def examples(self, n: int) -> list[Any]:
        """Return n different series with every target."""
        return [example(i) for i in range(n)]

    def odd_examples(self) -> dict[str, list[Any]]:
        """Return series of one moment, of none, of one channel, of many, without a spread."""
        long, none = torch.linspace(-1, 1, 50), torch.ones(0, dtype=torch.bool)
        return {
            "no_moment": [Series(torch.zeros(2, 0), np.zeros(0), mask=none)],
            "one_moment": [Series(long[:1, None], [0.5], mask=torch.tensor([False])), Series(long[:2, None])],
            "one_channel": [Series(long[None]), Series(long, rate=10.0), Series(long.numpy())],
            "many_channels": [Series(long[:, None].repeat(1, 7), mask=torch.ones(50, 7, dtype=torch.bool))],
            "constant": [Series(torch.zeros(2, 30)), Series(torch.full((2, 30), 1e6), label="flat")],
        }

    def heat(self, sample: augreg.Sample) -> np.ndarray | None:
        """Draw a row of squares per channel, the first one on top; gaps are as 0."""
        assert isinstance(sample, Series)
        values = np.nan_to_num(_row(sample.data, Hints(nonfinite=True))[0].numpy().astype(np.float64))
        return np.repeat(values[::-1], max(1, 24 // max(1, len(values))), axis=0) if values.size else None


def _row(data: Any, hints: Hints) -> tuple[torch.Tensor, Callable[[torch.Tensor], Any]]:
    """Return the values as (C, T), and what gives their kind back."""
    if hints.layout not in (None, "CT"):
        return read_as_said(data, hints, "CT", _row)
    tensor = as_tensor(data, WHAT)
    if tensor.dtype not in DTYPES:
        raise augreg.SampleError(
            f"{WHAT} has dtype {tensor.dtype}; expected float32 or float64. "
            "Convert it, e.g. torch.as_tensor(x).float()."
        )
    if tensor.ndim not in (1, 2):
        raise augreg.SampleError(f"{WHAT} has shape {tuple(tensor.shape)}; expected (C, T), or (T,) for one channel.")
    check_values(tensor, WHAT, hints)  # refuses NaN, unless every step lets it pass
    if tensor.ndim == 2:
        return tensor, lambda row: restore_like(data, row)
    return tensor[None], lambda row: restore_like(data, row[0])


def _wrap_sample(series: Series, hints: Hints) -> Wrapped:
    row, back = _row(series.data, hints)
    targets = series.targets
    mask = None if series.mask is None else _mask(series.mask, row)
    if mask is not None:
        targets["mask"] = mask
    stamps = None if series.timestamps is None else _stamps(series.timestamps, row)

    def restore(result: Result) -> Series:
        changed = dict(result.targets)
        if mask is not None:
            changed["mask"] = restore_like(series.mask, changed["mask"])
        if stamps is not None:
            changed["timestamps"] = restore_like(series.timestamps, result.extras["timestamps"])
        rate = None if math.isnan(result.rate) else result.rate
        return series.changed(data=back(result.row), rate=rate, **changed)

    return Wrapped(row, restore, _rate(series.rate), targets, series.key, {"timestamps": stamps})


def _rate(rate: float | None) -> float:
    if rate is None:
        return math.nan
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 < rate < math.inf:
        raise augreg.SampleError(f"rate={rate!r} is not a positive number of measurements per second; give e.g. 50.0.")
    return float(rate)


def _mask(given: Any, row: torch.Tensor) -> torch.Tensor:
    mask = as_tensor(given, "mask")
    if mask.dtype != torch.bool and mask.numel():
        raise augreg.SampleError(f"mask has dtype {mask.dtype}; it says which values are valid, so give booleans.")
    if mask.shape not in (row.shape, row.shape[-1:]):
        wanted = f"{tuple(row.shape[-1:])} or {tuple(row.shape)}"
        raise augreg.SampleError(f"mask has shape {tuple(mask.shape)}; a series of this length needs {wanted}.")
    return mask


def _stamps(given: Any, row: torch.Tensor) -> torch.Tensor:
    stamps = as_tensor(given, "timestamps")
    if stamps.shape != row.shape[-1:]:
        moments = row.shape[-1]
        raise augreg.SampleError(f"timestamps have shape {tuple(stamps.shape)}; give one per moment, ({moments},).")
    if not torch.isfinite(stamps).all() or (stamps[1:] < stamps[:-1]).any():
        raise augreg.SampleError("timestamps are not ascending numbers of seconds. Sort the series by time first.")
    return stamps
