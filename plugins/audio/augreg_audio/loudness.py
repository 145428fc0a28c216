"""Integrated loudness by ITU-R BS.1770-4, of some sounds at a time on the CPU and of a batch on a device.

K-weighting, gated at -70 LUFS and at 10 LU below the mean of what passes. Channels count as the standard says, see
:data:`WEIGHTS`. Sounds shorter than a block of 0.4 s are one block.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Final

import numpy as np
import torch

from augreg_audio import biquads, recursion
from augreg_audio.waveform import VALUES_PER_DOT

Array = np.ndarray

BLOCK_SECONDS: Final = 0.4
"""Seconds of one gating block; blocks overlap by three quarters."""

SURROUND: Final = 1.41

WEIGHTS: Final = {
    5: (1.0, 1.0, 1.0, SURROUND, SURROUND),
    6: (1.0, 1.0, 1.0, 0.0, SURROUND, SURROUND),
}
"""What channels count, by how many there are: left, right, center, surround twice, and in 5.1 the bass before these,
which does not count: the order of WAV, FLAC and FFmpeg. Of other numbers nobody knows where the channels are."""

LONGEST_SOUND: Final = 1 << 30
"""Frames; what K-weighting leaves of a state is over long before."""

LUFS_OF_ONE: Final = -0.691
"""LUFS of a mean square of 1 after weighting."""

GATE: Final = 10.0 ** ((-70.0 - LUFS_OF_ONE) / 10.0)
"""Mean square of a block at the absolute gate."""


def loudness(x: Array, rate: float) -> float:
    """Return the integrated loudness of x (channels, frames) in LUFS, -inf for silence."""
    return LUFS_OF_ONE + 10.0 * math.log10(energy) if (energy := float(energies(x[None], rate)[0])) > 0 else -math.inf


def energies(x: Array, rate: float) -> Array:
    """Return the gated mean square of sounds of one length (n, channels, frames) after weighting, float64 (n,)."""
    n, channels, frames = x.shape
    weighted = np.empty(x.shape, dtype=x.dtype)
    with np.errstate(over="ignore", invalid="ignore"):  # a sound may hold infinity
        recursion.filter_row(x.reshape(n * channels, frames), weighting(rate, x.dtype), weighted.reshape(-1, frames))
        means = _blocks(weighted, _hop(rate))
        loud = means > GATE
        return _mean(means, loud & (means > 0.1 * _mean(means, loud)[:, None]))


def _blocks(weighted: Array, hop: int) -> Array:
    """Return the mean squares of blocks of 4 hops (n, blocks), every hop; of short sounds (n, channels, frames) one."""
    n, channels, frames = weighted.shape
    if frames <= 4 * hop:
        return np.asarray(_squares(weighted)[:, None] / max(frames, 1))
    hops = frames // hop
    energy = _squares(weighted[..., : hops * hop].reshape(n, channels, hops, hop))
    means: Array = (energy[:, :-3] + energy[:, 1:-2] + energy[:, 2:-1] + energy[:, 3:]) / (4 * hop)
    return means


def _squares(x: Array) -> Array:
    """Return the weighted sums of the squares of x (n, channels, ..., frames), float64; see :data:`VALUES_PER_DOT`."""
    found: Any = 0.0
    for first in range(0, x.shape[-1], VALUES_PER_DOT):
        piece = x[..., first : first + VALUES_PER_DOT]
        energy = np.vecdot(piece, piece)
        if (weights := WEIGHTS.get(x.shape[1])) is not None:
            energy = energy * np.reshape(weights, (-1, *(1,) * (energy.ndim - 2)))
        found = found + energy.sum(axis=1, dtype=np.float64)
    return np.asarray(found)


def _mean(values: Array, where: Array) -> Array:
    """Return the mean of those values of every row (n, m) that count, 0 where none does."""
    result: Array = np.where(where, values, 0.0).sum(axis=1) / np.maximum(where.sum(axis=1), 1)
    return result


def _hop(rate: float) -> int:
    return max(1, round(BLOCK_SECONDS * rate / 4))


@lru_cache(maxsize=16)
def weighting(rate: float, dtype: np.dtype[Any]) -> recursion.Tables:
    """Return the K-weighting of the standard, a shelf and a high-pass, for one sample rate."""
    one = np.ones(1)
    hertz = np.asarray([1681.974450955533]), np.asarray([38.13547087602444])
    a, q1, q2 = 10.0 ** (3.999843853973347 / 20.0), 0.7071752369554196, 0.5003270373238773
    shelf = biquads.section(
        (a * one, a**0.4996667741545416 / q1 * one, one), (one, one / q1, one), hertz[0], rate * one
    )
    cut = biquads.section((1.0, 0.0, 0.0), (1.0, 1.0 / q2, 1.0), hertz[1], rate * one)
    # The standard's high-pass numerator is 1, -2, 1 without the usual division: a little louder at all frequencies.
    warp = math.tan(math.pi * min(float(hertz[1][0]) / rate, biquads.HIGHEST_CORNER))
    scale = 1.0 + warp / q2 + warp * warp
    return recursion.tables(recursion.system(np.stack([shelf, cut], axis=1)), scale * one, LONGEST_SOUND, dtype)[0]


def energies_on_device(x: torch.Tensor, inside: torch.Tensor, lengths: Array, rate: float) -> torch.Tensor:
    """Return the same of padded rows (n, channels, frames) on a device, float64 (n,); ``inside``: (n, 1, frames)."""
    weighted = recursion.filter_batch(x, weighting(rate, np.dtype(str(x.dtype).removeprefix("torch."))))
    power = torch.where(inside, weighted, 0.0).double().square()
    if (weights := WEIGHTS.get(x.shape[1])) is not None:
        power = power * torch.tensor(weights, dtype=power.dtype, device=power.device)[:, None]
    power = power.sum(1)
    hop = _hop(rate)
    whole = torch.as_tensor(lengths, device=x.device)[:, None]
    short = power.sum(1, keepdim=True) / whole.clamp(min=1)
    hops = power.shape[-1] // hop
    if hops < 4:
        means, own = short, torch.ones_like(short, dtype=torch.bool)
    else:
        sums = power[:, : hops * hop].reshape(len(x), hops, hop).sum(-1).unfold(1, 4, 1).sum(-1) / (4 * hop)
        count, first = torch.arange(hops - 3, device=x.device) + 4, whole <= 4 * hop
        # A sound of one block is measured over all of it; it takes the place of the first.
        means = torch.where(first, short, sums)
        own = torch.where(first, count == 4, count <= whole // hop)
    passed = _mean_on_device(means, own & (means > GATE))
    return _mean_on_device(means, own & (means > GATE) & (means > 0.1 * passed))[:, 0]


def _mean_on_device(values: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    total = torch.where(where, values, 0.0).sum(1, keepdim=True)
    return total / where.sum(1, keepdim=True).clamp(min=1)
