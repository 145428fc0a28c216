"""Writes with PyAV: H.264 in MP4, MOV, MKV, VP9 in WebM, sound alone in these and in M4A; frame times are kept."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import torch

from augreg.data.lazy import in_memory
from augreg.data.samples import Sample
from augreg.errors import MediaError
from augreg.media.origin import KEPT, Origin
from augreg.media.sink import sink
from augreg.media.sounds import as_wave, check_finite
from augreg.media.soundtrack import Track
from augreg.media.streams import opened
from augreg.modalities.audio import Audio
from augreg.modalities.base import Hints
from augreg.modalities.video import Video, video_row

MUXER: Final = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm", ".m4a": "ipod"}
EDIT_LISTS: Final = (".mp4", ".mov", ".m4a")
"""Containers that say by a list of edits which part of their sound is to be heard."""

CLOCK: Final = Fraction(1, 90_000)
"""Seconds per tick of written time stamps; divides all usual frame rates."""

# The first encoder that this build of FFmpeg has. What keeps the bytes of x264 the same: one thread, and no macroblock
# tree, whose outcome for clips of a few frames changes from process to process, and sometimes from call to call.
ENCODERS: Final[dict[str, tuple[tuple[str, dict[str, str]], ...]]] = {
    "h264": (
        ("libx264", {"crf": "18", "preset": "veryfast", "threads": "1", "mbtree": "0"}),
        ("libopenh264", {"b": "8000000"}),
        ("mpeg4", {"qscale": "2", "threads": "1"}),
    ),
    "vp9": (("libvpx-vp9", {"crf": "20", "b": "0", "deadline": "realtime", "cpu-used": "6", "threads": "1"}),),
}


def write(
    sample: Sample, path: Path, extension: str, like: Origin | None, sound: Audio | None = None
) -> tuple[str, ...]:
    """Write a clip (or the sound of a container that held only sound) and return notes.

    Every frame keeps its time. Odd widths and heights are padded by one repeated line where the codec needs even ones.
    ``sound``, if given, becomes the sound track. Otherwise the track of the original is copied over, packet by packet,
    when the clip's timing is unchanged, and left out when it is not; the notes say so then.

    Raises:
        MediaError: E_ENCODE or E_NONFINITE.

    """
    options = {"fflags": "+bitexact"}
    if isinstance(sample, Audio):
        check_finite(path, as_wave(sample.data))
        if extension in EDIT_LISTS:  # so that it says to the sample where the sound ends
            options["movie_timescale"] = str(int(sample.sample_rate))
    try:
        with sink(path) as out, av.open(out, "w", format=MUXER[extension], options=options) as container:
            container.metadata.update({} if like is None else like.details.get(KEPT, {}).get("tags", {}))
            if isinstance(sample, Video):
                return _write_clip(container, sample, extension, like, sound)
            return _write_sound(container, sample, extension, like)
    except (av.error.FFmpegError, ValueError) as error:
        raise MediaError(path, f"cannot be written as {extension}: {error}", "E_ENCODE") from error


def _write_clip(
    container: Any, clip: Video, extension: str, like: Origin | None, sound: Audio | None
) -> tuple[str, ...]:
    clip = clip if clip.layout is None else clip.changed(data=in_order(clip), layout=None)
    frames, times = as_frames(clip.data), frame_times(clip)
    stream, height, width = _add_video(container, extension, clip.fps or 25.0, frames.shape[1:3], like)
    notes = [] if (height, width) == frames.shape[1:3] else [f"padded to {width}x{height}"]
    notes += _left(like)
    notes += _keep_aspect(stream, frames.shape[1:3], like)
    if sound is not None:
        track = Track(container, sound, extension)
        _encode(container, stream, frames, times, track)
        return (*notes, *track.notes)
    if like is not None and like.details.get("audio") and not keeps_times(clip, like):
        notes.append("sound track left out: the timing changed")
    elif like is not None and like.details.get("audio"):
        with opened(like.path, like.extension) as source:
            copied = container.add_stream_from_template(source.streams.audio[0])
            _encode(container, stream, frames, times)
            _copy_packets(container, source, copied, like)
        return tuple(notes)
    _encode(container, stream, frames, times)
    return tuple(notes)


def _add_video(
    container: Any, extension: str, fps: float, size: tuple[int, ...], like: Origin | None
) -> tuple[Any, int, int]:
    """Add the stream of pictures, and return it with the height and width that it can have."""
    codec = "vp9" if extension == ".webm" else "h264"
    for name, options in ENCODERS[codec]:
        if name in av.codecs_available:
            stream = container.add_stream(name, rate=Fraction(fps).limit_denominator(1001), options=options)
            height, width, stream.pix_fmt = _fitting(name, size, like)
            stream.width, stream.height = width, height
            # Frames keep the times they have, however uneven: a clock of the frame rate would round them.
            stream.codec_context.time_base = CLOCK
            return stream, height, width
    raise ValueError(f"this build of PyAV has no {codec} encoder. Install the wheel from PyPI.")


def _fitting(encoder: str, size: tuple[int, ...], like: Origin | None) -> tuple[int, int, str]:
    """Return the height, width and pixel format in which an encoder takes frames.

    VP9 takes odd sides. H.264 does only where no pixels share their colors, which not every player shows: it is
    written where the original was stored like that, and so could be played.
    """
    height, width = size
    if encoder == "libvpx-vp9" or not (height % 2 or width % 2):
        return height, width, "yuv420p"
    if encoder == "libx264" and like is not None and like.details.get("own_colors"):
        return height, width, "yuv444p"
    return height + height % 2, width + width % 2, "yuv420p"


def _left(like: Origin | None) -> list[str]:
    """Return what the original has and no encoded film keeps."""
    details = {} if like is None else like.details
    deep = details.get("bits", 8)
    return [
        *([f"left out: {details['others']}"] if details.get("others") else []),
        *([f"written with 8 bits a color, not {deep}"] if deep > 8 else []),
    ]


def _keep_aspect(stream: Any, size: tuple[int, ...], like: Origin | None) -> list[str]:
    """Let a clip be shown with the original's pixels, if they are not square, where it still has its size."""
    aspect = None if like is None else like.details.get("aspect")
    if like is None or aspect is None:
        return []
    said = f"{aspect.numerator}:{aspect.denominator}"
    if tuple(size) != tuple(like.details["size"]):
        return [f"written with square pixels, no longer {said}: the size changed"]
    stream.codec_context.sample_aspect_ratio = aspect
    return []


def _encode(container: Any, stream: Any, frames: np.ndarray, times: np.ndarray, track: Track | None = None) -> None:
    """Encode frames, and the sound up to each of them before it: so both lie side by side in the file."""
    bottom, right = stream.height - frames.shape[1], stream.width - frames.shape[2]
    for frame, time in zip(frames, times, strict=True):
        if track is not None:
            track.write(float(time))
        even = np.pad(frame, ((0, bottom), (0, right), (0, 0)), mode="edge") if bottom or right else frame
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
        picture.pts, picture.time_base = round(float(time) / CLOCK), CLOCK
        container.mux(stream.encode(picture))
    container.mux(stream.encode())
    if track is not None:
        track.close()


def _copy_packets(container: Any, source: Any, track: Any, like: Origin) -> None:
    """Copy the compressed sound of the original; it is shifted as the frames were, whose first is at 0."""
    for packet in source.demux(source.streams.audio[0]):
        if packet.dts is None:  # the empty packet that ends the stream
            continue
        shift = round(like.details["start"] / float(packet.time_base))
        packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
        packet.stream = track
        container.mux(packet)


def keeps_times(clip: Any, like: Origin) -> bool:
    """Whether a clip's frames are shown at the moments at which those of the file are."""
    times, before = frame_times(clip), like.details["times"]
    return len(times) == len(before) and bool(np.allclose(times, before, atol=1e-3))


def _write_sound(container: Any, sample: Sample, extension: str, like: Origin | None) -> tuple[str, ...]:
    """Write sound alone: lossless where the original was ALAC, else AAC, or Opus in WebM."""
    if not isinstance(sample, Audio):
        raise ValueError(f"{type(sample).__name__} is neither video nor audio")
    details = {} if like is None or extension not in EDIT_LISTS else like.details
    lossless = details.get("codec") == "alac"
    form = None if not lossless else "s16p" if details.get("bits") == 16 else "s32p"
    track = Track(container, sample, extension, "alac" if lossless else None, form)
    track.close()
    return track.notes


def in_order(clip: Video) -> torch.Tensor:
    """Return a clip's data as a tensor (T, C, H, W), whatever its layout."""
    return in_memory(video_row(clip.data, Hints(), clip.layout)[0])


def as_frames(data: Any) -> np.ndarray:
    """Return a clip's data, as :class:`augreg.Video` may hold it, as uint8 RGB (T, H, W, 3)."""
    data = in_memory(data)
    frames = data.detach().cpu().numpy().transpose(0, 2, 3, 1) if isinstance(data, torch.Tensor) else np.asarray(data)
    if np.issubdtype(frames.dtype, np.floating):
        frames = np.rint(np.clip(frames, 0.0, 1.0) * 255.0).astype(np.uint8)
    if frames.ndim != 4 or frames.size == 0 or frames.shape[3] not in (1, 3):
        raise ValueError(f"frames of shape {frames.shape} are no clip: (T, H, W, 1 or 3) is")
    return np.repeat(frames, 3, axis=3) if frames.shape[3] == 1 else frames


def frame_times(clip: Video) -> np.ndarray:
    """Return the seconds of every frame from the first, float64 (T,): its time stamps, else evenly by its rate."""
    if clip.timestamps is None:
        return np.arange(len(clip.data), dtype=np.float64) / (clip.fps or 25.0)
    times = np.asarray(clip.timestamps, dtype=np.float64)
    if len(times) != len(clip.data) or (np.diff(times) <= 0).any():
        raise ValueError("its time stamps do not rise, one per frame")
    return np.asarray(times - times[0])
