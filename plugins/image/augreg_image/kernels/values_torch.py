"""Color, lookups and normalization in batched torch, for CUDA, on (B, C, H, W)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from augreg_image.kernels.layout import white_value
from augreg_image.kernels.tone_curves import DrawnCurve, tables
from augreg_image.kernels.warp_torch import settle, upload

Floats = NDArray[np.float64]
Tensor = torch.Tensor


def color(images: Tensor, gain: Floats, by_mean: Floats, offset: Floats) -> Tensor:
    """Return ``gain @ x + by_mean @ mean(x) + offset`` per image, clipped; maps as in the CPU kernel, (B, k, k)."""
    white = white_value(images.dtype)
    n, channels = images.shape[:2]
    wide = images.float().reshape(n, channels, -1)
    shift = upload(offset * white, wide)[..., None]
    if by_mean.any():
        means = wide.mean(dim=2, keepdim=True)
        if gain.shape[1] == 1:
            means = means.mean(dim=1, keepdim=True)
        shift = shift + upload(by_mean, wide) @ means
    maps = upload(gain, wide)
    found = wide * maps + shift if gain.shape[1] == 1 else torch.baddbmm(shift, maps, wide)
    return settle(found.clamp_(0.0, white), images.dtype).view(images.shape)


def lookup(images: Tensor, curves: Sequence[DrawnCurve]) -> Tensor:
    """Apply every sample's chain of curves."""
    n = len(images)
    if images.dtype in (torch.uint8, torch.uint16):
        entries = int(white_value(images.dtype)) + 1
        found = upload(tables(curves, entries), images, torch.int32)
        flat = images.reshape(n, -1).to(torch.int64)
        return found.gather(1, flat).to(images.dtype).view(images.shape)
    values = images.float().clamp(0.0, 1.0)
    rows = []
    for i in range(n):
        row = values[i]
        for curve, params, active in curves:
            row = curve(row, params[i].tolist()).clamp(0.0, 1.0) if active[i] else row
        rows.append(row)
    return torch.stack(rows).to(images.dtype)


def normalize(images: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """Return float32 ``(x / white - mean) / std``."""
    deviation = np.asarray(std)
    wide = images.float()
    gain = upload(1.0 / (deviation * white_value(images.dtype)), wide).view(1, -1, 1, 1)
    return wide * gain + upload(-np.asarray(mean) / deviation, wide).view(1, -1, 1, 1)
