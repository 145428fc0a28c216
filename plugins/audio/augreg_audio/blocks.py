"""Linear convolution by overlap-save: blocks of one FFT size per row, chosen from that row alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.fft
import torch

Array = np.ndarray


class Plan(NamedTuple):
    """How one row is cut up: FFT size, frames that one block contributes, number of blocks."""

    size: int
    hop: int
    count: int

    @property
    def tail(self) -> int:
        """Frames of the past that every block sees."""
        return self.size - self.hop


def plan(frames: int, tail: int) -> Plan:
    """Return the blocks for ``frames`` of signal and a response that is over after ``tail`` frames.

    Nothing else goes in, so a row is computed alike whatever stands beside it. A quarter of a block repeats the
    past; a short signal is one block. Small blocks stay in the processor's cache.
    """
    whole = 1 << max(5, (frames + tail - 1).bit_length())
    size = 1 << max(12, (4 * tail - 1).bit_length())
    if whole <= size:
        return Plan(whole, frames, 1)
    hop = size - size // 4
    return Plan(size, hop, -(-frames // hop))


def convolve_row(x: Array, at: Plan, spectrum: Array) -> Array:
    """Return (channels, frames) of x filtered by a response (bins,) or (channels, bins); zero before the start."""
    channels, frames = x.shape
    padded = np.zeros((channels, at.tail + at.count * at.hop), dtype=x.dtype)
    padded[:, at.tail : at.tail + frames] = x
    step = padded.strides[1]
    shape = (channels, at.count, at.size)
    framed = np.lib.stride_tricks.as_strided(padded, shape, (padded.strides[0], at.hop * step, step), writeable=False)
    spectra = scipy.fft.rfft(framed, axis=-1)
    spectra *= spectrum if spectrum.ndim == 1 else spectrum[:, None, :]
    made = scipy.fft.irfft(spectra, n=at.size, axis=-1, overwrite_x=True)
    return made[..., at.tail :].reshape(channels, -1)[:, :frames]


def convolve_batch(
    x: torch.Tensor, plans: list[Plan], spectrum: Callable[[list[int], int], torch.Tensor]
) -> torch.Tensor:
    """Return every row of x (n, channels, frames) filtered by its own response; rows of one FFT size go together.

    ``spectrum(rows, size)`` gives the responses of some rows, (rows, 1 or channels, size // 2 + 1).
    """
    out = torch.zeros_like(x)
    for size, tail in sorted({(p.size, p.tail) for p in plans}):
        rows = [i for i, p in enumerate(plans) if (p.size, p.tail) == (size, tail)]
        index = torch.as_tensor(rows, device=x.device)
        count, hop = max(plans[i].count for i in rows), size - tail
        padded = torch.nn.functional.pad(x[index], (tail, max(0, count * hop - x.shape[-1])))
        framed = padded[..., : tail + count * hop].unfold(-1, size, hop)
        spectra = torch.fft.rfft(framed) * spectrum(rows, size)[:, :, None, :]
        made = torch.fft.irfft(spectra, n=size)[..., tail:].flatten(-2)
        frames = min(made.shape[-1], x.shape[-1])
        out = out.index_add(0, index, torch.nn.functional.pad(made[..., :frames], (0, x.shape[-1] - frames)))
    return out


def fast_size(frames: int) -> int:
    """Return an FFT size of at least ``frames`` (and 32): 2^k times 32, 36, 40, 45, 48, 50, 54 or 60, over 32."""
    octave = 1 << max(5, (max(frames, 1) - 1).bit_length() - 1)
    return next(octave * step // 32 for step in (32, 36, 40, 45, 48, 50, 54, 60, 64) if octave * step // 32 >= frames)
