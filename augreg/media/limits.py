"""How large a file may be before it is refused, checked on headers before anything is decoded."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from augreg.errors import ConfigError, MediaError, listing, nearest

UNITS: Final = {
    "pixels": "pixels",
    "video_bytes": "bytes",
    "frames": "frames",
    "audio_values": "values",
    "text_bytes": "bytes",
    "memory": "bytes",
}
"""What each limit counts, for messages."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest sample that is decoded. A crafted file of one megabyte can claim gigabytes of pixels.

    Unless raised, they keep what one sample decodes to below about 1 GB; `augreg run --limit NAME=VALUE` raises them.
    """

    pixels: int = 64_000_000
    """Width times height of an image, or of one frame of a video."""
    video_bytes: int = 1_000_000_000
    """Bytes of a video that are decoded at once: frames x height x width x 3 (12 s at 1280x720 and 30 frames a second).
    Of a film that is decoded on demand, only the frames that a pipeline keeps count."""
    frames: int = 100_000
    """Frames of a video."""
    audio_values: int = 250_000_000
    """Channels times frames of a sound, 4 bytes each (at 48 kHz stereo: 43 minutes)."""
    text_bytes: int = 16 * 1024 * 1024
    """Bytes of a text file."""
    memory: int = 2_000_000_000
    """Bytes that the steps of a job may take at their peak for one decoded sample, by what they declare (see
    ``augreg.Declaration.memory``). Of a film that is decoded on demand, only the frames that are kept count."""

    def __post_init__(self) -> None:
        for limit in dataclasses.fields(self):
            value = getattr(self, limit.name)
            if value < 1:
                raise ConfigError(f"limit {limit.name} is {value}; it must be at least 1.")


def parse_limits(written: Iterable[str]) -> Limits:
    """Read "pixels=100000000" and the like; what is not named keeps its default.

    Raises:
        ConfigError: an unknown name, or a value that is no whole number above 0.

    """
    known = [limit.name for limit in dataclasses.fields(Limits)]
    found: dict[str, int] = {}
    for entry in written:
        name, _, value = entry.partition("=")
        if name not in known:
            raise ConfigError(f"limit {name!r} is unknown.{nearest(name, known)} Limits: {listing(known)}.")
        if not value.replace("_", "").isdecimal():
            raise ConfigError(f"limit {entry!r} needs a whole number, as in {name}=100_000_000.")
        found[name] = int(value)
    return Limits(**found)


def check_limit(path: str | Path, limits: Limits, name: str, value: int, what: str) -> None:
    """Raise E_TOO_LARGE where a value, which ``what`` describes in the plural, is above the limit of a name."""
    limit = getattr(limits, name)
    if value > limit:
        advice = f"Make it smaller, or allow more: --limit {name}=N, or augreg.media.Limits({name}=N)."
        raise MediaError(path, f"{what} are more than the limit, {limit:_} {UNITS[name]}. {advice}", "E_TOO_LARGE")


def check_memory(path: str | Path, limits: Limits, size: int, factor: float, step: str) -> None:
    """Raise E_TOO_LARGE where a step that takes ``factor`` times a sample of ``size`` bytes goes beyond the limit."""
    total = round(size * factor)
    if total > limits.memory:
        raise MediaError(
            path,
            f"it is {size:_} bytes once decoded, and {step} takes up to {factor:.3g} times that, {total:_} bytes, "
            f"more than the limit, {limits.memory:_}. Cut it into smaller files, leave that step out, or allow more: "
            "--limit memory=N, or augreg.media.Limits(memory=N).",
            "E_TOO_LARGE",
        )


DEFAULT = Limits()
