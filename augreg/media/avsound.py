"""Reads sounds with PyAV: AAC and ALAC in M4A, bare AAC, and video containers that hold sound only."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import torch

from augreg.errors import MediaError
from augreg.media.limits import Limits, check_limit
from augreg.media.origin import Loaded, Origin
from augreg.media.sounds import check_rate, joined
from augreg.media.soundtrack import INTERLEAVED, channels_of
from augreg.media.streams import opened
from augreg.modalities.audio import Audio

PADDING: Final = 4_096
"""Frames by which an encoder may have filled up its last packet (ALAC's packets have 4096, AAC's 1024)."""


def read(path: Path, extension: str, limits: Limits) -> Loaded:
    """Read a sound: float32 (channels, frames) at its own sample rate. Cover pictures are left aside.

    Raises:
        MediaError: E_NO_VIDEO, E_EMPTY, E_TOO_LARGE, E_CORRUPT.

    """
    with opened(path, extension) as container:
        return sound_of(path, extension, container, limits)


def sound_of(path: Path, extension: str, container: Any, limits: Limits, notes: tuple[str, ...] = ()) -> Loaded:
    """Return the first sound of an open container, with notes; see :func:`read`."""
    if not container.streams.audio:
        raise MediaError(path, "it has no audio stream. If it is a video, name it as one.", "E_NO_VIDEO")
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        raise MediaError(path, "the codec of its audio stream is unknown. Re-encode it.", "E_CORRUPT")
    wave, rate = _decode(path, container, stream, limits)
    if stream.duration is not None:
        stated = round(stream.duration * stream.time_base * rate)
        wave = wave[:, :stated] if stated < wave.shape[1] <= stated + PADDING else wave
    context = stream.codec_context
    details = {"codec": context.name, "bits": context.format.bits if context.format else None}
    return Loaded(
        Audio(torch.from_numpy(np.ascontiguousarray(wave)), rate), Origin(path, extension, notes, details=details)
    )


def _decode(path: Path, container: Any, stream: Any, limits: Limits) -> tuple[np.ndarray, int]:
    """Return the wave and its rate: that of the first frame, which headers of HE-AAC halve."""
    pieces: list[np.ndarray] = []
    total, rate = 0, 0
    resampler: Any = None
    for frame in container.decode(stream):
        if resampler is None:
            rate = int(frame.sample_rate)
            check_rate(path, rate)
            resampler = av.AudioResampler(format=INTERLEAVED, layout=frame.layout, rate=rate)
        for piece in resampler.resample(frame):
            pieces.append(channels_of(piece))
            total += pieces[-1].size
        check_limit(path, limits, "audio_values", total, f"{total:_} audio values")
    if not total:
        raise MediaError(path, "its audio stream holds no samples.", "E_EMPTY")
    return joined(pieces), rate
