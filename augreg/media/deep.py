"""Color and alpha in 16 bits, of which PIL holds 8: read by FFmpeg's decoders, written as PNG and TIFF say."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

import numpy as np
from PIL import Image as Pillow
from PIL.TiffImagePlugin import ImageFileDirectory_v2

CODECS: Final = {".png": "png", ".tiff": "tiff"}
"""Suffix -> decoder of FFmpeg."""
FOUR: Final = "rgba64be"
"""To what gray with alpha is brought: numpy has no name for it."""
LAYOUTS: Final = {"rgb48be": 3, "rgb48le": 3, "rgba64be": 4, "rgba64le": 4, "ya16be": 2, "ya16le": 2}
"""FFmpeg's formats of pixels that are read, and their channels."""
MARK: Final = b"\x89PNG\r\n\x1a\n"
COLOR: Final = {2: 4, 3: 2, 4: 6}
"""Channels -> color type of PNG."""
OWN: Final = (b"IHDR", b"PLTE", b"tRNS", b"sBIT", b"IDAT", b"IEND")
"""Chunks of PNG that speak of the pixels; all others are metadata."""
STRIP: Final = 6
"""zlib's level: 16 bits of a photograph hardly become smaller by more."""


def read_deep(content: bytes, extension: str, size: tuple[int, int]) -> np.ndarray | None:
    """Return the pixels of a file, uint16 (H, W, C) with 2, 3 or 4 channels; None if FFmpeg does not read its kind."""
    import av

    decoder: Any = av.CodecContext.create(CODECS[extension], "r")
    try:
        frames = [*decoder.decode(av.Packet(content)), *decoder.decode(None)]
    except (av.FFmpegError, ValueError):
        return None
    if len(frames) != 1 or (frames[0].width, frames[0].height) != size:
        return None
    channels = LAYOUTS.get(frames[0].format.name)
    if channels is None:
        return None
    pixels = (frames[0].reformat(format=FOUR) if channels == 2 else frames[0]).to_ndarray()
    return np.ascontiguousarray(pixels[..., [0, 3]] if channels == 2 else pixels, np.uint16)


def png(pixels: np.ndarray, options: dict[str, Any]) -> bytes:
    """Return a PNG of uint16 pixels (H, W, C), 2, 3 or 4 channels; ``options`` are those of PIL's writer."""
    height, width, channels = pixels.shape
    rows = np.ascontiguousarray(pixels.astype(">u2")).view(np.uint8).reshape(height, -1)
    # Each row by its difference from the one before it (filter 2), which zlib packs far better than the values.
    rows = np.diff(rows, axis=0, prepend=np.zeros((1, rows.shape[1]), np.uint8))
    filtered = np.concatenate([np.full((height, 1), 2, np.uint8), rows], axis=1)
    head = struct.pack(">IIBBBBB", width, height, 16, COLOR[channels], 0, 0, 0)
    packed = zlib.compress(filtered.tobytes(), options.get("compress_level", 6))
    return b"".join(
        [MARK, _chunk(b"IHDR", head), *_metadata(options), _chunk(b"IDAT", packed), _chunk(b"IEND", b"")],
    )


def tiff(pixels: np.ndarray, options: dict[str, Any]) -> bytes:
    """Return a TIFF of uint16 pixels (H, W, C), 2, 3 or 4 channels, in one strip; ``options`` as those of PIL."""
    if pixels.shape[2] == 2:
        pixels = pixels[..., [0, 0, 0, 1]]  # PIL and others read no gray with alpha of 16 bits
    height, width, channels = pixels.shape
    packed = zlib.compress(np.ascontiguousarray(pixels.astype("<u2")).tobytes(), STRIP)
    tags = ImageFileDirectory_v2(b"II*\x00" + bytes(4))
    exif = Pillow.Exif()
    if options.get("exif"):
        exif.load(options["exif"])
    for tag, value in exif.items():
        tags[tag] = value
    tags[256], tags[257], tags[258] = width, height, (16,) * channels
    tags[259] = 8  # deflate
    tags[262] = 2  # RGB
    tags[273], tags[278], tags[279] = 0, height, len(packed)  # the strip: where after the tags, rows, bytes
    tags[277], tags[284] = channels, 1  # the channels of a pixel side by side
    if channels == 4:
        tags[338] = 2  # alpha by which the colors are not multiplied
    if "icc_profile" in options:
        tags[34675] = options["icc_profile"]
    start = b"II*\x00" + struct.pack("<I", 8)
    return start + bytes(tags.tobytes(8)) + packed


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _metadata(options: dict[str, Any]) -> Iterator[bytes]:
    """Yield the chunks of metadata that PIL writes for the same options, taken from a file of one pixel."""
    file = BytesIO()
    Pillow.new("RGB", (1, 1)).save(file, format="PNG", **options)
    content, at = file.getvalue(), len(MARK)
    while at < len(content):
        (length,) = struct.unpack_from(">I", content, at)
        whole = content[at : at + length + 12]
        at += len(whole)
        if whole[4:8] not in OWN:
            yield whole
