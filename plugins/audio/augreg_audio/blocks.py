"""Linear convolution by overlap-save: blocks of one FFT size per row, chosen from that row alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import scipy.fft
import torch

Array = np.ndarray


class BlockPlan(NamedTuple):
    """How one row is cut up: FFT size, frames that one block contributes, number of blocks."""

    size: int
    hop: int
    blocks: int

    @property
    def tail(self) -> int:
        """Frames of the past that every block sees."""
        return self.size - self.hop


FFT_SIZES: Final = tuple(sorted(m << k for k in range(5, 25) for m in (32, 36, 40, 45, 48, 50, 54, 60)))
"""FFT sizes without large prime factors, at most an eighth apart."""

LANES: Final = 4
"""Transforms that are computed side by side: counts of blocks are rounded up to this."""

SIDE_BY_SIDE_COST: Final = 0.6
"""What one of them costs, relative to a transform on its own."""


@lru_cache(maxsize=4096)
def plan(frames: int, tail: int) -> BlockPlan:
    """Return the cheapest blocks for ``frames`` of signal and a response that is over after ``tail`` frames.

    Nothing else goes in, so a row is computed alike whatever stands beside it. The tail is rounded up to 1.4-fold
    steps, so that few sizes occur in one batch. Small blocks stay in the processor's cache.
    """
    past = next((t << k) // 2 for k in range(5, 40) for t in (2, 3) if (t << k) // 2 >= tail)
    whole = next(size for size in FFT_SIZES if size >= frames + past)
    best, least = BlockPlan(whole, frames, 1), whole * math.log2(whole)
    for size in FFT_SIZES:
        if size > 16 * max(past, 512) or size >= whole:
            break
        hop = size - past
        if hop < size // 4:
            continue
        count = -(-frames // hop)
        cost = (-(-count // LANES) * LANES) * size * math.log2(size) * SIDE_BY_SIDE_COST
        if cost < least:
            best, least = BlockPlan(size, hop, count), cost
    return best


def convolve_row(x: Array, at: BlockPlan, spectrum: Array) -> Array:
    """Return (channels, frames) of x filtered by a response (bins,) or (channels, bins); zero before the start."""
    channels, frames = x.shape
    padded = np.zeros((channels, at.tail + at.blocks * at.hop), dtype=x.dtype)
    padded[:, at.tail : at.tail + frames] = x
    step = padded.strides[1]
    shape = (channels, at.blocks, at.size)
    framed = np.lib.stride_tricks.as_strided(padded, shape, (padded.strides[0], at.hop * step, step), writeable=False)
    spectra = scipy.fft.rfft(framed, axis=-1)
    spectra *= spectrum if spectrum.ndim == 1 else spectrum[:, None, :]
    made = scipy.fft.irfft(spectra, n=at.size, axis=-1, overwrite_x=True)
    result: Array = made[..., at.tail :].reshape(channels, -1)[:, :frames]
    return result


def convolve_batch(
    x: torch.Tensor, plans: list[BlockPlan], spectrum: Callable[[list[int], int], torch.Tensor]
) -> torch.Tensor:
    """Return every row of x (n, channels, frames) filtered by its own response; rows of one FFT size go together.

    ``spectrum(rows, size)`` gives the responses of some rows, (rows, 1 or channels, size // 2 + 1).
    """
    out = torch.zeros_like(x)
    for size, tail in sorted({(p.size, p.tail) for p in plans}):
        rows = [i for i, p in enumerate(plans) if (p.size, p.tail) == (size, tail)]
        index = torch.as_tensor(rows, device=x.device)
        count, hop = max(plans[i].blocks for i in rows), size - tail
        padded = torch.nn.functional.pad(x[index], (tail, max(0, count * hop - x.shape[-1])))
        framed = padded[..., : tail + count * hop].unfold(-1, size, hop)
        spectra = torch.fft.rfft(framed) * spectrum(rows, size)[:, :, None, :]
        made = torch.fft.irfft(spectra, n=size)[..., tail:].flatten(-2)
        frames = min(made.shape[-1], x.shape[-1])
        out = out.index_add(0, index, torch.nn.functional.pad(made[..., :frames], (0, x.shape[-1] - frames)))
    return out


def fast_size(frames: int) -> int:
    """Return an FFT size of at least ``frames`` that factors well."""
    return next(size for size in FFT_SIZES if size >= frames)
