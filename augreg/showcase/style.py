"""How contact sheets look: colours, fonts, and small drawing helpers."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from augreg.showcase.lettering import length, write

Colour = tuple[int, int, int]
Rect = tuple[int, int, int, int]
"""Left, top, width, height."""

PAPER: Final = (250, 249, 246)
CARD: Final = (255, 255, 255)
LINE: Final = (222, 220, 213)
INK: Final = (31, 36, 48)
MUTED: Final = (112, 117, 130)
ACCENT: Final[dict[str, Colour]] = {
    "image": (37, 99, 235),
    "audio": (202, 104, 14),
    "video": (124, 58, 237),
    "text": (5, 140, 98),
}
OTHER: Final = (71, 85, 105)
BOXES: Final = (
    (255, 221, 51),
    (66, 226, 184),
    (255, 122, 182),
    (116, 192, 252),
    (255, 169, 77),
    (205, 164, 255),
    (190, 235, 90),
)
ADDED: Final = (255, 228, 161)
GONE: Final = (220, 52, 52)

# Black through purple and orange to pale yellow: lightness rises evenly, so loudness reads as brightness.
_HEAT: Final = np.asarray(
    [
        (3, 3, 12),
        (28, 16, 68),
        (79, 18, 123),
        (129, 37, 129),
        (181, 54, 122),
        (229, 80, 100),
        (251, 135, 97),
        (254, 194, 135),
        (252, 253, 191),
    ],
    dtype=np.float64,
)


def accent(modality: str) -> Colour:
    """Return the colour that stands for a modality."""
    return ACCENT.get(modality, OTHER)


def heat(values: np.ndarray) -> np.ndarray:
    """Map values in [0, 1] to colours: uint8 (..., 3)."""
    at = np.clip(values, 0.0, 1.0) * (len(_HEAT) - 1)
    return np.stack([np.interp(at, np.arange(len(_HEAT)), _HEAT[:, c]) for c in range(3)], axis=-1).astype(np.uint8)


def shorten(text: str, size: int, width: int) -> str:
    """Return a text cut with an ellipsis to a width in pixels."""
    if length(text, size) <= width:
        return text
    while text and length(text + "...", size) > width:
        text = text[:-1]
    return text.rstrip() + "..."


def fit(width: int, height: int, into: Rect) -> Rect:
    """Return the largest rectangle of an aspect ratio, centred in another."""
    left, top, room_width, room_height = into
    scale = min(room_width / width, room_height / height)
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    return left + (room_width - w) // 2, top + (room_height - h) // 2, w, h


def paste(canvas: Pillow.Image, pixels: np.ndarray, rect: Rect) -> None:
    """Draw uint8 pixels (H, W, 3) into a rectangle; small ones are enlarged without smoothing."""
    left, top, width, height = rect
    picture = Pillow.fromarray(pixels)
    small = pixels.shape[1] * 2 <= width
    how = Pillow.Resampling.NEAREST if small else Pillow.Resampling.LANCZOS
    canvas.paste(picture.resize((width, height), how, reducing_gap=3.0), (left, top))


def label(draw: ImageDraw.ImageDraw, x: float, y: float, text: str, fill: Colour, size: int = 15) -> None:
    """Write dark text on a small plate of colour whose lower left corner is at (x, y)."""
    width = length(text, size)
    draw.rectangle([x, y - size - 5, x + width + 8, y], fill=fill)
    write(draw, (x + 4, y - size - 4), text, size, INK)
