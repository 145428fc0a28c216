"""Encoding and decoding in memory with the codecs that PyAV and soundfile bring along."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import av
import numpy as np
import soundfile

from augreg import SampleError
from augreg_audio import resampling
from augreg_audio.waveform import FRAMES_AT_ONCE, stretches

Array = np.ndarray


@dataclass(frozen=True)
class Codec:
    """One codec: how FFmpeg calls both sides, what it takes, how late the decoded sound comes.

    ``delay`` is in frames at the coded rate, beyond what the decoder itself leaves out. ``format`` is FFmpeg's name
    of the sample format. ``channels`` is the largest count that is coded together. ``bitrates`` are in kbit/s.
    """

    encoder: str
    decoder: str
    format: str
    rates: tuple[int, ...]
    delay: int = 0
    channels: int = 2
    options: dict[str, str] = field(default_factory=dict)
    bitrates: tuple[float, ...] = ()


EVERY_BITRATE: Final = tuple(float(k) for k in range(6, 321))
"""Bit rates in kbit/s of codecs that take any."""

MP3: Final = Codec(
    "libmp3lame",
    "mp3float",
    "fltp",
    (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
    options={"compression_level": "7"},
    bitrates=(
        8.0,
        16.0,
        24.0,
        32.0,
        40.0,
        48.0,
        56.0,
        64.0,
        80.0,
        96.0,
        112.0,
        128.0,
        160.0,
        192.0,
        224.0,
        256.0,
        320.0,
    ),
)
AAC: Final = Codec(
    "aac",
    "aac",
    "fltp",
    (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000),
    delay=1024,
    options={"aac_coder": "fast"},
    bitrates=EVERY_BITRATE,
)
OPUS: Final = Codec(
    "libopus",
    "libopus",
    "flt",
    (8000, 12000, 16000, 24000, 48000),
    options={"compression_level": "0"},
    bitrates=EVERY_BITRATE,
)
G722: Final = Codec("g722", "g722", "s16", (16000,), delay=22, channels=1)
AMR: Final = Codec(
    "libopencore_amrnb",
    "amrnb",
    "s16",
    (8000,),
    delay=40,
    channels=1,
    bitrates=(4.75, 5.15, 5.9, 6.7, 7.4, 7.95, 10.2, 12.2),
)

FULL_SCALE: Final = 0.999
"""Peak of what is given to an encoder: louder sounds are turned down first, and up again behind the decoder."""

ENCODED_AT_ONCE: Final = 1 << 20
"""Frames up to which libsndfile is given a sound at once: it encodes that on its stack, which minutes of Vorbis
overflow. In stretches it rounds otherwise."""

HIGHEST_VORBIS_RATE: Final = 192_000
"""Sample rate in Hz up to which Vorbis is defined: libvorbis ends the process above 200 kHz."""


def nearest_rate(rates: tuple[int, ...], rate: float) -> int:
    """Return the lowest rate that keeps the sound's band, or the highest there is."""
    return next((r for r in rates if r >= rate - 0.5), rates[-1])


def through(x: Array, rate: float, codec: Codec, bits: int | None) -> Array:
    """Return x (channels, frames) after encoding and decoding: same length, same place in time, same loudness.

    Rates that the codec does not know are resampled to and fro; more channels than it takes are coded one by one.
    Sound louder than full scale is turned down before and up after. ``bits`` per second, or None where it is fixed.
    """

    def coded(wave: Array, coded_rate: int) -> Array:
        groups = [wave] if len(wave) <= codec.channels else list(wave[:, None])
        return np.concatenate([_round_trip(group, coded_rate, codec, bits) for group in groups])

    return fitted(x, rate, nearest_rate(codec.rates, rate), coded)


def fitted(x: Array, rate: float, coded_rate: int, code: Any) -> Array:
    """Return ``code(wave, coded_rate)`` of x at another rate and within full scale, brought back to x's own.

    Raises SampleError for NaN and infinity: some encoders abort the process on them.
    """
    peak = float(np.abs(x).max(initial=0.0))
    if not np.isfinite(peak):
        raise SampleError("sound with NaN or infinity cannot be encoded. Clean it first, e.g. with torch.nan_to_num.")
    down = FULL_SCALE / peak if peak > FULL_SCALE else 1.0
    resampling.check_rates(rate, coded_rate, "a codec")
    factor = rate / coded_rate
    wave = np.asarray(x, dtype=np.float32) * np.float32(down)
    frames = x.shape[-1]
    if factor != 1.0:
        wave = resampling.resample_row(wave, factor, max(1, round(frames / factor)))
    made = code(wave, coded_rate)
    if factor != 1.0:
        made = resampling.resample_row(made, 1.0 / factor, frames)
    out = np.zeros(x.shape, dtype=np.float32)
    heard = min(frames, made.shape[-1])
    out[:, :heard] = made[:, :heard] / np.float32(down)
    return out


def _round_trip(x: Array, rate: int, codec: Codec, bits: int | None) -> Array:
    """Encode and decode x (channels, frames) at a rate that the codec knows; late by nothing."""
    encoder = _encoder(codec, rate, len(x), bits)
    decoder = _decoder(codec, encoder, rate)
    # Two blocks of silence behind the sound push its end through encoder and decoder.
    extra = 2 * max(encoder.frame_size, 1024) + codec.delay
    frame = av.AudioFrame.from_ndarray(
        _packed(np.pad(x, ((0, 0), (0, extra))), codec.format), format=codec.format, layout=encoder.layout.name
    )
    frame.sample_rate, frame.pts = rate, 0
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    pieces, played = [], rate
    for packet in [*packets, None]:
        for out in decoder.decode(packet):  # unpacked at once: a frame of 20 ms takes twice its samples' memory
            pieces.append(_unpacked(out))
            played = out.sample_rate
    found = np.concatenate(pieces, axis=1)
    if played != rate:
        found = resampling.resample_row(found, played / rate, round(found.shape[-1] * rate / played))
    return found[: len(x), codec.delay : codec.delay + x.shape[-1]]


def _encoder(codec: Codec, rate: int, channels: int, bits: int | None) -> Any:
    encoder: Any = av.codec.CodecContext.create(codec.encoder, "w")
    encoder.sample_rate, encoder.format = rate, codec.format
    encoder.layout = "mono" if channels == 1 else "stereo"
    encoder.time_base = Fraction(1, rate)
    if bits:
        encoder.bit_rate = bits
    encoder.options = dict(codec.options)
    encoder.thread_count = 1
    encoder.open()
    return encoder


def _decoder(codec: Codec, encoder: Any, rate: int) -> Any:
    decoder: Any = av.codec.CodecContext.create(codec.decoder, "r")
    if encoder.extradata:
        decoder.extradata = encoder.extradata
    decoder.sample_rate, decoder.layout = rate, encoder.layout
    decoder.thread_count = 1
    return decoder


def _packed(x: Array, form: str) -> Array:
    data = np.clip(np.rint(x * 32768.0), -32768, 32767).astype(np.int16) if form.startswith("s16") else x
    return np.ascontiguousarray(data if form.endswith("p") else data.T.reshape(1, -1))


def _unpacked(frame: Any) -> Array:
    data = frame.to_ndarray()
    if not frame.format.is_planar:
        data = data.reshape(-1, len(frame.layout.channels)).T
    result: Array = data.astype(np.float32) / 32768.0 if data.dtype == np.int16 else data.astype(np.float32)
    return result


def through_soundfile(x: Array, rate: float, container: str, subtype: str, rates: tuple[int, ...], **how: Any) -> Array:
    """Return x (channels, frames) after a file in memory: same length, same place in time, same loudness."""

    def coded(wave: Array, coded_rate: int) -> Array:
        file = io.BytesIO()
        size = wave.shape[-1] if wave.shape[-1] <= ENCODED_AT_ONCE else FRAMES_AT_ONCE
        with soundfile.SoundFile(file, "w", coded_rate, len(wave), subtype=subtype, format=container, **how) as written:
            for part in stretches(wave.shape[-1], size):
                written.write(wave.T[part])
        file.seek(0)
        return np.ascontiguousarray(soundfile.read(file, dtype="float32", always_2d=True)[0].T)

    def by_channel(wave: Array, coded_rate: int) -> Array:
        return coded(wave, coded_rate) if len(wave) <= 2 else np.concatenate([coded(w[None], coded_rate) for w in wave])

    return fitted(x, rate, nearest_rate(rates, rate) if rates else min(round(rate), HIGHEST_VORBIS_RATE), by_channel)
