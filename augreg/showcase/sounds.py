"""Draws a sound into a rectangle of a contact sheet: its wave, its spectrogram, its events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from augreg.media.sounds import as_wave
from augreg.samples import Audio
from augreg.showcase import style
from augreg.showcase.lettering import length, write
from augreg.showcase.spectrogram import log_mel
from augreg.showcase.style import Rect

DARK = (24, 26, 32)
WAVE = (254, 194, 135)
LANE = 26
"""Height of the lane of events."""

FLOOR = 64.0
"""Decibels below the loudest band that are drawn black."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What the full width, the full height and full brightness stand for, so that sounds can be compared."""

    seconds: float = 1.0
    peak: float = 1.0
    decibels: float = 0.0

    @classmethod
    def of(cls, sounds: Sequence[Audio]) -> Self:
        """Return the scale of the input (the first) and what became of it, up to 1.4 times as long, twice as loud."""
        if not sounds:
            return cls()
        seconds = [wave_of(sound).shape[1] / sound.sample_rate for sound in sounds]
        peaks = [float(np.abs(wave_of(sound)).max()) for sound in sounds]
        levels = [float(log_mel(wave_of(sound).mean(axis=0), sound.sample_rate).max()) for sound in sounds]
        return cls(
            max(1e-6, min(max(seconds), 1.4 * seconds[0])),
            max(1e-6, min(max(peaks), 2 * peaks[0] or 1.0)),
            min(max(levels), levels[0] + 6.0),
        )


def wave_of(sound: Audio) -> np.ndarray:
    """Return the wave of a sound as floats, (channels, frames)."""
    wave = as_wave(sound.data)
    return wave / np.iinfo(wave.dtype).max if np.issubdtype(wave.dtype, np.integer) else wave


def draw_sound(canvas: Pillow.Image, sound: Audio, rect: Rect, scale: Scale) -> None:
    """Draw a sound: the wave of its first channel, the log-mel spectrogram of their mean, a lane with its events."""
    left, top, width, height = rect
    wave = wave_of(sound)
    pixels = width / scale.seconds
    wave = wave[:, : max(1, round(scale.seconds * sound.sample_rate))]
    used = max(2, min(width, round(wave.shape[1] / sound.sample_rate * pixels)))
    lane = LANE if sound.events is not None else 0
    strip = height // 4
    draw = ImageDraw.Draw(canvas)
    draw.rectangle([left, top, left + width - 1, top + height - 1], fill=(236, 234, 228))
    draw.rectangle([left, top, left + used - 1, top + height - 1], fill=DARK)
    levels = (log_mel(wave.mean(axis=0), sound.sample_rate) - scale.decibels) / FLOOR + 1
    colours = np.ascontiguousarray(np.flipud(style.heat(levels)))
    resized = Pillow.fromarray(colours).resize((used, height - strip - lane), Pillow.Resampling.BICUBIC)
    canvas.paste(resized, (left, top + strip))
    _wave(draw, wave[0] / scale.peak, (left, top, used, strip))
    if sound.events is not None:
        _events(draw, sound, (left, top + height - LANE, used, LANE), pixels)


def _wave(draw: ImageDraw.ImageDraw, wave: np.ndarray, rect: Rect) -> None:
    left, top, width, height = rect
    edges = np.linspace(0, len(wave), width + 1).astype(int)
    middle = top + height / 2
    for x in range(width):
        piece = wave[edges[x] : max(edges[x] + 1, edges[x + 1])]
        if len(piece):
            low, high = np.clip([piece.min(), piece.max()], -1, 1) * (height / 2 - 3)
            draw.line([left + x, middle - high, left + x, middle - low], fill=WAVE)


def _events(draw: ImageDraw.ImageDraw, sound: Audio, rect: Rect, pixels: float) -> None:
    left, top, width, height = rect
    events = sound.events
    if events is None:
        return
    labels = events.labels if events.labels is not None else [""] * len(events)
    for (onset, offset), name in zip(events.data, labels, strict=True):
        x0, x1 = left + onset * pixels, min(left + offset * pixels, left + width - 1)
        if x1 <= x0:
            continue
        draw.rectangle([x0, top + 3, x1, top + height - 4], fill=style.accent("audio"))
        if length(str(name), 15) + 6 <= x1 - x0:
            write(draw, (x0 + 4, top + 3), str(name), 15, (255, 255, 255))
