"""The control signals of :mod:`augreg_audio.control` for a batch on a device, (n, steps), without loops over time.

Recursions go by spans that double: a few operations on everything instead of one per step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch.nn.functional import pad

Combine = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def peaks(x: torch.Tensor, step: int) -> torch.Tensor:
    """Return the largest magnitude of x (n, channels, frames) in every ``step`` frames, (n, steps)."""
    steps = -(-x.shape[-1] // step)
    whole = pad(x.abs().amax(1), (0, steps * step - x.shape[-1]))
    return torch.amax(whole.reshape(len(x), steps, step), -1)


def above(levels: torch.Tensor, limits: torch.Tensor) -> torch.Tensor:
    """Return the logarithm of how far peaks (n, steps) are above limits (n, 1); 0 below, and where the limit is 0."""
    inverse = torch.where(limits > 0, 1.0 / limits, 0.0).clamp(max=torch.finfo(levels.dtype).max)
    return (levels * inverse.to(levels.dtype)).clamp(min=1.0).log()


def held(reduction: torch.Tensor, release: Sequence[float]) -> torch.Tensor:
    """Return reductions (n, steps) that fall no faster than exponentially over ``release`` steps, one per row."""
    return _recursion(reduction, release, torch.maximum)


def smoothed(reduction: torch.Tensor, attack: Sequence[float]) -> torch.Tensor:
    """Return reductions (n, steps) that follow with a time constant of ``attack`` steps, one per row."""
    gain = [-math.expm1(-1.0 / max(a, 1e-3)) for a in attack]
    return _recursion(reduction * _column(gain, reduction), attack, torch.add)


def _recursion(values: torch.Tensor, time: Sequence[float], combine: Combine) -> torch.Tensor:
    """Return y[k] = combine(v[k], exp(-1 / time) y[k - 1])."""
    decay, width = np.asarray([math.exp(-1.0 / max(t, 1e-3)) for t in time]), 1
    while width < values.shape[1]:
        later = combine(values[:, width:], values[:, :-width] * _column(decay, values))
        values = torch.cat([values[:, :width], later], dim=1)
        decay, width = decay * decay, 2 * width
    return values


def anticipated(reduction: torch.Tensor, ahead: Sequence[int]) -> torch.Tensor:
    """Return reductions (n, steps) that rise before they are needed, over ``ahead`` steps, one number per row."""
    steps, most = reduction.shape[1], max(ahead)
    counts = torch.as_tensor(list(ahead), device=reduction.device)[:, None]
    here = torch.arange(steps, device=reduction.device)
    span, largest, width = pad(reduction, (0, most - 1)), reduction, 1
    while width <= most:
        two = torch.maximum(span[:, :steps], span.gather(1, (here + counts - width).clamp(0, span.shape[1] - 1)))
        largest = torch.where((counts >= width) & (counts < 2 * width), two, largest)
        span = torch.maximum(span, pad(span[:, width:], (0, width)))
        width *= 2
    total = pad(largest.double().cumsum(1), (1, 0))
    sums = total[:, 1:] - total.gather(1, (here + 1 - counts).clamp(min=0))
    return (sums / torch.minimum(here + 1, counts)).to(reduction.dtype)


def faded(x: torch.Tensor, reduction: torch.Tensor, counts: Sequence[int], step: int) -> torch.Tensor:
    """Return x (n, channels, frames) with gains that run linearly from one step to the next.

    They are nowhere higher than the reductions (n, steps) say. The first ``counts`` steps of a row are its own.
    """
    ends = torch.maximum(pad(reduction, (1, 0)), pad(reduction, (0, 1)))
    last = torch.as_tensor(list(counts), device=x.device)[:, None]
    final = reduction.gather(1, (last - 1).clamp(min=0))
    gain = torch.where(torch.arange(ends.shape[1], device=x.device) == last, final, ends).neg().exp()[..., None]
    ramp = torch.arange(step, device=x.device, dtype=x.dtype) / step
    curve = (gain[:, :-1] * (1.0 - ramp) + gain[:, 1:] * ramp).flatten(1)
    return x * curve[:, None, : x.shape[-1]]


def _column(values: Sequence[float] | np.ndarray, like: torch.Tensor) -> torch.Tensor:
    return torch.as_tensor(np.asarray(values), device=like.device).to(like.dtype)[:, None]
