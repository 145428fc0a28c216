"""Loudness by measurement: peak, RMS and LUFS normalisation, limiter, compressor."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Final

import numpy as np
import scipy.signal

import augreg
from augreg import devices, fields
from augreg_audio import biquads, recursion
from augreg_audio.base import Rendered, RowAugmenter, waveform_declaration
from augreg_audio.linear import LinearAugmenter, LinearFilter
from augreg_audio.waveform import Array, Work, from_db, map_rows, power, to_float


@dataclass(frozen=True)
class _Normalizer(LinearAugmenter):
    """Measures the sound when parameters are drawn; the gain it then needs fuses with the linear filters behind it."""

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``target`` uniformly, and measure the ``decibels`` that are missing to it; 0 for silence."""
        target = self.sample("target", rng, level)
        now, rows, rates = np.zeros(len(batch)), list(batch.data or []), batch.rates.tolist()

        def one(i: int) -> None:
            if rows[i].shape[-1]:
                now[i] = self.measure(to_float(rows[i].detach()).cpu().numpy(), rates[i])

        devices.for_each(one, len(rows))
        missing = np.where(np.isfinite(now), target - np.where(np.isfinite(now), now, 0.0), 0.0)
        return augreg.Params(len(batch), target=target, decibels=missing)

    def measure(self, x: Array, rate: float) -> float:
        """Return the level of x (channels, frames) in dB, -inf for silence."""
        raise NotImplementedError

    def lower(self, info: augreg.BatchInfo, params: augreg.Params) -> LinearFilter:
        """Return the gains."""
        return LinearFilter.of(len(info), gain=from_db(params.array("decibels")))


def _decibels(amplitude: float) -> float:
    return 20.0 * math.log10(amplitude) if amplitude > 0 else -math.inf


@dataclass(frozen=True, kw_only=True)
class PeakNormalize(_Normalizer):
    """Scale the sound so that its loudest sample has a given level.

    Per row, channels together. Silence stays silence. The gain fuses with linear filters behind it.
    """

    target: tuple[float, float] = fields.interval((0.0, 0.0), "peak re full scale", low=-120.0, high=20.0, unit="dB")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(alters=("loudness",), reads=("data",))

    def measure(self, x: Array, rate: float) -> float:
        """Return the level of the loudest sample."""
        return _decibels(max(float(x.max()), -float(x.min())))


@dataclass(frozen=True, kw_only=True)
class RmsNormalize(_Normalizer):
    """Scale the sound so that its RMS has a given level.

    Per row, channels together, over the row's own frames. Silence stays silence. The gain fuses with linear filters
    behind it.
    """

    target: tuple[float, float] = fields.interval((-20.0, -20.0), "RMS re full scale", low=-120.0, high=20.0, unit="dB")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(alters=("loudness",), reads=("data",))

    def measure(self, x: Array, rate: float) -> float:
        """Return the RMS level."""
        return _decibels(math.sqrt(power(x)))


BLOCK: Final = 0.4
"""Seconds of one gating block; blocks overlap by three quarters."""

LONGEST: Final = 1 << 30
"""Frames; what K-weighting leaves of a state is over long before."""


def loudness(x: Array, rate: float) -> float:
    """Return the integrated loudness of x (channels, frames) in LUFS, -inf for silence.

    ITU-R BS.1770-4: K-weighting, gated at -70 LUFS and at 10 LU below the mean of what passes. Channels count alike
    (right for mono and stereo). Sounds shorter than a block of 0.4 s are one block.
    """
    weighted = np.empty_like(x)
    recursion.filter_row(x, _weighting(rate, x.dtype), weighted)
    return _gated(weighted, rate)


@lru_cache(maxsize=16)
def _weighting(rate: float, dtype: np.dtype[Any]) -> recursion.Tables:
    """Return the K-weighting of the standard, a shelf and a high-pass, for one sample rate."""
    one = np.ones(1)
    hertz = np.asarray([1681.974450955533]), np.asarray([38.13547087602444])
    a, q1, q2 = 10.0 ** (3.999843853973347 / 20.0), 0.7071752369554196, 0.5003270373238773
    shelf = biquads.section(
        (a * one, a**0.4996667741545416 / q1 * one, one), (one, one / q1, one), hertz[0], rate * one
    )
    cut = biquads.section((1.0, 0.0, 0.0), (1.0, 1.0 / q2, 1.0), hertz[1], rate * one)
    # The standard's high-pass numerator is 1, -2, 1 without the usual division: a little louder at all frequencies.
    warp = math.tan(math.pi * min(float(hertz[1][0]) / rate, biquads.HIGHEST))
    scale = 1.0 + warp / q2 + warp * warp
    return recursion.tables(recursion.system(np.stack([shelf, cut], axis=1)), scale * one, LONGEST, dtype)[0]


def _gated(weighted: Array, rate: float) -> float:
    frames = weighted.shape[-1]
    hop = max(1, round(BLOCK * rate / 4))
    hops = frames // hop
    if frames <= 4 * hop:
        means = np.asarray([power(weighted) * len(weighted)])
    else:
        cut = np.ascontiguousarray(weighted[:, : hops * hop]).reshape(len(weighted), hops, hop)
        energy = np.vecdot(cut, cut).sum(axis=0, dtype=np.float64)
        means = np.convolve(energy, np.ones(4), mode="valid") / (4 * hop)
    passed = means[means > 10.0 ** ((-70.0 + 0.691) / 10.0)]
    if not len(passed):
        return -math.inf
    passed = passed[passed > 0.1 * passed.mean()]
    return -0.691 + 10.0 * math.log10(float(passed.mean()))


@dataclass(frozen=True, kw_only=True)
class LoudnessNormalize(_Normalizer):
    """Scale the sound to a given loudness in LUFS.

    Integrated loudness by ITU-R BS.1770-4. What is too quiet to measure (below -70 LUFS) stays as it is. Samples may
    leave [-1, 1]; put ``audio.limiter`` behind it where that matters. The gain fuses with linear filters behind it.
    """

    target: tuple[float, float] = fields.interval((-31.0, -13.0), "loudness", low=-70.0, high=0.0, unit="LUFS")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(alters=("loudness",), reads=("data",))

    def measure(self, x: Array, rate: float) -> float:
        """Return the integrated loudness."""
        return loudness(x, rate)


def held(reduction: Array, release: float) -> Array:
    """Return a gain reduction in dB (frames,) that falls no faster than exponentially over ``release`` frames.

    A running maximum of log r[n] + n / release: the recursion max(r[n], c y[n - 1]) without a loop.
    """
    ramp = np.arange(len(reduction)) / max(release, 1e-3)
    logs = np.log(np.maximum(reduction, 1e-30))
    logs += ramp
    np.maximum.accumulate(logs, out=logs)
    logs -= ramp
    return np.exp(logs, out=logs)


def control_step(rate: float) -> int:
    """Return how many frames share one value of a control signal: about half a millisecond."""
    return max(1, round(rate / 2000.0))


def control_levels(x: Array, step: int) -> Array:
    """Return the largest level of x (channels, frames) in dB in every ``step`` frames, float64 (steps,)."""
    count = -(-x.shape[-1] // step)
    padded = np.zeros((len(x), count * step), dtype=x.dtype)
    np.abs(x, out=padded[:, : x.shape[-1]])
    loudest = np.zeros(count, dtype=x.dtype)
    # A maximum over a short last axis costs four times as much as these passes.
    for channel in padded.reshape(len(x), count, step):
        for k in range(step):
            np.maximum(loudest, channel[:, k], out=loudest)
    return 20.0 * np.log10(np.maximum(loudest, 1e-10), dtype=np.float64)


def control_gain(reduction: Array, step: int, x: Array) -> Array:
    """Return factors (frames,) from reductions in dB (steps,): linear between the steps, nowhere less reduction."""
    gain = np.exp(reduction * (-math.log(10.0) / 20.0)).astype(x.dtype)  # a third of the time of a power of 10
    corners = np.minimum(np.append(gain, gain[-1]), np.append(gain[0], gain))
    ramp = (np.arange(step) / step).astype(x.dtype)
    ends = np.stack([corners[:-1], corners[1:]], axis=1)
    # A product with a small matrix takes a fifth of the time of sums over a short last axis.
    return recursion.product(ends, np.stack([1 - ramp, ramp])).ravel()[: x.shape[-1]]


@dataclass(frozen=True, kw_only=True)
class Limiter(RowAugmenter):
    """Keep peaks below a threshold without cutting them off.

    A look-ahead limiter: the gain goes down smoothly over ``attack`` before a peak and comes back over ``release``;
    no sample exceeds the threshold. It is relative to the row's own peak, or to full scale with ``relative=False``.
    Channels share one gain.
    """

    threshold: tuple[float, float] = fields.interval((-24.0, -2.0), "largest peak", low=-120.0, high=0.0, unit="dB")
    relative: bool = fields.flag(True, "whether the threshold is relative to the row's peak")
    attack: tuple[float, float] = fields.interval((0.0005, 0.01), "look-ahead", low=0.0, high=1.0, unit="s")
    release: tuple[float, float] = fields.interval((0.02, 0.2), "way back", low=0.001, high=5.0, unit="s")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("loudness",),
        level=augreg.Level("threshold", 0.0, -30.0, unit="dB", identity_at_zero=False),
        devices=("cpu",),
        reads=("data",),
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw all three uniformly; ``limit`` is the threshold re full scale."""
        drawn = {k: self.sample(k, rng, level) for k in ("threshold", "attack", "release")}
        limit = drawn["threshold"].copy()
        for i, row in enumerate((batch.data or []) if self.relative else []):
            peak = _decibels(float(to_float(row.detach()).abs().max())) if row.shape[-1] else 0.0
            limit[i] += peak if peak > -math.inf else 0.0
        return augreg.Params(len(batch), drawn, limit=limit)

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the limited sound."""
        return Rendered(map_rows(batch, self.work(batch.info, params)))

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> Work:
        """Return the function that limits a row."""
        limit, attack, release = (params.array(k).tolist() for k in ("limit", "attack", "release"))
        rates = info.rates.tolist()

        def row(i: int, x: Array, out: Array) -> None:
            step = control_step(rates[i])
            over = np.maximum(control_levels(x, step) - limit[i], 0.0)
            reduction = held(over, release[i] * rates[i] / step)
            ahead = 1 + round(attack[i] * rates[i] / step)
            if ahead > 1:
                # The largest of what comes next, averaged over as many steps: never less than what is needed now.
                reduction = _mean_of_last(_largest_of_next(reduction, ahead), ahead)
            np.multiply(x, control_gain(reduction, step, x), out=out)

        return row


def _largest_of_next(values: Array, count: int) -> Array:
    """Return the largest of every value and the ``count`` - 1 behind it: spans that double, then overlap."""
    found, width = values, 1
    while width < count:
        step = min(width, count - width)
        if step < len(found):
            found = np.append(np.maximum(found[:-step], found[step:]), found[-step:])
        width += step
    return found


def _mean_of_last(values: Array, count: int) -> Array:
    total = np.cumsum(values)
    mean = np.empty_like(total)
    early = min(count, len(total))
    np.divide(total[:early], np.arange(1, early + 1), out=mean[:early])
    np.subtract(total[count:], total[:-count], out=mean[count:])
    mean[count:] /= count
    return mean


@dataclass(frozen=True, kw_only=True)
class Compressor(RowAugmenter):
    """Make loud parts quieter, as broadcast and phones do.

    Levels above ``threshold`` (of the peak, held over ``release``) rise only by 1 / ``ratio`` dB per dB; the gain
    follows with the time constant ``attack``. With ``makeup`` the row's RMS is brought back. Channels share one gain.
    """

    threshold: tuple[float, float] = fields.interval((-40.0, -15.0), "re full scale", low=-120.0, high=0.0, unit="dB")
    ratio: tuple[float, float] = fields.interval((2.0, 8.0), "dB in per dB out", low=1.0, high=100.0)
    attack: tuple[float, float] = fields.interval((0.001, 0.02), "time constant", low=0.0, high=1.0, unit="s")
    release: tuple[float, float] = fields.interval((0.05, 0.3), "time constant", low=0.001, high=5.0, unit="s")
    makeup: bool = fields.flag(True, "whether the RMS is brought back")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("loudness",), level=augreg.Level("ratio", 1.0, 12.0, scale="log", unit="ratio"), devices=("cpu",)
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw all four uniformly."""
        names = ("threshold", "ratio", "attack", "release")
        return augreg.Params(len(batch), {k: self.sample(k, rng, level) for k in names})

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the compressed sound."""
        return Rendered(map_rows(batch, self.work(batch.info, params)))

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> Work:
        """Return the function that compresses a row."""
        threshold, ratio, attack, release = (
            params.array(k).tolist() for k in ("threshold", "ratio", "attack", "release")
        )
        rates = info.rates.tolist()

        def row(i: int, x: Array, out: Array) -> None:
            if ratio[i] == 1.0:
                out[...] = x
                return
            step = control_step(rates[i])
            over = np.maximum(control_levels(x, step) - threshold[i], 0.0)
            reduction = held(over * (1.0 - 1.0 / ratio[i]), release[i] * rates[i] / step)
            keep = math.exp(-step / max(attack[i] * rates[i], 1e-3))
            smooth = scipy.signal.lfilter([1.0 - keep], [1.0, -keep], reduction)
            np.multiply(x, control_gain(smooth, step, x), out=out)
            after = power(out)
            if self.makeup and after > 0:
                out *= x.dtype.type(math.sqrt(power(x) / after))

        return row
