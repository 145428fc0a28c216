"""Sounds without tags: WAV, AIFF, FLAC, MP3, bare AAC, Ogg Vorbis and Opus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from augreg.media.bare.pieces import Buffer, MustEncodeError, Pieces, number, whole
from augreg.media.ogg import page_sum, pages
from augreg.media.sniff import tag_size

WAV_KEPT: Final = frozenset((b"fmt ", b"data", b"fact", b"ds64", b"PEAK", b"smpl", b"chna"))
AIFF_KEPT: Final = frozenset((b"COMM", b"SSND", b"FVER", b"INST", b"PEAK"))
FLAC_KEPT: Final = (0, 3)
"""Blocks of FLAC: what the stream is, and where to seek."""

FLAC_NAMES: Final = {2: "application data", 4: "Vorbis comment", 5: "cue sheet", 6: "picture"}
UNKNOWN: Final = 0xFFFFFFFF


def wav(data: Buffer) -> Pieces:
    """Keep format and samples, in RIFF and in RF64, whose sizes stand in a chunk of their own."""
    head = bytes(whole(data, 0, 12))
    found, at, long = Pieces(), 12, None
    while at + 8 <= len(data):
        kind, size = bytes(data[at : at + 4]), number(data[at + 4 : at + 8], "little")
        if kind == b"ds64":
            long = number(whole(data, at + 16, at + 24), "little")
        if kind == b"data" and size == UNKNOWN:
            size = len(data) - at - 8 if long is None else long
        stop = min(at + 8 + size, len(data))
        if kind in WAV_KEPT:
            found.keep(data[at:stop])
            if size % 2 and stop < len(data):
                found.keep(b"\0")
        else:
            found.drop(f"WAV {kind.decode('ascii', 'replace').strip()}")
        at = stop + size % 2
    size = 4 + sum(len(part) for part in found.parts)
    if head[:4] == b"RIFF":
        found.parts.insert(0, b"RIFF" + min(size, UNKNOWN).to_bytes(4, "little") + b"WAVE")
    else:
        found.parts = [head, *_resized(found.parts, size)]
    return found


def _resized(parts: list[bytes | Buffer], size: int) -> Iterator[bytes | Buffer]:
    """Yield the chunks of an RF64 file, the one of sizes with the new size of the file."""
    for part in parts:
        if bytes(part[:4]) == b"ds64":
            yield bytes(part[:8]) + size.to_bytes(8, "little") + bytes(part[16:])
        else:
            yield part


def aiff(data: Buffer) -> Pieces:
    """Keep format and samples."""
    found, at = Pieces(), 12
    while at + 8 <= len(data):
        kind, size = bytes(data[at : at + 4]), number(data[at + 4 : at + 8])
        stop = min(at + 8 + size + size % 2, len(data))
        if kind in AIFF_KEPT:
            found.keep(data[at:stop])
        else:
            found.drop(f"AIFF {kind.decode('latin-1').strip()}")
        at = stop
    size = 4 + sum(len(part) for part in found.parts)
    found.parts.insert(0, b"FORM" + size.to_bytes(4, "big") + bytes(whole(data, 8, 12)))
    return found


def flac(data: Buffer) -> Pieces:
    """Keep what the stream is, where to seek, and the frames."""
    found = Pieces()
    at = _behind_tags(data, found)
    stop = _before_tags(data, found)
    if bytes(data[at : at + 4]) != b"fLaC":
        raise MustEncodeError("it is no plain FLAC")
    at += 4
    blocks: list[tuple[int, Buffer]] = []
    last = False
    while not last:
        head = number(whole(data, at, at + 1))
        last, kind = bool(head & 0x80), head & 0x7F
        end = at + 4 + number(whole(data, at + 1, at + 4))
        if kind in FLAC_KEPT or (kind == 4 and not _comments(bytes(whole(data, at + 4, end)), 0)):
            blocks.append((kind, whole(data, at + 1, end)))
        elif kind != 1:  # padding is nothing
            found.drop(FLAC_NAMES.get(kind, f"FLAC block {kind}"))
        at = end
    found.keep(b"fLaC")
    for i, (kind, block) in enumerate(blocks):
        found.parts += [bytes((kind | (0x80 if i == len(blocks) - 1 else 0),)), block]
    found.keep(whole(data, at, stop))
    return found


def mpeg(data: Buffer) -> Pieces:
    """Keep the frames of MP3 or AAC between the tags in front and those behind."""
    found = Pieces()
    start, stop = _behind_tags(data, found), _before_tags(data, found)
    found.keep(whole(data, start, stop))
    return found


def _behind_tags(data: Buffer, found: Pieces) -> int:
    at = 0
    while size := tag_size(bytes(data[at : at + 10])):
        found.drop("ID3")
        at = min(at + size, len(data))
    return at


def _before_tags(data: Buffer, found: Pieces) -> int:
    """Return where the sound ends: before ID3v1, Lyrics3 and APE tags."""
    stop = len(data)
    while True:
        if stop >= 128 and bytes(data[stop - 128 : stop - 125]) == b"TAG":
            name, size = "ID3", 128
        elif stop >= 32 and bytes(data[stop - 32 : stop - 24]) == b"APETAGEX":
            header = 32 if number(data[stop - 12 : stop - 8], "little") & 0x80000000 else 0
            name, size = "APE tag", number(data[stop - 20 : stop - 16], "little") + header
        elif (
            stop >= 15
            and bytes(data[stop - 9 : stop]) == b"LYRICS200"
            and data[stop - 15 : stop - 9].tobytes().isdigit()
        ):
            name, size = "lyrics", int(bytes(data[stop - 15 : stop - 9])) + 15
        else:
            return stop
        if size > stop:
            return stop
        found.drop(name)
        stop -= size


def ogg(data: Buffer) -> Pieces:
    """Give the one stream of an Ogg file an empty comment; all pages behind it are numbered and summed anew."""
    raw = bytes(data)
    listed = [raw[start:stop] for start, stop in pages(raw)]
    if sum(map(len, listed)) != len(raw) or len({page[14:18] for page in listed}) != 1:
        raise MustEncodeError("it is no Ogg file of one stream")
    first = _packets(listed[:1])[0]
    headers = 3 if first[:7] == b"\x01vorbis" else 2 if first[:8] == b"OpusHead" else 0
    if not headers:
        raise MustEncodeError("the codec of its stream is another than Vorbis or Opus")
    found = Pieces()
    count, packets = _header_pages(listed, headers)
    packets[1] = _empty_comment(packets[1], found)
    if not found.removed:
        found.keep(raw)
        return found
    new = [listed[0], *_paged(packets[1:], listed[0][14:18])]
    for place, page in enumerate([*new, *listed[count:]]):
        found.keep(_stamped(page, place))
    return found


def _empty_comment(packet: bytes, found: Pieces) -> bytes:
    """Return a comment packet without comments; the vendor, which is the encoder's name, stays."""
    opus = packet[:8] == b"OpusTags"
    start = 8 if opus else 7
    size = number(packet[start : start + 4], "little")
    end = start + 4 + size
    new = packet[:end] + bytes(4) + (b"" if opus else b"\x01")
    told = _comments(packet, start)
    tail = b"" if told else packet[len(new) :].strip(b"\0")
    if told or (opus and tail):
        found.drop("comments")
        return new
    return packet


def _comments(packet: bytes, at: int) -> list[bytes]:
    """Return the comments of a Vorbis comment that begins at a place; those that name the encoder are none."""
    at += 4 + number(packet[at : at + 4], "little")
    found = []
    for _ in range(min(number(packet[at : at + 4], "little"), len(packet))):
        at += 4
        size = number(packet[at : at + 4], "little")
        found.append(packet[at + 4 : at + 4 + size])
        at += size
    return [comment for comment in found if not comment.upper().startswith(b"ENCODER=")]


def _header_pages(listed: list[bytes], headers: int) -> tuple[int, list[bytes]]:
    """Return how many pages the headers fill, alone as both formats demand, and the headers."""
    for count in range(1, len(listed) + 1):
        packets = _packets(listed[:count])
        if len(packets) >= headers:
            if len(packets) > headers:
                raise MustEncodeError("its sound begins on the page of its headers")
            return count, packets
    raise MustEncodeError("its headers are cut off")


def _packets(listed: list[bytes]) -> list[bytes]:
    """Return the packets that end on some pages."""
    found, open_ = [], b""
    for page in listed:
        lacing = page[27 : 27 + page[26]]
        at = 27 + len(lacing)
        for size in lacing:
            open_ += page[at : at + size]
            at += size
            if size < 255:
                found.append(open_)
                open_ = b""
    return found


def _paged(packets: list[bytes], serial: bytes) -> Iterator[bytes]:
    """Yield pages for header packets: their granule is 0; a page ends after 255 pieces."""
    pieces: list[tuple[bytes, bool]] = []
    for packet in packets:
        cut = [packet[i : i + 255] for i in range(0, len(packet), 255)]
        if len(packet) % 255 == 0:
            cut.append(b"")
        pieces += [(piece, i > 0) for i, piece in enumerate(cut)]
    for i in range(0, len(pieces), 255):
        some = pieces[i : i + 255]
        lacing, continued = bytes(len(piece) for piece, _ in some), some[0][1]
        # Where no packet ends on a page, its granule is -1 (RFC 3533).
        granule = bytes(8) if any(size < 255 for size in lacing) else b"\xff" * 8
        head = b"OggS\0" + bytes((1 if continued else 0,)) + granule + serial + bytes(8) + bytes((len(some),))
        yield head + lacing + b"".join(piece for piece, _ in some)


def _stamped(page: bytes, place: int) -> bytes:
    """Return a page with another number, and its checksum."""
    bare = page[:18] + place.to_bytes(4, "little") + bytes(4) + page[26:]
    return bare[:22] + page_sum(bare).to_bytes(4, "little") + bare[26:]
