"""Tars whose bytes hang on nothing but names and contents.

The format is USTAR. A name that is longer than a hundred bytes or not ASCII stands in a PAX record in front of its
header, which holds nothing else. Times are 0, owners 0 and without names, rights 0644. Two blocks of zeros end a tar,
and further ones fill it up to a multiple of 10,240 bytes, as every tar program does.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

BLOCK: Final = 1 << 20
END: Final = 2 * tarfile.BLOCKSIZE


def header(name: str, size: int) -> bytes:
    """Return what stands in front of a member's bytes."""
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, 0, 0o644
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def padding(size: int) -> bytes:
    """Return what stands behind them."""
    return bytes(-size % tarfile.BLOCKSIZE)


def ending(size: int) -> bytes:
    """Return what ends a tar that has ``size`` bytes so far."""
    return bytes(END + -(size + END) % tarfile.RECORDSIZE)


def append(tar: IO[bytes], name: str, path: Path) -> dict[str, Any]:
    """Add a file, and return what a manifest line says of it."""
    size = path.stat().st_size
    tar.write(header(name, size))
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            tar.write(block)
    tar.write(padding(size))
    return {"member": name, "sha256": digest.hexdigest(), "bytes": size}


def length(members: Iterable[Mapping[str, Any]]) -> int:
    """Return how many bytes a tar of these members has."""
    sizes = [(m["member"], int(m["bytes"])) for m in members]
    size = sum(len(header(name, size)) + size + len(padding(size)) for name, size in sizes)
    return size + len(ending(size))


def differences(tar: IO[bytes], members: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield where a tar differs, in any byte, from the one that these members make: it can hold nothing besides."""
    size = 0
    for member in members:
        name = member["member"]
        wanted = header(name, member["bytes"])
        if tar.read(len(wanted)) != wanted:
            yield f"there is something else where {name} should be"
            return  # from here on nothing is where it should be
        if _digest(tar, member["bytes"]) != member["sha256"]:
            yield f"{name} was changed"
        fill = padding(member["bytes"])
        if tar.read(len(fill)) != fill:
            yield f"there is something behind {name}"
        size += len(wanted) + member["bytes"] + len(fill)
    end = ending(size)
    if tar.read(len(end) + 1) != end:
        yield "there is something behind its last member"


def _digest(tar: IO[bytes], size: int) -> str:
    digest = hashlib.sha256()
    while size and (block := tar.read(min(size, BLOCK))):
        digest.update(block)
        size -= len(block)
    return digest.hexdigest()
