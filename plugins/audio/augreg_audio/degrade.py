"""Digital damage and odd voices: resample, aliasing, vocal_tract."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.fft
import torch

import augreg
from augreg import param
from augreg_audio import blocks, formants, resampling
from augreg_audio.base import Rendered, WaveformAugmenter, either, waveform_declaration
from augreg_audio.waveform import Array, column


@dataclass(frozen=True, kw_only=True)
class _LowRate(WaveformAugmenter):
    """Something that happens at a lower sample rate, drawn on a logarithmic scale."""

    rate: tuple[float, float] = param.interval((4000.0, 16000.0), "lower sample rate", low=100.0, unit="Hz")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("timbre",),
        level=augreg.Level("rate", 16000.0, 2000.0, scale="log", identity_at_zero=False),
        differentiable=True,
        memory=8,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``rate`` in Hz on a logarithmic scale."""
        if level is not None and self.declares.level is not None:
            return augreg.Params(len(batch), rate=self.declares.level.values(level, rng))
        return augreg.Params(len(batch), rate=rng.log_uniform("rate", *self.rate))

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the damaged sound."""
        steps = batch.info.rates / params.array("rate")

        def row(i: int, x: Array, out: Array) -> None:
            if steps[i] <= 1.0:
                out[...] = x
            else:
                self.damage(x, float(steps[i]), out)

        def kernel(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            damaged = self.damage_all(x, batch.lengths, np.maximum(steps, 1.0))
            return torch.where(column(steps <= 1.0, x.device, torch.bool), x, damaged)

        return either(batch, row, kernel)

    def damage(self, x: Array, step: float, out: Array) -> None:
        """Fill ``out`` with x (channels, frames) after a rate ``step`` > 1 times as low."""
        raise NotImplementedError

    def damage_all(self, x: torch.Tensor, lengths: Array, steps: Array) -> torch.Tensor:
        """Return padded x (n, channels, frames) after rates ``steps`` (n,) times as low; step 1 may do anything."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Resample(_LowRate):
    """Lose the high frequencies by resampling to a random lower rate and back.

    The sample rate of the result stays. A rate at or above the sound's own changes nothing.
    """

    def damage(self, x: Array, step: float, out: Array) -> None:
        """Leave out what the lower rate cannot hold: a low-pass with the resampler's edge, twice."""
        frames = x.shape[-1]
        size = self._size(frames)
        spectrum = scipy.fft.rfft(x, n=size, axis=-1)
        spectrum *= self._response(size, step).astype(x.dtype)
        out[...] = scipy.fft.irfft(spectrum, n=size, axis=-1, overwrite_x=True)[:, :frames]

    def damage_all(self, x: torch.Tensor, lengths: Array, steps: Array) -> torch.Tensor:
        """Return the same for padded rows; those of one transform length go together."""
        sizes = np.asarray([self._size(frames) for frames in lengths.tolist()])
        out = torch.zeros_like(x)
        for size in np.unique(sizes).tolist():
            rows = np.flatnonzero(sizes == size)
            index = torch.from_numpy(rows).to(x.device)
            response = np.stack([self._response(size, step) for step in steps[rows].tolist()])[:, None]
            spectrum = torch.fft.rfft(x[index], n=size) * torch.from_numpy(response).to(x.device, x.dtype)
            made = torch.fft.irfft(spectrum, n=size)[..., : x.shape[-1]]
            out = out.index_add(0, index, torch.nn.functional.pad(made, (0, x.shape[-1] - made.shape[-1])))
        return out

    @staticmethod
    def _size(frames: int) -> int:
        return blocks.fast_size(frames + resampling.SILENT_MARGIN * 4)

    @staticmethod
    def _response(size: int, step: float) -> Array:
        bins = max(2, int(size / step) // 2 + 1)
        first, damping = resampling.taper(bins)
        response = np.zeros(size // 2 + 1)
        response[:first] = 1.0
        response[first:bins] = damping**2
        return response


@dataclass(frozen=True, kw_only=True)
class Aliasing(_LowRate):
    """Fold high frequencies down, as sampling without a filter does.

    The sound is read at a random lower rate by linear interpolation, without a low-pass, and back. The sample rate of
    the result stays; a rate at or above the sound's own changes nothing.
    """

    def damage(self, x: Array, step: float, out: Array) -> None:
        """Interpolate x down and up: sums of four frames, with weights that repeat."""
        steps, period = _fraction(step, x.shape[-1])
        frame = np.arange(steps)
        number, share = np.divmod(frame * period, steps)
        low, low_rest = np.divmod(number * steps, period)
        high, high_rest = np.divmod((number + 1) * steps, period)
        above, a, b = share / steps, low_rest / period, high_rest / period
        weights = np.zeros((steps, math.ceil(step) + 3), dtype=x.dtype)
        weights[:, 0], weights[:, 1] = (1.0 - above) * (1.0 - a), (1.0 - above) * a
        weights[frame, high - low] += above * (1.0 - b)
        weights[frame, high - low + 1] += above * b
        frames, jump = x.shape[-1], math.ceil(step)
        before = jump + resampling.RUNS_PER_CALL
        size = resampling.room(frames, resampling.Fraction(steps, steps), weights.shape[1] + 3 * jump)
        held = np.empty((len(x), max(size, before + frames)), dtype=x.dtype)
        held[:, :before], held[:, before : before + frames], held[:, before + frames :] = 0.0, x, x[:, -1:]
        resampling.periodic(held, resampling.bank(weights, low + before, steps), out)

    def damage_all(self, x: torch.Tensor, lengths: Array, steps: Array) -> torch.Tensor:
        """Return the same for padded rows."""
        rows = zip(np.maximum(steps, 1.0).tolist(), lengths.tolist(), strict=True)
        exact = np.asarray([one.steps / one.period for one in (_fraction(*row) for row in rows)])
        step, last = column(exact, x.device, torch.float64), column(lengths - 1, x.device, torch.float64).clamp(min=0)
        frames = torch.arange(x.shape[-1], device=x.device, dtype=torch.float64)
        number = (frames / step).floor()
        low, high = (_between(x, torch.minimum((number + k) * step, last), last) for k in (0, 1))
        return low + (high - low) * (frames / step - number).to(x.dtype)


def _fraction(step: float, frames: int) -> resampling.Fraction:
    """Return the fraction that stands for ``step``, input frames per lower-rate frame, in a sound of ``frames``."""
    return resampling.fraction(step, max(1, int(frames / step)), math.ceil(step) + 3 + resampling.RUN_FRAMES)


def _between(x: torch.Tensor, place: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
    """Return x (n, channels, frames) at fractional frames (n, 1, m), none of them behind ``last`` (n, 1, 1)."""
    low = place.floor()
    shape = (*x.shape[:-1], place.shape[-1])
    first, second = (
        torch.gather(x, -1, index.to(torch.int64).expand(shape)) for index in (low, torch.minimum(low + 1, last))
    )
    return first + (second - first) * (place - low).to(x.dtype)


@dataclass(frozen=True, kw_only=True)
class VocalTract(WaveformAugmenter):
    """Move the formants of a voice as a longer or shorter vocal tract does, at the same pitch.

    The spectral envelope of every window (from the cepstrum) is stretched along the frequency axis by
    ``warp``: above 1 like a smaller person. After Jaitly and Hinton, "Vocal tract length perturbation (VTLP) improves
    speech recognition", 2013, whose piecewise linear warping it uses, but on the envelope alone.
    """

    warp: tuple[float, float] = param.interval((0.85, 1.15), "stretch of the formants", low=0.5, high=2.0, unit="ratio")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("speaker", "timbre"),
        level=augreg.Level("warp", 1.0, 1.3, scale="log", signed=True),
        differentiable=True,
        memory=6.5,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``warp`` uniformly."""
        return augreg.Params(len(batch), warp=self.sample("warp", rng, level))

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the altered voice."""
        warps, rate = params.array("warp"), float(batch.info.rates[0])

        def row(i: int, x: Array, out: Array) -> None:
            out[...] = x if warps[i] == 1.0 else formants.warped_row(x, float(warps[i]), rate)

        def kernel(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            same = column(warps == 1.0, x.device, torch.bool)
            return torch.where(same, x, formants.warped_batch(x, warps, rate))

        return either(batch, row, kernel)
