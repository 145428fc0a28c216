"""Other dtypes for the values of pictures, as torchvision's ``to_dtype`` makes them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch

from augreg_image.kernels.layout import Array, split, white_value

ALMOST_ONE: Final = 1.0 - 1e-3
"""Values 0 to 1 are multiplied by 255 and this and cut: so all 256 levels get about equal shares of them, and 1 is 255.
The figure is torchvision's."""


LIMITS: Final = {"uint8": (0.0, 255.0), "float16": (-65504.0, 65504.0)}
"""What a dtype can hold; float32 holds all that pictures have."""


def planes(image: Array, dtype: Any, dst: Array | None = None) -> tuple[Array, Array]:
    """Return memory for an image whose channels lie one after the other: as (C, H, W), and as (H, W, C).

    It is that of ``dst`` (H, W, C), where its channels lie so.
    """
    if dst is not None and dst.shape == image.shape and dst.dtype == dtype:
        memory = dst.transpose(2, 0, 1)
        if memory.flags.c_contiguous:
            return memory, dst
    height, width, channels = image.shape
    memory = np.empty((channels, height, width), dtype)
    return memory, memory.transpose(1, 2, 0)


def cast(image: Array, dtype: np.dtype[Any], scale: bool, *, planar: bool, dst: Array | None = None) -> Array:
    """Return an image (H, W, C) in another dtype; with ``planar`` its channels lie one after the other in memory.

    With ``scale`` white stays white: 255 becomes 1, and 1 becomes 255. Else the numbers stay, as far as the dtype has
    them.
    """
    if not planar:
        return _values(image, dtype, scale)
    memory, out = planes(image, dtype, dst)
    # Channel by channel from separate planes: numpy takes five times as long to read every third value.
    for plane, channel in zip(memory, split(image), strict=True):
        _values(channel[:, :, 0], dtype, scale, out=plane)
    return out


def _values(values: Array, dtype: np.dtype[Any], scale: bool, out: Array | None = None) -> Array:
    out = np.empty(values.shape, dtype) if out is None else out
    kinds = values.dtype.kind == "f", dtype.kind == "f"
    if not scale or kinds == (True, True):
        np.copyto(out, _within(values, dtype), casting="unsafe")
    elif kinds == (False, True):
        factor = np.float32(1.0 / white_value(values.dtype))
        np.multiply(values, factor, out=out, dtype=np.float32, casting="unsafe")  # 65535 is no float16
    elif kinds == (True, False):
        np.copyto(out, np.clip(values.astype(np.float32) * (255 + ALMOST_ONE), 0, 255), casting="unsafe")
    else:
        np.copyto(out, values >> 8, casting="unsafe")  # of sixteen bits the upper eight
    return out


def _within(values: Array, dtype: np.dtype[Any]) -> Array:
    """Return values with those cut off that a dtype does not have."""
    limits = LIMITS.get(dtype.name)
    return values if limits is None or values.dtype == np.uint8 else np.clip(values, *limits)


def cast_torch(images: torch.Tensor, dtype: torch.dtype, scale: bool) -> torch.Tensor:
    """Return images of any device in another dtype, contiguous; see :func:`cast`."""
    images = images.contiguous()
    kinds = images.is_floating_point(), dtype.is_floating_point
    if images.dtype == dtype:
        return images
    if not scale or kinds == (True, True):
        limits = LIMITS.get(str(dtype).removeprefix("torch."))
        return (images if limits is None else images.float().clamp(*limits)).to(dtype)
    if kinds == (False, True):
        return images.float().mul_(1.0 / white_value(images.dtype)).to(dtype)
    if kinds == (True, False):
        return images.float().mul(255 + ALMOST_ONE).clamp_(0, 255).to(dtype)
    return (images.to(torch.int32) >> 8).to(dtype)
