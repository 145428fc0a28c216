"""What the functions for the formats return, and why they may give up."""

from __future__ import annotations

from dataclasses import dataclass, field

Buffer = memoryview
ORIENTATION = 0x0112


class MustEncodeError(Exception):
    """A file cannot be rid of its metadata as it is; it has to be read and written anew."""


@dataclass(slots=True)
class Pieces:
    """The pieces of a new file, and what was left out."""

    parts: list[bytes | Buffer] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def keep(self, part: bytes | Buffer) -> None:
        """Add a piece."""
        self.parts.append(part)

    def drop(self, name: str) -> None:
        """Say what was left out, once."""
        if name not in self.removed:
            self.removed.append(name)

    def rest(self, data: Buffer, at: int) -> None:
        """Leave out what stands behind the end of the file proper."""
        if at < len(data):
            self.drop("data behind the end")


def number(data: bytes | Buffer, order: str = "big") -> int:
    """Return an unsigned number."""
    return int.from_bytes(data, "big" if order == "big" else "little")


def whole(data: Buffer, start: int, stop: int) -> Buffer:
    """Return a part of a file.

    Raises:
        MustEncodeError: the file ends before.

    """
    if not 0 <= start <= stop <= len(data):
        raise MustEncodeError("it is cut off")
    return data[start:stop]


def refuse_turned(tiff: bytes) -> None:
    """Check that Exif data does not turn its picture: without it, the picture would lie on its side.

    Raises:
        MustEncodeError: it does.

    """
    start = 6 if tiff[:6] == b"Exif\0\0" else 0
    body = tiff[start:]
    order = {b"II": "little", b"MM": "big"}.get(body[:2])
    if order is None or len(body) < 10:
        return
    at = number(body[4:8], order)
    count = number(body[at : at + 2], order)
    for entry in range(at + 2, min(at + 2 + 12 * count, len(body) - 11), 12):
        if number(body[entry : entry + 2], order) == ORIENTATION and number(body[entry + 8 : entry + 10], order) != 1:
            raise MustEncodeError("its metadata turns it")
