"""Masks in the shape of clouds: the highest places of noise in which low frequencies dominate."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from augreg.kernel import noise
from augreg_image.kernels import keyed_noise
from augreg_image.kernels.warp_torch import upload

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


# A few sizes only: the numbers of a large picture take as much memory as the picture.
@lru_cache(maxsize=4)
def amplitudes(height: int, width: int, decay: float) -> Floats:
    """Return one over the frequency to the power of ``decay``, (H, W // 2 + 1); the mean counts as the lowest one."""
    rows, columns = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
    found: Floats = np.maximum(np.hypot(rows, columns), 1.0 / max(height, width)) ** -decay
    return found


def soft_noise(key: int, size: tuple[int, int], decay: float) -> Floats:
    """Return noise (H, W) of a key whose amplitudes fall with the frequency."""
    scale = amplitudes(*size, decay)
    numbers = keyed_noise.normals(key, (*scale.shape, 2)).astype(np.float64)
    return np.fft.irfft2(numbers.view(np.complex128)[..., 0] * scale, s=size)


def highest(field: Floats, count: int) -> Flags:
    """Return a mask of the ``count`` highest places of a field (H, W); of equal ones the first are taken."""
    values = field.ravel()
    if not count:
        return np.zeros(field.shape, dtype=bool)
    least = np.partition(values, values.size - count)[values.size - count]
    found: Flags = values > least
    ties = np.flatnonzero(values == least)
    found[ties[: count - int(np.count_nonzero(found))]] = True
    return found.reshape(field.shape)


def highest_on_device(
    keys: NDArray[np.int64], counts: NDArray[np.int64], size: tuple[int, int], decay: float, device: torch.device
) -> torch.Tensor:
    """Return masks (n, H, W) of the ``counts`` highest places of the :func:`soft_noise` of keys, made on a device.

    They hold as many pixels as those of the CPU. The numbers are float32 there, so that single pixels along the edges
    may be others.
    """
    fields = _fields(keys, size, decay, device).flatten(1)
    order = fields.sort(dim=1, descending=True, stable=True).indices
    first = torch.arange(fields.shape[1], device=device) < upload(counts, fields, torch.int64)[:, None]
    return torch.zeros_like(first).scatter_(1, order, first).view(len(keys), *size)


def _fields(keys: NDArray[np.int64], size: tuple[int, int], decay: float, device: torch.device) -> torch.Tensor:
    scale = amplitudes(*size, decay)
    numbers = noise.normal(keys, (*scale.shape, 2), device)
    half = torch.view_as_complex(numbers * upload(scale / scale.max(), numbers)[..., None])
    # Sample by sample: a transform of many at once may round in another way than that of one.
    columns = torch.view_as_real(torch.stack([torch.fft.ifft(one, dim=0) for one in half]))
    # Real numbers have no imaginary part there. NumPy drops what random numbers put in, cuFFT may add it to the result.
    columns[:, :, 0, 1] = 0
    if size[1] % 2 == 0:
        columns[:, :, -1, 1] = 0
    return torch.stack([torch.fft.irfft(one, n=size[1], dim=1) for one in torch.view_as_complex(columns)])
