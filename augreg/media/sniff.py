"""Tells a file's format by its first bytes, and finds truncated containers by their own bookkeeping."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal

from augreg.errors import MediaError
from augreg.media.ogg import page_sum

HEAD = 64
"""Bytes that tell a format."""

BLOCK = 1 << 20
"""Bytes that are read at once where a checksum is wanted of many."""

_PREFIXES: dict[bytes, str] = {
    b"\xff\xd8\xff": ".jpg",
    b"\x89PNG\r\n\x1a\n": ".png",
    b"BM": ".bmp",
    b"II*\x00": ".tiff",
    b"MM\x00*": ".tiff",
    b"II+\x00": ".tiff",
    b"MM\x00+": ".tiff",
    b"GIF87a": ".gif",
    b"GIF89a": ".gif",
    b"fLaC": ".flac",
    b"OggS": ".ogg",
    b"ID3": ".mp3",
}


STILLS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")
"""Brands of HEIF and AVIF pictures, which look like MP4 otherwise."""


def sniff(head: bytes) -> str | None:
    """Return the extension of the format that a file's first bytes show, or None.

    Matroska and WebM share a signature and differ in the DocType that follows it; MOV and MP4 differ in the brand.
    """
    if head[:4] in (b"RIFF", b"RF64", b"FORM"):
        return {b"WAVE": ".wav", b"WEBP": ".webp", b"AIFF": ".aiff", b"AIFC": ".aiff"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        if head[8:12] in STILLS:
            return None
        return {b"qt  ": ".mov", b"M4A ": ".m4a", b"M4B ": ".m4a"}.get(head[8:12], ".mp4")
    if head[4:8] in (b"moov", b"mdat", b"wide"):
        return ".mov"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return ".webm" if b"webm" in head else ".mkv"
    if head.startswith(b"OggS") and head[28:36] == b"OpusHead":
        return ".opus"
    for prefix, extension in _PREFIXES.items():
        if head.startswith(prefix):
            return extension
    return _sniff_frame(head) if len(head) > 6 and head[0] == 0xFF else None


def _sniff_frame(head: bytes) -> str | None:
    """Tell MPEG audio by its first frame: layer III, or AAC, whose frames say their rate and length (ADTS)."""
    if head[1] & 0xE6 == 0xE2:
        return ".mp3"
    return ".aac" if head[1] & 0xF6 == 0xF0 and head[2] >> 2 & 15 < 13 and adts_length(head) > 7 else None


def adts_length(header: bytes) -> int:
    """Return the bytes of a frame of bare AAC, 0 where no frame begins (ISO/IEC 13818-7, section 6.2)."""
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:
        return 0
    return (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5


def tag_size(head: bytes) -> int:
    """Return the bytes of the ID3v2 tag that a file begins with, 0 if it begins with none."""
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return size + (20 if head[5] & 0x10 else 10)


def check_whole(path: Path, extension: str) -> None:
    """Raise E_TRUNCATED or E_CRC where the container itself says that bytes are missing or wrong.

    ``extension`` is the first of the format's spellings.

    Decoders are lenient here: a WAV cut in half decodes to half the samples without an error, and a PNG with a
    wrong checksum decodes to some picture.
    """
    check = _CHECKS.get(extension)
    if check is not None:
        with path.open("rb") as file:
            check(path, file, path.stat().st_size)


def truncated(path: Path, missing: int, what: str) -> MediaError:
    """Return the error for a file that ends too early."""
    return MediaError(path, f"truncated: {missing} bytes of {what} are missing. Fetch it again.", "E_TRUNCATED")


def _check_png(path: Path, file: BinaryIO, size: int) -> None:
    file.seek(8)
    while True:
        header = file.read(8)
        length = int.from_bytes(header[:4], "big")
        left = size - file.tell() - length - 4
        if len(header) < 8 or left < 0:
            raise truncated(path, max(-left, 12 - len(header)), "its PNG chunks")
        found = zlib.crc32(header[4:])
        for block in blocks(file, length):
            found = zlib.crc32(block, found)
        if found != int.from_bytes(file.read(4), "big"):
            name = header[4:].decode("ascii", "replace")
            raise MediaError(path, f"the checksum of its PNG chunk {name!r} is wrong: it is damaged.", "E_CRC")
        if header[4:] == b"IEND":
            return


def blocks(file: BinaryIO, length: int) -> Iterator[bytes]:
    """Yield the next bytes of a file, no more than a block at once: a sparse file may claim gigabytes."""
    while length and (data := file.read(min(length, BLOCK))):
        length -= len(data)
        yield data


def _check_wav(path: Path, file: BinaryIO, size: int) -> None:
    _check_chunks(path, file, size, b"data", "little")


def _check_aiff(path: Path, file: BinaryIO, size: int) -> None:
    _check_chunks(path, file, size, b"SSND", "big")


def _check_chunks(path: Path, file: BinaryIO, size: int, sound: bytes, order: Literal["little", "big"]) -> None:
    file.seek(12)
    while len(header := file.read(8)) == 8:
        length = int.from_bytes(header[4:], order)
        # A file written without seeking back, as into a pipe, has no length.
        if header[:4] == sound and length not in (0, 0xFFFFFFFF) and file.tell() + length > size:
            raise truncated(path, file.tell() + length - size, f"{length} bytes of audio")
        file.seek(length + length % 2, 1)


def _check_ogg(path: Path, file: BinaryIO, _size: int) -> None:
    number = 0
    file.seek(0)
    # Where no page begins, readers skip to the next one.
    while (page := file.read(27))[:4] == b"OggS":
        number += 1
        table = file.read(page[26]) if len(page) == 27 else b""
        body = file.read(sum(table))
        if len(page) < 27 or len(table) < page[26] or len(body) < sum(table):
            raise truncated(path, max(sum(table) - len(body), 1), "its last Ogg page")
        if page_sum(page[:22] + bytes(4) + page[26:] + table + body) != int.from_bytes(page[22:26], "little"):
            raise MediaError(path, f"the checksum of its Ogg page {number} is wrong: it is damaged.", "E_CRC")


def _check_aac(path: Path, file: BinaryIO, size: int) -> None:
    start = tag_size(file.read(10))
    while start < size:
        file.seek(start)
        length = adts_length(file.read(7))
        if length < 7:  # a tag behind the sound, or the rest of a frame that is cut inside its header
            return
        start += length
    if start > size:
        raise truncated(path, start - size, "its last AAC frame")


def _check_mp4(path: Path, file: BinaryIO, size: int) -> None:
    start, seen = 0, set()
    while start < size:
        file.seek(start)
        header = file.read(16)
        if len(header) < 8:  # some writers leave a few stray bytes behind the last box
            break
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        seen.add(header[4:8])
        if length == 0:  # reaches to the end of the file
            break
        if length < 8 or start + length > size:
            raise truncated(path, max(start + length - size, 1), f"its box {header[4:8].decode('latin-1')!r}")
        start += length
    if b"moov" not in seen:
        raise MediaError(path, "truncated: its index (the moov box) is missing. Fetch it again.", "E_TRUNCATED")


def _check_matroska(path: Path, file: BinaryIO, size: int) -> None:
    head = file.read(4096)
    _, start = _ebml_size(head, 4)
    header, _ = _ebml_size(head, 4)
    segment = start + header
    if header < 0 or head[segment : segment + 4] != b"\x18\x53\x80\x67":
        return
    length, begin = _ebml_size(head, segment + 4)
    if length >= 0 and begin + length > size:
        raise truncated(path, begin + length - size, f"{length} bytes of its segment")


def _ebml_size(head: bytes, at: int) -> tuple[int, int]:
    """Return an EBML variable-length size (-1: unknown) and the position behind it (RFC 8794, section 4)."""
    if at >= len(head) or head[at] == 0:
        return -1, at
    width = 9 - head[at].bit_length()
    value = int.from_bytes(head[at : at + width], "big") & ((1 << 7 * width) - 1)
    return (-1 if value == (1 << 7 * width) - 1 else value), at + width


_CHECKS: dict[str, Callable[[Path, BinaryIO, int], None]] = {
    ".png": _check_png,
    ".wav": _check_wav,
    ".aiff": _check_aiff,
    ".ogg": _check_ogg,
    ".opus": _check_ogg,
    ".aac": _check_aac,
    ".mp4": _check_mp4,
    ".mov": _check_mp4,
    ".m4a": _check_mp4,
    ".mkv": _check_matroska,
    ".webm": _check_matroska,
}
