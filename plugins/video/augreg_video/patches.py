"""Pictures to lay over frames, and laying them there."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from augreg_image import white_value
from PIL import Image, ImageDraw, ImageFont

from augreg import ConfigError, media
from augreg.kernel import check_file
from augreg_video.weighted_frames import as_dtype

Picture = np.ndarray[Any, Any]
"""float32 (h, w, 4): red, green, blue and opacity, 0 to 1."""


@lru_cache(maxsize=256)
def _mask(line: str, height: int) -> Picture:
    font = ImageFont.load_default(size=max(4, height))
    left, top, right, bottom = font.getbbox(line)
    canvas = Image.new("L", (max(1, round(right - left)), max(1, round(bottom - top))))
    ImageDraw.Draw(canvas).text((-left, -top), line, fill=255, font=font)
    return np.asarray(canvas, dtype=np.float32) / 255


def rendered(line: str, height: int, gray: float) -> Picture:
    """Return a line of text in a font of a height in pixels, in a gray from 0 to 1."""
    mask = _mask(line, height)
    return np.dstack([np.full((*mask.shape, 3), gray, dtype=np.float32), mask])


@lru_cache(maxsize=64)
def picture(path: str, height: int) -> Picture:
    """Return a picture from a file, or a white ring without one, scaled to a height in pixels.

    Raises:
        ConfigError: the file holds no picture that PIL reads.

    """
    if not path:
        return _ring(height)
    try:
        check_file(path)
        with Image.open(path) as opened:
            wide = max(1, round(opened.width * height / opened.height))
            _check_size(opened.width, opened.height)
            _check_size(wide, height)
            image = opened.convert("RGBA")
    except MemoryError:
        raise
    except Exception as error:  # PIL's decoders let out what their code stumbles on
        said = str(error) or type(error).__name__
        raise ConfigError(f"path={path!r} holds no picture: {said}. Give a PNG or JPEG.") from None
    return np.asarray(image.resize((wide, height)), dtype=np.float32) / 255


def _check_size(width: int, height: int) -> None:
    if width * height > media.DEFAULT.pixels:
        raise ValueError(f"{width}x{height} pixels are more than the limit, {media.DEFAULT.pixels:_}")


def _ring(height: int) -> Picture:
    at = (np.arange(height) + 0.5) / height * 2 - 1
    radius = np.hypot(at[:, None], at)
    inside = np.clip((0.25 - np.abs(radius - 0.75)) * height / 2 + 0.5, 0, 1)
    return np.dstack([np.ones((height, height, 3)), inside]).astype(np.float32)


def barred(clip: torch.Tensor, fraction: float, axis: int, gray: float) -> torch.Tensor:
    """Return a clip (T, C, H, W) with bars at both ends of an axis; a pixel covered in part is mixed."""
    side = clip.shape[axis]
    cover = (fraction * side - torch.arange(side, device=clip.device)).clamp(0, 1)
    cover = torch.maximum(cover, cover.flip(0))
    thick = min(side, int(np.ceil(fraction * side)))
    out = clip.clone(memory_format=torch.preserve_format)
    for start in (0, side - thick):
        share = cover[start : start + thick]
        share = share[:, None] if axis == -2 else share
        under = clip.narrow(axis, start, thick).float()
        mixed = under * (1 - share) + gray * white_value(clip.dtype) * share
        out.narrow(axis, start, thick).copy_(as_dtype(mixed, clip.dtype))
    return out


def composite(clip: torch.Tensor, patch: Picture, x: float, y: float) -> torch.Tensor:
    """Return a clip (T, C, H, W) with a picture over all frames; x and y from 0 to 1 put it inside the frame.

    What does not fit is cut off on the right and at the bottom.
    """
    height, width = clip.shape[-2:]
    found = torch.from_numpy(np.ascontiguousarray(patch[:height, :width])).to(clip.device)
    top = round(y * (height - found.shape[0]))
    left = round(x * (width - found.shape[1]))
    area = (..., slice(top, top + found.shape[0]), slice(left, left + found.shape[1]))
    color, alpha = found[..., :3].permute(2, 0, 1) * white_value(clip.dtype), found[..., 3]
    if clip.shape[1] == 1:
        color = color.mean(dim=0, keepdim=True)
    if not bool(alpha.any()):
        return clip
    out = clip.clone(memory_format=torch.preserve_format)
    out[area] = as_dtype(clip[area].float() * (1 - alpha) + color * alpha, clip.dtype)
    return out
