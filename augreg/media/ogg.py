"""Pages of Ogg files: where they are, their checksums, and the serial of the stream that they belong to (RFC 3533)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

REVERSED: Final = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))
"""Every byte with its bits in the other order."""


def set_serial(raw: bytearray) -> None:
    """Give the one logical stream of an Ogg file a serial that follows from its content, in place (RFC 3533).

    Not always the same serial: files that somebody joins end to end need different ones.
    """
    found = list(pages(raw))
    for start, stop in found:
        _stamp(raw, start, stop, 0)
    serial = zlib.crc32(raw)
    for start, stop in found:
        _stamp(raw, start, stop, serial)


def pages(raw: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """Yield begin and end of every Ogg page; the last end is beyond the data where the last page is cut off."""
    start = 0
    while raw[start : start + 4] == b"OggS" and start + 27 <= len(raw):
        table = start + 27
        segments = raw[start + 26]
        stop = table + segments + sum(raw[table : table + segments])
        yield start, stop
        start = stop


def page_sum(page: bytes | bytearray) -> int:
    """Return the checksum of an Ogg page whose own field for it is zero: CRC-32, polynomial 0x04c11db7.

    It is zlib's polynomial with the bits of every byte, and of the sum, in the other order, and without the inversion
    before and after. So zlib computes it, at its speed.
    """
    found = zlib.crc32(page.translate(REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(found.to_bytes(4, "little").translate(REVERSED), "big")


def _stamp(raw: bytearray, start: int, stop: int, serial: int) -> None:
    raw[start + 14 : start + 18] = serial.to_bytes(4, "little")
    raw[start + 22 : start + 26] = bytes(4)
    raw[start + 22 : start + 26] = page_sum(raw[start:stop]).to_bytes(4, "little")
