"""Loudness by measurement: peak, RMS and LUFS normalisation, limiter, compressor."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import torch

import augreg
from augreg import param
from augreg_audio import control, groups, leveling
from augreg_audio.base import Rendered, RowAugmenter, waveform_declaration
from augreg_audio.loudness import LUFS_OF_ONE, energies, energies_on_device
from augreg_audio.waveform import Array, BatchWork, RowWork, by_row, column, from_db, power


@dataclass(frozen=True)
class _Normalizer(RowAugmenter):
    """Measures every sound where it is made louder or softer: it is then read from memory once.

    A sound that holds NaN or infinity has no level, and stays as it is.
    """

    inplace: ClassVar[bool] = True

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``target`` uniformly."""
        return augreg.Params(len(batch), target=self.sample("target", rng, level))

    def measure(self, x: Array, rate: float) -> list[float]:
        """Return the levels of sounds of one length (n, channels, frames) as amplitudes; 0 for silence."""
        raise NotImplementedError

    def measure_on_device(self, x: torch.Tensor, inside: torch.Tensor, info: augreg.BatchInfo) -> torch.Tensor:
        """Return the same for padded sounds on a device, float64 (n,)."""
        raise NotImplementedError

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the sound, some rows at a time where they are of one length and rate."""
        rates = batch.info.rates
        if not groups.is_unpadded_stack(batch) or (rates != rates[0]).any():
            return super().render(batch, params)
        target, rate = from_db(params.array("target")).tolist(), float(rates[0])

        def some(rows: slice, x: Array, out: Array) -> None:
            found = [_factor(*both, x.dtype) for both in zip(target[rows], self.measure(x, rate), strict=True)]
            # One number need not become an array, which takes long where the cache has been filled with sound.
            factors = groups.per_row(np.asarray(found, dtype=x.dtype)) if len(found) > 1 else x.dtype.type(found[0])
            np.multiply(x, factors, out=out)

        return Rendered(groups.map_groups(batch, some))

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> RowWork:
        """Return the function that brings a row to its level."""
        target, rates = from_db(params.array("target")).tolist(), info.rates.tolist()

        def row(i: int, x: Array, out: Array) -> None:
            factor = _factor(target[i], self.measure(x[None], rates[i])[0], x.dtype)
            np.multiply(x, x.dtype.type(factor), out=out)

        return row

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> BatchWork:
        """Return the function that brings a batch to its levels."""
        target = from_db(params.array("target"))

        def batch(x: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
            level = self.measure_on_device(x.detach(), inside, info)[:, None, None]
            heard = (level > 0) & level.isfinite()
            factor = torch.where(heard, column(target, x.device, torch.float64) / level, 1.0)
            return x * factor.clamp(max=torch.finfo(x.dtype).max).to(x.dtype)

        return batch


def _factor(target: float, level: float, dtype: np.dtype[Any]) -> float:
    """Return by what to multiply a sound of this level, finite in its dtype: 1 for silence and NaN."""
    return min(target / level, LARGEST_FINITE[dtype.char]) if 0.0 < level < math.inf else 1.0


LARGEST_FINITE: Final = {kind: float(np.finfo(kind).max) for kind in "fd"}
"""The largest finite float32 and float64."""


def loudest(x: Array) -> float:
    """Return the largest magnitude in x (channels, frames), NaN if there is one: argmax takes half of max's time."""
    found = 0.0
    for channel in x:
        high = channel.item(channel.argmax())
        found = max(found, high, -channel.item(channel.argmin())) if high == high else math.nan
        if found != found:
            break
    return found


@dataclass(frozen=True, kw_only=True)
class PeakNormalize(_Normalizer):
    """Scale the sound so that its loudest sample has a given level.

    Per row, channels together. Silence stays silence, and what holds NaN or infinity stays as it is.
    """

    target: tuple[float, float] = param.interval((0.0, 0.0), "peak re full scale", low=-120.0, high=20.0, unit="dB")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(alters=("loudness",), nonfinite="passes", memory=1.5)

    def measure(self, x: Array, rate: float) -> list[float]:
        """Return the loudest samples."""
        return [loudest(row) for row in x]

    def measure_on_device(self, x: torch.Tensor, inside: torch.Tensor, info: augreg.BatchInfo) -> torch.Tensor:
        """Return the loudest samples."""
        return x.abs().amax((1, 2)).double()


@dataclass(frozen=True, kw_only=True)
class RmsNormalize(_Normalizer):
    """Scale the sound so that its RMS has a given level.

    Per row, channels together, over the row's own frames. Silence stays silence, and what holds NaN or infinity stays
    as it is.
    """

    target: tuple[float, float] = param.interval((-20.0, -20.0), "RMS re full scale", low=-120.0, high=20.0, unit="dB")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(alters=("loudness",), nonfinite="passes", memory=1.5)

    def measure(self, x: Array, rate: float) -> list[float]:
        """Return the RMS of every row."""
        return [math.sqrt(power(row)) for row in x]

    def measure_on_device(self, x: torch.Tensor, inside: torch.Tensor, info: augreg.BatchInfo) -> torch.Tensor:
        """Return the RMS of every row."""
        count = torch.as_tensor(np.maximum(info.lengths, 1) * x.shape[1], device=x.device)
        return (x.double().square().sum((1, 2)) / count).sqrt()


@dataclass(frozen=True, kw_only=True)
class LoudnessNormalize(_Normalizer):
    """Scale the sound to a given loudness in LUFS.

    Integrated loudness by ITU-R BS.1770-4; five channels are left, right, center and both surrounds, six are 5.1 in
    the order of WAV, of other numbers all count alike. What is too quiet to measure (below -70 LUFS) or holds
    NaN or infinity stays as it is. Samples may leave [-1, 1]; put ``audio.limiter`` behind it where that matters.
    """

    target: tuple[float, float] = param.interval((-31.0, -13.0), "loudness", low=-70.0, high=0.0, unit="LUFS")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(alters=("loudness",), nonfinite="passes", memory=5)

    def measure(self, x: Array, rate: float) -> list[float]:
        """Return the integrated loudness."""
        return [math.sqrt(energy) * 10.0 ** (LUFS_OF_ONE / 20.0) for energy in energies(x, rate).tolist()]

    def measure_on_device(self, x: torch.Tensor, inside: torch.Tensor, info: augreg.BatchInfo) -> torch.Tensor:
        """Return the integrated loudness."""
        found = x.new_zeros(len(x), dtype=torch.float64)
        for rate in np.unique(info.rates).tolist():
            rows = np.flatnonzero(info.rates == rate)
            index = torch.as_tensor(rows, device=x.device)
            some = energies_on_device(x[index], inside[index], info.lengths[rows], rate)
            found = found.index_copy(0, index, some.sqrt() * 10.0 ** (LUFS_OF_ONE / 20.0))
        return found


@dataclass(frozen=True)
class _Dynamic(RowAugmenter):
    """A gain that follows the level of the sound, one for all channels."""

    inplace: ClassVar[bool] = True

    def plan(self, info: augreg.BatchInfo, params: augreg.Params) -> leveling.LevelPlan:
        """Return what is done to every row."""
        raise NotImplementedError

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the leveled sound, on the CPU some rows at a time where they are of one rate."""
        rates = batch.info.rates
        if not by_row(batch) or (rates != rates[0]).any():
            return super().render(batch, params)
        return Rendered(leveling.level_all(batch, self.plan(batch.info, params), control.step_of(float(rates[0]))))

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> RowWork:
        """Return the function that levels a row."""
        plan, steps = self.plan(info, params), [control.step_of(rate) for rate in info.rates.tolist()]
        return lambda i, x, out: leveling.level_rows([x], plan.take([i]), steps[i], [out])

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> BatchWork:
        """Return the function that levels a batch; rows of one rate go together."""
        plan, rates = self.plan(info, params), info.rates

        def batch(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            if (rates == rates[0]).all():
                return leveling.level_batch(x, info.lengths, plan, control.step_of(float(rates[0])))
            out = torch.zeros_like(x)
            for rate in np.unique(rates).tolist():
                rows = np.flatnonzero(rates == rate)
                index, some = torch.as_tensor(rows, device=x.device), plan.take(rows.tolist())
                made = leveling.level_batch(x[index], info.lengths[rows], some, control.step_of(rate))
                out = out.index_copy(0, index, made)
            return out

        return batch


def _steps(info: augreg.BatchInfo, seconds: Array) -> Array:
    """Return durations in steps of the control signal, float64 (n,)."""
    frames = np.asarray([control.step_of(rate) for rate in info.rates.tolist()], dtype=np.float64)
    return np.asarray(seconds * info.rates / frames)


@dataclass(frozen=True, kw_only=True)
class Limiter(_Dynamic):
    """Keep peaks below a threshold without cutting them off.

    A look-ahead limiter: the gain goes down smoothly over ``attack`` before a peak and comes back over ``release``;
    no sample exceeds the threshold. It is relative to the row's own peak, or to full scale with ``relative=False``.
    Channels share one gain.
    """

    threshold: tuple[float, float] = param.interval((-24.0, -2.0), "largest peak", low=-120.0, high=0.0, unit="dB")
    relative: bool = param.flag(True, "whether the threshold is relative to the row's peak")
    attack: tuple[float, float] = param.interval((0.0005, 0.01), "look-ahead", low=0.0, high=1.0, unit="s")
    release: tuple[float, float] = param.interval((0.02, 0.2), "way back", low=0.001, high=5.0, unit="s")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("loudness",), level=augreg.Level("threshold", 0.0, -30.0, identity_at_zero=False), memory=5
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw all three uniformly."""
        return augreg.Params(len(batch), {k: self.sample(k, rng, level) for k in ("threshold", "attack", "release")})

    def plan(self, info: augreg.BatchInfo, params: augreg.Params) -> leveling.LevelPlan:
        """Return what is done to every row."""
        attack, release = (_steps(info, params.array(k)) for k in ("attack", "release"))
        ahead = 1 + np.rint(attack).astype(np.int64)
        return leveling.LevelPlan(from_db(params.array("threshold")), self.relative, release, ahead=ahead)


@dataclass(frozen=True, kw_only=True)
class Compressor(_Dynamic):
    """Make loud parts quieter, as broadcast and phones do.

    Levels above ``threshold`` (of the peak, held over ``release``) rise only by 1 / ``ratio`` dB per dB; the gain
    follows with the time constant ``attack``. With ``makeup`` the row's RMS is brought back. Channels share one gain.
    """

    threshold: tuple[float, float] = param.interval((-40.0, -15.0), "re full scale", low=-120.0, high=0.0, unit="dB")
    ratio: tuple[float, float] = param.interval((2.0, 8.0), "dB in per dB out", low=1.0, high=100.0, unit="ratio")
    attack: tuple[float, float] = param.interval((0.001, 0.02), "time constant", low=0.0, high=1.0, unit="s")
    release: tuple[float, float] = param.interval((0.05, 0.3), "time constant", low=0.001, high=5.0, unit="s")
    makeup: bool = param.flag(True, "whether the RMS is brought back")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        full_scale=True, alters=("loudness",), level=augreg.Level("ratio", 1.0, 12.0, scale="log"), memory=5
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw all four uniformly."""
        names = ("threshold", "ratio", "attack", "release")
        return augreg.Params(len(batch), {k: self.sample(k, rng, level) for k in names})

    def plan(self, info: augreg.BatchInfo, params: augreg.Params) -> leveling.LevelPlan:
        """Return what is done to every row."""
        attack, release = (_steps(info, params.array(k)) for k in ("attack", "release"))
        slope = 1.0 - 1.0 / params.array("ratio")
        limit = from_db(params.array("threshold"))
        return leveling.LevelPlan(limit, False, release, slope=slope, attack=attack, makeup=self.makeup)
