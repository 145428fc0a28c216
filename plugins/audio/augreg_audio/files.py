"""Sound files that augmenters mix in: short ones are decoded once, of long ones only the stretch that is heard."""

from __future__ import annotations

import errno
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import soundfile

from augreg import ConfigError, Rng, SampleError, media
from augreg.kernel import check_file
from augreg_audio import resampling
from augreg_audio.keeping import Kept, Stamp, stamp_of

Array = np.ndarray

EXTENSIONS: Final = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".m4a", ".aac")
SAMPLES: Final = Path(__file__).parent / "samples"
"""Two small sounds of our own making, for trying things out: room.wav, an impulse response, and rain.wav."""

BYTES_KEPT: Final = 256 * 1024**2
"""Of decoded files that are kept in memory, at all rates together."""

LONG: Final = 16 * 1024**2
"""Bytes that a file has once decoded, from which on it is read by the stretch: 87 seconds of mono at 48 kHz."""

UNKNOWN_LENGTH: Final = 2**62
"""libsndfile reports lengths of this order for streams that do not state theirs."""

MOST_FILES: Final = 500_000
"""Files and folders that are looked at in search of sounds: the largest sets of noise have some 100,000."""

MOST_BYTES: Final = 2**40
"""Bytes of a sound file; what is decoded of it is limited elsewhere."""

_decoded = Kept(BYTES_KEPT)


def check_source(name: str, source: Any) -> tuple[str, ...]:
    """Return a folder or a list of files as a tuple of paths, or raise ConfigError if there is none.

    ``name`` is the parameter that holds it. Folders are searched with their subfolders, in order of names.
    """
    given = (source,) if isinstance(source, (str, Path)) else source
    if not isinstance(given, (tuple, list)) or not given or not all(isinstance(e, (str, Path)) for e in given):
        raise ConfigError(f"{name}={source!r} is not valid: expected a folder, a file, or a list of them.")
    for entry in given:
        if not Path(entry).exists():
            raise ConfigError(f"{name}: there is no file or folder {str(entry)!r}. Give an existing path.")
    paths = tuple(str(entry) for entry in given)
    try:
        sounds = found(paths)
    except OSError as error:
        raise ConfigError(f"{name}={source!r} cannot be used: {error}. Give a folder that holds sounds.") from None
    if not sounds:
        raise ConfigError(f"{name}={source!r} holds no sound files ({', '.join(EXTENSIONS)}). Give another folder.")
    return paths


@lru_cache(maxsize=64)
def found(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return all sound files in these files and folders, sorted within every folder."""
    files: list[str] = []
    for entry in map(Path, paths):
        if entry.is_dir():
            files.extend(_inside(entry))
        else:
            check_file(entry, MOST_BYTES)
            files.append(str(entry))
    return tuple(files)


def _inside(folder: Path) -> list[str]:
    """Return the sound files below a folder, links to folders not followed; OSError if too much lies there."""
    files: list[str] = []
    met = 0
    for place, folders, names in os.walk(folder):
        met += len(folders) + len(names)
        if met > MOST_FILES:
            raise OSError(errno.E2BIG, f"more than {MOST_FILES:_} files and folders lie there", str(folder))
        inside = (Path(place, name) for name in names)
        files += [str(p) for p in inside if p.suffix.lower() in EXTENSIONS and p.is_file()]
    return sorted(files)


def choose(source: str | tuple[str, ...], rng: Rng) -> list[str]:
    """Draw a ``file`` of a checked source for every sample."""
    known = found(source)
    return [known[i] for i in rng.choice("file", len(known)).tolist()]


class Facts(NamedTuple):
    """What the header of a sound file says; ``frames`` is None where libsndfile cannot read it by the stretch."""

    rate: float
    frames: int | None = None
    channels: int = 0

    @property
    def long(self) -> bool:
        """Whether the file is read by the stretch."""
        return self.frames is not None and 4 * self.frames * self.channels > LONG


def facts(path: str) -> Facts:
    """Return the facts of a file as it is now.

    Raises MediaError if it cannot be read, SampleError if it holds no sound.
    """
    return _facts(path, stamp_of(path))


@lru_cache(maxsize=4096)
def _facts(path: str, _stamp: Stamp) -> Facts:
    try:
        check_file(path, MOST_BYTES)
    except OSError:
        return Facts(_read(path)[1])  # which says what is wrong with it
    try:
        header = soundfile.info(path)
    except soundfile.LibsndfileError:  # AAC and others, which libsndfile does not know
        return Facts(_read(path)[1])
    return Facts(
        float(header.samplerate), header.frames if 0 < header.frames < UNKNOWN_LENGTH else None, header.channels
    )


def load(path: str, rate: float) -> Array:
    """Return a whole file as float32 (channels, frames) at ``rate`` Hz, read-only.

    Raises MediaError if it cannot be read, SampleError if it holds no sound.
    """
    return _decoded.get((path, stamp_of(path), rate), lambda: _at_rate(*_read(path), rate))


def _read(path: str) -> tuple[Array, float]:
    sample = media.read(path)
    if getattr(sample, "sample_rate", None) is None:
        raise SampleError(f"{path} is not a sound. Give a file of one of the kinds {', '.join(EXTENSIONS)}.")
    return np.asarray(sample.data, dtype=np.float32), float(sample.sample_rate)  # type: ignore[attr-defined]  # an Audio


def _at_rate(wave: Array, native: float, rate: float) -> Array:
    resampling.check_rates(rate, native, "a step whose sound file is")
    factor = native / rate
    values = wave.shape[0] * frames_at(wave.shape[-1], factor)
    if values > media.DEFAULT.audio_values:
        raise SampleError(
            f"a sound file of {wave.shape[-1]:_} frames at {native:g} Hz would have {values:_} values at {rate:g} Hz, "
            f"more than {media.DEFAULT.audio_values:_}. Cut it into pieces, or resample one of both before."
        )
    if factor != 1.0:
        wave = resampling.resample_row(wave, factor, frames_at(wave.shape[-1], factor))
    return np.ascontiguousarray(wave)


def stretch(path: str, rate: float, place: float, shape: tuple[int, ...]) -> Array:
    """Return a stretch of a file in the wanted shape (channels, frames) at ``rate`` Hz.

    It begins somewhere in the file as ``place`` says, 0 to 1; a file that is too short goes round. Of a long file only
    the stretch is read and resampled: its price, in memory and in time, does not depend on the file's.

    Raises MediaError if it cannot be read, SampleError if it holds no sound.
    """
    channels, frames = shape
    known = facts(path)
    whole = frames_at(known.frames, known.rate / rate) if known.long and known.frames is not None else 0
    if whole >= frames > 0:
        start = int(place * (whole - frames + 1))
        found = _read_stretch(path, known, rate, start, frames)
        return fit_channels(found, channels)
    wave = load(path, rate)
    room = wave.shape[-1] - frames + 1
    start = int(place * (room if room > 0 else wave.shape[-1]))
    return fit_channels(stretch_of(wave, start, frames), channels)


def _read_stretch(path: str, known: Facts, rate: float, start: int, frames: int) -> Array:
    """Return frames ``start`` to ``start`` + ``frames`` of a file at another rate, (its channels, frames)."""
    factor = known.rate / rate
    if factor == 1.0:
        return _read_frames(path, start, frames)
    half = resampling.table(factor, np.dtype(np.float32)).half
    # Where frames of both rates fall together, a stretch has the same weights as the whole: it begins at such a place,
    # so far in front that the filter's window lies within it.
    steps, period = resampling.fraction(factor, start + frames, 2 * half)
    turn = max(0, int((start * factor - half) / steps))
    first, skipped = turn * steps, start - turn * period
    last = int(np.ceil((start + frames) * factor)) + half
    wave = _read_frames(path, first, last - first, short=True)
    return resampling.resample_row(wave, steps / period, skipped + frames)[:, skipped:]


def _read_frames(path: str, start: int, frames: int, *, short: bool = False) -> Array:
    """Return frames of a file at its own rate, float32 (channels, frames); fewer at its end with ``short``."""
    with soundfile.SoundFile(path) as file:
        wanted = min(frames, file.frames - start) if short else frames
        file.seek(start)
        wave = file.read(wanted, dtype="float32", always_2d=True)
    if len(wave) < wanted or not np.isfinite(wave).all():
        media.read(path)  # says what is wrong with the file
        raise SampleError(f"{path} ends before its header says. Write it anew.")
    return np.ascontiguousarray(wave.T)


def frames_at(frames: int, factor: float) -> int:
    """Return the length of ``frames`` played ``factor`` times as fast."""
    return int(resampling.output_frames(np.asarray([frames]), np.asarray([factor]))[0])


def fit_channels(wave: Array, channels: int) -> Array:
    """Return (channels, frames): the same count as it is, one repeated, more than one mixed down."""
    if len(wave) == channels:
        return wave
    mono = wave if len(wave) == 1 else wave.mean(axis=0, keepdims=True)
    return np.broadcast_to(mono, (channels, wave.shape[-1]))


def stretch_of(wave: Array, start: int, frames: int) -> Array:
    """Return ``frames`` frames of a sound from ``start`` on, going round as often as needed."""
    if start + frames <= wave.shape[-1]:
        return wave[:, start : start + frames]
    result: Array = np.take(wave, np.arange(start, start + frames) % wave.shape[-1], axis=1)
    return result
