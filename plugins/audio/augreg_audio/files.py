"""Sound files that augmenters mix in: found once, decoded once, resampled to the rate that is asked for."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from augreg import ConfigError, Rng, SampleError, media
from augreg_audio import resampling

Array = np.ndarray

EXTENSIONS: Final = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".m4a", ".aac")
SAMPLES: Final = Path(__file__).parent / "samples"
"""Two small sounds of our own making, for trying things out: room.wav, an impulse response, and rain.wav."""

FILES_KEPT: Final = 128
"""Decoded files that are kept in memory, per sample rate."""


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
    if not found(paths):
        raise ConfigError(f"{name}={source!r} holds no sound files ({', '.join(EXTENSIONS)}). Give another folder.")
    return paths


@lru_cache(maxsize=64)
def found(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return all sound files in these files and folders, sorted within every folder."""
    files: list[str] = []
    for entry in map(Path, paths):
        if entry.is_dir():
            inside = (p for p in entry.rglob("*") if p.suffix.lower() in EXTENSIONS and p.is_file())
            files.extend(sorted(str(p) for p in inside))
        else:
            files.append(str(entry))
    return tuple(files)


def choose(source: str | tuple[str, ...], rng: Rng) -> list[str]:
    """Draw a ``file`` of a checked source for every sample."""
    known = found(source)
    return [known[i] for i in rng.choice("file", len(known)).tolist()]


@lru_cache(maxsize=FILES_KEPT)
def load(path: str, rate: float) -> Array:
    """Return a file as float32 (channels, frames) at ``rate`` Hz, read-only.

    Raises MediaError if it cannot be read, SampleError if it holds no sound.
    """
    sample = media.read(path)
    if getattr(sample, "sample_rate", None) is None:
        raise SampleError(f"{path} is not a sound. Give a file of one of the kinds {', '.join(EXTENSIONS)}.")
    wave = np.asarray(sample.data, dtype=np.float32)  # type: ignore[attr-defined]  # an Audio
    factor = float(sample.sample_rate) / rate  # type: ignore[attr-defined]  # as above
    if factor != 1.0:
        frames = int(resampling.output_frames(np.asarray([wave.shape[-1]]), np.asarray([factor]))[0])
        wave = resampling.resample_row(wave, factor, frames)
    wave = np.ascontiguousarray(wave)
    wave.flags.writeable = False
    return wave


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
