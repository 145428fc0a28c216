"""Colored noise: spectra of white noise, shaped and transformed, four sounds at a time.

The library that transforms works on four rows side by side, in half of the time of one after the other. A row comes out
alike whatever stands beside it: short of LONG_TRANSFORM there are always four, if of nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
import scipy.fft
import torch

from augreg.kernel import noise
from augreg_audio import blocks

Array = np.ndarray

FLAT_BELOW: Final = 20.0
"""In Hz: below, the power density of colored noise is that at this frequency."""

TRANSFORMS_AT_ONCE: Final = 4
"""Sounds that are transformed together."""

LONG_TRANSFORM: Final = 1 << 18
"""Transforms of this size are not done side by side: they would not stay in the processor's cache."""


def together(lengths: Sequence[int]) -> list[list[int]]:
    """Return which sounds of these lengths are made together."""
    sizes: dict[int, list[int]] = {}
    for i, frames in enumerate(lengths):
        sizes.setdefault(blocks.fast_size(frames), []).append(i)
    most = {size: 1 if size >= LONG_TRANSFORM else TRANSFORMS_AT_ONCE for size in sizes}
    return [rows[k : k + most[size]] for size, rows in sizes.items() for k in range(0, len(rows), most[size])]


def colored(
    keys: Sequence[int], slopes: Sequence[float], rates: Sequence[float], channels: int, size: int, dtype: np.dtype[Any]
) -> Array:
    """Return noises (n, channels, size) with so many dB per octave above 20 Hz, of any power."""
    rows = 1 if size >= LONG_TRANSFORM else TRANSFORMS_AT_ONCE
    # The spectrum of white noise is white noise: it need not be made from one in time.
    parts = np.zeros((rows, channels, size // 2 + 1, 2), dtype=dtype)
    spectra = parts.view(np.result_type(dtype, np.complex64))[..., 0]
    for row, spectrum, key, slope, rate in zip(parts, spectra, keys, slopes, rates, strict=False):
        noise.normal_into(int(key), row)
        spectrum *= np.exp(octaves(size, rate, dtype.char) * dtype.type(slope * math.log(10.0) / 20.0))
    spectra[..., [0, -1]] *= dtype.type(math.sqrt(2.0))  # these two are real
    made: Array = scipy.fft.irfft(spectra, n=size, axis=-1, overwrite_x=True)
    return made[: len(keys)]


def colored_on_device(
    keys: Sequence[int], slopes: Sequence[float], rates: Sequence[float], like: torch.Tensor, lengths: Sequence[int]
) -> torch.Tensor:
    """Return the same noises for padded sounds (n, channels, frames) on a device; behind a sound comes anything."""
    out = torch.zeros_like(like)
    dtype, name = like.dtype, str(like.dtype).removeprefix("torch.")
    sizes = np.asarray([blocks.fast_size(frames) for frames in lengths])
    for size in np.unique(sizes).tolist():
        rows = np.flatnonzero(sizes == size).tolist()
        parts = noise.normal([int(keys[i]) for i in rows], (like.shape[1], size // 2 + 1, 2), like.device, dtype)
        tilt = [octaves(size, rates[i], np.dtype(name).char) * (slopes[i] * math.log(10.0) / 20.0) for i in rows]
        gain = torch.from_numpy(np.stack(tilt)).to(like.device, dtype).exp()
        gain[:, [0, -1]] *= math.sqrt(2.0)
        made = torch.fft.irfft(torch.view_as_complex(parts) * gain[:, None], n=size)[..., : like.shape[-1]]
        made = torch.nn.functional.pad(made, (0, like.shape[-1] - made.shape[-1]))
        out = out.index_copy(0, torch.as_tensor(rows, device=like.device), made)
    return out


@lru_cache(maxsize=16)
def octaves(size: int, rate: float, dtype: str) -> Array:
    """Return how many octaves above 1 kHz the bins of a real FFT are (size // 2 + 1,), below 20 Hz as at 20 Hz."""
    hertz = np.maximum(np.arange(size // 2 + 1) * (rate / size), FLAT_BELOW)
    return np.asarray(np.log2(hertz / 1000.0), dtype=dtype)
