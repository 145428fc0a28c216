"""JPEG by libjpeg-turbo straight into memory of our own, where the package simplejpeg is installed: the bits of PIL.

PIL decodes into memory of four bytes per pixel, which is then copied twice; this takes two thirds of its time.
"""

from __future__ import annotations

import importlib
import threading
from functools import cache
from io import BytesIO
from typing import Any, Final

import numpy as np
from PIL import Image as Pillow

SCALES: Final = (8, 4, 2)
"""What a picture can be decoded smaller by; then the decoder leaves out the high frequencies of its blocks."""

COLORS: Final = {"RGB": "rgb", "L": "gray"}
"""PIL's modes that are decoded here, by the decoder's own names."""


TURNS: Final = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}
"""What brings a picture upright, by its EXIF orientation."""


def serves(mode: str) -> bool:
    """Whether pictures of a mode of PIL's can be decoded here."""
    return mode in COLORS and _confirmed()


MOST: Final = 8 << 20
"""Bytes that a thread keeps for decoding: what is larger does not stay in the cache anyway."""


class _Room(threading.local):
    """Memory of one thread that is decoded into again and again."""

    def __init__(self) -> None:
        self.memory = np.empty(0, np.uint8)

    def of(self, nbytes: int) -> np.ndarray:
        """Return at least so many bytes."""
        if len(self.memory) < nbytes:
            self.memory = np.empty(nbytes, np.uint8)
        return self.memory


_ROOM: Final = _Room()


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Return pixels (H, W, C) turned and mirrored as an EXIF orientation says."""
    if orientation not in TURNS:
        return pixels
    flat = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    turned = np.array(Pillow.fromarray(flat).transpose(TURNS[orientation]))
    return turned.reshape(*turned.shape[:2], pixels.shape[2])


def decoded(
    data: bytes, mode: str, size: tuple[int, int], scale: int = 1, *, transient: bool = False
) -> np.ndarray | None:
    """Return a picture's pixels, uint8 (H, W, C), as PIL decodes them; None where PIL is to be asked.

    What the decoder so much as warns of is PIL's to judge, so that damaged files give the same errors with and without
    the package.

    Args:
        data: the file.
        mode: PIL's name for what it holds.
        size: width and height, by its header.
        scale: 1 or one of :data:`SCALES`.
        transient: whether the next call of this thread that says so, too, may overwrite the result.

    """
    if not serves(mode):
        return None
    width, height = (-(-side // scale) for side in size)
    smaller = {} if scale == 1 else {"min_width": width, "min_height": height}
    nbytes = width * height * len(mode)
    room = {"buffer": _ROOM.of(nbytes)} if transient and nbytes <= MOST else {}
    try:
        pixels: np.ndarray = _library().decode_jpeg(data, COLORS[mode], **smaller, **room)
    except ValueError:
        return None
    return pixels if pixels.shape[:2] == (height, width) else None


@cache
def _library() -> Any:
    try:
        return importlib.import_module("simplejpeg")
    except ImportError:
        return None


@cache
def _confirmed() -> bool:
    """Whether both libraries, on this processor, give the same bits for pictures of noise, stored in several ways."""
    library = _library()
    if library is None:
        return False
    noise = np.random.default_rng(0).integers(0, 256, (45, 75, 3), dtype=np.uint8)
    ways = [(sampling, progressive) for sampling in ("4:4:4", "4:2:2", "4:2:0") for progressive in (False, True)]
    return all(_agree(library, noise, *way) for way in ways)


def _agree(library: Any, noise: np.ndarray, sampling: str, progressive: bool) -> bool:
    memory = BytesIO()
    Pillow.fromarray(noise).save(memory, "JPEG", quality=90, subsampling=sampling, progressive=progressive)
    height, width = noise.shape[:2]
    for scale in (1, *SCALES):
        picture = Pillow.open(memory, formats=["JPEG"])
        picture.draft(None, (width // scale, height // scale))
        asked = {} if scale == 1 else {"min_width": -(-width // scale), "min_height": -(-height // scale)}
        found = library.decode_jpeg(memory.getvalue(), "rgb", **asked)
        if not np.array_equal(found, np.asarray(picture)):
            return False
    return True
