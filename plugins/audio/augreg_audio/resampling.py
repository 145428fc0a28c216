"""Resampling by any ratio: one forward and one inverse FFT of well-factoring lengths, per row."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import scipy.fft
import torch

Array = np.ndarray

MARGIN: Final = 256
"""Frames of silence behind the signal, so that the end does not ring into the beginning."""

PASS: Final = 0.94
"""Up to this share of the lower of both Nyquist frequencies nothing is damped; above, a raised cosine falls to 0."""


@lru_cache(maxsize=8)
def smooth_numbers(limit: int) -> Array:
    """Return all numbers up to ``limit`` whose prime factors are at most 13, int64, ascending."""
    found = np.ones(1, dtype=np.int64)
    for prime in (2, 3, 5, 7, 11, 13):
        powers = prime ** np.arange(int(np.log(limit) / np.log(prime)) + 1, dtype=np.int64)
        found = np.outer(found, powers).ravel()
        found = found[found <= limit]
    return np.sort(found)


@lru_cache(maxsize=4096)
def sizes(frames: int, factor: float) -> tuple[int, int]:
    """Return FFT lengths (N, M), both quick to transform, with N / M closest to ``factor``.

    N has room for ``frames`` and the margin. From 0.5 s at 16 kHz on the ratio is right within 6e-4, one cent, and
    typically within 4e-5.
    """
    least = frames + MARGIN * (1 if factor <= 1 else int(np.ceil(factor)))
    limit = 1 << int(np.ceil(np.log2(1.2 * least * max(1.0, 1.0 / factor)))) + 1
    table = smooth_numbers(limit)
    ends = np.searchsorted(table, (least, max(1.125 * least, least + 64)))
    inputs = table[ends[0] : ends[1]]
    wanted = inputs / factor
    right = np.searchsorted(table, wanted).clip(1, len(table) - 1)
    outputs = np.where(table[right] - wanted < wanted - table[right - 1], table[right], table[right - 1])
    best = int(np.argmin(np.abs(outputs / wanted - 1.0)))
    return int(inputs[best]), int(outputs[best])


def output_frames(frames: Array, factor: Array) -> Array:
    """Return the length of ``frames`` played ``factor`` times as fast, int64 (n,), at least 1 for any sound."""
    return np.where(frames > 0, np.maximum(np.floor(frames / factor + 0.5).astype(np.int64), 1), 0)


def taper(bins: int) -> tuple[int, Array]:
    """Return from which bin on the common bins of both spectra are damped, and by what, float64 (bins - first,)."""
    first = int(PASS * (bins - 1)) + 1
    place = np.arange(first, bins) / max(bins - 1, 1)
    return first, 0.5 + 0.5 * np.cos((place - PASS) * (np.pi / (1.0 - PASS)))


def resample_row(x: Array, factor: float, frames: int) -> Array:
    """Return (channels, frames) of x (channels, L) read ``factor`` times as fast."""
    before, after = sizes(x.shape[-1], factor)
    bins = min(before, after) // 2 + 1
    spectrum = scipy.fft.rfft(x, n=before, axis=-1)[:, :bins]
    first, damping = taper(bins)
    spectrum[:, first:] *= damping.astype(x.dtype)
    made = scipy.fft.irfft(spectrum, n=after, axis=-1)[:, :frames]
    made *= x.dtype.type(after / before)
    result: Array = made
    return result


def resample_batch(x: torch.Tensor, lengths: Array, factors: Array, after: Array) -> torch.Tensor:
    """Return every row of x (n, channels, frames) read by its own factor, padded to the longest result."""
    out = x.new_zeros((*x.shape[:-1], int(after.max(initial=0))))
    made = []
    for i, (frames, factor, wanted) in enumerate(zip(lengths.tolist(), factors.tolist(), after.tolist(), strict=True)):
        if not frames:
            made.append(out[i])
            continue
        size, target = sizes(frames, factor)
        bins = min(size, target) // 2 + 1
        first, damping = taper(bins)
        weights = torch.full((bins,), target / size, dtype=x.dtype, device=x.device)
        weights[first:] *= torch.from_numpy(damping).to(x.device, x.dtype)
        spectrum = torch.fft.rfft(x[i, :, :frames], n=size)[:, :bins] * weights
        row = torch.fft.irfft(spectrum, n=target)[:, :wanted]
        made.append(torch.nn.functional.pad(row, (0, out.shape[-1] - wanted)))
    return torch.stack(made)
