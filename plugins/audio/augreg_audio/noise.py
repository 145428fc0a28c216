"""Adding noise: gaussian_noise, gaussian_snr, colored_noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import scipy.fft
import torch

import augreg
from augreg import fields
from augreg_audio import blocks, noise_source
from augreg_audio.base import Rendered, WaveformAugmenter, either, waveform_declaration
from augreg_audio.waveform import Array, from_db


def power(x: Array) -> float:
    """Return the mean square of a row, channels together."""
    return float(np.mean(np.square(x), dtype=np.float64)) if x.size else 0.0


@dataclass(frozen=True)
class _AddedNoise(WaveformAugmenter):
    """Adds a noise signal that ``noise`` makes for each row, scaled by ``scale``."""

    def noise(self, i: int, params: augreg.Params, shape: tuple[int, int], rate: float, dtype: str) -> Array:
        """Return the noise of row i, float (channels, frames)."""
        return noise_source.normal(params.array("noise")[i], shape, dtype)

    def scale(self, i: int, params: augreg.Params, x: Array, noise: Array) -> float:
        """Return the factor of the noise; 0 leaves the row exactly alone."""
        return snr_scale(x, noise, float(params.array("snr")[i]))

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return sound plus noise."""
        rates = batch.info.rates.tolist()

        def row(i: int, x: Array, out: Array) -> None:
            noise = self.noise(i, params, x.shape, rates[i], x.dtype.name)
            factor = self.scale(i, params, x, noise)
            np.multiply(noise, x.dtype.type(factor), out=out)
            out += x

        def kernel(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            host = x.detach().cpu().numpy()
            added = np.zeros_like(host)
            for i, frames in enumerate(batch.lengths.tolist()):
                if frames:
                    noise = self.noise(i, params, (x.shape[1], frames), rates[i], host.dtype.name)
                    factor = self.scale(i, params, host[i, :, :frames], noise)
                    added[i, :, :frames] = noise * host.dtype.type(factor)
            return x + torch.from_numpy(added).to(x.device)

        return either(batch, row, kernel)


def snr_scale(x: Array, noise: Array, snr: float) -> float:
    """Return the factor that puts ``noise`` ``snr`` dB below ``x``, by the power of both as they are.

    0 where either is silent: silence has no signal-to-noise ratio.
    """
    signal, other = power(x), power(noise)
    return math.sqrt(signal / other) * 10.0 ** (-snr / 20.0) if signal > 0 and other > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class GaussianSnr(_AddedNoise):
    """Add white Gaussian noise at a random signal-to-noise ratio.

    The ratio holds for the row's own frames, all channels together, and for the noise as drawn: it is exact even for
    short sounds. Channels get independent noise. Silence stays silence.
    """

    snr: tuple[float, float] = fields.interval((5.0, 40.0), "signal-to-noise ratio", low=-60.0, high=120.0, unit="dB")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("noise",),
        level=augreg.Level("snr", 60.0, 0.0, unit="dB", identity_at_zero=False),
        devices=("cpu",),
        differentiable=True,
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

    decibels: tuple[float, float] = fields.interval(
        (-60.0, -30.0), "level re full scale", low=-160.0, high=0.0, unit="dB"
    )

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("noise",),
        level=augreg.Level("decibels", -90.0, -20.0, unit="dB", identity_at_zero=False),
        devices=("cpu",),
        differentiable=True,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``decibels`` uniformly, and the key of the noise."""
        return augreg.Params(len(batch), decibels=self.sample("decibels", rng, level), noise=rng.noise_key("noise"))

    def scale(self, i: int, params: augreg.Params, x: Array, noise: Array) -> float:
        """Return the RMS."""
        return float(from_db(params.array("decibels")[i : i + 1])[0])


COLOURS: Final = {"white": 0.0, "pink": -3.0, "brown": -6.0, "blue": 3.0, "violet": 6.0}
"""Change of power density in dB per octave."""

FLAT_BELOW: Final = 20.0
"""In Hz: below, the power density of coloured noise is that at this frequency."""


@dataclass(frozen=True, kw_only=True)
class ColoredNoise(_AddedNoise):
    """Add noise whose power falls or rises with frequency, at a random signal-to-noise ratio.

    ``slope`` is in dB per octave: white 0, pink -3, brown -6, blue 3, violet 6, or anything between; below 20 Hz it is
    flat. White noise is shaped over the whole length, so nothing repeats. Silence stays silence.
    """

    snr: tuple[float, float] = fields.interval((5.0, 40.0), "signal-to-noise ratio", low=-60.0, high=120.0, unit="dB")
    slope: tuple[float, float] = fields.interval(
        (-6.0, 6.0), "of the power", low=-12.0, high=12.0, unit="dB per octave"
    )

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("noise",),
        level=augreg.Level("snr", 60.0, 0.0, unit="dB", identity_at_zero=False),
        devices=("cpu",),
        differentiable=True,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``snr`` and ``slope`` uniformly, and the key of the noise."""
        return augreg.Params(
            len(batch),
            snr=self.sample("snr", rng, level),
            slope=self.sample("slope", rng, level),
            noise=rng.noise_key("noise"),
        )

    def noise(self, i: int, params: augreg.Params, shape: tuple[int, int], rate: float, dtype: str) -> Array:
        """Return shaped noise."""
        return colored(int(params.array("noise")[i]), shape, float(params.array("slope")[i]), rate, dtype)


def colored(key: int, shape: tuple[int, int], slope: float, rate: float, dtype: str) -> Array:
    """Return noise (channels, frames) with ``slope`` dB per octave above 20 Hz; not normalised."""
    channels, frames = shape
    size = blocks.fast_size(frames)
    white = noise_source.normal(key, (channels, size), dtype)
    hertz = np.maximum(np.arange(size // 2 + 1) * (rate / size), FLAT_BELOW)
    tilt = (hertz / 1000.0) ** (slope / (20.0 * math.log10(2.0)))
    return scipy.fft.irfft(scipy.fft.rfft(white, axis=-1) * tilt.astype(white.dtype), n=size, axis=-1)[:, :frames]
