"""Reads and writes sounds with soundfile: WAV, FLAC, AIFF, Ogg Vorbis, Ogg Opus, MP3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import soundfile
import torch

from augreg.data.samples import Sample
from augreg.errors import MediaError
from augreg.media.limits import Limits, check_limit
from augreg.media.origin import KEPT, Loaded, Origin
from augreg.media.settle import settle
from augreg.media.sink import sink
from augreg.media.source import straight
from augreg.modalities.audio import Audio
from augreg.modalities.rates import HIGHEST_RATE

FORMATS: Final = {".wav": "WAV", ".flac": "FLAC", ".aiff": "AIFF", ".ogg": "OGG", ".opus": "OGG", ".mp3": "MP3"}
OPUS_RATES: Final = (8_000, 12_000, 16_000, 24_000, 48_000)
"""Sample rates that Opus knows, in Hz (RFC 6716, section 2)."""

MOST_OF_VORBIS: Final = 192_000
"""Hz; a little above it, libvorbis fails without a word."""

SILENCE: Final = 1_024
"""Frames of silence behind a sound that is resampled."""

BLOCK: Final = 65_536
"""Frames that are handed to libsndfile at once: it encodes minutes of Vorbis at once on its stack, which overflows."""

TAGS: Final = ("title", "copyright", "artist", "comment", "date", "album", "license", "tracknumber", "genre")
"""Tags that libsndfile reads and writes."""

LOWEST_RATE: Final = 1_000
UNKNOWN_LENGTH: Final = 2**62
"""libsndfile reports lengths of this order for streams that do not state theirs."""


def read(path: Path, extension: str, limits: Limits) -> Loaded:
    """Read a sound: float32 (channels, frames) in about [-1, 1], at its own sample rate.

    Raises:
        MediaError: E_EMPTY, E_RATE, E_TOO_LARGE, E_TRUNCATED, E_CORRUPT or E_NONFINITE.

    """
    with straight(path) as file:
        _check_header(path, file, limits)
        wave = _decode(path, file, limits)
        declared, details = file.frames, {"subtype": file.subtype, "format": file.format}
        rate = int(file.samplerate)
    length = wave.shape[1]
    if length < declared < UNKNOWN_LENGTH:
        raise MediaError(path, f"truncated: {length} of {declared} frames are there. Fetch it again.", "E_TRUNCATED")
    if length == 0:
        raise MediaError(path, "it holds no audio samples.", "E_EMPTY")
    return Loaded(Audio(torch.from_numpy(wave), rate), Origin(path, extension, details=details))


def check_header(path: Path, _extension: str, limits: Limits) -> None:
    """Refuse a sound whose header claims more values than the limits allow, or cannot be read."""
    with straight(path) as file:
        _check_header(path, file, limits)


def _decode(path: Path, file: Any, limits: Limits) -> np.ndarray:
    """Return float32 (channels, frames), decoded block by block: the length in a header may be a lie, or unknown.

    Channels first is what kernels expect, and it must be contiguous along time.
    """
    # Memory that is promised but not written to costs nothing, so that a lie in the header does not either.
    wave = np.empty((file.channels, file.frames if file.frames < UNKNOWN_LENGTH else 0), dtype=np.float32)
    frames = 0
    while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
        if not np.isfinite(block).all():
            first = frames + int(np.argwhere(~np.isfinite(block))[0, 0])
            raise MediaError(path, f"frame {first} is NaN or infinite. Repair it before.", "E_NONFINITE")
        end = frames + len(block)
        _check_length(path, end, file.channels, limits)
        wave = wave if end <= wave.shape[1] else _longer(wave, frames, end)
        wave[:, frames:end] = block.T
        frames = end
    return np.ascontiguousarray(wave[:, :frames])


def _longer(wave: np.ndarray, frames: int, needed: int) -> np.ndarray:
    """Return a wave of twice the room with the frames so far, so that a sound of unknown length is moved seldom."""
    wider = np.empty((wave.shape[0], max(2 * frames, needed)), dtype=np.float32)
    wider[:, :frames] = wave[:, :frames]
    return wider


def check_rate(path: Path, rate: int) -> None:
    """Refuse a sample rate of which no recorder writes sounds."""
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise MediaError(path, f"its sample rate is {rate} Hz; from 1 kHz to 10 MHz can be read.", "E_RATE")


def joined(pieces: list[np.ndarray]) -> np.ndarray:
    """Join pieces (channels, n) in time, float32; the list is used up, so that a sound is never in memory twice."""
    wave = np.empty((pieces[0].shape[0], sum(piece.shape[1] for piece in pieces)), dtype=np.float32)
    at = 0
    pieces.reverse()
    while pieces:
        piece = pieces.pop()
        wave[:, at : at + piece.shape[1]] = piece
        at += piece.shape[1]
    return wave


def _check_length(path: Path, frames: int, channels: int, limits: Limits) -> None:
    check_limit(path, limits, "audio_values", frames * channels, f"{frames:_} frames x {channels} channels")


def _check_header(path: Path, file: Any, limits: Limits) -> None:
    if file.frames == 0:
        raise MediaError(path, "it holds no audio samples.", "E_EMPTY")
    check_rate(path, file.samplerate)
    if file.frames < UNKNOWN_LENGTH:
        _check_length(path, file.frames, file.channels, limits)


def write(sample: Sample, path: Path, extension: str, like: Origin | None) -> tuple[str, ...]:
    """Write a sound and return notes, in the sample format of the original (16-bit otherwise).

    Integer formats clip at full scale; the notes say how many values did. Opus has five sample rates: what has another
    is resampled to the next higher one, and the notes say so. The same sound gives the same bytes.

    Raises:
        MediaError: E_ENCODE or E_NONFINITE.

    """
    name = FORMATS[extension]
    wave, rate = as_wave(sample.data), int(sample.sample_rate)  # type: ignore[attr-defined]  # an Audio
    subtype = "OPUS" if extension == ".opus" else _subtype(name, like)
    check_finite(path, wave)
    if subtype == "VORBIS" and rate > MOST_OF_VORBIS:  # libvorbis would end the process
        raise MediaError(
            path, f"{rate} Hz are more than Ogg Vorbis takes, {MOST_OF_VORBIS}. Write WAV or FLAC instead.", "E_ENCODE"
        )
    notes: tuple[str, ...] = ()
    if subtype == "OPUS" and rate not in OPUS_RATES:
        written = min((known for known in OPUS_RATES if known > rate), default=max(OPUS_RATES))
        wave, rate = resampled(wave, rate, written), written
        notes = (f"sound written at {written} Hz, as Opus needs",)
    clips = np.issubdtype(wave.dtype, np.floating) and subtype not in ("FLOAT", "DOUBLE")
    clipped = 0
    try:
        with sink(path) as out, soundfile.SoundFile(out, "w", rate, wave.shape[0], subtype, format=name) as file:
            for tag, text in ({} if like is None else like.details.get(KEPT, {})).items():
                setattr(file, tag, text)
            for block in blocks(wave):
                if clips:
                    clipped += int((np.abs(block) > 1.0).sum())
                    block = np.clip(block, -1.0, 1.0)
                file.write(np.ascontiguousarray(block.T))
    except (soundfile.LibsndfileError, ValueError, TypeError) as error:
        raise MediaError(
            path, f"{wave.shape[0]} channels at {rate} Hz cannot be written as {name} {subtype}: {error}", "E_ENCODE"
        ) from error
    settle(path, name)
    return notes + ((f"{clipped} of {wave.size} values clipped",) if clipped else ())


def blocks(wave: np.ndarray) -> Iterator[np.ndarray]:
    """Yield a sound (channels, frames) in stretches of time, so that what is computed of it is never a second sound."""
    for at in range(0, wave.shape[1], BLOCK):
        yield wave[:, at : at + BLOCK]


def check_finite(path: Path, wave: np.ndarray) -> None:
    """Raise E_NONFINITE for a result with NaN or infinite values."""
    if np.issubdtype(wave.dtype, np.floating) and not all(np.isfinite(block).all() for block in blocks(wave)):
        raise MediaError(path, "the result has NaN or infinite values.", "E_NONFINITE")


def resampled(wave: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """Return a sound at another rate with FFmpeg's band-limited interpolation, float32 (channels, frames').

    frames' is frames x wanted / rate, rounded up. Integers are scaled to [-1, 1] first.
    """
    scale = 1.0 if np.issubdtype(wave.dtype, np.floating) else 1.0 / (np.iinfo(wave.dtype).max + 1)
    frames = -(-wave.shape[1] * wanted // rate)
    rows = []
    for row in wave:  # each as a sound of its own, since not every number of channels has a layout
        # Silence behind it: of the shortest sounds the filter would give nothing back.
        floats = np.pad((row * scale).astype(np.float32), (0, SILENCE))
        frame = av.AudioFrame.from_ndarray(floats[None], format="fltp", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=wanted)
        pieces = [piece.to_ndarray()[0] for given in (frame, None) for piece in resampler.resample(given)]
        rows.append(np.concatenate(pieces)[:frames])
    return np.stack(rows)


def as_wave(data: Any) -> np.ndarray:
    """Return a sound's data, as :class:`augreg.Audio` may hold it, as an array (channels, frames)."""
    array = data.detach().cpu().numpy() if isinstance(data, torch.Tensor) else np.asarray(data)
    if array.dtype == np.float16:
        array = array.astype(np.float32)
    return array[None] if array.ndim == 1 else array


def _subtype(name: str, like: Origin | None) -> str:
    """Return the original's sample format if this container can hold it, else the container's usual one."""
    known = like.details.get("subtype") if like is not None else None
    if known and soundfile.check_format(name, known):
        return str(known)
    return str(soundfile.default_subtype(name))
