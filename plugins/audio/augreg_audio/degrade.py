"""Digital damage and odd voices: resample, aliasing, vocal_tract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import scipy.fft

import augreg
from augreg import fields
from augreg_audio import blocks, resampling, vocoder
from augreg_audio.base import Rendered, WaveformAugmenter, waveform_declaration
from augreg_audio.waveform import Array, map_rows


@dataclass(frozen=True)
class _LowRate(WaveformAugmenter):
    """Something that happens at a lower sample rate, drawn on a logarithmic scale."""

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``rate`` in Hz on a logarithmic scale."""
        if level is not None and self.declares.level is not None:
            return augreg.Params(len(batch), rate=self.declares.level.values(level, rng))
        return augreg.Params(len(batch), rate=rng.log_uniform("rate", *self.rate))  # type: ignore[attr-defined]  # every subclass has this field

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the damaged sound."""
        steps = (batch.info.rates / params.array("rate")).tolist()

        def row(i: int, x: Array, out: Array) -> None:
            out[...] = x if steps[i] <= 1.0 else self.damage(x, steps[i])

        return Rendered(map_rows(batch, row))

    def damage(self, x: Array, step: float) -> Array:
        """Return x (channels, frames) after a rate ``step`` > 1 times as low."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Resample(_LowRate):
    """Lose the high frequencies by resampling to a random lower rate and back.

    The sample rate of the result stays. A rate at or above the sound's own changes nothing.
    """

    rate: tuple[float, float] = fields.interval((4000.0, 16000.0), "lower sample rate", low=100.0, unit="Hz")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("timbre",),
        level=augreg.Level("rate", 16000.0, 2000.0, scale="log", unit="Hz", identity_at_zero=False),
        devices=("cpu",),
    )

    def damage(self, x: Array, step: float) -> Array:
        """Return x without what the lower rate cannot hold: a low-pass with the resampler's edge, twice."""
        frames = x.shape[-1]
        size = blocks.fast_size(frames + resampling.MARGIN * 4)
        bins = max(2, int(size / step) // 2 + 1)
        spectrum = scipy.fft.rfft(x, n=size, axis=-1)
        spectrum[:, bins:] = 0.0
        first, damping = resampling.taper(bins)
        spectrum[:, first:bins] *= (damping**2).astype(x.dtype)
        result: Array = scipy.fft.irfft(spectrum, n=size, axis=-1, overwrite_x=True)[:, :frames]
        return result


@dataclass(frozen=True, kw_only=True)
class Aliasing(_LowRate):
    """Fold high frequencies down, as sampling without a filter does.

    The sound is read at a random lower rate by linear interpolation, without a low-pass, and back. The sample rate of
    the result stays; a rate at or above the sound's own changes nothing.
    """

    rate: tuple[float, float] = fields.interval((4000.0, 16000.0), "lower sample rate", low=100.0, unit="Hz")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("timbre",),
        level=augreg.Level("rate", 16000.0, 2000.0, scale="log", unit="Hz", identity_at_zero=False),
        devices=("cpu",),
    )

    def damage(self, x: Array, step: float) -> Array:
        """Return x interpolated down and up."""
        frames = np.arange(x.shape[-1], dtype=np.float64)
        coarse = np.arange(0.0, x.shape[-1] - 1 + step, step)
        return np.stack([np.interp(frames, coarse, np.interp(coarse, frames, channel)) for channel in x])


LIFTER: Final = 0.0018
"""Cut of the cepstrum in seconds: what varies faster than this over frequency is pitch, not vocal tract."""

ROUNDS: Final = 5


@dataclass(frozen=True, kw_only=True)
class VocalTract(WaveformAugmenter):
    """Move the formants of a voice as a longer or shorter vocal tract does, at the same pitch.

    The spectral envelope of every window (from the cepstrum) is stretched along the frequency axis by
    ``warp``: above 1 like a smaller person. After Jaitly and Hinton, "Vocal tract length perturbation (VTLP) improves
    speech recognition", 2013, whose piecewise linear warping it uses, but on the envelope alone.
    """

    warp: tuple[float, float] = fields.interval((0.85, 1.15), "stretch of the formants", low=0.5, high=2.0)

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("speaker", "timbre"),
        level=augreg.Level("warp", 1.0, 1.3, scale="log", signed=True, unit="ratio"),
        devices=("cpu",),
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``warp`` uniformly."""
        return augreg.Params(len(batch), warp=self.sample("warp", rng, level))

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the altered voice."""
        warps, rate = params.array("warp").tolist(), float(batch.info.rates[0])

        def row(i: int, x: Array, out: Array) -> None:
            out[...] = x if warps[i] == 1.0 else _with_warped_formants(x, warps[i], rate)

        return Rendered(map_rows(batch, row))


def _with_warped_formants(x: Array, warp: float, rate: float) -> Array:
    at = vocoder.framing(rate)
    count = -(-x.shape[-1] // at.hop) + 3
    spectra = vocoder.analyse(x, at, count)
    envelope = _envelopes(np.log(np.abs(spectra) + x.dtype.type(1e-6)), at.size, max(2, round(LIFTER * rate)))
    place = warped_bins(envelope.shape[-1], warp)
    low = np.minimum(place.astype(np.int64), envelope.shape[-1] - 2)
    share = (place - low).astype(x.dtype)
    moved = envelope[..., low] * (1 - share) + envelope[..., low + 1] * share
    spectra *= np.exp(np.clip(moved - envelope, -4.0, 4.0))
    return vocoder.synthesise(spectra, at, x.shape[-1])


def _envelopes(logs: Array, size: int, kept: int) -> Array:
    """Return smooth curves through the peaks of log spectra (..., bins).

    The "true envelope": smooth, fill up what lies below, and again (Roebel and Rodet, "Efficient spectral envelope
    estimation", DAFx 2005).
    """
    envelope = logs
    for _ in range(ROUNDS):
        cepstra = scipy.fft.irfft(np.maximum(logs, envelope), n=size, axis=-1)
        cepstra[..., kept : size - kept + 1] = 0.0
        envelope = scipy.fft.rfft(cepstra, axis=-1).real
    return envelope


def warped_bins(bins: int, warp: float, knee: float = 0.6) -> Array:
    """Return from which bin, float64 (bins,), every bin of a warped spectrum is read.

    Divided by ``warp`` up to ``knee`` of the band, then straight on to the last bin: nothing leaves the band.
    """
    share = np.arange(bins) / (bins - 1)
    edge = knee * min(1.0, warp)
    above = (share - edge) / (1.0 - edge) * (1.0 - edge / warp) + edge / warp
    return np.where(share <= edge, share / warp, above) * (bins - 1)
