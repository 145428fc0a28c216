"""What storing and sending pictures does to them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import ClassVar, Final

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image as PILImage

from augreg import BatchInfo, Declaration, Level, Params, Rng, UnsupportedError, param
from augreg_image.base import photometric
from augreg_image.kernelbase import KernelBase
from augreg_image.kernels.channels import in_fours
from augreg_image.kernels.filters import saturated
from augreg_image.kernels.layout import OPENCV_DTYPES, Array, keep_axis, scratch
from augreg_image.kernels.warp_torch import pick, put, settle

Floats = NDArray[np.float64]

_ALTERS = frozenset({"artifacts"})
_RGB: Final = getattr(cv2, "IMREAD_COLOR_RGB", None)  # from OpenCV 4.11 on
_QUALITY = Level("quality", 100, 5, "integer", identity_at_zero=False)


def through_codec(image: Array, codec: str, quality: int) -> Array:
    """Encode and decode a uint8 image of 1 or 3 channels; 4 channels keep their alpha as it is."""
    if not image.size:
        return image
    color = np.ascontiguousarray(image[:, :, :3]) if image.shape[2] == 4 else image
    found = keep_axis((_jpeg if codec == "JPEG" else _webp)(color, quality))
    return np.concatenate([found, image[:, :, 3:]], axis=2) if image.shape[2] == 4 else found


def _jpeg(image: Array, quality: int) -> Array:
    """Use OpenCV: the same library and settings as PIL's, so the same bits, in half the time."""
    gray = image.shape[2] == 1
    ordered = image if gray else cv2.cvtColor(image, cv2.COLOR_RGB2BGR, scratch(image.shape, image.dtype))
    _, stream = cv2.imencode(".jpg", ordered, (cv2.IMWRITE_JPEG_QUALITY, quality))
    how = cv2.IMREAD_GRAYSCALE if gray else cv2.IMREAD_COLOR if _RGB is None else _RGB
    found = cv2.imdecode(stream, how)
    assert found is not None, "OpenCV cannot read what it has just written"
    return cv2.cvtColor(found, cv2.COLOR_BGR2RGB, dst=found) if how == cv2.IMREAD_COLOR else found


def _webp(image: Array, quality: int) -> Array:
    """Use PIL, which lets us choose a quick method; WebP knows no gray pictures and stores them as color."""
    plain = image[:, :, 0] if image.shape[2] == 1 else image
    memory = io.BytesIO()
    PILImage.fromarray(np.ascontiguousarray(plain)).save(memory, "WEBP", quality=quality, method=2)
    with PILImage.open(memory) as decoded:
        return np.array(decoded.convert("L" if plain.ndim == 2 else "RGB"))


@dataclass(frozen=True, kw_only=True)
class CodecBase(KernelBase):
    """A lossy codec at a random quality."""

    quality: tuple[int, int] = param.interval((30, 90), "quality", low=1, high=100, integral=True)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a quality per sample."""
        if level is not None:
            return Params(len(batch), quality=self.sample("quality", rng, level).astype(np.int64))
        return Params(len(batch), quality=rng.integers("quality", int(self.quality[0]), int(self.quality[1]) + 1))


@dataclass(frozen=True, kw_only=True)
class JPEG(CodecBase):
    """Compress as JPEG at a random quality."""

    declares: ClassVar[Declaration] = photometric(
        dtypes=("uint8",), channels=(1, 3, 4), devices=("cpu",), alters=_ALTERS, level=_QUALITY, memory=4.5
    )

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Compress one picture."""
        if max(image.shape[:2]) > 65500:
            raise UnsupportedError(
                f"a picture of {image.shape[:2]} is larger than JPEG's 65500. Use image.webp or crop."
            )
        return through_codec(image, "JPEG", int(params["quality"][i]))


@dataclass(frozen=True, kw_only=True)
class WebP(CodecBase):
    """Compress as WebP at a random quality."""

    declares: ClassVar[Declaration] = photometric(
        dtypes=("uint8",), channels=(1, 3, 4), devices=("cpu",), alters=_ALTERS, level=_QUALITY, memory=11
    )

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Compress one picture."""
        if max(image.shape[:2]) > 16383:
            raise UnsupportedError(
                f"a picture of {image.shape[:2]} is larger than WebP's 16383. Use image.jpeg or crop."
            )
        return through_codec(image, "WEBP", int(params["quality"][i]))


@dataclass(frozen=True, kw_only=True)
class Downscale(KernelBase):
    """Shrink and enlarge again, so that detail is lost.

    Shrinking averages over areas; enlarging repeats pixels ("nearest") or interpolates. A level sets ``block``, so
    that a strength means the same for every size.
    """

    scale: tuple[float, float] = param.interval((0.25, 0.6), "size in between", low=0.01, high=1.0, unit="ratio")
    block: tuple[float, float] | None = param.interval(
        None,
        "side of a block, instead of a scale, as a share of the shorter side",
        low=0.0,
        high=1.0,
        optional=True,
        unit="fraction",
    )
    enlarge: str = param.choice("nearest", "how to enlarge", options=("nearest", "bilinear"))

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"sharpness"}), level=Level("block", 0.0, 0.06), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a scale per sample."""
        if level is None and self.block is None:
            return Params(len(batch), scale=self.sample("scale", rng))
        pixels = self.sample("block", rng, level) * batch.shapes[:, -2:].min(axis=1)
        return Params(len(batch), scale=1.0 / np.maximum(pixels, 1.0))

    def _between(self, height: int, width: int, scale: float) -> tuple[int, int]:
        return max(1, round(height * scale)), max(1, round(width * scale))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Shrink and enlarge one picture."""
        height, width = image.shape[:2]
        small = self._between(height, width, float(params["scale"][i]))
        if small == (height, width) or not image.size:
            return image
        wide = image if image.dtype in OPENCV_DTYPES else image.astype(np.float32)
        shrunk = in_fours(lambda part, *_: cv2.resize(part, small[::-1], interpolation=cv2.INTER_AREA), wide)
        # Weights of areas may add up to the next number after 1.
        shrunk = saturated(shrunk, wide.dtype)
        if self.enlarge == "nearest":
            found = shrunk[repeated(small[0], height)[:, None], repeated(small[1], width)]
        else:
            large = width, height
            found = in_fours(lambda part, *_: cv2.resize(part, large, interpolation=cv2.INTER_LINEAR), shrunk)
        return found.astype(image.dtype, copy=False)

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Shrink and enlarge the batch, one size in between after the other."""
        out = images.clone()
        height, width = images.shape[-2:]
        between = [self._between(height, width, s) for s in params.array("scale").tolist()]
        for small in set(between) - {(height, width)}:
            rows = torch.as_tensor([i for i, s in enumerate(between) if s == small], device=images.device)
            shrunk = area(pick(images, rows).float(), small)
            shrunk = shrunk if images.dtype.is_floating_point else shrunk.round()
            if self.enlarge == "nearest":
                down = torch.from_numpy(repeated(small[0], height)).to(images.device)
                across = torch.from_numpy(repeated(small[1], width)).to(images.device)
                large = shrunk.index_select(2, down).index_select(3, across)
            else:
                large = F.interpolate(shrunk, size=(height, width), mode="bilinear")
            out = put(out, rows, settle(large, images.dtype))
        return out


def repeated(small: int, large: int) -> NDArray[np.int64]:
    """Return for each of ``large`` pixels the one of ``small`` that its middle lies in."""
    return (2 * np.arange(large) + 1) * small // (2 * large)


def area(images: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Shrink images (B, C, H, W) by averaging over exact areas, as OpenCV's INTER_AREA."""
    for axis, length in ((2, size[0]), (3, size[1])):
        weights = _overlaps(images.shape[axis], length, images.device)
        images = torch.tensordot(images.movedim(axis, -1), weights, dims=([-1], [1])).movedim(-1, axis)
    return images


def _overlaps(source: int, target: int, device: torch.device) -> torch.Tensor:
    edges = torch.arange(target + 1, device=device, dtype=torch.float64) * (source / target)
    pixels = torch.arange(source, device=device, dtype=torch.float64)
    low = torch.maximum(edges[:-1, None], pixels)
    high = torch.minimum(edges[1:, None], pixels + 1)
    return ((high - low).clamp(min=0) * (target / source)).float()
