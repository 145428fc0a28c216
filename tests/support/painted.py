"""Pictures with painted rectangles, random pipelines that move them, and where the paint stands then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import PIL.Image

PAINTS: Final = {"red": (250, 20, 20), "green": (20, 250, 20), "blue": (20, 20, 250)}
BOXES: Final = {"red": (20, 16, 40, 30), "green": (90, 30, 30, 44), "blue": (40, 80, 60, 24)}
"""x, y, width, height in pixels; they lie apart, so that each can be told by its color after any move."""

SIZE: Final = (160, 128)
"""Width and height."""

STEPS: Final[Sequence[Any]] = (
    {"image.hflip": {"p": 1.0}},
    {"image.vflip": {"p": 1.0}},
    {"image.rot90": {}},
    {"image.d4": {}},
    {"image.transpose": {"p": 1.0}},
    {"image.rotate": {"degrees": [-40, 40]}},
    {"image.shear": {}},
    {"image.translate": {}},
    {"image.zoom": {}},
    {"image.affine": {}},
    {"image.perspective": {}},
    {"image.resized_crop": {"size": [120, 150]}},
    {"image.center_crop": {"size": [100, 120]}},
    {"image.resize": {"size": [200, 230]}},
    {"image.crop": {"size": [96, 120]}},
    {"image.pad": {"padding": [7, 12]}},
)


def picture() -> np.ndarray:
    """Return (height, width, 3) uint8: gray noise with the rectangles."""
    width, height = SIZE
    pixels = np.random.default_rng(0).integers(90, 130, (height, width, 1), np.uint8).repeat(3, axis=2)
    for name, (x, y, w, h) in BOXES.items():
        pixels[y : y + h, x : x + w] = PAINTS[name]
    return pixels


def paint(folder: Path, names: Sequence[str]) -> None:
    """Write the picture under these names."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        PIL.Image.fromarray(picture()).save(folder / name)


def pipelines(count: int, known: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield pipelines of one to three steps, drawn by a fixed seed from those that are installed."""
    steps = [step for step in STEPS if next(iter(step)) in known]
    rng = np.random.default_rng(17)
    for _ in range(count):
        chosen = rng.choice(len(steps), size=rng.integers(1, 4), replace=False)
        yield {"image": [steps[i] for i in chosen]}


def seen(pixels: np.ndarray, name: str) -> np.ndarray:
    """Return where a paint is, bool (height, width): at least half of it, in front of gray or black."""
    own = int(np.argmax(PAINTS[name]))
    others = pixels[..., [i for i in range(3) if i != own]].max(axis=-1)
    # The paint has 230 more of its own color than of the others, and what is around it, at most noise, has none.
    return np.asarray(pixels[..., own].astype(int) - others > 115)


def around(mask: np.ndarray) -> tuple[float, float, float, float] | None:
    """Return the corners of the smallest box about the pixels of a mask; None where there are none."""
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return None
    return float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)


def differs(pixels: np.ndarray, name: str, corners: Sequence[float]) -> float:
    """Return by how many pixels a written box (x1, y1, x2, y2) is off from where its paint stands."""
    found = around(seen(pixels, name))
    return float("inf") if found is None else float(np.abs(np.subtract(found, corners)).max())
