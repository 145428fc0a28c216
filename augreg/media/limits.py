"""How large a file may be before it is refused, checked on headers before anything is decoded."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from augreg.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest sample that is decoded. A crafted file of one megabyte can claim gigabytes of pixels."""

    pixels: int = 64_000_000
    """Width times height of an image, or of one frame of a video."""
    video_bytes: int = 4_000_000_000
    """Bytes of a decoded video: frames x height x width x 3."""
    frames: int = 100_000
    """Frames of a video."""
    audio_values: int = 500_000_000
    """Channels times frames of a sound (at 48 kHz stereo: 87 minutes)."""
    text_bytes: int = 16 * 1024 * 1024
    """Bytes of a text file."""

    def __post_init__(self) -> None:
        for limit in dataclasses.fields(self):
            value = getattr(self, limit.name)
            if value < 1:
                raise ConfigError(f"limit {limit.name} is {value}; it must be at least 1.")


DEFAULT = Limits()
