"""Looks at the values of rows: NaN and infinity, and pictures that are not in 0..1, before a step relies on them."""

from __future__ import annotations

import math
from typing import Final

import torch

from augreg.errors import SampleError
from augreg.modalities.base import Hints

FAR: Final = 3.0
"""Mean above which a picture is none in [0, 1]. Normalised ones stay below it, those in 0..255 above unless black."""


LOUDEST: Final = 100.0
"""Peak of a sound above which its full scale is not 1: 40 dB more than a file can hold. int16 that was only converted
to floats is above it, unless it is as good as silent."""

NEAR: Final = 1 / 255
"""How far beyond [0, 1] values may lie that a step cuts off: one level of eight bits, as rounding leaves them."""


def sound_values(row: torch.Tensor, hints: Hints, *, unit: bool = False) -> bool:
    """Whether :func:`check_values` has nothing against a row."""
    try:
        check_values(row, "sample", hints, unit=unit)
    except SampleError:
        return False
    return True


def check_values(row: torch.Tensor, what: str, hints: Hints, *, unit: bool = False) -> None:
    """Refuse NaN and infinity in floating-point data on the CPU (on a device the look would cost a wait).

    With ``unit``, values should lie in [0, 1]: data that reaches far beyond on the average is refused, too.

    Raises:
        SampleError: the data holds what it must not, or is no dense tensor with memory.

    >>> import torch
    >>> from augreg.kernel import check_values
    >>> from augreg.modalities import Hints
    >>> check_values(torch.tensor([0.0, float("nan")]), "the sound", Hints())
    Traceback (most recent call last):
        ...
    augreg.errors.SampleError: the sound holds NaN or infinity at 1 of 2 places. Clean it first, ...

    """
    if row.layout != torch.strided or row.is_meta:
        raise SampleError(
            f"{what} is on the meta device, where tensors have a shape and no values. Give one on the CPU or a GPU."
            if row.is_meta
            else f"{what} is laid out as {row.layout}; give a dense tensor, e.g. data.to_dense()."
        )
    if not row.is_floating_point() or row.device.type != "cpu" or row.numel() == 0:
        return
    if hints.full_scale:
        _check_scale(row, what, hints)
        return
    if hints.nonfinite and (hints.any_values or not unit):
        return
    if unit and hints.clips:
        _check_unit(row, what, hints)
        return
    # A sum is one cheap pass, and NaN and infinity survive it; only a hit pays for the exact look.
    total = (row if row.dtype.itemsize > 2 else row.to(torch.float32)).sum().item()  # 65504 ends float16
    if math.isfinite(total):
        if unit and not hints.any_values and total > FAR * row.numel():
            _refuse_range(row, what)
    elif not hints.nonfinite:
        _refuse_nonfinite(row, what)


def _check_scale(row: torch.Tensor, what: str, hints: Hints) -> None:
    """Refuse sounds in other units than full scale, which a step takes for 1. Smallest and largest show NaN, too."""
    low, high = (float(end) for end in torch.aminmax(row.detach()))
    if not (math.isfinite(low) and math.isfinite(high)):
        if not hints.nonfinite:
            _refuse_nonfinite(row, what)
        return
    if max(-low, high) <= LOUDEST:
        return
    raise SampleError(
        f"{what} has dtype {row.dtype} and values from {low:.4g} to {high:.4g}, and {hints.full_scale} takes 1 for "
        "full scale: it would clip all of it, or change nothing. Divide it by 32768 if it was int16, or give it as "
        "int16; or leave the step out."
    )


def _check_unit(row: torch.Tensor, what: str, hints: Hints) -> None:
    """Refuse values that a step would cut off. Smallest and largest are found in one pass, and show NaN, too."""
    low, high = (float(end) for end in torch.aminmax(row.detach()))
    if not (math.isfinite(low) and math.isfinite(high)):
        if not hints.nonfinite:
            _refuse_nonfinite(row, what)
        return
    if low >= -NEAR and high <= 1.0 + NEAR:
        return
    if high > 1.0 + NEAR and row.to(torch.float32).sum().item() > FAR * row.numel():
        _refuse_range(row, what)
    raise SampleError(
        f"{what} has dtype {row.dtype} and values from {low:.4g} to {high:.4g}, and {hints.clips} cuts off what is not "
        f"from 0 to 1. Say which values are black and white, options={{'range': [low, high]}}, such as "
        f"[{math.floor(low)}, {math.ceil(high)}] here; or leave the step out."
    )


def _refuse_range(row: torch.Tensor, what: str) -> None:
    scale = "65535" if row.max() > 255 else "255"
    raise SampleError(
        f"{what} has dtype {row.dtype} and values up to {row.max().item():g}; floating-point {what}s hold 0 to 1. "
        f"Divide it by {scale}, or convert it to uint8; if another value is white, say so: "
        f"options={{'range': [0, {math.ceil(row.max().item())}]}}."
    )


def _refuse_nonfinite(row: torch.Tensor, what: str) -> None:
    bad = ~torch.isfinite(row)
    if bad.any():
        raise SampleError(
            f"{what} holds NaN or infinity at {int(bad.sum())} of {row.numel()} places. "
            "Clean it first, e.g. with torch.nan_to_num."
        )
