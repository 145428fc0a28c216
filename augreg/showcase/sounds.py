"""Draws a sound into a rectangle of a contact sheet: its wave, its spectrogram, its events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from augreg.data.targets import Events
from augreg.media.sounds import as_wave
from augreg.media.spectrogram import log_mel, share_of_band
from augreg.modalities.audio import Audio
from augreg.showcase import style
from augreg.showcase.lettering import length, write
from augreg.showcase.style import Rect

DARK = (24, 26, 32)
WAVE = (254, 194, 135)
LANE = 26
"""Height of the lane of events."""

FLOOR = 64.0
"""Decibels below the loudest band that are drawn black."""

CHANNELS = 4
"""So many channels are drawn, each with a wave of its own."""

SCALE = (222, 220, 228)
TICK = 11
"""Size of the numbers at the axes."""

TICKS = (250, 500, 1000, 2000, 4000)
STEPS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


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
    """Draw a sound: the waves of its channels, the log-mel spectrogram of their mean, and lanes with its events."""
    left, top, width, height = rect
    wave = wave_of(sound)
    pixels = width / scale.seconds
    wave = wave[:, : max(1, round(scale.seconds * sound.sample_rate))]
    used = max(2, min(width, round(wave.shape[1] / sound.sample_rate * pixels)))
    lane = 0 if sound.events is None else lane_height(sound.events)
    strip = height // 4
    heat = (left, top + strip, used, height - strip - lane)
    draw = ImageDraw.Draw(canvas)
    draw.rectangle([left, top, left + width - 1, top + height - 1], fill=(236, 234, 228))
    draw.rectangle([left, top, left + used - 1, top + height - 1], fill=DARK)
    levels = (log_mel(wave.mean(axis=0), sound.sample_rate) - scale.decibels) / FLOOR + 1
    colours = np.ascontiguousarray(np.flipud(style.heat(levels)))
    canvas.paste(Pillow.fromarray(colours).resize(heat[2:], Pillow.Resampling.BICUBIC), heat[:2])
    hertz_axis(draw, heat, sound.sample_rate)
    seconds_axis(draw, heat, pixels)
    shown = wave[:CHANNELS] / scale.peak
    for k, channel in enumerate(shown):
        edges = [round(strip * part / len(shown)) for part in (k, k + 1)]
        _wave(draw, channel, (left, top + edges[0], used, edges[1] - edges[0]))
    if sound.events is not None:
        draw_events(draw, sound.events, (left, top + height - lane, used, lane), pixels)


def hertz_axis(draw: ImageDraw.ImageDraw, rect: Rect, rate: float) -> None:
    """Mark frequencies at the left of a mel spectrogram, in kHz, as many as have room."""
    left, top, _, height = rect
    free: float = top + height - TICK
    for hertz in TICKS:
        y = top + height * (1 - share_of_band(hertz, rate))
        if top + TICK / 2 <= y <= free:
            draw.line([left, y, left + 4, y], fill=SCALE)
            _tick(draw, (left + 7, y - 0.6 * TICK), f"{hertz / 1000:g}k")
            free = y - 1.3 * TICK


def seconds_axis(draw: ImageDraw.ImageDraw, rect: Rect, pixels: float) -> None:
    """Mark seconds at the upper edge of a rectangle that has some pixels per second."""
    left, top, width, _ = rect
    step = next((s for s in STEPS if s * pixels >= 70), STEPS[-1])
    for k in range(1, int(width / pixels / step) + 1):
        x = left + k * step * pixels
        if x < left + width:
            draw.line([x, top, x, top + 4], fill=SCALE)
        if x + 30 < left + width:
            _tick(draw, (x + 3, top), f"{k * step:g} s")


def _tick(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str) -> None:
    """Write a small number that can be read on dark and on bright."""
    for away, colour in ((1, DARK), (0, SCALE)):
        write(draw, (at[0] + away, at[1] + away), text, TICK, colour)


def _wave(draw: ImageDraw.ImageDraw, wave: np.ndarray, rect: Rect) -> None:
    left, top, width, height = rect
    edges = np.linspace(0, len(wave), width + 1).astype(int)
    middle = top + height / 2
    for x in range(width):
        piece = wave[edges[x] : max(edges[x] + 1, edges[x + 1])]
        if len(piece):
            low, high = np.clip([piece.min(), piece.max()], -1, 1) * max(height / 2 - 3, 1)
            draw.line([left + x, middle - high, left + x, middle - low], fill=WAVE)


def lanes_of(events: Events) -> list[int]:
    """Return in which lane every event goes, so that those that sound at once lie one below the other."""
    ends: list[float] = []
    found = [0] * len(events)
    for k in sorted(range(len(events)), key=lambda k: (float(events.data[k, 0]), float(events.data[k, 1]))):
        onset, offset = (float(moment) for moment in events.data[k])
        lane = next((i for i, end in enumerate(ends) if end <= onset + 1e-9), len(ends))
        ends[lane : lane + 1] = [offset]
        found[k] = lane
    return found


def lane_height(events: Events) -> int:
    """Return the height of what is drawn below a sound with these events."""
    return LANE if max(lanes_of(events), default=0) == 0 else LANE + 14


def draw_events(draw: ImageDraw.ImageDraw, events: Events, rect: Rect, pixels: float) -> None:
    """Draw events as bars with their labels, those that overlap in lanes; an instant is a thin bar."""
    left, top, width, height = rect
    lanes = lanes_of(events)
    count = max(lanes, default=0) + 1
    size = 15 if count == 1 else 12
    labels = events.labels if events.labels is not None else [""] * len(events)
    for (onset, offset), name, lane in zip(events.data, labels, lanes, strict=True):
        x0, x1 = left + onset * pixels, min(left + offset * pixels, left + width)
        if x0 >= left + width:
            continue
        y0, y1 = (top + 3 + (height - 6) * part / count for part in (lane, lane + 1))
        # One pixel stays free between neighbours: two words are two bars.
        draw.rectangle([x0, y0, max(x0 + 1, x1 - 2), max(y0 + 1, y1 - 1)], fill=style.accent("audio"))
        if count <= 2 and length(str(name), size) + 6 <= x1 - x0:
            write(draw, (x0 + 4, (y0 + y1 - 1.3 * size) / 2), str(name), size, (255, 255, 255))
