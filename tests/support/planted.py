"""Data sets with planted faults: textured pictures, sounds and texts made on the spot, no two of them alike."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image as Pillow
from PIL import ImageDraw, ImageEnhance, ImageFilter

SIZE = (192, 160)


def picture(seed: int) -> Pillow.Image:
    """A picture with shapes, light that falls off, and texture, as photographs have."""
    rng = np.random.default_rng(seed)
    coarse = Pillow.fromarray(rng.integers(0, 256, (5, 6, 3), np.uint8)).resize(SIZE, Pillow.Resampling.BICUBIC)
    draw = ImageDraw.Draw(coarse)
    for _ in range(12):
        x, y = rng.integers(0, SIZE[0]), rng.integers(0, SIZE[1])
        color = tuple(rng.integers(0, 256, 3).tolist())
        box = (int(x), int(y), int(x + rng.integers(8, 70)), int(y + rng.integers(8, 70)))
        (draw.ellipse if rng.integers(2) else draw.rectangle)(box, fill=color)
    soft = np.asarray(coarse.filter(ImageFilter.GaussianBlur(1.0)), np.float64)
    return Pillow.fromarray(np.clip(soft + rng.normal(0, 6, soft.shape), 0, 255).astype(np.uint8))


def jpeg(image: Pillow.Image) -> Pillow.Image:
    held = io.BytesIO()
    image.save(held, "JPEG", quality=60)
    return Pillow.open(held).convert("RGB")


def smaller(image: Pillow.Image) -> Pillow.Image:
    return image.resize((round(image.width * 0.9), round(image.height * 0.9)), Pillow.Resampling.LANCZOS)


def cropped(image: Pillow.Image) -> Pillow.Image:
    return image.crop((5, 2, image.width - 3, image.height - 5))


def brighter(image: Pillow.Image) -> Pillow.Image:
    return ImageEnhance.Brightness(image).enhance(1.05)


CHANGES: dict[str, Callable[[Pillow.Image], Pillow.Image]] = {
    "jpeg": jpeg,
    "smaller": smaller,
    "cropped": cropped,
    "brighter": brighter,
}


def text(seed: int, length: int = 60) -> list[str]:
    """The words of a text; all texts draw from one vocabulary, the frequent ones often."""
    rng = np.random.default_rng(seed)
    return [f"w{min(int(n), 5_000)}" for n in rng.zipf(1.3, length)]


def sound(seed: int, rate: int = 8_000) -> np.ndarray:
    """Half a second of three tones that swell, with noise, at most at 0.8 of full scale."""
    rng = np.random.default_rng(seed)
    t = np.arange(rate // 2) / rate
    tones = sum(np.sin(2 * np.pi * rng.uniform(100, 2_000) * t + rng.uniform(0, 6)) for _ in range(3))
    wave = tones * np.hanning(len(t)) + rng.normal(0, 0.01, len(t))
    return 0.8 * wave / np.abs(wave).max()


def write_sound(path: Path, wave: np.ndarray, rate: int = 8_000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, wave, rate)


def write_picture(path: Path, image: Pillow.Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def write_text(path: Path, words: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(" ".join(words), encoding="utf-8")
