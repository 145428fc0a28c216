"""Reads videos with PyAV: MP4, MOV, MKV, WebM. Every frame keeps its own time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import torch

from augreg.errors import MediaError
from augreg.media.limits import Limits
from augreg.media.origin import Loaded, Origin
from augreg.samples import Audio, Video

# Tags need not be UTF-8. From 19 on, PyAV copes with that by itself and does not take the argument.
LENIENT: Final[dict[str, Any]] = {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}

SOUND_ONLY: Final = "no video stream: read as audio"
DEMUXER: Final = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "matroska"}


@contextmanager
def opened(path: Path, extension: str) -> Iterator[Any]:
    """Open a local file for demuxing, through a file object and a fixed demuxer.

    So no name is ever taken for a URL and no playlist is followed, whatever the file claims to be.
    """
    with path.open("rb") as file:
        try:
            options = {"protocol_whitelist": "file"}
            with av.open(file, format=DEMUXER[extension], options=options, **LENIENT) as container:
                yield container
        except av.error.FFmpegError as error:
            raise MediaError(path, f"cannot be decoded: {error.strerror}. Fetch it again.", "E_CORRUPT") from None


def read(path: Path, extension: str, limits: Limits) -> Loaded:
    """Read a clip: uint8 (T, 3, H, W), a view of (T, H, W, 3) memory, with fps and the time of every frame.

    Rotation side data is applied. Times are in seconds from the first frame and need not be evenly spaced. A file
    that holds sound only gives an :class:`augreg.Audio`.

    Raises:
        MediaError: E_NO_VIDEO, E_EMPTY, E_TOO_LARGE, E_CORRUPT.

    """
    with opened(path, extension) as container:
        if not container.streams.video:
            return _read_sound(path, extension, container, limits)
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        _check_header(path, stream, limits)
        frames, stamps, notes = _decode(path, container, stream, limits)
        turned = bool(notes)
        times = _times(stamps, stream.average_rate)
        details = {"audio": bool(container.streams.audio), "times": times, "start": stamps[0] or 0.0}
    fps = float(stream.average_rate) if stream.average_rate else _fps(times)
    if details["audio"]:
        notes.append("has a sound track")
    data = torch.from_numpy(_join(frames)).permute(0, 3, 1, 2)
    return Loaded(Video(data, fps, times), Origin(path, extension, tuple(notes), not turned, details))


def has_video(path: Path, extension: str) -> bool:
    """Return whether a container has a video stream; also true for one that cannot be read, which reading reports."""
    try:
        with opened(path, extension) as container:
            return bool(container.streams.video) or not container.streams.audio
    except MediaError:
        return True


def _check_header(path: Path, stream: Any, limits: Limits) -> None:
    if stream.codec_context is None:
        raise MediaError(path, "the codec of its video stream is unknown. Re-encode it.", "E_CORRUPT")
    width, height = stream.codec_context.width, stream.codec_context.height
    _check(path, width * height, limits.pixels, f"frames of {width}x{height} pixels")
    _check(path, stream.frames, limits.frames, f"{stream.frames} frames")
    _check(path, stream.frames * width * height * 3, limits.video_bytes, f"{stream.frames} frames of {width}x{height}")


def _check(path: Path, value: int, limit: int, what: str) -> None:
    if value > limit:
        raise MediaError(path, f"{what} are more than the limit ({limit}). Cut it into pieces.", "E_TOO_LARGE")


def _decode(
    path: Path, container: Any, stream: Any, limits: Limits
) -> tuple[list[np.ndarray], list[float | None], list[str]]:
    """Return RGB frames, their times and notes; limits hold here too, headers may understate."""
    frames: list[np.ndarray] = []
    times: list[float | None] = []
    notes: list[str] = []
    turns, total = 0, 0
    for frame in container.decode(stream):
        turns = round(frame.rotation / 90) % 4
        picture = frame.to_ndarray(format="rgb24")
        total += picture.nbytes
        frames.append(np.rot90(picture, turns) if turns else picture)
        times.append(frame.time)
        _check(path, len(frames), limits.frames, f"{len(frames)} frames")
        _check(path, total, limits.video_bytes, f"{total} bytes of frames")
    if not frames:
        raise MediaError(path, "its video stream holds no frame.", "E_EMPTY")
    if len({frame.shape for frame in frames}) > 1:
        raise MediaError(path, "its frames change in size. Re-encode it at one size.", "E_CORRUPT")
    if turns:
        notes.append(f"rotated by {turns * 90} degrees, as the file says")
    return frames, times, notes


def _times(times: list[float | None], rate: Any) -> np.ndarray:
    """Return seconds from the first frame, float64 (T,); evenly spaced when the container has no times."""
    if any(time is None for time in times):
        return np.arange(len(times), dtype=np.float64) / float(rate or 25)
    found: np.ndarray = np.asarray(times, dtype=np.float64)
    return np.asarray(found - found[0])


def _fps(times: np.ndarray) -> float | None:
    return (len(times) - 1) / float(times[-1]) if len(times) > 1 and times[-1] > 0 else None


def _join(frames: list[np.ndarray]) -> np.ndarray:
    """Return (T, H, W, 3), freeing every frame once it is copied: a clip is never in memory twice."""
    out = np.empty((len(frames), *frames[0].shape), dtype=np.uint8)
    for i in range(len(frames)):
        out[i] = frames[i]
        frames[i] = out[i]
    return out


def _read_sound(path: Path, extension: str, container: Any, limits: Limits) -> Loaded:
    """Return the sound of a container that has no video: float32 (channels, frames)."""
    if not container.streams.audio:
        raise MediaError(path, "it has neither a video nor an audio stream.", "E_NO_VIDEO")
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        raise MediaError(path, "the codec of its audio stream is unknown. Re-encode it.", "E_CORRUPT")
    pieces: list[np.ndarray] = []
    total = 0
    resampler = av.AudioResampler(format="fltp", layout=stream.codec_context.layout, rate=stream.codec_context.rate)
    for frame in container.decode(stream):
        for piece in resampler.resample(frame):
            pieces.append(piece.to_ndarray())
            total += pieces[-1].size
        _check(path, total, limits.audio_values, f"{total} audio values")
    if not total:
        raise MediaError(path, "its audio stream holds no samples.", "E_EMPTY")
    wave = torch.from_numpy(np.concatenate(pieces, axis=1))
    origin = Origin(path, extension, (SOUND_ONLY,), details={"codec": stream.codec_context.name})
    return Loaded(Audio(wave, int(stream.codec_context.rate)), origin)
