"""TIFF without metadata: what describes the pictures stays in its place, all other entries go and their data is zeroed.

Offsets in a TIFF are absolute, so nothing may move.
"""

from __future__ import annotations

from typing import Final

from augreg.media.bare.pieces import ORIENTATION, Buffer, MustEncodeError, Pieces, number

KEPT: Final = frozenset(
    (
        *(254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, ORIENTATION, 277, 278, 279, 280, 281),
        *(282, 283, 284, 288, 289, 290, 291, 292, 293, 296, 297, 301, 317, 318, 319, 320, 321, 322, 323, 324),
        *(325, 330, 332, 334, 336, 338, 339, 340, 341, 342, 343, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521),
        *(529, 530, 531, 532, 32997, 32998, 34675),
    )
)
"""Tags of TIFF 6.0 and its supplements that say how pixels are stored and meant; 34675 is the color profile."""

NAMES: Final = {270: "description", 305: "software", 315: "artist", 700: "XMP", 33723: "IPTC", 34665: "Exif"}
NAMES_MORE: Final = {34853: "GPS", 34377: "Photoshop", 271: "make", 272: "model", 306: "date", 33432: "copyright"}
POINTERS: Final = (34665, 34853, 40965)
"""Entries that point to further lists: Exif, GPS, and interoperability within Exif."""

SUB: Final = 330
SIZES: Final = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4)
"""Bytes of a value of each type."""

MOST: Final = 100_000
"""Lists that are followed: a file whose lists lead in a circle has no end."""


def tiff(data: Buffer) -> Pieces:
    """Return the file with only the entries of :data:`KEPT`."""
    order = {b"II": "little", b"MM": "big"}.get(bytes(data[:2]))
    if order is None or number(data[2:4], order) != 42:
        raise MustEncodeError("it is no classic TIFF")
    return _Tiff(data, order).bare()


class _Tiff:
    def __init__(self, data: Buffer, order: str) -> None:
        self.raw, self.order = bytearray(data), order
        self.found = Pieces()
        self.seen: set[int] = set()

    def bare(self) -> Pieces:
        at = self._number(4, 4)
        while at:
            at = self._list(at)
        self.found.keep(bytes(self.raw))
        return self.found

    def _list(self, at: int) -> int:
        """Go through a list of entries and return where the next one is."""
        if at in self.seen or len(self.seen) > MOST:
            return 0
        self.seen.add(at)
        count = self._number(at, 2)
        end = at + 2 + 12 * count
        following = self._number(end, 4)
        kept = []
        for entry in range(at + 2, end, 12):
            if (tag := self._number(entry, 2)) in KEPT:
                kept.append(bytes(self.raw[entry : entry + 12]))
                self._follow(tag, entry)
            else:
                self.found.drop(NAMES.get(tag) or NAMES_MORE.get(tag) or f"TIFF tag {tag}")
                self._erase(entry)
        # The list keeps its place; what is free behind it is zero.
        order = "little" if self.order == "little" else "big"
        new = len(kept).to_bytes(2, order) + b"".join(kept) + following.to_bytes(4, order)  # type: ignore[arg-type]
        self.raw[at : end + 4] = new.ljust(end + 4 - at, b"\0")
        return following

    def _follow(self, tag: int, entry: int) -> None:
        if tag == SUB:
            for at in self._pointers(entry):
                self._list(at)

    def _pointers(self, entry: int) -> list[int]:
        count = self._number(entry + 4, 4)
        start = entry + 8 if count == 1 else self._number(entry + 8, 4)
        return [self._number(start + 4 * i, 4) for i in range(min(count, MOST))]

    def _erase(self, entry: int) -> None:
        """Zero the data of an entry, and of all that it points to."""
        kind, count = self._number(entry + 2, 2), self._number(entry + 4, 4)
        size = (SIZES[kind] if kind < len(SIZES) else 1) * count
        if self._number(entry, 2) in POINTERS:
            for at in self._pointers(entry):
                self._erase_list(at)
        elif size > 4:
            at = self._number(entry + 8, 4)
            size = min(size, max(0, len(self.raw) - at))
            self.raw[at : at + size] = bytes(size)

    def _erase_list(self, at: int) -> None:
        if at in self.seen or len(self.seen) > MOST:
            return
        self.seen.add(at)
        end = at + 2 + 12 * self._number(at, 2)
        for entry in range(at + 2, end, 12):
            self._erase(entry)
        self.raw[at : end + 4] = bytes(min(end + 4, len(self.raw)) - at)

    def _number(self, at: int, size: int) -> int:
        if at + size > len(self.raw):
            raise MustEncodeError("it is cut off")
        return number(bytes(self.raw[at : at + size]), self.order)
