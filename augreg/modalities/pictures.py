"""What pictures may be: dtypes, sizes and values; and which bare arrays do not say whether they are one."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch

from augreg.errors import SampleError
from augreg.modalities.base import Hints
from augreg.modalities.scale import TAKEN, WHOLE, scale_of
from augreg.modalities.values import check_values

DTYPES: Final = frozenset((torch.uint8, torch.uint16, torch.float16, torch.bfloat16, torch.float32, torch.float64))


def swapped(row: torch.Tensor | np.ndarray) -> bool:
    """Whether a picture taken as (C, H, W) has most likely its axes in the other order.

    Three or four columns (of an array: rows) beside more channels and rows than that could be a sliver of a
    hyperspectral picture, but hardly ever are.
    """
    channels, height, width = row.shape
    return channels > 16 and ((width in (3, 4) and height > 16) or (height in (1, 3, 4) and width > 16))


MOST_CHANNELS: Final = 64
"""More of them than satellites have bands are, most likely, a stack or other axes; they must be said."""


def doubts(row: torch.Tensor) -> bool:
    """Whether a bare picture taken as (C, H, W) may well have its axes in another order, or be a stack."""
    channels, height, width = row.shape
    return channels > MOST_CHANNELS or (channels > 4 and (width in (3, 4) or height in (3, 4)))


def unsaid(row: torch.Tensor, given: Any) -> SampleError:
    """Return the error for a bare picture whose axes nobody named, and which may well have them in another order."""
    shape, tensor = tuple(given.shape), isinstance(given, torch.Tensor)
    usual, other = ("CHW", "HWC") if tensor else ("HWC", "CHW")
    return SampleError(
        f"image {type(given).__name__} of shape {shape} may be a picture of {row.shape[0]} channels ({usual}), or one "
        f"of other axes. Pass layout={usual!r} or layout={other!r}; a stack by itself with layout='NHW'."
    )


def unknown_dtype(dtype: torch.dtype, what: str) -> SampleError:
    """Return the error for a dtype that no picture has, with what loses nothing."""
    known = f"{what} has dtype {dtype}; expected uint8, uint16, or float16/float32 in [0, 1]."
    if dtype in WHOLE:
        return SampleError(
            f"{known} Say which values are black and white: options={{'range': [low, high]}}, such as [-1024, 3071] "
            "for Hounsfield units, and it comes back in its own dtype and units."
        )
    if dtype is torch.bool:
        return SampleError(
            f"{known} Give a mask as such, augreg.Image(picture, masks=mask); or {what}.to(torch.uint8)."
        )
    if not dtype.is_complex:  # of eight bits, or quantized
        return SampleError(f"{known} Convert it: {what}.{'float' if dtype.is_floating_point else 'dequantize'}().")
    return SampleError(f"{known} Give its parts or magnitudes as floating-point numbers with options={{'range': ...}}.")


def check_image(row: torch.Tensor, hints: Hints, *, first: bool = True) -> None:
    """Refuse dtypes and sizes that no image has, and values that are not numbers; ``first``: it came as (C, H, W)."""
    scale = scale_of(hints.options)
    if row.dtype not in (DTYPES if scale is None else TAKEN):
        raise unknown_dtype(row.dtype, "image")
    if not row.numel():
        raise SampleError(f"image has no pixels: shape (C, H, W) = {tuple(row.shape)}.")
    if hints.layout is None and swapped(row):
        channels, height, width = row.shape
        raise SampleError(
            f"image tensor of shape {(channels, height, width)} looks like (H, W, C), but tensors are (C, H, W). "
            "Pass layout='HWC', or give image.permute(2, 0, 1)."
            if first
            else f"image array of shape {(height, width, channels)} looks like (C, H, W), but arrays are (H, W, C). "
            "Pass layout='CHW', or give image.transpose(1, 2, 0)."
        )
    # Of a picture that says its range every value may be meant: what lies beyond is brighter than white.
    check_values(row, "image", hints, unit=scale is None)
