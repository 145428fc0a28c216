"""Paints a landscape by formula: fractal clouds, mountain ridges in haze, a lake, a balloon, a cottage, trees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFilter

from augreg.data.targets import Boxes, Keypoints
from augreg.modalities.image import Image
from augreg.modalities.video import Video

SCALE = 2
"""Shapes are drawn this much larger and scaled down, which smooths their edges."""

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Mood:
    """The colours of a time of day."""

    zenith: Colour
    horizon: Colour
    cloud: Colour
    sun: Colour
    near: Colour
    meadow: Colour


NOON = Mood((64, 132, 214), (198, 224, 240), (255, 255, 255), (255, 246, 214), (52, 88, 96), (104, 150, 62))
DUSK = Mood((58, 62, 128), (250, 176, 120), (255, 214, 190), (255, 236, 190), (64, 46, 84), (92, 96, 66))


def scene(width: int = 640, height: int = 480, mood: Mood = NOON, seed: int = 1) -> Image:
    """Paint the scene: uint8 (3, height, width), with boxes and keypoints."""
    picture = backdrop(width, height, mood, seed)
    boxes, labels, points = shapes(picture, mood, 0.0)
    return Image(
        torch.from_numpy(reduced(picture)).permute(2, 0, 1),
        boxes=Boxes(np.asarray(boxes) / SCALE, "xyxy", labels),
        keypoints=Keypoints(np.asarray(points) / SCALE),
    )


def flight(width: int = 240, height: int = 160, frames: int = 24, fps: float = 12.0, seed: int = 5) -> Video:
    """Paint a clip of the balloon crossing the scene at dusk: uint8 (frames, 3, height, width), with boxes."""
    still = backdrop(width, height, DUSK, seed)
    out = np.empty((frames, height, width, 3), dtype=np.uint8)
    boxes = []
    for t in range(frames):
        picture = still.copy()
        places, labels, _ = shapes(picture, DUSK, t / max(1, frames - 1))
        out[t] = reduced(picture)
        boxes.append(Boxes(np.asarray(places[:1]) / SCALE, "xyxy", labels[:1]))
    return Video(torch.from_numpy(out).permute(0, 3, 1, 2), fps, boxes=boxes)


def backdrop(width: int, height: int, mood: Mood, seed: int) -> Pillow.Image:
    """Paint everything that does not move, SCALE times as large as asked."""
    rng = np.random.default_rng(seed)
    canvas = sky(width * SCALE, height * SCALE, mood, rng)
    for depth in (0.35, 0.6, 0.85):
        ridge(canvas, depth, mood, rng)
    ground(canvas, mood, rng)
    return Pillow.fromarray(np.clip(canvas, 0, 255).astype(np.uint8))


def reduced(picture: Pillow.Image) -> np.ndarray:
    """Return a picture at its final size, uint8 (height, width, 3)."""
    return np.array(picture.reduce(SCALE))


def fractal(
    width: int, height: int, rng: np.random.Generator, coarsest: int = 3, octaves: int = 6, flat: float = 1.0
) -> np.ndarray:
    """Return fractal noise in [0, 1], float64 (height, width): octaves of value noise, each of half the strength.

    ``coarsest`` is the number of cells across in the first octave; cells are ``flat`` times as wide as high.
    """
    total = np.zeros((height, width))
    for octave in range(octaves):
        cells = coarsest * 2**octave
        grid = rng.random((max(2, int(flat * cells * height / width) + 1), cells + 1)).astype(np.float32)
        total += np.asarray(Pillow.fromarray(grid).resize((width, height), Pillow.Resampling.BICUBIC)) / 2**octave
    return np.asarray((total - total.min()) / np.ptp(total))


def sky(width: int, height: int, mood: Mood, rng: np.random.Generator) -> np.ndarray:
    """Return float64 (height, width, 3): a gradient, a sun with its glow, clouds that thin out towards the top."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    fade = np.clip(y / (0.68 * height), 0, 1)[..., None]
    canvas = np.asarray(mood.zenith) * (1 - fade) + np.asarray(mood.horizon) * fade
    far = np.hypot(x - 0.76 * width, y - 0.2 * height) / height
    glow = np.exp(-far / 0.13)[..., None] * 0.75 + (far < 0.052)[..., None] * 0.6
    canvas += (np.asarray(mood.sun) - canvas) * np.clip(glow, 0, 1)
    noise = fractal(width, height, rng, coarsest=3, flat=2.6)
    cover = np.clip((noise - 0.5) * 3.4, 0, 1) * np.clip(1.15 - y / (0.75 * height), 0, 1)
    return np.asarray(canvas + (np.asarray(mood.cloud) - canvas) * (cover * 0.85)[..., None])


def ridge(canvas: np.ndarray, depth: float, mood: Mood, rng: np.random.Generator) -> None:
    """Paint one range of mountains; the farther, the more of the horizon's colour lies over it."""
    height, width = canvas.shape[:2]
    profile = fractal(width, 8, rng, coarsest=round(3 + 4 * depth))[4]
    top = height * (0.34 + 0.24 * depth) + (0.5 - profile) * height * (0.34 - 0.14 * depth)
    below = np.arange(height)[:, None] - top[None]
    texture = 0.8 + 0.4 * fractal(width, height, rng, coarsest=12, octaves=4)
    colour = np.asarray(mood.near) * depth + np.asarray(mood.horizon) * (1 - depth)
    rock = colour * texture[..., None]
    snow = np.clip((0.05 - 0.04 * depth) * height - below + (texture - 1.0) * 0.25 * height, 0, 1) * (depth < 0.5)
    rock += (248 - rock) * snow[..., None] * 0.85
    canvas += (rock - canvas) * np.clip(below, 0, 1)[..., None]


def ground(canvas: np.ndarray, mood: Mood, rng: np.random.Generator) -> None:
    """Paint a lake that mirrors what is above it, and a meadow in front."""
    height, width = canvas.shape[:2]
    shore = round(0.66 * height)
    rows = np.arange(shore, height)
    mirrored = canvas[np.clip(2 * shore - rows, 0, height - 1)]
    ripple = (fractal(width, len(rows), rng, coarsest=5, octaves=6) - 0.5) * 26
    canvas[shore:] = mirrored * 0.78 + np.asarray(mood.zenith) * 0.14 + ripple[..., None]
    x = np.arange(width) / width
    edge = height * (0.80 + 0.035 * np.sin(5.2 * x + 0.6) - 0.10 * x**2 + 0.02 * np.sin(17 * x))
    below = np.clip(np.arange(height)[:, None] - edge[None], 0, None)
    blades = 0.8 + 0.3 * fractal(width, height, rng, coarsest=8, octaves=3) * fractal(width, height, rng, 150, 2, 0.4)
    light = (0.9 + 0.25 * below / (0.2 * height)) * blades
    canvas += (np.asarray(mood.meadow) * light[..., None] - canvas) * np.clip(below, 0, 1)[..., None]


def shapes(picture: Pillow.Image, mood: Mood, drift: float) -> tuple[list[list[float]], list[str], list[list[float]]]:
    """Draw balloon, cottage and tree; return their boxes (xyxy), labels, and keypoints, in pixels of the picture."""
    w, h = picture.size
    radius = 0.125 * h
    x, y = (0.24 + 0.5 * drift) * w, (0.27 - 0.05 * np.sin(3 * drift)) * h
    boxes = [balloon(picture, x, y, radius), cottage(picture, 0.70 * w, 0.795 * h, 0.16 * h)]
    boxes.append(tree(picture, 0.90 * w, 0.87 * h, 0.34 * h, mood))
    tree(picture, 0.075 * w, 0.93 * h, 0.2 * h, mood)
    points = [[x, y - radius], [x, y + radius * 1.7], [0.70 * w, 0.795 * h - 0.16 * h * 1.02]]
    return boxes, ["balloon", "cottage", "tree"], points


def balloon(picture: Pillow.Image, x: float, y: float, radius: float) -> list[float]:
    """Draw a striped hot-air balloon with its basket; return its box."""
    size = round(radius * 4)
    v, u = (np.mgrid[0:size, 0:size] - size / 2) / radius
    # The envelope narrows to its mouth below the equator.
    half = np.where(v < 0, np.sqrt(np.clip(1 - v**2, 0, 1)), np.clip(1 - np.abs(v / 1.32) ** 1.7, 0, 1))
    around = np.arcsin(np.clip(u / np.maximum(half, 1e-3), -1, 1))
    inside = (np.abs(u) < half) & (v > -1) & (v < 1.16)
    palette = np.asarray([(214, 48, 49), (253, 203, 80), (240, 240, 235), (9, 132, 178)])
    stripes = palette[np.floor((around / np.pi + 0.5) * 8).astype(int) % 4]
    light = 0.62 + 0.42 * np.cos(around - 0.6) - 0.12 * v
    rgba = np.dstack([np.clip(stripes * light[..., None], 0, 255), inside * 255]).astype(np.uint8)
    corner = (round(x - size / 2), round(y - size / 2))
    layer = Pillow.fromarray(rgba)
    picture.paste(layer, corner, layer)
    draw = ImageDraw.Draw(picture)
    top, bottom, side = y + 1.42 * radius, y + 1.72 * radius, 0.17 * radius
    for sign in (-1, 1):
        draw.line([(x + sign * 0.2 * radius, y + 1.14 * radius), (x + sign * side, top)], fill=(60, 42, 30), width=2)
    draw.rounded_rectangle(
        [x - side, top, x + side, bottom], radius=4, fill=(121, 82, 48), outline=(76, 50, 30), width=2
    )
    return [x - radius, y - radius, x + radius, bottom]


def cottage(picture: Pillow.Image, x: float, y: float, size: float) -> list[float]:
    """Draw a cottage whose floor has its middle at (x, y); return its box."""
    draw = ImageDraw.Draw(picture)
    half, wall, roof = 0.72 * size, 0.55 * size, 0.47 * size
    draw.rectangle([x + 0.28 * size, y - 1.04 * size, x + 0.44 * size, y - 0.6 * size], fill=(126, 74, 60))
    draw.rectangle([x - half, y - wall, x + half, y], fill=(240, 228, 204))
    draw.rectangle([x + 0.25 * half, y - wall, x + half, y], fill=(219, 204, 176))
    draw.polygon([(x - half * 1.15, y - wall), (x, y - wall - roof), (x + half * 1.15, y - wall)], fill=(168, 66, 52))
    draw.polygon([(x + 0.25 * half, y - wall), (x, y - wall - roof), (x + half * 1.15, y - wall)], fill=(142, 52, 44))
    draw.rectangle([x - 0.2 * size, y - 0.36 * size, x + 0.02 * size, y], fill=(98, 62, 42))
    for left in (-0.58, 0.3):
        pane = [x + left * size, y - 0.4 * size, x + (left + 0.24) * size, y - 0.17 * size]
        draw.rectangle(pane, fill=(255, 226, 140), outline=(250, 248, 240), width=4)
    return [x - half * 1.15, y - 1.04 * size, x + half * 1.15, y]


def tree(picture: Pillow.Image, x: float, y: float, size: float, mood: Mood) -> list[float]:
    """Draw a fir whose foot is at (x, y); return its box."""
    layer = Pillow.new("RGBA", picture.size)
    draw = ImageDraw.Draw(layer)
    draw.rectangle([x - 0.035 * size, y - 0.2 * size, x + 0.035 * size, y], fill=(84, 58, 42, 255))
    dark = np.asarray(mood.meadow) * 0.42 + np.asarray((10, 34, 26))
    for i in range(5):
        low, half = y - (0.12 + 0.165 * i) * size, (0.27 - 0.043 * i) * size
        red, green, blue = (int(c) for c in dark * (1 + 0.09 * i))
        draw.polygon([(x - half, low), (x, low - 0.34 * size), (x + half, low)], fill=(red, green, blue, 255))
        dim = (round(0.8 * red), round(0.8 * green), round(0.8 * blue), 255)
        draw.polygon([(x, low), (x, low - 0.34 * size), (x + half, low)], fill=dim)
    layer = layer.filter(ImageFilter.GaussianBlur(0.6))
    picture.paste(layer, (0, 0), layer)
    return [x - 0.27 * size, y - (0.12 + 0.66 + 0.34) * size, x + 0.27 * size, y]
