"""Kernel: every output frame a weighted sum of the clip's frames."""

from __future__ import annotations

import numpy as np
import torch

from augreg.kernel import empty
from augreg_video.cuts import Floats
from augreg_video.gather import layout

_PIXELS_AT_ONCE = 1 << 16
"""Pixels at a time: as floats they stay in a core's cache for clips of usual length."""


def weighted_frames(clip: torch.Tensor, weights: Floats) -> torch.Tensor:
    """Return ``weights @ frames`` for a clip (T, ...), in its dtype and memory layout; weights are (T_out, T).

    Integers are rounded and clipped. Clips that need gradients keep them.
    """
    if clip.requires_grad or clip.device.type != "cpu":
        matrix = torch.as_tensor(weights, dtype=torch.float32, device=clip.device)
        mixed = torch.einsum("st,t...->s...", matrix, clip.float())
        return as_dtype(mixed, clip.dtype)
    axes = (0, *layout(clip))
    source = clip.permute(axes)
    shape = (len(weights), *source.shape[1:])
    flat, out = source.reshape(len(clip), -1), empty(shape, clip.dtype)
    target = out.view(len(weights), -1)
    matrix = torch.as_tensor(weights, dtype=torch.float32)
    for start in range(0, flat.shape[1], _PIXELS_AT_ONCE):
        part = slice(start, start + _PIXELS_AT_ONCE)
        target[:, part] = as_dtype(matrix @ flat[:, part].float(), clip.dtype)
    return out.permute(*np.argsort(axes).tolist())


def as_dtype(values: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Return floats in a dtype: rounded and clipped to its range if it is an integer one."""
    if dtype.is_floating_point:
        return values.to(dtype)
    return values.round().clamp(0, torch.iinfo(dtype).max).to(dtype)
