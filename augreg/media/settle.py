"""Takes out of an encoded sound what differs from run to run: the serial of Ogg streams, the date of PEAK chunks.

libsndfile draws the one at random and takes the other from the clock, and has no switch for the first.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Final, Literal

from augreg.media.ogg import set_serial

CHUNKED: Final[dict[str, Literal["little", "big"]]] = {"WAV": "little", "AIFF": "big"}
"""Formats made of chunks, and the byte order of their numbers."""


def settle(path: Path, name: str) -> None:
    """Make the bytes of a file depend on its sound alone; what it decodes to stays the same.

    Args:
        path: a whole file that libsndfile wrote.
        name: libsndfile's name of its format; "OGG", "WAV" and "AIFF" may change, any other is left alone.

    """
    if name == "OGG":
        raw = bytearray(path.read_bytes())
        set_serial(raw)
        path.write_bytes(raw)
    elif name in CHUNKED:
        with path.open("r+b") as file:
            _clear_peak_date(file, CHUNKED[name])


def _clear_peak_date(file: BinaryIO, order: Literal["little", "big"]) -> None:
    """Set the time stamp of the PEAK chunk, which floating-point files have, to zero."""
    file.seek(12)
    while len(header := file.read(8)) == 8:
        length = int.from_bytes(header[4:], order)
        if header[:4] == b"PEAK":
            file.seek(4, 1)
            file.write(bytes(4))
            return
        file.seek(length + length % 2, 1)
