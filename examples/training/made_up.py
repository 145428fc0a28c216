"""Tiny data sets, made on the spot, so that the scripts beside this file need no network."""

import io
from pathlib import Path

import numpy as np
import PIL.Image
import soundfile

COLORS = {"red": (200, 40, 40), "green": (40, 180, 60), "blue": (50, 70, 210)}


def picture(color: str, number: int, size: tuple[int, int] = (48, 64)) -> np.ndarray:
    """Return noise (H, W, 3) of one color."""
    noise = np.random.default_rng([number, *COLORS[color]]).normal(0, 30, (*size, 3))
    return np.clip(noise + COLORS[color], 0, 255).astype(np.uint8)


def image_folder(root: Path, per_class: int) -> Path:
    """Write PNG files as torchvision's ImageFolder and timm's reader want them: root/class/file."""
    for color in COLORS:
        (root / color).mkdir(parents=True)
        for number in range(per_class):
            PIL.Image.fromarray(picture(color, number)).save(root / color / f"{number}.png")
    return root


def rectangle(number: int, size: int = 64) -> tuple[np.ndarray, list[int]]:
    """Return a dark picture (size, size, 3) with a bright rectangle, and its edges x1, y1, x2, y2."""
    rng = np.random.default_rng(number)
    x, y, width, height = *rng.integers(4, size // 2, 2), *rng.integers(size // 4, size // 2 - 4, 2)
    canvas = rng.integers(0, 30, (size, size, 3), dtype=np.uint8)
    canvas[y : y + height, x : x + width] = (230, 240, 220)
    return canvas, [int(x), int(y), int(x + width), int(y + height)]


def wav(label: int, number: int, rate: int = 8000) -> bytes:
    """Return a WAV file of 0.6 to 0.8 s: a low tone (0) or a high one (1)."""
    rng = np.random.default_rng([label, number])
    time = np.arange(int(rate * rng.uniform(0.6, 0.8))) / rate
    wave = 0.4 * np.sin(2 * np.pi * (300 + 900 * label) * time) + rng.normal(0, 0.05, len(time))
    held = io.BytesIO()
    soundfile.write(held, wave, rate, format="WAV")
    return held.getvalue()


NAMES = ["Anna", "Boris", "Carla", "Diego"]
PLACES = ["Paris", "Oslo", "Lima", "Cairo"]
TAGS = ["O", "B-PER", "B-LOC", "I-LOC"]


def sentence(number: int) -> tuple[list[str], list[int]]:
    """Return words and their tags, as numbers of TAGS."""
    rng = np.random.default_rng(number)
    name, place = rng.choice(NAMES), rng.choice(PLACES)
    verb = rng.choice(["travels", "writes", "moves"])
    if number % 2:
        return [str(name), str(verb), "to", "New", str(place), "today"], [1, 0, 0, 2, 3, 0]
    return ["Today", str(name), str(verb), "to", str(place)], [0, 1, 0, 0, 2]
