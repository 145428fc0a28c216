"""The members of a tar, read off their headers: no member is unpacked, and no header may ask for much memory."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

HEADER: Final = 1 << 20
"""Bytes that one header may have; a record of PAX that claims gigabytes would be read into memory."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a tar.

    Args:
        name: as it stands there, "./" in front taken off.
        at: where its bytes begin.
        size: how many they are.
        fault: why it must not be read, "" if it may.
        folder: whether it is a folder, which holds nothing itself.

    """

    name: str
    at: int
    size: int
    fault: str = ""
    folder: bool = False


@dataclass(frozen=True, slots=True)
class Damage:
    """Where a tar stops to be one, and why. What follows is not known."""

    at: int
    reason: str
    code: str
    name: str = ""
    """The member that is cut, if its header is whole."""


def members(file: IO[bytes], size: int) -> Iterator[Member | Damage]:
    """Yield what a tar of ``size`` bytes holds; where it is damaged, that comes last."""
    guarded = _Guarded(file)
    if size == 0:
        yield Damage(0, "it is empty (zero bytes)", "E_EMPTY")
        return
    tar = _blank(guarded)
    while True:
        at = tar.offset
        guarded.seek(at)
        try:
            info = tar.tarinfo.fromtarfile(tar)
        except tarfile.HeaderError as error:
            if (damage := _damage(error, at, guarded)) is not None:
                yield damage
            return
        except (OverflowError, ValueError, KeyError, IndexError, UnicodeError, RecursionError, _TooLongError) as error:
            yield Damage(at, f"the header at byte {at:,} makes no sense ({error})", "E_CORRUPT")
            return
        if info.size < 0 or tar.offset <= at:
            yield Damage(at, f"the header at byte {at:,} gives a size below zero", "E_CORRUPT")
            return
        name = info.name.removeprefix("./")
        if info.offset_data + (info.size if info.isreg() else 0) > size:
            reason = f"it is cut off within {name!r}, which ends at byte {info.offset_data + info.size:,} of {size:,}"
            yield Damage(at, reason, "E_TRUNCATED", name)
            return
        yield Member(name, info.offset_data, info.size, _kind(info), info.isdir())


def _kind(info: tarfile.TarInfo) -> str:
    if info.issparse():
        return "it is a sparse file, with holes that are not stored. Pack it as a plain file"
    if info.issym() or info.islnk():
        return "it is a link. Pack the file itself: tar --dereference --hard-dereference"
    return "" if info.isreg() or info.isdir() else "it is no file (a device or a pipe). Leave it out"


def _damage(error: tarfile.HeaderError, at: int, file: _Guarded) -> Damage | None:
    """Return why there is no further header; None at the proper end, which is a block of zeros."""
    kind = type(error).__name__
    if kind == "EOFHeaderError":
        return None
    file.seek(0)
    if at == 0 and file.read(2) == b"\x1f\x8b":
        return Damage(at, "it is compressed by gzip. Unpack it: gunzip < OLD > NEW.tar", "E_FORMAT")
    if kind == "EmptyHeaderError" and at > 0:
        return Damage(at, f"it has no end mark behind byte {at:,}, so that members may be missing", "E_TRUNCATED")
    if kind in ("TruncatedHeaderError", "EmptyHeaderError"):
        return Damage(at, f"it is cut off in the header at byte {at:,}", "E_TRUNCATED")
    reason = "it is no tar" if at == 0 else f"the header at byte {at:,} makes no sense"
    return Damage(at, reason, "E_CORRUPT")


class _TooLongError(Exception):
    """A header asks for more than a header needs."""


class _Guarded(io.RawIOBase):
    """A file of which no more is read at once than a header has."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= HEADER:
            raise _TooLongError(f"it asks for {size:,} bytes")
        return self.file.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()


def _blank(file: _Guarded) -> tarfile.TarFile:
    """Return a tar of which nothing was read yet: opening one to be read would read its first header."""
    tar = tarfile.TarFile(fileobj=io.BytesIO(), mode="w", encoding="utf-8", errors="surrogateescape")
    tar.fileobj = file
    tar.offset = 0
    return tar
