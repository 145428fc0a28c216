"""Reads and writes images with PIL: JPEG, PNG, WebP, BMP, TIFF, and the first frame of GIF."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import torch
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps, UnidentifiedImageError

from augreg.data.lazy import in_memory
from augreg.data.samples import Sample
from augreg.errors import MediaError
from augreg.media import deep, jpeg
from augreg.media.limits import Limits, check_limit
from augreg.media.origin import KEPT, Loaded, Origin
from augreg.modalities.image import Image

FORMATS: Final = {
    ".jpg": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".bmp": "BMP",
    ".tiff": "TIFF",
    ".gif": "GIF",
}
LARGEST_SIDE: Final = {"JPEG": 65_535, "WEBP": 16_383}
# Stated in full, because the defaults of encoders differ (chroma subsampling above all).
SAVE: Final[dict[str, dict[str, Any]]] = {
    "JPEG": {"quality": 95, "subsampling": "4:2:0"},
    "PNG": {"compress_level": 4},
    "WEBP": {"quality": 95, "method": 4},
    "BMP": {},
    "TIFF": {"compression": "tiff_deflate"},
}
NO_ALPHA: Final = ("JPEG", "BMP")
"""Formats without alpha. BMP has room for it, which PIL and most viewers take for empty."""
ORIENTATION: Final = 0x0112
DAMAGE: Final = (
    SyntaxError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    ArithmeticError,
    AttributeError,
    EOFError,
    struct.error,
    UserWarning,
)
"""What PIL's decoders let out for damaged headers (the last one where warnings are errors)."""

SIXTEEN: Final = ("I;16", "I;16B", "I;16L", "I;16N")
_SRGB: Final = ImageCms.createProfile("sRGB")


def read(path: Path, extension: str, limits: Limits) -> Loaded:
    """Read an image: uint8 or uint16 (1 to 4 channels) or float32 (1), as a (C, H, W) view of (H, W, C) memory.

    Two channels are gray and alpha, as the sample's options say; four are red, green, blue and alpha. The EXIF
    orientation is applied, palettes and CMYK become RGB, those with transparency RGBA, 16 bits stay 16 bits, and an
    animation gives its first frame. ``origin.notes`` says which of it happened.

    Raises:
        MediaError: E_FORMAT, E_TOO_LARGE, E_TRUNCATED, E_CORRUPT, E_METADATA or E_RANGE.

    """
    with path.open("rb") as file:
        picture = guarded(path, lambda: Pillow.open(file, formats=[FORMATS[extension]]))
        check_size(path, picture.size, limits)
        details = {"mode": picture.mode, "icc": picture.info.get("icc_profile")}
        # Counting goes through the headers of all later frames, any of which may be cut off or damaged.
        count = guarded(path, lambda: getattr(picture, "n_frames", 1))
        notes = [f"first of {count} frames"] if count > 1 else []
        halved = picture.mode not in (*SIXTEEN, "I", "F") and ";16" in str(picture.tile)
        quick = _quick(file, picture) if extension == ".jpg" else None
        if quick is None:
            guarded(path, picture.load)
        whole = _whole(file, extension, picture, notes) if halved else None
        orientation = guarded(path, lambda: picture.getexif().get(ORIENTATION, 1))
        turned = picture
        if orientation in jpeg.TURNS:
            notes.append(f"EXIF orientation {orientation} applied")
            if quick is None and whole is None:
                turned = guarded(path, lambda: ImageOps.exif_transpose(picture))
    pixels = guarded(path, lambda: _upright(path, turned, notes, quick if whole is None else whole, orientation))
    if picture.mode == "CMYK":
        details["icc"] = None
    # Two channels would be any two to the steps; four are read as RGBA by themselves.
    options = {"channels": ["gray", "alpha"]} if pixels.shape[2] == 2 else None
    sample = Image(torch.from_numpy(pixels).permute(2, 0, 1), options=options)
    return Loaded(sample, Origin(path, extension, tuple(notes), not notes, details))


def _whole(file: BinaryIO, extension: str, picture: Pillow.Image, notes: list[str]) -> np.ndarray | None:
    """Return the pixels of a file of 16-bit color, which PIL has read with 8 and found to be sound."""
    pixels = None
    if extension in deep.CODECS and picture.mode in ("RGB", "RGBA", "LA"):
        file.seek(0)
        pixels = deep.read_deep(file.read(), extension, picture.size)
    if pixels is None:
        notes.append("16-bit color read as 8 bits: PIL holds no more")
    return pixels


def _upright(
    path: Path, turned: Pillow.Image, notes: list[str], decoded: np.ndarray | None, orientation: int
) -> np.ndarray:
    """Return the pixels of a picture that PIL has turned, or those that were decoded without it."""
    if decoded is None:
        return _pixels(path, turned, notes)
    if orientation not in jpeg.TURNS or decoded.dtype == np.uint8:
        return jpeg.upright(decoded, orientation)
    # PIL turns no 16-bit color, but each channel of it.
    planes = [jpeg.upright(decoded[..., [channel]], orientation) for channel in range(decoded.shape[2])]
    return np.ascontiguousarray(np.concatenate(planes, axis=2))


def _quick(file: BinaryIO, picture: Pillow.Image) -> np.ndarray | None:
    """Return the pixels of a JPEG file that PIL has opened, where there is a faster decoder that suits it."""
    if not jpeg.serves(picture.mode):
        return None
    file.seek(0)  # PIL finds its place again by itself
    return jpeg.decoded(file.read(), picture.mode, picture.size)


def check_header(path: Path, extension: str, limits: Limits) -> None:
    """Refuse an image whose header claims more pixels than the limits allow, or cannot be read."""
    with path.open("rb") as file:
        picture = guarded(path, lambda: Pillow.open(file, formats=[FORMATS[extension]]))
        check_size(path, picture.size, limits)


def guarded(path: Path, work: Callable[[], Any]) -> Any:
    """Run a step of PIL and turn what it raises into a MediaError with a code."""
    try:
        return work()
    except MediaError:
        raise
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
        raise MediaError(path, f"too large: {error}", "E_TOO_LARGE") from None
    except UnidentifiedImageError:
        raise MediaError(path, "its header cannot be read as an image: damaged or cut off.", "E_TRUNCATED") from None
    except OSError as error:
        code = "E_TRUNCATED" if "truncated" in str(error).lower() else "E_CORRUPT"
        raise MediaError(path, f"cannot be decoded: {error}. Fetch it again.", code) from None
    except ValueError as error:
        raise MediaError(path, f"its metadata cannot be read: {error}", "E_METADATA") from None
    except DAMAGE as error:
        reason = f"cannot be decoded: {error or type(error).__name__}. Fetch it again."
        raise MediaError(path, reason, "E_CORRUPT") from None


def check_size(path: Path, size: tuple[int, int], limits: Limits) -> None:
    """Refuse a picture of more pixels than the limits allow."""
    width, height = size
    check_limit(path, limits, "pixels", width * height, f"{width}x{height} pixels")


def _pixels(path: Path, picture: Pillow.Image, notes: list[str]) -> np.ndarray:
    """Return (H, W, C) memory of our own, after the colour policy of :func:`read`."""
    mode = picture.mode
    if mode in SIXTEEN or mode in ("I", "F"):
        return _deep(path, picture).reshape(picture.height, picture.width, 1)
    if mode in ("1", "L") and "transparency" not in picture.info:
        return np.array(picture.convert("L")).reshape(picture.height, picture.width, 1)
    if mode in ("LA", "La", "1", "L"):
        return np.array(picture.convert("LA"))
    if mode in ("PA", "RGBA", "RGBa") or (mode in ("P", "RGB") and "transparency" in picture.info):
        return np.array(picture.convert("RGBA"))
    if mode == "P":
        picture = picture.convert("RGB")
    if picture.mode != "RGB":
        notes.append(f"{mode} converted to RGB")
        picture = _to_rgb(picture)
    return np.array(picture)


def _deep(path: Path, picture: Pillow.Image) -> np.ndarray:
    """Return 16-bit grey as uint16 and float grey in [0, 1] as float32; PIL's own conversions would saturate."""
    values = np.array(picture)
    if picture.mode == "F":
        low, high = (float(values.min()), float(values.max())) if np.isfinite(values).all() else (np.nan, np.nan)
        if not (low >= 0.0 and high <= 1.0):
            raise MediaError(path, f"float pixels lie in [{low:g}, {high:g}]; scale them to [0, 1] before.", "E_RANGE")
        return values.astype(np.float32, copy=False)
    if values.min() < 0 or values.max() > 65_535:
        raise MediaError(
            path, f"integer pixels lie in [{values.min()}, {values.max()}]; 0 to 65535 can be read.", "E_RANGE"
        )
    return values.astype(np.uint16)


def without_alpha(pixels: np.ndarray) -> np.ndarray:
    """Return pixels (H, W, C) as they look on white: of 2 channels the gray, of 4 the color, others as they are."""
    if pixels.ndim < 3 or pixels.shape[2] not in (2, 4):
        return pixels
    most = np.iinfo(pixels.dtype).max if pixels.dtype.kind == "u" else 1
    colors, alpha = pixels[..., :-1], pixels[..., -1:]
    if pixels.dtype != np.uint8:
        shares = alpha.astype(np.float32) / most
        mixed = colors * shares + most * (1 - shares)
        return np.ascontiguousarray((np.rint(mixed) if most > 1 else mixed).astype(pixels.dtype))
    picture = Pillow.fromarray(np.ascontiguousarray(colors[..., 0] if pixels.shape[2] == 2 else colors))
    white = Pillow.new(picture.mode, picture.size, (255,) * (pixels.shape[2] - 1))
    white.paste(picture, mask=Pillow.fromarray(np.ascontiguousarray(alpha[..., 0])))
    return np.array(white).reshape(colors.shape)


def _to_rgb(picture: Pillow.Image) -> Pillow.Image:
    """Convert CMYK and the like, through the file's colour profile where it has a usable one."""
    profile = picture.info.get("icc_profile")
    if profile and picture.mode == "CMYK":
        try:
            return ImageCms.profileToProfile(picture, BytesIO(profile), _SRGB, outputMode="RGB") or picture
        except (ImageCms.PyCMSError, OSError):
            pass  # a damaged profile: the plain conversion is what every viewer falls back to
    return picture.convert("RGB")


def write(sample: Sample, path: Path, extension: str, like: Origin | None) -> tuple[str, ...]:
    """Write an image and return notes. JPEG and WebP at quality 95 and 4:2:0, the others without loss.

    16-bit pixels stay 16-bit in PNG and TIFF and are scaled to 8 bits elsewhere; alpha (2 or 4 channels) is written as
    such but for JPEG and BMP, for which it is composited on white; floats in [0, 1] are rounded to 8 bits.
    GIF is not written, a palette of 256 colours would spoil an augmented picture.

    Raises:
        MediaError: E_ENCODE.

    """
    name = FORMATS[extension]
    pixels, notes = _encodable(path, as_pixels(sample.data), name)  # type: ignore[attr-defined]  # an Image
    height, width = pixels.shape[:2]
    if max(height, width) > LARGEST_SIDE.get(name, max(height, width)):
        raise MediaError(path, f"{width}x{height} is more than {name} can hold. Write PNG.", "E_ENCODE")
    options = dict(SAVE[name])
    if like is not None and like.details.get("icc") and pixels.ndim == 3:
        options["icc_profile"] = like.details["icc"]
    if like is not None:
        options |= like.details.get(KEPT, {})
    encoded = BytesIO()
    try:
        # In memory first: libtiff and PIL's encoders do not say what went wrong with a file, and leave half of it.
        if pixels.dtype == np.uint16 and pixels.ndim == 3:
            encoded.write((deep.png if name == "PNG" else deep.tiff)(pixels, options))
        else:
            Pillow.fromarray(pixels).save(encoded, format=name, **options)
    except (OSError, ValueError, TypeError) as error:
        raise MediaError(path, f"cannot be written as {name}: {error}", "E_ENCODE") from error
    path.write_bytes(encoded.getbuffer())
    return notes


def as_pixels(data: Any) -> np.ndarray:
    """Return an image's data, as :class:`augreg.Image` may hold it, as an array (H, W, C) or (H, W)."""
    data = in_memory(data)
    if isinstance(data, torch.Tensor):
        array = data.detach().cpu().numpy()
        return array.transpose(1, 2, 0) if array.ndim == 3 else array
    return np.asarray(data)


def _encodable(path: Path, pixels: np.ndarray, name: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return pixels that can be written, uint8 or uint16 with 1 to 4 channels, and notes on what was lost."""
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if pixels.size == 0 or (pixels.ndim == 3 and pixels.shape[2] not in (2, 3, 4)):
        raise MediaError(path, f"pixels of shape {pixels.shape} are no image: 1 to 4 channels are.", "E_ENCODE")
    notes = []
    if np.issubdtype(pixels.dtype, np.floating):
        if not np.isfinite(pixels).all():
            raise MediaError(path, "it has pixels that are NaN or infinite.", "E_NONFINITE")
        pixels = np.rint(np.clip(pixels, 0.0, 1.0) * 255.0).astype(np.uint8)
        notes.append("float pixels rounded to 8 bits")
    if pixels.dtype == np.uint16 and name not in ("PNG", "TIFF"):
        pixels = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
        notes.append("16-bit pixels scaled to 8 bits")
    elif pixels.dtype != np.uint16:
        pixels = pixels.astype(np.uint8, copy=False)
    if name in NO_ALPHA and pixels.ndim == 3 and pixels.shape[2] != 3:
        if (pixels[..., -1] != 255).any():
            notes.append(f"alpha composited on white: {name} holds none")
        pixels = without_alpha(pixels)
        pixels = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    return np.ascontiguousarray(pixels), tuple(notes)
