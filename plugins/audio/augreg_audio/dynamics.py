"""Loudness by measurement: peak, RMS and LUFS normalisation, limiter, compressor."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Final

import numpy as np
import scipy.linalg.blas
import scipy.signal
import torch

import augreg
from augreg import devices, fields
from augreg_audio import biquads, control, recursion
from augreg_audio.base import Rendered, RowAugmenter, waveform_declaration
from augreg_audio.linear import LinearAugmenter, LinearFilter
from augreg_audio.waveform import Array, Work, arrays, dtype_of, from_db, map_rows, power, to_float


@dataclass(frozen=True)
class _Normalizer(LinearAugmenter):
    """Measures the sound when parameters are drawn; the gain it then needs fuses with the linear filters behind it."""

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``target`` uniformly, and measure the ``decibels`` that are missing to it; 0 for silence."""
        target = self.sample("target", rng, level)
        rates = batch.rates.tolist()
        now = measured(batch.data or [], lambda x, i: self.measure(x, rates[i]))
        missing = np.where(np.isfinite(now), target - np.where(np.isfinite(now), now, 0.0), 0.0)
        return augreg.Params(len(batch), target=target, decibels=missing)

    def measure(self, x: Array, rate: float) -> float:
        """Return the level of x (channels, frames) in dB, -inf for silence."""
        raise NotImplementedError

    def lower(self, info: augreg.BatchInfo, params: augreg.Params) -> LinearFilter:
        """Return the gains."""
        return LinearFilter.of(len(info), gain=from_db(params.array("decibels")))


def measured(rows: Sequence[torch.Tensor], measure: Callable[[Array, int], float]) -> Array:
    """Return ``measure(x, i)`` of every row x (channels, frames), float64 (n,); 0 for rows without frames."""
    found = np.zeros(len(rows))

    def one(i: int) -> None:
        row = rows[i]
        if row.shape[-1]:
            here = row.device.type == "cpu" and not row.requires_grad
            found[i] = measure(to_float(row if here else row.detach().cpu()).numpy(), i)

    devices.for_each(one, len(rows))
    return found


def loudest(x: Array) -> float:
    """Return the largest magnitude in x (channels, frames): BLAS finds it in one pass, numpy takes two."""
    where = scipy.linalg.blas.idamax if x.dtype == np.float64 else scipy.linalg.blas.isamax
    return max(abs(float(channel[where(channel)])) for channel in x)


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
        return _decibels(loudest(x))


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


GROUP: Final = 8
"""Rows whose control signals are worked on at once: as many as stay in the processor's cache."""


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
        if self.relative and batch.data is not None:
            levels = measured(batch.data, lambda x, _: _decibels(loudest(x)))
            limit += np.where(np.isfinite(levels), levels, 0.0)
        return augreg.Params(len(batch), drawn, limit=limit)

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the limited sound: some rows at a time, which is quicker than one after the other."""
        if dtype_of(batch) not in (torch.float32, torch.float64):
            return Rendered(map_rows(batch, self.work(batch.info, params)))
        out = devices.empty((len(batch), *batch.info.shapes.max(axis=0).tolist()), dtype_of(batch))
        sources, target, lengths = arrays(batch), out.numpy(), batch.lengths.tolist()
        columns = self._columns(batch.info, params)

        def some(k: int) -> None:
            rows = range(k * GROUP, min((k + 1) * GROUP, len(batch)))
            for i in rows:
                target[i, :, lengths[i] :] = 0.0
            heard = [i for i in rows if lengths[i]]
            how = [tuple(column[i] for column in columns) for i in heard]
            self._limit([sources[i] for i in heard], how, [target[i, :, : lengths[i]] for i in heard])

        devices.for_each(some, -(-len(batch) // GROUP))
        return Rendered(out)

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> Work:
        """Return the function that limits a row."""
        columns = self._columns(info, params)
        return lambda i, x, out: self._limit([x], [tuple(column[i] for column in columns)], [out])

    @staticmethod
    def _columns(info: augreg.BatchInfo, params: augreg.Params) -> list[list[float]]:
        return [params.array(k).tolist() for k in ("limit", "attack", "release")] + [info.rates.tolist()]

    @staticmethod
    def _limit(xs: list[Array], how: list[tuple[float, ...]], outs: list[Array]) -> None:
        """Fill ``outs`` from sounds (channels, frames) of one rate; ``how``: limit, attack, release, rate of each."""
        if not xs:
            return
        step = control.step_of(how[0][3])
        counts = [-(-x.shape[-1] // step) for x in xs]
        over = np.zeros((len(xs), max(counts)), dtype=xs[0].dtype)
        for x, (limit, *_), line, count in zip(xs, how, over, counts, strict=True):
            np.subtract(control.levels(x, step), limit, out=line[:count])
        np.maximum(over, 0.0, out=over)
        reduction = control.held(over, [release * rate / step for _, _, release, rate in how])
        ahead = [1 + round(attack * rate / step) for _, attack, _, rate in how]
        ends = control.factors(control.anticipated(reduction, ahead), counts)
        for x, line, out in zip(xs, ends, outs, strict=True):
            control.faded(x, line, step, out)


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
            step = control.step_of(rates[i])
            over = np.maximum(control.levels(x, step)[None] - threshold[i], 0.0)
            reduction = control.held(over * (1.0 - 1.0 / ratio[i]), release[i] * rates[i] / step)
            keep = math.exp(-step / max(attack[i] * rates[i], 1e-3))
            smooth = scipy.signal.lfilter([1.0 - keep], [1.0, -keep], reduction).astype(x.dtype)
            control.faded(x, control.factors(smooth, [smooth.shape[-1]])[0], step, out)
            after = power(out)
            if self.makeup and after > 0:
                out *= x.dtype.type(math.sqrt(power(x) / after))

        return row
