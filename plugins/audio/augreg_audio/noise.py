"""Adding noise: gaussian_noise, gaussian_snr, colored_noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

import augreg
from augreg import param
from augreg.kernel import noise
from augreg_audio import blocks, colored, groups
from augreg_audio.base import Rendered, WaveformAugmenter, either, waveform_declaration
from augreg_audio.waveform import Array, by_row, column, from_db, map_batch, power


def white(key: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return standard normal noise of a key (see ``augreg.random.noise``), in C order."""
    made = np.empty(shape, dtype=dtype)
    noise.normal_into(int(key), made)
    return made


def snr_scale(x: Array, other: Array, snr: float) -> float:
    """Return the factor that puts ``other`` ``snr`` dB below ``x``, by the power of both as they are.

    0 where either is silent: silence has no signal-to-noise ratio.
    """
    signal, rest = power(x), power(other)
    return math.sqrt(signal / rest) * 10.0 ** (-snr / 20.0) if signal > 0 and rest > 0 else 0.0


@dataclass(frozen=True)
class _AddedNoise(WaveformAugmenter):
    """Adds white noise, made anew from the key of each row, on any device with the same numbers."""

    def factor(self, i: int, params: augreg.Params, x: Array, made: Array) -> float:
        """Return the factor of the noise of row i; 0 leaves the row exactly alone."""
        raise NotImplementedError

    def factors(self, params: augreg.Params, signal: torch.Tensor, rest: torch.Tensor) -> torch.Tensor:
        """Return the same for all rows from the powers of sound and noise, float64 (n, 1, 1)."""
        raise NotImplementedError

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return sound plus noise."""
        keys = params.array("noise").tolist()

        def row(i: int, x: Array, out: Array) -> None:
            noise.normal_into(keys[i], out)
            out *= out.dtype.type(self.factor(i, params, x, out))
            out += x

        def kernel(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            made = noise.normal(keys, x.shape[1:], x.device, x.dtype, lengths=batch.lengths)
            count = column(np.maximum(batch.lengths, 1) * x.shape[1], x.device, torch.float64)
            signal, rest = (v.detach().double().square().sum((1, 2), keepdim=True) / count for v in (x, made))
            return x + made * self.factors(params, signal, rest).to(x.dtype)

        return either(batch, row, kernel)


@dataclass(frozen=True)
class _SnrNoise(_AddedNoise):
    """Adds white noise at the signal-to-noise ratio ``snr`` of the params."""

    def factor(self, i: int, params: augreg.Params, x: Array, made: Array) -> float:
        """Return the factor for the ratio."""
        return snr_scale(x, made, float(params.array("snr")[i]))

    def factors(self, params: augreg.Params, signal: torch.Tensor, rest: torch.Tensor) -> torch.Tensor:
        """Return the factors for the ratios."""
        return _ratio(params, signal, rest)


@dataclass(frozen=True, kw_only=True)
class GaussianSnr(_SnrNoise):
    """Add white Gaussian noise at a random signal-to-noise ratio.

    The ratio holds for the row's own frames, all channels together, and for the noise as drawn: it is exact even for
    short sounds. Channels get independent noise. Silence stays silence.
    """

    snr: tuple[float, float] = param.interval((5.0, 40.0), "signal-to-noise ratio", low=-60.0, high=120.0, unit="dB")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("noise",), level=augreg.Level("snr", 60.0, 0.0, identity_at_zero=False), differentiable=True, memory=4.5
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``snr`` uniformly, and the key of the noise."""
        return augreg.Params(len(batch), snr=self.sample("snr", rng, level), noise=rng.noise_key("noise"))


@dataclass(frozen=True, kw_only=True)
class GaussianNoise(_AddedNoise):
    """Add white Gaussian noise of a random level.

    ``decibels`` is its RMS level re full scale, whatever the sound; channels get independent noise. For a ratio to
    the sound take ``audio.gaussian_snr``.
    """

    decibels: tuple[float, float] = param.interval(
        (-60.0, -30.0), "level re full scale", low=-160.0, high=0.0, unit="dB"
    )

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        full_scale=True,
        alters=("noise",),
        level=augreg.Level("decibels", -90.0, -20.0, identity_at_zero=False),
        differentiable=True,
        memory=4.5,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``decibels`` uniformly, and the key of the noise."""
        return augreg.Params(len(batch), decibels=self.sample("decibels", rng, level), noise=rng.noise_key("noise"))

    def factor(self, i: int, params: augreg.Params, x: Array, made: Array) -> float:
        """Return the RMS."""
        return float(from_db(params.array("decibels")[i : i + 1])[0])

    def factors(self, params: augreg.Params, signal: torch.Tensor, rest: torch.Tensor) -> torch.Tensor:
        """Return the RMS of every row."""
        return column(from_db(params.array("decibels")), signal.device, torch.float64)


@dataclass(frozen=True, kw_only=True)
class ColoredNoise(WaveformAugmenter):
    """Add noise whose power falls or rises with frequency, at a random signal-to-noise ratio.

    ``slope`` is in dB per octave: white 0, pink -3, brown -6, blue 3, violet 6, or anything between; below 20 Hz it is
    flat. Made over the whole length, so nothing repeats. Silence stays silence.
    """

    snr: tuple[float, float] = param.interval((5.0, 40.0), "signal-to-noise ratio", low=-60.0, high=120.0, unit="dB")
    slope: tuple[float, float] = param.interval((-6.0, 6.0), "of the power", low=-12.0, high=12.0, unit="dB/octave")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("noise",), level=augreg.Level("snr", 60.0, 0.0, identity_at_zero=False), differentiable=True, memory=9
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``snr`` and ``slope`` uniformly, and the key of the noise."""
        return augreg.Params(
            len(batch),
            snr=self.sample("snr", rng, level),
            slope=self.sample("slope", rng, level),
            noise=rng.noise_key("noise"),
        )

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return sound plus noise."""
        keys, slopes, snr = (params.array(name).tolist() for name in ("noise", "slope", "snr"))
        rates, lengths = batch.info.rates.tolist(), batch.lengths.tolist()

        def some(rows: list[int], xs: list[Array], outs: list[Array]) -> None:
            key, slope, rate = ([column[i] for i in rows] for column in (keys, slopes, rates))
            size = blocks.fast_size(lengths[rows[0]])
            made = colored.colored(key, slope, rate, len(xs[0]), size, xs[0].dtype)
            for i, x, noise_, out in zip(rows, xs, made, outs, strict=True):
                added = noise_[:, : x.shape[-1]]
                np.multiply(added, x.dtype.type(snr_scale(x, added, snr[i])), out=out)
                out += x

        def kernel(x: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
            made = torch.where(inside, colored.colored_on_device(keys, slopes, rates, x, lengths), 0.0)
            signal, rest = (v.detach().double().square().sum((1, 2), keepdim=True) for v in (x, made))
            return x + made * _ratio(params, signal, rest).to(x.dtype)

        if by_row(batch):
            return Rendered(groups.map_lists(batch, colored.together(lengths), some))
        return Rendered(map_batch(batch, kernel))


def _ratio(params: augreg.Params, signal: torch.Tensor, rest: torch.Tensor) -> torch.Tensor:
    """Return the factors of noises for the ratios ``snr``, from energies of sounds and noises, float64 (n, 1, 1)."""
    gain = column(from_db(-params.array("snr")), signal.device, torch.float64)
    return torch.where(rest > 0, (signal / rest.clamp(min=1e-300)).sqrt() * gain, 0.0)
