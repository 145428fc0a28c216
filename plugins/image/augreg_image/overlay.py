"""Writing on the picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as PILImage
from PIL import ImageDraw, ImageFont

from augreg import BatchInfo, ConfigError, Declaration, Level, Params, Rng, param
from augreg_image.base import photometric
from augreg_image.kernelbase import KernelBase
from augreg_image.kernels.layout import Array, white_value
from augreg_image.kernels.warp_torch import settle, upload
from augreg_image.noise import clip_to, column

Floats = NDArray[np.float64]

WORDS: Final = ("SAMPLE", "breaking news", "(c) 2024", "LIVE", "@someone", "50 % off", "Chapter 3", "12:45", "hello!")


@dataclass(frozen=True, kw_only=True)
class OverlayText(KernelBase):
    """Write words across the picture.

    In the typeface that PIL brings along, in a random color, at a random place where they fit; what does not fit is
    cut off. Words with other letters need a typeface: ``font`` is a TrueType or OpenType file.
    """

    texts: tuple[str, ...] = param.value(WORDS, "texts to choose from")
    size: tuple[float, float] = param.interval(
        (0.06, 0.18), "height of the letters, as a share of the height", low=0.01, high=1.0, unit="fraction"
    )
    opacity: tuple[float, float] = param.interval(
        (0.5, 1.0), "1 hides what is below", low=0.0, high=1.0, unit="fraction"
    )
    font: str | None = param.text(None, "path of a typeface, or none for PIL's own", optional=True)

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"completeness", "content"}), level=Level("opacity", 0.0, 1.0), memory=2
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        texts = (self.texts,) if isinstance(self.texts, str) else self.texts
        if not isinstance(texts, tuple) or not texts or not all(isinstance(t, str) and t for t in texts):
            raise ConfigError(f"texts={self.texts!r} is not valid: expected one text or a list of texts.")
        object.__setattr__(self, "texts", texts)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw text, size, place, color and opacity per sample."""
        return Params(
            len(batch),
            text=[self.texts[k] for k in rng.choice("text", len(self.texts)).tolist()],
            size=rng.uniform("size", *self.size),
            place=rng.uniform("place", size=2),
            colour=rng.uniform("colour", size=3),
            opacity=self.sample("opacity", rng, level),
        )

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Write on one picture."""
        opacity = float(params["opacity"][i])
        if opacity == 0 or not image.size:
            return image
        ink, top, left = self._ink(image.shape[:2], params, i)
        tall, wide = ink.shape
        color = paint(params["colour"][i], image.shape[2]) * np.float32(white_value(image.dtype))
        out = image.copy()
        part = out[top : top + tall, left : left + wide, : len(color)]
        cover = (ink[:, :, None] * np.float32(opacity)).astype(np.float32)
        part[...] = clip_to(part.astype(np.float32) * (1 - cover) + color * cover, image.dtype)
        return out

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Write on the batch; letters are drawn on the CPU."""
        n, channels, height, width = images.shape
        drawn = np.zeros((n, height, width), np.float32)
        for i in range(n):
            ink, top, left = self._ink((height, width), params, i)
            drawn[i, top : top + ink.shape[0], left : left + ink.shape[1]] = ink
        color = np.stack([paint(params["colour"][i], channels) for i in range(n)])
        wide, kept = images.float(), color.shape[1]
        cover = upload(drawn, wide)[:, None] * column(params.array("opacity"), wide)
        ink_color = upload(color, wide)[:, :, None, None] * white_value(images.dtype)
        part = wide[:, :kept] * (1 - cover) + ink_color * cover
        return settle(torch.cat([part.clamp_(0, white_value(images.dtype)), wide[:, kept:]], dim=1), images.dtype)

    def _ink(self, shape: tuple[int, ...], params: Params, i: int) -> tuple[NDArray[np.float32], int, int]:
        """Return where the ink of sample i is, as far as it is on the picture, and its first row and column."""
        pixels = max(4, round(float(params["size"][i]) * shape[0]))
        ink = lettering(str(params["text"][i]), pixels, self.font)
        spare = np.array(shape) - ink.shape
        top, left = (round(float(u) * max(int(s), 0)) for u, s in zip(params["place"][i], spare, strict=True))
        return ink[: shape[0], : shape[1]], top, left


def paint(color: Any, channels: int) -> NDArray[np.float32]:
    """Return a color in shares of white for pictures of so many channels; alpha has none."""
    found = np.asarray(color, dtype=np.float32)
    return found if channels in (3, 4) else np.full(channels, found.mean(), np.float32)


@lru_cache(maxsize=256)
def lettering(text: str, pixels: int, font: str | None) -> NDArray[np.float32]:
    """Return where the ink of a text is, (h, w), from 0 to 1, for letters of a height in pixels."""
    try:
        face = ImageFont.load_default(pixels) if font is None else ImageFont.truetype(font, pixels)
    except OSError as error:
        wanted = "Give the path of a TrueType or OpenType file."
        raise ConfigError(f"font={font!r} cannot be read ({error}). {wanted}") from None
    left, top, right, bottom = face.getbbox(text)
    size = max(1, int(np.ceil(right - left))), max(1, int(np.ceil(bottom - top)))
    canvas = PILImage.new("L", size)
    ImageDraw.Draw(canvas).text((-left, -top), text, fill=255, font=face)
    found = np.asarray(canvas, dtype=np.float32) / np.float32(255)
    found.setflags(write=False)
    return found
