"""What is kept of a picture: a thumbnail in gray, its colors in broad strokes, and codes to find it by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from augreg.media.images import without_alpha

SIDE: Final = 32
"""Pixels of a side of thumbnails, as pHash has it (Zauner 2010)."""

CROPS: Final = (1.0, 0.95, 0.9)
"""Shares of the sides from the middle of a picture that get a code each, so that a crop is found by one of them."""

BLANK: Final = 3.0
"""Of 255: the range of the means of 8 x 8 parts up to which a picture shows nothing. Noise of sensors and of JPEG is
averaged away in them, while an object of a seventieth of the side, black on white, still shows."""

_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
_AXIS: Final = np.arange(SIDE)
_COSINES: Final[NDArray[Any]] = np.cos(np.pi * (2 * _AXIS[None] + 1) * _AXIS[:8, None] / (2 * SIDE)).astype(np.float32)
"""The first 8 waves of the discrete cosine transform (DCT-II) of a side."""

_WEIGHTS: Final = np.uint64(1) << np.arange(63, dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Thumb:
    """A picture, small.

    Args:
        gray: uint8 (32, 32).
        colors: uint8 (4, 4, 3), the mean color of each sixteenth.
        codes: uint64 (3,), perceptual hashes of the picture and of crops of it.
        range: how far the means of 8 x 8 parts are apart, of 255, in the channel where it is most.

    """

    gray: NDArray[np.uint8]
    colors: NDArray[np.uint8]
    codes: NDArray[np.uint64]
    range: float


def thumb_of(data: Any) -> Thumb:
    """Return the thumbnail of a picture, a tensor (C, H, W) as `augreg.media` reads it."""
    picture = Pillow.fromarray(_eight_bits(without_alpha(data.permute(1, 2, 0).numpy())))
    # A box would make steps of the pixels of a picture that is hardly larger than the thumbnail.
    way = Pillow.Resampling.BOX if min(picture.size) >= 2 * SIDE else Pillow.Resampling.BILINEAR
    small = np.asarray(picture.resize((SIDE, SIDE), way), np.float32)
    parts = small.reshape(8, SIDE // 8, 8, SIDE // 8, 3).mean((1, 3)).reshape(-1, 3)
    gray = np.rint(small @ _LUMA)
    colors = small.reshape(4, SIDE // 4, 4, SIDE // 4, 3).mean((1, 3))
    return Thumb(gray.astype(np.uint8), colors.astype(np.uint8), codes_of(gray), float(np.ptp(parts, axis=0).max()))


def _eight_bits(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return pixels (H, W, 3) as bytes. Of 16 bits often a few are used, as in depth: their range becomes the whole."""
    if pixels.dtype == np.uint16:
        low, high = int(pixels.min()), int(pixels.max())
        pixels = (pixels.astype(np.float32) - low) / max(high - low, 1)
    if pixels.dtype != np.uint8:
        pixels = np.rint(np.clip(pixels, 0.0, 1.0) * 255.0).astype(np.uint8)
    return np.ascontiguousarray(np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels)


def codes_of(gray: NDArray[Any]) -> NDArray[np.uint64]:
    """Return the codes of a gray thumbnail (32, 32), one for each of :data:`CROPS`.

    Perceptual hashing (pHash): which of the 63 lowest frequencies, the mean left out, are above their median.
    """
    middle, found = (SIDE - 1) / 2, []
    for share in CROPS:
        waves = np.asarray(_COSINES @ _resampled(gray, middle + (_AXIS - middle) * share) @ _COSINES.T)
        values = waves.reshape(-1)[1:]
        found.append(_WEIGHTS[values > np.median(values)].sum(dtype=np.uint64))
    return np.array(found, np.uint64)


def _resampled(gray: NDArray[Any], places: NDArray[Any]) -> NDArray[Any]:
    """Return a thumbnail at other places along both sides, between its pixels."""
    low = np.minimum(places.astype(np.int64), SIDE - 2)
    part = (places - low).astype(np.float32)
    mixed = np.zeros((SIDE, SIDE), np.float32)
    mixed[_AXIS, low] += 1.0 - part
    mixed[_AXIS, low + 1] += part
    return np.asarray(mixed @ gray.astype(np.float32) @ mixed.T)
