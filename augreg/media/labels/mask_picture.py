"""The pixels of label maps: what a PNG holds, as the pipeline moves it, and back."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from augreg.errors import MediaError
from augreg.media.images import SIXTEEN, check_size, guarded
from augreg.media.labels.base import About
from augreg.media.limits import DEFAULT

LABELS: Final = ("1", "L", "P", "I", *SIXTEEN)
"""Modes whose pixels are labels."""
COLORS: Final = {"RGB": 3, "RGBA": 4, "LA": 2}
"""Modes whose colors are labels, and their channels. They are packed into whole numbers, which nothing can blend."""


def is_label_map(path: Path, *, any_mode: bool) -> bool:
    """Whether a file is a PNG of one channel, judged by its header; or of any mode."""
    try:
        with Pillow.open(path, formats=["PNG"]) as picture:
            return any_mode or picture.mode in LABELS
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError):
        return False


def mask_of(content: bytes, about: About) -> tuple[Any, dict[str, Any]]:
    """Return a label map as the pipeline takes it, and what else its file says.

    Raises:
        MediaError: E_LABEL.

    """
    path = Path(about.path)
    try:
        picture: Any = guarded(path, lambda: Pillow.open(BytesIO(content), formats=["PNG"]))
        _check(picture, about)
        guarded(path, picture.load)
        rest = guarded(path, lambda: _rest(picture))
    except MediaError as error:
        raise MediaError(about.path, error.reason, "E_LABEL") from None
    return _packed(np.array(picture)) if picture.mode in COLORS else picture, rest


def _rest(picture: Any) -> dict[str, Any]:
    """Return what a PNG says besides its pixels. What a picture of PIL keeps by itself is noted for colors only."""
    texts = [[name, str(text), getattr(text, "lang", None) is not None] for name, text in picture.text.items()]
    kept = {name: picture.info[name] for name in ("dpi", "transparency") if name in picture.info}
    return {"mode": picture.mode, "text": texts, "info": kept if picture.mode in COLORS else {}}


def png_of(mask: Any, rest: Mapping[str, Any], about: About) -> bytes:
    """Return the PNG of a label map.

    Raises:
        MediaError: E_LABEL: it holds labels that PNG cannot.

    """
    picture = mask if isinstance(mask, Pillow.Image) else _picture(np.asarray(mask), rest.get("mode", ""), about)
    info = PngInfo()
    for name, text, any_letters in rest.get("text", ()):
        (info.add_itxt if any_letters else info.add_text)(name, text)
    options = {name: tuple(value) for name, value in rest.get("info", {}).items()}
    if "dpi" in picture.info:
        options["dpi"] = picture.info["dpi"]
    encoded = BytesIO()
    picture.save(encoded, format="PNG", pnginfo=info, **options)
    return encoded.getvalue()


def _check(picture: Any, about: About) -> None:
    check_size(Path(about.path), picture.size, DEFAULT)
    real = (about.width, about.height)
    if all(real) and picture.size != real:
        hint = " EXIF turns the picture: turn the mask, too." if picture.size == real[::-1] else ""
        ours, theirs = ("x".join(map(str, size)) for size in (picture.size, real))
        reason = f"the mask has {ours} pixels, and the picture has {theirs}. They must be the same.{hint}"
        raise MediaError(about.path, reason, "E_LABEL")
    if picture.mode in COLORS and ";16" in str(picture.tile):
        reason = "the mask has colors of 16 bits, which are not read. Write it with one channel, or 8 bits."
        raise MediaError(about.path, reason, "E_LABEL")
    if picture.mode not in (*LABELS, *COLORS):
        reason = f"the mask has mode {picture.mode!r}. Write it in one of 1, L, P, I;16, RGB, RGBA."
        raise MediaError(about.path, reason, "E_LABEL")


def _packed(pixels: np.ndarray) -> np.ndarray:
    """Return each color as one number, (H, W) int64, the first channel the highest byte."""
    packed = np.zeros(pixels.shape[:2], np.int64)
    for channel in range(pixels.shape[2]):
        packed = packed << 8 | pixels[..., channel]
    return packed


def _picture(labels: np.ndarray, mode: str, about: About) -> Pillow.Image:
    if mode in COLORS:
        count = COLORS[mode]
        bytes_of = [labels >> 8 * (count - 1 - channel) & 255 for channel in range(count)]
        return Pillow.fromarray(np.stack(bytes_of, axis=-1).astype(np.uint8))
    if labels.dtype == bool:
        return Pillow.fromarray(labels)
    whole = labels.ndim == 2 and labels.dtype.kind in "iu"
    if not whole or (labels.size and not 0 <= labels.min() <= labels.max() <= 65_535):
        reason = f"a mask of {labels.dtype} {labels.shape} is no PNG: (H, W) whole numbers from 0 to 65535 are."
        raise MediaError(about.path, reason, "E_LABEL")
    return Pillow.fromarray(labels.astype(np.uint8 if labels.max(initial=0) < 256 else np.uint16))
