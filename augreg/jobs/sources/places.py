"""Where files of sources lie: in a local folder, or at an address that fsspec opens."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, Protocol

from augreg.errors import ConfigError

STAMPS: Final = ("ETag", "etag", "md5Hash", "content_hash", "blob_id", "mtime", "LastModified", "last_modified")
STAMPS_LATE: Final = ("updated", "modified", "created")
"""What stores call the mark that changes with an object, the surest first."""


class Place(Protocol):
    """A folder from which files are read by their name within it."""

    root: str

    def open(self, name: str) -> IO[bytes]:
        """Open a file to be read from any position."""
        ...

    def stat(self, name: str) -> tuple[int, int]:
        """Return the size and a number that changes when the file does; raise OSError if it is not there."""
        ...

    def find(self) -> Iterator[tuple[str, int, int]]:
        """Yield name, size and stamp of every file in the folder and its sub-folders, sorted."""
        ...

    def glob(self, pattern: str) -> list[str]:
        """Return the names of the files that fit a pattern, sorted."""
        ...


def is_address(given: object) -> bool:
    """Whether a user means an address: s3://bucket/folder."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", str(given)) is not None


def absolute(name: str) -> str:
    """Return a path from the root of the file system; links in it stay links, and patterns stay patterns."""
    return os.path.normpath(Path(name).absolute())


def open_place(root: str) -> Place:
    """Return the place with a root: a local folder or an address."""
    return Remote(root) if is_address(root) else Local(root)


class Local:
    """A local folder."""

    def __init__(self, root: str) -> None:
        self.root = root

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        return (Path(self.root) / name).open("rb")

    def stat(self, name: str) -> tuple[int, int]:
        """Return size and time of last change."""
        found = (Path(self.root) / name).stat()
        return found.st_size, found.st_mtime_ns

    def find(self) -> Iterator[tuple[str, int, int]]:
        """Yield every file."""
        for name in self.glob("**/*"):
            yield name, *self.stat(name)

    def glob(self, pattern: str) -> list[str]:
        """Return the files that fit a pattern."""
        root = Path(self.root)
        return sorted(path.relative_to(root).as_posix() for path in root.glob(pattern) if path.is_file())


class Remote:
    """A folder at an address."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.system, self.path = _system(root)

    def open(self, name: str) -> IO[bytes]:
        """Open an object; what is read is loaded in pieces, which are not kept."""
        opened: IO[bytes] = self.system.open(self._of(name), "rb", cache_type="readahead", block_size=1 << 20)
        return opened

    def stat(self, name: str) -> tuple[int, int]:
        """Return size and stamp."""
        self.system.invalidate_cache()
        return _facts(self.system.info(self._of(name)))

    def find(self) -> Iterator[tuple[str, int, int]]:
        """Yield every object."""
        found = self.system.find(self.path, detail=True)
        for path in sorted(found):
            yield self._name(path), *_facts(found[path])

    def glob(self, pattern: str) -> list[str]:
        """Return the objects that fit a pattern."""
        return sorted(self._name(path) for path in self.system.glob(self._of(pattern)))

    def load(self, name: str, to: Path) -> None:
        """Copy an object into a local file."""
        self.system.get_file(self._of(name), str(to))

    def exists(self) -> bool:
        """Whether there is anything at the address."""
        return bool(self.system.exists(self.path))

    def _of(self, name: str) -> str:
        return f"{self.path.rstrip('/')}/{name}" if self.path else name

    def _name(self, path: str) -> str:
        return path.removeprefix(self.path.rstrip("/")).lstrip("/")


def _system(address: str) -> tuple[Any, str]:
    """Return the file system of an address, and the path in it."""
    scheme = address.partition("://")[0]
    if "::" in address:
        raise ConfigError(f"{address!r} chains addresses by '::'. Give the one where the files lie.")
    try:
        import fsspec
    except ImportError:
        reason = f"{address!r} is an address, which needs fsspec. Install it: pip install 'augreg[remote]'."
        raise ConfigError(reason) from None
    try:
        system, path = fsspec.core.url_to_fs(address)
    except ImportError as error:
        raise ConfigError(f"{scheme}:// needs a library that is not installed: {error}.") from None
    except ValueError as error:
        raise ConfigError(f"{address!r} cannot be opened: {error}. Give s3://, gs://, hf://, file://, ...") from None
    return system, str(path)


def _facts(info: dict[str, Any]) -> tuple[int, int]:
    mark = next((info[name] for name in (*STAMPS, *STAMPS_LATE) if info.get(name) is not None), 0)
    # One store tells the time as a number in a listing, and as a date when asked about one object.
    if isinstance(mark, datetime):
        mark = (mark if mark.tzinfo else mark.replace(tzinfo=UTC)).timestamp()
    digest = hashlib.blake2b(repr(mark).encode(), digest_size=6).digest()  # 48 bits: exact in any reader of JSON
    return int(info.get("size") or 0), int.from_bytes(digest, "big")


def copy_piece(file: IO[bytes], at: int, size: int, to: Path) -> int:
    """Copy a piece of an open file into a new one, block by block; return how many bytes there were."""
    file.seek(at)
    left = size
    with to.open("wb") as target:
        while left and (block := file.read(min(left, 1 << 20))):
            target.write(block)
            left -= len(block)
    return size - left


def text_lines(file: IO[bytes], most: int) -> Iterator[bytes]:
    """Yield the lines of a file with their ends; one longer than ``most`` comes in pieces of that length + 1."""
    while line := file.readline(most + 1):
        yield line
