"""Reads videos with PyAV: MP4, MOV, MKV, WebM. Every frame keeps its own time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from augreg.errors import MediaError
from augreg.media.avsound import sound_of
from augreg.media.clipfile import ClipFile
from augreg.media.frameindex import FrameIndex
from augreg.media.limits import Limits, check_limit
from augreg.media.origin import Loaded, Origin
from augreg.media.pictures import Converter, Turn, size_of, turn_of
from augreg.media.streams import decoding, opened
from augreg.modalities.video import Video

OWN_COLORS: Final = ("yuv444p", "yuvj444p", "gbrp")
"""Pixel formats of 8 bits in which no pixels share their colors, so that a side may be odd."""

SOUND_ONLY: Final = "no video stream: read as audio"


def read(path: Path, extension: str, limits: Limits) -> Loaded:
    """Read a clip: uint8 (T, 3, H, W), a view of (T, H, W, 3) memory, with fps and the time of every frame.

    Turned and mirrored as the file says; pixels that are not square come as stored. Times are in seconds from the
    first frame and need not be evenly spaced. A file that holds sound only gives an :class:`augreg.Audio`.

    Raises:
        MediaError: E_NO_VIDEO, E_EMPTY, E_TOO_LARGE, E_CORRUPT.

    """
    with opened(path, extension) as container:
        if not container.streams.video:
            return _read_sound(path, extension, container, limits)
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        _check_header(path, stream, limits)
        frames, stamps, turn = _decode(path, container, stream, limits)
        facts = _facts(container, stream)
    return _loaded(path, extension, torch.from_numpy(_join(frames)).permute(0, 3, 1, 2), stamps, turn, facts)


def read_on_demand(path: Path, extension: str, limits: Limits) -> Loaded:
    """Read what :func:`read` reads, except that the data is a :class:`ClipFile`, whose frames are decoded on demand.

    Only the packets are looked through, and one frame is decoded. Where that does not tell which frames there are
    (see :meth:`FrameIndex.of`), the file is read whole after all.

    Raises:
        MediaError: as :func:`read`; ``limits.video_bytes`` holds for what is decoded at once.

    """
    with opened(path, extension) as container:
        if not container.streams.video:
            return _read_sound(path, extension, container, limits)
        stream = container.streams.video[0]
        _check_frame(path, stream, limits)
        index = FrameIndex.of(stream, container.demux(stream))
        facts = _facts(container, stream)
    first = None if index is None else _first_frame(path, extension)
    if index is None or first is None or first.pts != index.stamps[0]:
        return read(path, extension, limits)
    check_limit(path, limits, "frames", len(index), f"{len(index)} frames")
    data = ClipFile(path, extension, index, size_of(first), limits)
    return _loaded(path, extension, data, index.seconds(), turn_of(first), facts)


def _first_frame(path: Path, extension: str) -> Any:
    """Return the first frame, None if there is none: its size and turning are those of the clip."""
    with opened(path, extension) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1  # more would only read ahead
        return next(container.decode(stream), None)


def _facts(container: Any, stream: Any) -> dict[str, Any]:
    return {
        "audio": bool(container.streams.audio),
        "rate": stream.average_rate,
        "aspect": stream.sample_aspect_ratio,
        "others": _others(container),
        "form": stream.codec_context.format,
    }


def _others(container: Any) -> str:
    """Return which tracks are not read, the first ones of pictures and of sound aside; "" if there are none."""
    kinds = {
        "video": "other picture",
        "audio": "other sound",
        "subtitle": "subtitle",
        "data": "data",
        "attachment": "attachment",
    }
    counts = Counter(stream.type for stream in container.streams)
    counts.subtract(("video", "audio"))
    found = [
        f"{counts[kind]} {name} track{'s'[: counts[kind] > 1]}" for kind, name in kinds.items() if counts[kind] > 0
    ]
    return ", ".join(found)


def _loaded(
    path: Path, extension: str, data: Any, stamps: Sequence[float | None], turn: Turn, facts: dict[str, Any]
) -> Loaded:
    """Put together what is known of a clip, which ``turn`` has brought upright."""
    times, rate = _times(stamps, facts["rate"]), facts["rate"]
    fps = float(rate) if rate else _fps(times)
    aspect = _upright(facts["aspect"], turn)
    details = {"audio": facts["audio"], "times": times, "start": stamps[0] or 0.0}
    details |= {"aspect": aspect, "size": tuple(data.shape[-2:]), "others": facts["others"], **_colors(facts["form"])}
    notes = [*turn.notes, *(["has a sound track"] if facts["audio"] else []), *_aspect_notes(aspect)]
    return Loaded(Video(data, fps, times), Origin(path, extension, tuple(notes), not turn.moves, details))


def _colors(form: Any) -> dict[str, Any]:
    """Return how a film stores colors: bits of each, and whether each pixel has its own, as in 4:4:4."""
    if form is None:
        return {}
    return {"bits": max(part.bits for part in form.components), "own_colors": form.name in OWN_COLORS}


def _upright(aspect: Fraction | None, turn: Turn) -> Fraction | None:
    """Return how wide a pixel is for its height as the film is shown; None where it is square, or not said."""
    if not aspect or aspect == 1:
        return None
    return 1 / aspect if turn.quarters % 2 else aspect


def _aspect_notes(aspect: Fraction | None) -> list[str]:
    if aspect is None:
        return []
    return [f"its pixels are to be shown {aspect.numerator}:{aspect.denominator} as wide as high; they come as stored"]


def modality_of(path: Path, extension: str) -> str:
    """Return "audio" for a container that holds sound only, else "video": reading says what is wrong with it."""
    try:
        with opened(path, extension) as container:
            return "audio" if container.streams.audio and not container.streams.video else "video"
    except MediaError:
        return "video"


def check_header(path: Path, extension: str, limits: Limits) -> None:
    """Refuse a clip whose header claims more than the limits allow, or cannot be read.

    Limits of decoded frames together are not asked for: where no step wants them, none is decoded.
    """
    with decoding(path, extension) as container:
        if not container.streams.video:
            return
        stream = container.streams.video[0]
        _check_frame(path, stream, limits)
        check_limit(path, limits, "frames", stream.frames, f"{stream.frames} frames")


def _check_header(path: Path, stream: Any, limits: Limits) -> None:
    _check_frame(path, stream, limits)
    width, height = stream.codec_context.width, stream.codec_context.height
    check_limit(path, limits, "frames", stream.frames, f"{stream.frames} frames")
    size = stream.frames * width * height * 3
    check_limit(path, limits, "video_bytes", size, f"{stream.frames} frames of {width}x{height}")


def _check_frame(path: Path, stream: Any, limits: Limits) -> None:
    if stream.codec_context is None:
        raise MediaError(path, "the codec of its video stream is unknown. Re-encode it.", "E_CORRUPT")
    width, height = stream.codec_context.width, stream.codec_context.height
    check_limit(path, limits, "pixels", width * height, f"frames of {width}x{height} pixels")


def _decode(
    path: Path, container: Any, stream: Any, limits: Limits
) -> tuple[list[np.ndarray], list[float | None], Turn]:
    """Return RGB frames, their times and what brought them upright; limits hold here too, headers may understate."""
    frames: list[np.ndarray] = []
    times: list[float | None] = []
    turn, total, converter = Turn(), 0, Converter()
    for frame in container.decode(stream):
        turn = turn_of(frame)
        frames.append(converter.picture(frame))
        total += frames[-1].nbytes
        times.append(frame.time)
        check_limit(path, limits, "frames", len(frames), f"{len(frames)} frames")
        check_limit(path, limits, "video_bytes", total, f"{total:_} bytes of frames")
    if not frames:
        raise MediaError(path, "its video stream holds no frame.", "E_EMPTY")
    if len({frame.shape for frame in frames}) > 1:
        raise MediaError(path, "its frames change in size. Re-encode it at one size.", "E_CORRUPT")
    return frames, times, turn


def _times(times: Sequence[float | None], rate: Any) -> np.ndarray:
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
    return sound_of(path, extension, container, limits, (SOUND_ONLY,))
