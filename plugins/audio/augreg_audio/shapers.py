"""Memoryless distortion: clip, tanh, overdrive, bit_crush."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

import augreg
from augreg import param
from augreg_audio import groups
from augreg_audio.base import Rendered, RowAugmenter, waveform_declaration
from augreg_audio.waveform import Array, BatchWork, RowWork, column, from_db, power


@dataclass(frozen=True, kw_only=True)
class Clip(RowAugmenter):
    """Cut off the peaks of the waveform, as an overloaded input does.

    ``mode="percentile"`` cuts ``share`` of the frames of each row, channels together: the threshold is that
    quantile of |x|, so quiet sounds distort like loud ones. ``mode="level"`` cuts at ``threshold`` dB re full scale.
    """

    mode: str = param.choice("percentile", "what sets the threshold", options=("percentile", "level"))
    share: tuple[float, float] = param.interval((0.0, 0.3), "of the frames cut", low=0.0, high=1.0, unit="fraction")
    threshold: tuple[float, float] = param.interval((-20.0, -3.0), "for mode level", low=-120.0, high=0.0, unit="dB")

    inplace: ClassVar[bool] = True
    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("timbre",), level=augreg.Level("share", 0.0, 0.4), differentiable=True
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``share`` or ``threshold`` uniformly."""
        name = "share" if self.mode == "percentile" else "threshold"
        return augreg.Params(len(batch), {name: self.sample(name, rng, level)})

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> RowWork:
        """Return the function that clips a row."""
        share, fixed = self._limits(params)

        def row(i: int, x: Array, out: Array) -> None:
            limit = fixed[i] if fixed is not None else _quantile(np.abs(x).ravel(), share[i])
            np.clip(x, x.dtype.type(-limit), x.dtype.type(limit), out=out)

        return row

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> BatchWork:
        """Return the function that clips a batch."""
        share, fixed = self._limits(params)

        def batch(x: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
            if fixed is not None:
                limit = column(fixed, x.device, x.dtype)
                return x.clamp(-limit, limit)
            magnitude = torch.where(inside, x.detach().abs(), -1.0).flatten(1).sort(dim=1).values
            rank = _rank(info.lengths * x.shape[1], share)
            index = magnitude.shape[1] - info.lengths * x.shape[1] + rank
            limit = magnitude.gather(
                1, torch.as_tensor(index.clip(0, magnitude.shape[1] - 1), device=x.device)[:, None]
            )
            return x.clamp(-limit[..., None], limit[..., None])

        return batch

    def _limits(self, params: augreg.Params) -> tuple[Array, Array | None]:
        """Return the shares, and the fixed thresholds of mode "level"."""
        if "share" in params:
            return params.array("share"), None
        return np.zeros(params.n), from_db(params.array("threshold"))


def _rank(count: Any, share: Any) -> Any:
    """Return the index, in ascending order, of the value at which ``share`` of ``count`` values are cut."""
    return np.clip(np.floor((1.0 - share) * count), 1, count).astype(np.int64) - 1


def _quantile(values: Array, share: float) -> float:
    rank = int(_rank(len(values), share))
    return float(np.partition(values, rank)[rank])


@dataclass(frozen=True, kw_only=True)
class Tanh(RowAugmenter):
    """Saturate the waveform softly, keeping its loudness.

    y = tanh(g x / r) rescaled to the row's RMS, where r is that RMS: a drive of 0 dB barely touches speech, 30 dB
    makes a square wave of it. Silence stays silence.
    """

    drive: tuple[float, float] = param.interval((-6.0, 12.0), "gain into the curve", low=-60.0, high=60.0, unit="dB")

    inplace: ClassVar[bool] = True
    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("timbre",), level=augreg.Level("drive", -20.0, 24.0, identity_at_zero=False), memory=1.5
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``drive`` uniformly."""
        return augreg.Params(len(batch), drive=self.sample("drive", rng, level))

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> RowWork:
        """Return the function that saturates a row."""
        gain = from_db(params.array("drive")).tolist()

        def row(i: int, x: Array, out: Array) -> None:
            before = math.sqrt(power(x))
            np.multiply(x, gain[i] / before if before > 0 else 0.0, out=out)
            np.tanh(out, out=out)
            after = math.sqrt(power(out))
            out *= before / after if after > 0 else 0.0

        return row

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> BatchWork:
        """Return the function that saturates a batch."""
        gain = from_db(params.array("drive"))

        def batch(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            before = _rms(x, info.lengths)
            y = torch.tanh(x * torch.where(before > 0, column(gain, x.device, x.dtype) / before.clamp(min=1e-30), 0.0))
            return y * (before / _rms(y, info.lengths).clamp(min=1e-30))

        return batch


def _rms(x: torch.Tensor, lengths: Array) -> torch.Tensor:
    """Return the RMS of every row (n, 1, 1); the padding is 0. In float64, so that its extent hardly matters."""
    count = column(np.maximum(lengths, 1) * x.shape[1], x.device, torch.float64)
    return (x.to(torch.float64).square().sum((1, 2), keepdim=True) / count).sqrt().to(x.dtype)


@dataclass(frozen=True, kw_only=True)
class Overdrive(RowAugmenter):
    """Distort like an overdriven valve amplifier, with an uneven curve.

    y = soft(g x + b) - soft(b), soft(u) = u - u^3 / 3 limited to [-2/3, 2/3] (as SoX's "overdrive", without its
    output filter), rescaled to the row's peak. ``colour`` is b: 0 is symmetric, more adds even harmonics.
    """

    drive: tuple[float, float] = param.interval((3.0, 24.0), "gain into the curve", low=0.0, high=60.0, unit="dB")
    colour: tuple[float, float] = param.interval((0.0, 0.2), "unevenness", low=0.0, high=0.9)

    inplace: ClassVar[bool] = True
    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        full_scale=True, alters=("timbre",), level=augreg.Level("drive", 0.0, 40.0, identity_at_zero=False), memory=5
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``drive`` and ``colour`` uniformly."""
        return augreg.Params(
            len(batch), drive=self.sample("drive", rng, level), colour=self.sample("colour", rng, level)
        )

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> RowWork:
        """Return the function that distorts a row."""
        gain, bias = from_db(params.array("drive")), params.array("colour")

        def row(i: int, x: Array, out: Array) -> None:
            before = float(np.abs(x).max(initial=0.0))
            y = _soft(np.clip(x * x.dtype.type(gain[i]) + x.dtype.type(bias[i]), -1.0, 1.0))
            y -= x.dtype.type(_soft(bias[i]))
            after = float(np.abs(y).max(initial=0.0))
            np.multiply(y, before / after if after > 0 else 0.0, out=out, casting="same_kind")

        return row

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> BatchWork:
        """Return the function that distorts a batch."""
        gain, bias = from_db(params.array("drive")), params.array("colour")

        def batch(x: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
            offset = column(bias, x.device, x.dtype)
            y = _soft((x * column(gain, x.device, x.dtype) + offset).clamp(-1.0, 1.0)) - _soft(offset)
            before, after = (torch.where(inside, v, 0.0).abs().amax((1, 2), keepdim=True) for v in (x, y))
            result: torch.Tensor = y * (before / after.clamp(min=1e-30))
            return result

        return batch


def _soft(u: Any) -> Any:
    return u - u * u * u / 3.0


@dataclass(frozen=True, kw_only=True)
class BitCrush(RowAugmenter):
    """Round the samples to fewer bits.

    A mid-tread quantiser with steps of 2^(1 - bits) over [-1, 1]; samples beyond are clipped. Quiet sounds may
    vanish, as they do in such hardware.
    """

    bits: tuple[float, float] = param.interval((4, 12), "depth", low=2, high=16, integral=True, unit="bits")

    inplace: ClassVar[bool] = True
    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        full_scale=True,
        alters=("timbre",),
        level=augreg.Level("bits", 16.0, 4.0, scale="integer", identity_at_zero=False),
        nonfinite="passes",
        memory=1.5,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``bits``, a whole number."""
        low, high = self.bits
        drawn = rng.integers("bits", int(low), int(high) + 1) if level is None else self.sample("bits", rng, level)
        return augreg.Params(len(batch), bits=np.asarray(drawn, dtype=np.int64))

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the quantised sound, some rows at a time where they are of one length."""
        if not groups.is_unpadded_stack(batch):
            return super().render(batch, params)
        large, top = (groups.per_row(column) for column in _steps(batch.info, params))
        return Rendered(groups.map_groups(batch, lambda rows, x, out: _quantised(x, large[rows], top[rows], out)))

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> RowWork:
        """Return the function that quantises a row."""
        large, top = _steps(info, params)
        return lambda i, x, out: _quantised(x, large[i], top[i], out)

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> BatchWork:
        """Return the function that quantises a batch."""
        steps = 2.0 ** (params.array("bits") - 1)

        def batch(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            scale = column(steps, x.device, x.dtype)
            return (x * scale).round().clamp(-scale, scale - 1) / scale

        return batch


def _steps(info: augreg.BatchInfo, params: augreg.Params) -> tuple[Array, Array]:
    """Return for every row a number that rounds to its quantiser steps when added, and the highest step, (n,)."""
    kind = np.float64 if "float64" in info.dtypes else np.float32
    steps = 2.0 ** (params.array("bits") - 1)
    # Numbers of this size lie one quantiser step apart.
    return (1.5 * 2.0 ** np.finfo(kind).nmant / steps).astype(kind), (1.0 - 1.0 / steps).astype(kind)


def _quantised(x: Array, large: Any, top: Any, out: Array) -> None:
    """Round half to even by adding ``large`` for a moment; what is too large for that stays so, and is clipped."""
    np.add(x, large, out=out)
    np.subtract(out, large, out=out)
    out.clip(-1.0, top, out=out)  # a third quicker than np.clip on rows of a second
