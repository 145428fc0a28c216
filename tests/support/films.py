"""Video files as cameras, phones and encoders make them, written with PyAV."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

TICK = Fraction(1, 90_000)

_KINDS: dict[str, dict[str, Any]] = {
    "constant rate": {"options": {"x264-params": "keyint=10:bframes=0:scenecut=0"}},
    "B-frames": {"options": {"x264-params": "keyint=12:bframes=3:b-adapt=0:b-pyramid=normal:scenecut=0"}},
    "open groups": {"options": {"x264-params": "open-gop=1:keyint=12:bframes=3:b-adapt=0:scenecut=0"}},
    "one group": {"options": {"x264-params": "keyint=infinite:bframes=2"}},
    "key frames only": {"options": {"x264-params": "keyint=1"}},
    "refreshed bit by bit": {"options": {"x264-params": "intra-refresh=1:keyint=10:bframes=0"}},
    "variable rate": {"uneven": True, "options": {"x264-params": "keyint=9:bframes=2:scenecut=0"}},
    "turned": {"rotation": 90, "options": {"x264-params": "keyint=8:scenecut=0"}},
    "odd size": {"height": 37, "width": 53, "codec": "libx264", "pix_fmt": "yuv444p"},
    "MPEG-4": {"codec": "mpeg4", "options": {"g": "8", "bf": "2"}},
    "HEVC": {"codec": "libx265", "options": {"x265-params": "keyint=12:bframes=3:open-gop=1:log-level=none"}},
    "VP9": {"codec": "libvpx-vp9", "options": {"g": "10", "deadline": "realtime", "cpu-used": "8"}},
    "with sound": {"sound": True, "options": {"x264-params": "keyint=10:bframes=2:scenecut=0"}},
    "not from 0": {"start": 7.5, "options": {"x264-params": "keyint=10:bframes=2:scenecut=0"}},
}

KINDS = {kind: how for kind, how in _KINDS.items() if how.get("codec", "libx264") in av.codecs_available}
"""Kinds of MP4 by name: arguments of :func:`film`. Those that this build of PyAV can write."""


def pictures(frames: int, height: int = 48, width: int = 64) -> np.ndarray:
    """Return smooth shapes that move, with grain: uint8 (T, H, W, 3). Every frame differs from every other."""
    rng = np.random.default_rng(frames)
    y, x = np.mgrid[:height, :width]
    found = np.empty((frames, height, width, 3), dtype=np.uint8)
    for t in range(frames):
        waves = [np.sin((x + 3 * t) / 9.0 + c) + np.cos((y - 2 * t) / (7.0 + c)) for c in range(3)]
        noisy = 128 + 50 * np.stack(waves, axis=-1) + rng.normal(0, 4, (height, width, 3))
        found[t] = np.clip(noisy, 0, 255)
    return found


def film(
    path: Path,
    frames: int = 40,
    *,
    height: int = 48,
    width: int = 64,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    uneven: bool = False,
    start: float = 0.0,
    rotation: int = 0,
    sound: bool = False,
    fps: int = 25,
    options: dict[str, str] | None = None,
) -> np.ndarray:
    """Write a video file and return the seconds of its frames from the first one."""
    times = np.arange(frames) / fps
    if uneven:
        times = np.cumsum(np.random.default_rng(1).choice([0.02, 0.04, 0.05, 0.2], frames))
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.codec_context.time_base = TICK if codec == "libx264" else Fraction(1, fps)
        if rotation:
            stream.set_display_rotation(rotation)
        track = container.add_stream("aac", rate=16_000, layout="mono") if sound else None
        for picture, time in zip(pictures(frames, height, width), times, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round((start + time) / TICK), TICK
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if track is not None:
            wave = np.sin(np.arange(16_000 * frames // fps) / 10.0, dtype=np.float32)[None]
            heard = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
            heard.sample_rate = 16_000
            container.mux(track.encode(heard))
            container.mux(track.encode())
    return times - times[0]
