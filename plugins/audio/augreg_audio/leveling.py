"""Gains that follow the level of the sound: what limiters and compressors have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import torch

import augreg
from augreg_audio import control, control_device, groups
from augreg_audio.waveform import Array, power

CONTROL_VALUES_AT_ONCE: Final = 1 << 16
"""Values of control signals that are worked on at once: more do not stay in the processor's cache."""


SOUNDS_AT_ONCE: Final = 32
"""Sounds that are worked on at once at the most, however short they are."""


class LevelPlan(NamedTuple):
    """What is done to n sounds; float64 (n,), times in steps of the control signal.

    Args:
        limit: amplitude above which the gain goes down, of the loudest sample if ``relative``.
        relative: see ``limit``.
        release: time constant with which a reduction falls.
        slope: share of what is above the limit that is taken away; all of it if None.
        attack: time constant with which the gain follows; at once if None.
        ahead: int64, steps before it is needed that a reduction begins, 1 for none; none if None.
        makeup: whether the RMS is brought back.

    """

    limit: Array
    relative: bool
    release: Array
    slope: Array | None = None
    attack: Array | None = None
    ahead: Array | None = None
    makeup: bool = False

    def take(self, rows: Sequence[int]) -> LevelPlan:
        """Return the plan of some rows."""
        at = np.asarray(rows, dtype=np.int64)
        slope, attack, ahead = (None if v is None else v[at] for v in (self.slope, self.attack, self.ahead))
        return LevelPlan(self.limit[at], self.relative, self.release[at], slope, attack, ahead, self.makeup)


def level_all(batch: augreg.Batch, plan: LevelPlan, step: int) -> torch.Tensor:
    """Return a batch of one rate on the CPU, some rows at a time, which is quicker than one after the other."""
    group = group_of(int(batch.lengths.max()), step)
    lists = [list(range(k, min(k + group, len(batch)))) for k in range(0, len(batch), group)]
    return groups.map_lists(batch, lists, lambda rows, xs, outs: level_rows(xs, plan.take(rows), step, outs))


def group_of(frames: int, step: int) -> int:
    """Return how many sounds of at most so many frames are worked on at once."""
    return max(1, min(CONTROL_VALUES_AT_ONCE * step // max(frames, 1), SOUNDS_AT_ONCE))


def level_rows(xs: Sequence[Array], plan: LevelPlan, step: int, outs: Sequence[Array]) -> None:
    """Fill ``outs`` from sounds (channels, frames) of one rate, none without frames; x may be its ``out``."""
    counts = [-(-x.shape[-1] // step) for x in xs]
    ahead = [1] * len(xs) if plan.ahead is None else plan.ahead.tolist()
    reduction = np.empty((len(xs), control.room_for(max(counts), max(ahead))), dtype=xs[0].dtype)
    few = max(1, groups.GROUP_BYTES // (reduction[0].nbytes * step))
    for k in range(0, len(xs), few):
        control.peaks(xs[k : k + few], step, reduction[k : k + few])
    limits = plan.limit
    if plan.relative:
        loudest = reduction.max(axis=1).astype(np.float64)
        limits = limits * np.where(loudest > 0, loudest, 1.0)
    control.above(reduction, limits.tolist())
    if plan.slope is not None:
        reduction *= plan.slope.astype(reduction.dtype)[:, None]
    reduction = control.held(reduction, plan.release.tolist())
    if plan.attack is not None:
        reduction = control.smoothed(reduction, plan.attack.tolist())
    gains = control.corners(control.anticipated(reduction, ahead), counts)
    for k in range(0, len(xs), few):
        for i, curve in enumerate(control.curves(gains[k : k + few], step), start=k):
            _faded(xs[i], curve, outs[i], plan, i)


def _faded(x: Array, curve: Array, out: Array, plan: LevelPlan, i: int) -> None:
    if plan.slope is not None and plan.slope[i] == 0.0:
        out[...] = x
        return
    before = power(x) if plan.makeup else 0.0
    np.multiply(x, curve[: x.shape[-1]], out=out)
    after = power(out) if plan.makeup else 0.0
    if after > 0:
        out *= x.dtype.type(math.sqrt(before / after))


def level_batch(x: torch.Tensor, lengths: Array, plan: LevelPlan, step: int) -> torch.Tensor:
    """Return the same of padded sounds (n, channels, frames) of one rate on a device, all at once."""
    if not x.shape[-1]:
        return x
    levels = control_device.peaks(x, step)
    limits = torch.as_tensor(plan.limit, device=x.device)[:, None]
    if plan.relative:
        loudest = levels.amax(1, keepdim=True).double()
        limits = limits * torch.where(loudest > 0, loudest, 1.0)
    reduction = control_device.above(levels, limits)
    if plan.slope is not None:
        reduction = reduction * torch.as_tensor(plan.slope, device=x.device).to(x.dtype)[:, None]
    reduction = control_device.held(reduction, plan.release.tolist())
    if plan.attack is not None:
        reduction = control_device.smoothed(reduction, plan.attack.tolist())
    if plan.ahead is not None:
        reduction = control_device.anticipated(reduction, plan.ahead.tolist())
    made = control_device.faded(x, reduction, (-(-lengths // step)).tolist(), step)
    if plan.makeup:
        before, after = (v.double().square().sum((1, 2), keepdim=True) for v in (x, made))
        made = made * torch.where(after > 0, (before / after).sqrt(), 1.0).to(x.dtype)
    if plan.slope is not None:
        made = torch.where(torch.as_tensor(plan.slope == 0.0, device=x.device)[:, None, None], x, made)
    return made
