"""Damage by coding: mp3, aac, opus, vorbis, g722, gsm, amr, mu_law, a_law, telephone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import torch

import augreg
from augreg import param
from augreg_audio import biquads, transcode
from augreg_audio.base import Rendered, WaveformAugmenter, either, waveform_declaration
from augreg_audio.linear import LinearFilter, Sections
from augreg_audio.waveform import Array, from_float, map_rows, stretches, to_float


def _declare(low: float, high: float, memory: float) -> augreg.Declaration:
    return waveform_declaration(
        alters=("timbre",),
        level=augreg.Level("bitrate", low, high, scale="log", identity_at_zero=False),
        devices=("cpu",),
        memory=memory,
    )


@dataclass(frozen=True)
class _BitrateCodec(WaveformAugmenter):
    """A codec with a bit rate."""

    codec: ClassVar[transcode.Codec]

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``bitrate`` in kbit/s on a logarithmic scale; the params hold the nearest that the codec has."""
        if level is not None and self.declares.level is not None:
            drawn = self.declares.level.values(level, rng)
        else:
            low, high = self.bitrate  # type: ignore[attr-defined]  # every subclass has this field
            drawn = rng.log_uniform("bitrate", low, high)
        steps = np.asarray(self.codec.bitrates)
        return augreg.Params(len(batch), bitrate=steps[np.abs(drawn[:, None] - steps).argmin(axis=1)])

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the coded sound."""
        bits = np.rint(params.array("bitrate") * 1000.0).astype(np.int64).tolist()
        rates = batch.info.rates.tolist()

        def row(i: int, x: Array, out: Array) -> None:
            out[...] = transcode.through(x, rates[i], self.codec, bits[i])

        return Rendered(map_rows(batch, row))


@dataclass(frozen=True, kw_only=True)
class Mp3(_BitrateCodec):
    """Compress to MP3 and back, in memory.

    LAME through FFmpeg at a constant bit rate (rounded to one that MP3 has); encoder and decoder delay are taken out,
    so length and timing stay. Rates that MP3 does not know are resampled to the next and back.
    """

    bitrate: tuple[float, float] = param.interval((8.0, 64.0), "coded size", low=8.0, high=320.0, unit="kbit/s")

    codec: ClassVar[transcode.Codec] = transcode.MP3
    declares: ClassVar[augreg.Declaration] = _declare(160.0, 8.0, memory=9)


@dataclass(frozen=True, kw_only=True)
class Aac(_BitrateCodec):
    """Compress to AAC (low complexity) and back, in memory.

    FFmpeg's own encoder; its delay of 1024 frames is taken out, so length and timing stay.
    """

    bitrate: tuple[float, float] = param.interval((12.0, 64.0), "coded size", low=8.0, high=320.0, unit="kbit/s")

    codec: ClassVar[transcode.Codec] = transcode.AAC
    declares: ClassVar[augreg.Declaration] = _declare(160.0, 12.0, memory=10.5)


@dataclass(frozen=True, kw_only=True)
class Opus(_BitrateCodec):
    """Compress to Opus and back, in memory, as calls over the internet do.

    libopus through FFmpeg; delays are taken out, so length and timing stay. At low bit rates libopus codes stereo as
    mono.
    """

    bitrate: tuple[float, float] = param.interval((6.0, 48.0), "coded size", low=6.0, high=256.0, unit="kbit/s")

    codec: ClassVar[transcode.Codec] = transcode.OPUS
    declares: ClassVar[augreg.Declaration] = _declare(128.0, 6.0, memory=12.5)


@dataclass(frozen=True, kw_only=True)
class Amr(_BitrateCodec):
    """Compress with AMR narrowband, the codec of GSM and 3G phones, and back, in memory.

    At 8 kHz, so nothing above 4 kHz remains; the bit rate is rounded to one of the eight modes.
    """

    bitrate: tuple[float, float] = param.interval((4.75, 12.2), "coded size", low=4.75, high=12.2, unit="kbit/s")

    codec: ClassVar[transcode.Codec] = transcode.AMR
    declares: ClassVar[augreg.Declaration] = _declare(12.2, 4.75, memory=7)


@dataclass(frozen=True, kw_only=True)
class G722(WaveformAugmenter):
    """Compress with G.722, the wideband codec of telephony, and back, in memory.

    At 16 kHz and 64 kbit/s through FFmpeg; its delay of 22 frames is taken out.
    """

    declares: ClassVar[augreg.Declaration] = waveform_declaration(alters=("timbre",), devices=("cpu",), memory=7.5)

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the coded sound."""
        rates = batch.info.rates.tolist()

        def row(i: int, x: Array, out: Array) -> None:
            out[...] = transcode.through(x, rates[i], transcode.G722, None)

        return Rendered(map_rows(batch, row))


@dataclass(frozen=True, kw_only=True)
class Gsm(WaveformAugmenter):
    """Compress with GSM 06.10, the codec of early mobile phones, and back, in memory.

    At 8 kHz and 13 kbit/s through libsndfile, so nothing above 4 kHz remains.
    """

    declares: ClassVar[augreg.Declaration] = waveform_declaration(alters=("timbre",), devices=("cpu",), memory=5.5)

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the coded sound."""
        rates = batch.info.rates.tolist()

        def row(i: int, x: Array, out: Array) -> None:
            coded = [transcode.through_soundfile(c[None], rates[i], "WAV", "GSM610", (8000,)) for c in x]
            out[...] = np.concatenate(coded)

        return Rendered(map_rows(batch, row))


@dataclass(frozen=True, kw_only=True)
class Vorbis(WaveformAugmenter):
    """Compress to Ogg Vorbis and back, in memory.

    libvorbis through libsndfile at a variable bit rate; ``quality`` 0 is the smallest and worst, 1 the best.
    """

    quality: tuple[float, float] = param.interval((0.0, 0.5), "of the coding", low=0.0, high=1.0)

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("timbre",),
        level=augreg.Level("quality", 1.0, 0.0, identity_at_zero=False),
        devices=("cpu",),
        memory=6.5,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``quality`` uniformly."""
        return augreg.Params(len(batch), quality=self.sample("quality", rng, level))

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the coded sound."""
        rates = batch.info.rates.tolist()
        size = (1.0 - params.array("quality")).tolist()

        def row(i: int, x: Array, out: Array) -> None:
            out[...] = transcode.through_soundfile(x, rates[i], "OGG", "VORBIS", (), compression_level=size[i])

        return Rendered(map_rows(batch, row))


MU: Final = 255.0
"""The constant of mu-law in ITU-T G.711."""

A: Final = 87.6
"""The constant of A-law in ITU-T G.711."""


def mu_law(x: Any, steps: float, lib: Any) -> Any:
    """Return samples after companding to ``steps`` levels and back; |x| up to 1. Arrays or tensors (``lib``)."""
    scale = float(np.log1p(MU))
    squeezed = lib.round(lib.log1p(lib.abs(x) * MU) / scale * steps) / steps
    return lib.sign(x) * lib.expm1(squeezed * scale) / MU


def a_law(x: Any, steps: float, lib: Any) -> Any:
    """Return samples after A-law companding to ``steps`` levels and back; |x| up to 1. Arrays or tensors (``lib``)."""
    scale = 1.0 + float(np.log(A))
    loud = lib.abs(x)
    curved = (1.0 + lib.log(lib.clip(A * loud, 1.0, None))) / scale
    squeezed = lib.round(lib.where(loud < 1.0 / A, A * loud / scale, curved) * steps) / steps
    back = lib.where(squeezed < 1.0 / scale, squeezed * scale / A, lib.exp(squeezed * scale - 1.0) / A)
    return lib.sign(x) * back


@dataclass(frozen=True)
class _Companded(WaveformAugmenter):
    """Eight-bit companding by formula; samples beyond full scale are clipped."""

    law: ClassVar[Any]

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the companded sound."""
        return Rendered(_companded(batch, type(self).law))


@dataclass(frozen=True, kw_only=True)
class MuLaw(_Companded):
    """Round the samples as telephones in North America and Japan do (mu-law).

    Continuous companding with mu = 255 and 255 levels (ITU-T G.711 approximates it by segments).
    """

    law = staticmethod(mu_law)
    declares: ClassVar[augreg.Declaration] = waveform_declaration(full_scale=True, alters=("timbre",), memory=1.5)


@dataclass(frozen=True, kw_only=True)
class ALaw(_Companded):
    """Round the samples as telephones in Europe do (A-law).

    Continuous companding with A = 87.6 and 255 levels (ITU-T G.711 approximates it by segments).
    """

    law = staticmethod(a_law)
    declares: ClassVar[augreg.Declaration] = waveform_declaration(full_scale=True, alters=("timbre",), memory=1.5)


@dataclass(frozen=True, kw_only=True)
class Telephone(WaveformAugmenter):
    """Make it sound like an old telephone: a narrow band, and rounding.

    Band-pass between two drawn corners (Butterworth, 24 dB per octave on both sides), then companding with ``law``.
    The classic band is 300 to 3400 Hz.
    """

    low: tuple[float, float] = param.interval((250.0, 500.0), "lower corner", low=10.0, high=2000.0, unit="Hz")
    high: tuple[float, float] = param.interval((2800.0, 3500.0), "upper corner", low=500.0, high=20000.0, unit="Hz")
    law: str = param.choice("mu_law", "companding", options=("mu_law", "a_law", "none"))

    declares: ClassVar[augreg.Declaration] = waveform_declaration(full_scale=True, alters=("timbre",), memory=6.5)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw both corners on a logarithmic scale."""
        drawn = {name: rng.log_uniform(name, *getattr(self, name)) for name in ("low", "high")}
        return augreg.Params(len(batch), drawn)

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the narrow-band sound."""
        rates = batch.info.rates
        high = np.minimum(params.array("high"), biquads.HIGHEST_CORNER * rates)
        both = [
            biquads.butterworth("highpass", 4, params.array("low"), rates),
            biquads.butterworth("lowpass", 4, high, rates),
        ]
        band = LinearFilter.of(len(batch), response=Sections.of(np.concatenate(both, axis=1)))
        data = batch.stack()
        # In floating point: what rounding to int16 moves across a step of the companding would come out far off.
        narrow = band.run(batch.replace(to_float(data), shapes=batch.info.shapes))
        law = {"mu_law": mu_law, "a_law": a_law}.get(self.law)
        made = narrow if law is None else narrow.replace(_companded(narrow, law), shapes=batch.info.shapes)
        return Rendered(from_float(made.stack(), data.dtype))


def _companded(batch: augreg.Batch, law: Any) -> torch.Tensor:
    def row(_i: int, x: Array, out: Array) -> None:
        for part in stretches(x.shape[-1]):
            out[:, part] = law(np.clip(x[:, part], -1.0, 1.0), 127.0, np)

    return either(batch, row, lambda x, _inside: law(x.clamp(-1.0, 1.0), 127.0, torch)).data
