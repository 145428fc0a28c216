"""MP4, MOV, M4A, Matroska and WebM without tags: what says something is blanked in its place, so that nothing moves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from augreg.media.bare.pieces import Buffer, MustEncodeError, Pieces, number, whole

NESTED: Final = frozenset((b"moov", b"trak", b"mdia", b"minf", b"edts", b"dinf", b"stbl", b"moof", b"traf", b"mvex"))
BLANKED: Final = {b"udta": "user data", b"meta": "tags", b"uuid": "XMP or other private data"}
ENCODERS: Final = frozenset((b"\xa9too", b"\xa9swr", b"\xa9enc"))
"""Tags that name the program."""

ENCODER_WORDS: Final = frozenset((b"DURATION", b"ENCODER", b"ENCODER_SETTINGS"))
FREE: Final = frozenset((b"free", b"skip", b"wide"))
TIMED: Final = frozenset((b"mvhd", b"tkhd", b"mdhd"))
SHOWN: Final = (b"vide", b"soun")
"""Handlers of tracks of pictures and of sound; those of others hold positions, time codes, texts."""

USUAL: Final = (b"", b"VideoHandler", b"SoundHandler", b"DataHandler")
"""Names of tracks that FFmpeg writes, and that say nothing."""

SEGMENT, INFO, TRACKS, CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
TAGGED: Final = 0x1254C367
TAGS: Final = {TAGGED: "tags", 0x1941A469: "attachments", 0x1043A770: "chapters"}
SPOKEN: Final = {0x7BA9: "title", 0x4461: "date", 0x7384: "file name", 0x73A4: "id", 0x4444: "id", 0x536E: "track name"}
"""Elements of Info and of a track that are words, dates or names."""

TRACK: Final = 0xAE
KIND: Final = 0x83


def mp4(data: Buffer) -> Pieces:
    """Blank user data, tags and times of making; refuse further tracks, whose data lies among that of the others."""
    found = Pieces()
    patches: list[tuple[int, bytes]] = []
    _boxes(data, 0, len(data), found, patches)
    _patched(data, patches, found)
    return found


def _boxes(data: Buffer, start: int, end: int, found: Pieces, patches: list[tuple[int, bytes]]) -> None:
    for kind, at, body, stop in _each_box(data, start, end):
        if kind in NESTED:
            _boxes(data, body, stop, found, patches)
        elif kind == b"udta" and not set(_told(data, body, stop)) - ENCODERS:
            continue
        elif kind in BLANKED:
            found.drop(BLANKED[kind])
            patches += [(at + 4, b"free"), (body, bytes(stop - body))]
        elif kind in FREE and any(data[body:stop]):
            found.drop("what free space held")
            patches.append((body, bytes(stop - body)))
        elif kind == b"hdlr":
            _handler(data, body, stop, found, patches)
        elif kind in TIMED:
            size = 16 if data[body] == 1 else 8
            if any(whole(data, body + 4, body + 4 + size)):
                found.drop("times of making")
                patches.append((body + 4, bytes(size)))


def _told(data: Buffer, start: int, end: int) -> Iterator[bytes]:
    """Yield the kinds of all tags in user data."""
    for kind, _, body, stop in _each_box(data, start, end):
        if kind == b"meta":
            yield from _told(data, body + 4, stop)
        elif kind == b"ilst":
            yield from (tag for tag, _, _, _ in _each_box(data, body, stop))
        elif kind != b"hdlr":
            yield kind


def _handler(data: Buffer, body: int, stop: int, found: Pieces, patches: list[tuple[int, bytes]]) -> None:
    kind = bytes(whole(data, body + 8, body + 12))
    within = bytes(data[body + 4 : body + 8])
    if kind not in SHOWN and within != b"dhlr" and kind not in (b"url ", b"alis"):
        raise MustEncodeError(f"it has a track of kind {kind.decode('latin-1')!r}")
    if bytes(data[body + 24 : stop]).strip(b"\0\x0b\x0c") not in USUAL:
        found.drop("track name")
        patches.append((body + 24, bytes(stop - body - 24)))


def _each_box(data: Buffer, start: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield kind, begin, begin of the content and end of every box."""
    at = start
    while at + 8 <= end:
        size, kind, body = number(data[at : at + 4]), bytes(data[at + 4 : at + 8]), at + 8
        if size == 1:
            size, body = number(whole(data, at + 8, at + 16)), at + 16
        stop = end if size == 0 else at + size
        if stop < body or stop > end:
            raise MustEncodeError("its boxes are damaged")
        yield kind, at, body, stop
        at = stop


def _patched(data: Buffer, patches: list[tuple[int, bytes]], found: Pieces) -> None:
    """Add the file with some bytes replaced."""
    at = 0
    for start, new in sorted(patches):
        found.parts += [data[at:start], new]
        at = start + len(new)
    found.keep(data[at:])


def matroska(data: Buffer) -> Pieces:
    """Blank tags, attachments, chapters, titles, names and dates: Void elements of the same size take their place."""
    found = Pieces()
    patches: list[tuple[int, bytes]] = []
    for kind, _, body, stop in _elements(data, 0, len(data)):
        if kind == SEGMENT:
            _segment(data, body, stop, found, patches)
    _patched(data, patches, found)
    return found


def _segment(data: Buffer, start: int, end: int, found: Pieces, patches: list[tuple[int, bytes]]) -> None:
    for kind, at, body, stop in _elements(data, start, end):
        if kind == TAGGED and not set(_tag_names(data, body, stop)) - ENCODER_WORDS:
            continue
        if kind in TAGS:
            _void(at, stop, TAGS[kind], found, patches)
        elif kind == INFO:
            _words(data, body, stop, found, patches)
        elif kind == TRACKS:
            for entry, _, inner, last in _elements(data, body, stop):
                if entry == TRACK:
                    _track(data, inner, last, found, patches)


def _tag_names(data: Buffer, start: int, end: int) -> Iterator[bytes]:
    """Yield the names of all tags."""
    for kind, _, body, stop in _elements(data, start, end):
        if kind in (0x7373, 0x67C8):
            yield from _tag_names(data, body, stop)
        elif kind == 0x45A3:
            yield bytes(data[body:stop])


def _track(data: Buffer, start: int, end: int, found: Pieces, patches: list[tuple[int, bytes]]) -> None:
    for kind, _, body, stop in _elements(data, start, end):
        if kind == KIND and number(data[body:stop]) not in (1, 2):
            raise MustEncodeError("it has a track that is neither picture nor sound")
    _words(data, start, end, found, patches)


def _words(data: Buffer, start: int, end: int, found: Pieces, patches: list[tuple[int, bytes]]) -> None:
    for kind, at, _, stop in _elements(data, start, end):
        if kind in SPOKEN:
            _void(at, stop, SPOKEN[kind], found, patches)


def _void(at: int, stop: int, name: str, found: Pieces, patches: list[tuple[int, bytes]]) -> None:
    found.drop(name)
    length = stop - at
    # A size of eight bytes where there is room, of one where there is not.
    head = b"\xec\x01" + (length - 9).to_bytes(7, "big") if length >= 9 else bytes((0xEC, 0x80 | (length - 2)))
    patches.append((at, head + bytes(length - len(head))))


def _elements(data: Buffer, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield kind, begin, begin of the content and end of every element (RFC 8794)."""
    at = start
    while at < end:
        width = 9 - number(whole(data, at, at + 1)).bit_length()
        kind = number(whole(data, at, at + width))
        first = number(whole(data, at + width, at + width + 1))
        wide = 9 - first.bit_length()
        if width > 4 or wide > 8:
            raise MustEncodeError("its elements are damaged")
        body = at + width + wide
        size = number(whole(data, at + width, body)) & ((1 << 7 * wide) - 1)
        unknown = size == (1 << 7 * wide) - 1
        if unknown and kind != SEGMENT:
            raise MustEncodeError("its clusters do not say how long they are")
        stop = end if unknown else body + size
        if stop > end:
            raise MustEncodeError("it is cut off")
        yield kind, at, body, stop
        at = stop
