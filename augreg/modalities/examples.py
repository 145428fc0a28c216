"""Small made-up samples of the four modalities, for checks, tests and previews: always the same ones."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch

from augreg.data.samples import Audio, Boxes, Events, Image, Keypoints, Spans, Text, Video

IMAGE_SIZES: Final = ((48, 64), (64, 48), (57, 71), (48, 64), (80, 56), (63, 63))
CLIP_FORMS: Final = ((8, 40, 56), (12, 36, 44), (9, 41, 37))
"""Frames, height, width."""
SOUND_FRAMES: Final = (8000, 8900, 8431, 9300)
HOP: Final = 0.02
"""Seconds between frame labels of a sound."""

TEXTS: Final = (
    "Yesterday the quick brown fox jumped over a lazy dog near the old railway station in Manchester, didn't it?",
    "Dr. Eleanor Whitfield bought 12 red apples for $3.50 and gave them to her brother Sebastian before lunch.",
    "The weather forecast promised sunshine; instead heavy rain flooded several streets around Cambridge last night.",
    "Scientists recently discovered that honey bees communicate important information through a remarkable dance.",
    "Der schnelle braune Fuchs springt über den faulen Hund, während Großmutter in München Äpfel schält.",
    "Le cœur a ses raisons que la raison ne connaît point ; l'été dernier, Élodie vivait à Marseille.",
    "Съешь же ещё этих мягких французских булок, да выпей чаю в Петербурге.",
    "敏捷的棕色狐狸跳过了懒惰的狗,昨天在北京下了一场大雨。",
    "مرحبا بالعالم، هذه جملة قصيرة عن الطقس في القاهرة اليوم.",
    "Great match today 🎉👩‍👩‍👧‍👦! Thanks @maria, see https://example.org/news #football 🇩🇪 naïve café",
)


def natural(rng: np.random.Generator, channels: int, height: int, width: int) -> np.ndarray:
    """Return noise with the 1/f spectrum of photographs: float64 (channels, height, width) in [0, 1].

    Neighbouring pixels resemble each other, so that small shifts change little and large ones much; the channels
    share three quarters of their variance, as in photographs.
    """
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    radius = np.sqrt(fy * fy + fx * fx)
    radius[0, 0] = np.inf
    white = rng.standard_normal((channels + 1, height, width))
    white[:channels] = 0.5 * white[:channels] + 0.87 * white[channels]
    waves = np.fft.irfft2(np.fft.rfft2(white[:channels]) / radius**1.2, s=(height, width))
    waves /= waves.std(axis=(1, 2), keepdims=True)
    return np.clip(0.5 + 0.18 * waves, 0.0, 1.0)


def pixels(values: np.ndarray) -> torch.Tensor:
    """Return values in [0, 1], (..., C, H, W), as uint8 in channels-last memory."""
    levels = np.rint(values * 255).astype(np.uint8)
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(levels, -3, -1))).movedim(-1, -3)


def places(height: int, width: int) -> tuple[Boxes, Keypoints, torch.Tensor]:
    """Return two boxes, three keypoints, and a label map (H, W) with the two boxes filled in."""
    share = np.array([[0.15, 0.2, 0.45, 0.55], [0.5, 0.4, 0.85, 0.9]])
    boxes = np.rint(share * [width, height, width, height])
    labels = torch.zeros((height, width), dtype=torch.uint8)
    for value, (x0, y0, x1, y1) in zip((3, 7), boxes.astype(int), strict=True):
        labels[y0:y1, x0:x1] = value
    points = np.array([[0.3, 0.35], [0.7, 0.6], [0.45, 0.8]]) * [width, height]
    return Boxes(boxes, labels=[3, 7]), Keypoints(points, labels=["a", "b", "c"]), labels


def image(number: int) -> Image:
    """Return the image of a number: uint8 RGB with every target."""
    height, width = IMAGE_SIZES[number % len(IMAGE_SIZES)]
    boxes, keypoints, masks = places(height, width)
    data = pixels(natural(np.random.default_rng(number), 3, height, width))
    return Image(data, boxes, masks, keypoints, label=number % 10)


def clip(number: int) -> Video:
    """Return the clip of a number: a camera that pans over a picture, uint8 RGB with every target, 12 per second."""
    frames, height, width = CLIP_FORMS[number % len(CLIP_FORMS)]
    view = natural(np.random.default_rng(100 + number), 3, height, width + 2 * frames)
    data = np.stack([view[:, :, 2 * t : 2 * t + width] for t in range(frames)])
    boxes, keypoints, masks = places(height, width)
    return Video(
        pixels(data),
        fps=12.0,
        boxes=[boxes] * frames,
        keypoints=[keypoints] * frames,
        masks=masks.expand(frames, height, width).clone(),
        events=Events(np.array([[0.1, 0.25], [0.4, 0.55]]), labels=["a", "b"]),
        frame_labels=np.arange(frames),
        label=number % 10,
    )


def speech(rng: np.random.Generator, seconds: float, rate: int) -> np.ndarray:
    """Return something that sounds like a voice: float64 (frames,), about 0.3 loud, nothing above 3.5 kHz.

    The same generator state gives the same sound at every rate.
    """
    pitch, wobble, loud = rng.uniform((100, 2, 0.4), (180, 4, 1.0))
    phases = rng.uniform(0, 2 * np.pi, 20)
    time = np.arange(round(seconds * rate)) / rate
    turn = 2 * np.pi * (pitch * time - 6 * np.cos(wobble * time))
    partials = [np.sin(k * turn + phases[k - 1]) / k for k in range(1, 20) if k * (pitch + 24) < 3500]
    syllables = 0.15 + np.clip(np.sin(2 * np.pi * wobble * time + phases[0]), 0, 1) * loud
    wave: np.ndarray = 0.3 * syllables * np.sum(partials, axis=0)
    return wave


def sound(number: int) -> Audio:
    """Return the sound of a number: float32, mono (every fourth stereo), 16 kHz (every third 8 kHz), every target."""
    frames = SOUND_FRAMES[number % len(SOUND_FRAMES)]
    rate = 8000 if number % 3 == 2 else 16000
    rng = np.random.default_rng(200 + number)
    wave = speech(rng, frames / rate, rate)[None]
    if number % 4 == 3:
        wave = np.concatenate([wave, 0.7 * np.roll(wave, 40, axis=1)])
    seconds = frames / rate
    hops = np.arange(int(np.ceil(seconds / HOP)))
    return Audio(
        torch.from_numpy(wave.astype(np.float32)),
        rate,
        events=Events(np.array([[0.1, 0.2], [0.3, 0.42]]), labels=["a", "b"]),
        frame_labels=hops // 4,
        label=number % 10,
    )


def sentence(number: int) -> Text:
    """Return the text of a number with spans over its longer words."""
    written = TEXTS[number % len(TEXTS)]
    spans, at = [], 0
    for word in written.split(" "):
        core = word.strip(",.;?!")
        if len(core) > 5 and core.isalpha():
            start = at + word.index(core)
            spans.append((start, start + len(core)))
        at += len(word) + 1
    labels = [written[a:b] for a, b in spans]
    return Text(written, Spans(np.array(spans, dtype=np.int64).reshape(-1, 2), labels), label=number % 10)
