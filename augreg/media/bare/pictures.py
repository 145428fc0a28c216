"""Pictures without metadata: JPEG, PNG, WebP, GIF."""

from __future__ import annotations

from typing import Final

from augreg.media.bare.pieces import Buffer, MustEncodeError, Pieces, number, refuse_turned, whole

APP: Final = {
    0xE1: "Exif or XMP",
    0xED: "IPTC",
    0xFE: "comment",
}
"""What JPEG segments hold; others of the kind APPn belong to cameras and programs."""

PNG_KEPT: Final = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB bKGD pHYs hIST cICP mDCV cLLI acTL fcTL fdAT".split()
)
WEBP_KEPT: Final = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
WEBP_SAID: Final = 0x08 | 0x04
"""Bits of VP8X that announce Exif and XMP."""

LOOPS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
"""Applications in GIF that say how often it repeats."""


def jpeg(data: Buffer) -> Pieces:
    """Keep JFIF without its thumbnail, the color profile, Adobe's color transform, and all that codes the picture."""
    found = Pieces([whole(data, 0, 2)])
    at = 2
    while True:
        at = _marker(data, at)
        kind = data[at - 1]
        if kind == 0xD9:
            found.keep(b"\xff\xd9")
            found.rest(data, at)
            return found
        if kind == 0x01 or 0xD0 <= kind <= 0xD7:
            found.keep(bytes((0xFF, kind)))
            continue
        stop = at + max(2, number(whole(data, at, at + 2)))
        segment = whole(data, at, stop)
        found.parts += _segment(kind, segment, found)
        at = stop
        if kind == 0xDA:
            at = _scan_end(data, stop)
            found.keep(data[stop:at])
            if at == len(data):  # cut off in its pixels, behind all metadata
                return found


def _marker(data: Buffer, at: int) -> int:
    """Return the place behind the next marker, which fill bytes may precede."""
    if number(whole(data, at, at + 1)) != 0xFF:
        raise MustEncodeError("its segments are damaged")
    while number(whole(data, at, at + 1)) == 0xFF:
        at += 1
    return at + 1


def _segment(kind: int, segment: Buffer, found: Pieces) -> list[bytes | Buffer]:
    """Return a segment as it is kept, [] where it is not."""
    body = bytes(segment[2:18])
    if kind == 0xE0 and body.startswith(b"JFIF\0"):
        if len(segment) > 16 and segment[14] * segment[15]:
            found.drop("thumbnail")
        return [b"\xff\xe0\0\x10", body[:12].ljust(12, b"\0"), b"\0\0"]
    profile = kind == 0xE2 and body.startswith(b"ICC_PROFILE\0")
    adobe = kind == 0xEE and body.startswith(b"Adobe")
    if profile or adobe or not (0xE0 <= kind <= 0xEF or kind == 0xFE):
        return [bytes((0xFF, kind)), segment]
    if kind == 0xE1 and body.startswith(b"Exif\0\0"):
        refuse_turned(bytes(segment[2:]))
    found.drop(APP.get(kind, f"APP{kind - 0xE0}"))
    return []


def _scan_end(data: Buffer, at: int) -> int:
    """Return where coded data ends: at a marker that neither restarts it nor is a byte of it."""
    raw = data.obj if isinstance(data.obj, bytes) else bytes(data)
    while True:
        at = raw.find(b"\xff", at)
        if at < 0 or at + 1 >= len(raw):
            return len(raw)
        follows = raw[at + 1]
        if follows not in (0, 0xFF) and not 0xD0 <= follows <= 0xD7:
            return at
        at += 1 if follows == 0xFF else 2


def png(data: Buffer) -> Pieces:
    """Keep the chunks that make the picture, its colors and its resolution."""
    found, at = Pieces([whole(data, 0, 8)]), 8
    while True:
        stop = at + 12 + number(whole(data, at, at + 4))
        kind = bytes(whole(data, at + 4, at + 8))
        if kind == b"IDAT" and stop > len(data):  # cut off in its pixels
            found.keep(data[at:])
            return found
        chunk = whole(data, at, stop)
        if kind in PNG_KEPT or (not kind[0] & 32):  # critical ones must be kept, whatever they are
            found.keep(chunk)
        else:
            if kind == b"eXIf":
                refuse_turned(bytes(chunk[8:-4]))
            found.drop(f"PNG {kind.decode('ascii', 'replace')}")
        at = stop
        if kind == b"IEND":
            found.rest(data, at)
            return found


def webp(data: Buffer) -> Pieces:
    """Keep the picture, its animation and its color profile."""
    found, at, end = Pieces(), 12, 8 + number(whole(data, 4, 8), "little")
    whole(data, 0, end)
    while at + 8 <= end:
        kind, size = bytes(data[at : at + 4]), number(data[at + 4 : at + 8], "little")
        stop = at + 8 + size
        chunk = whole(data, at, stop)
        if kind == b"EXIF":
            refuse_turned(bytes(chunk[8:]))
        if kind == b"VP8X":
            found.parts += [chunk[:8], bytes((chunk[8] & ~WEBP_SAID,)), chunk[9:]]
        elif kind in WEBP_KEPT:
            found.keep(chunk)
        else:
            found.drop(f"WebP {kind.decode('ascii', 'replace').strip()}")
        if size % 2 and kind in WEBP_KEPT:
            found.keep(b"\0")
        at = stop + size % 2
    found.rest(data, end)
    size = 4 + sum(len(part) for part in found.parts)
    found.parts = [b"RIFF", size.to_bytes(4, "little"), b"WEBP", *found.parts]
    return found


def gif(data: Buffer) -> Pieces:
    """Keep pictures, how they are shown, and how often; leave out comments, texts and other applications."""
    flags = number(whole(data, 10, 11))
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    found = Pieces([whole(data, 0, at)])
    while True:
        kind = number(whole(data, at, at + 1))
        if kind == 0x3B:
            found.keep(b";")
            found.rest(data, at + 1)
            return found
        if kind == 0x2C:
            local = number(whole(data, at + 9, at + 10))
            blocks = at + 11 + (3 << (local & 7) + 1 if local & 0x80 else 0)
            stop = _blocks_end(data, blocks)
            found.keep(data[at:stop])
        elif kind == 0x21:
            label = number(whole(data, at + 1, at + 2))
            stop = _blocks_end(data, at + 2)
            loops = label == 0xFF and bytes(data[at + 3 : at + 14]) in LOOPS
            if label == 0xF9 or loops:
                found.keep(data[at:stop])
            else:
                found.drop("comment" if label == 0xFE else "GIF extension")
        else:
            raise MustEncodeError("its blocks are damaged")
        at = stop


def _blocks_end(data: Buffer, at: int) -> int:
    while size := number(whole(data, at, at + 1)):
        at += 1 + size
    return at + 1
