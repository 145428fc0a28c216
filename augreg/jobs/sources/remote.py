"""A folder of media files at an address as a source: s3://bucket/photos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from augreg.errors import ConfigError, MediaError
from augreg.jobs.items import Item
from augreg.jobs.sources.base import Entry
from augreg.jobs.sources.membernames import unsafe
from augreg.jobs.sources.places import Remote
from augreg.media import formats
from augreg.registry import Registry


class RemoteFolder:
    """Every object below an address, by the name that it has there; each is loaded down when its batch is worked on."""

    def __init__(self, given: str | Path) -> None:
        self.given = str(given)
        self.place = Remote(self.given)
        self._count = 0

    def describe(self) -> dict[str, Any]:
        """Return how to open it again."""
        return {"kind": "address", "given": self.given}

    def told(self) -> str:
        """Return how many files there are."""
        return f"{self._count:,} files at an address ({self.given.partition('://')[0]}://)"

    def entries(self, registry: Registry, ignored: Counter[str]) -> Iterator[Entry]:
        """Yield the objects of which a reader knows the suffix."""
        if self.given.startswith(("http://", "https://")):
            raise ConfigError(
                f"{self.given!r} is a web address, and these cannot be listed. Give tars or a list there: .../x.tar"
            )
        if not self.place.exists():
            raise ConfigError(f"there is nothing at {self.given!r}. Check the address, and the credentials it needs.")
        known = formats.readers(registry)
        for name, size, stamp in self.place.find():
            suffix = PurePosixPath(name).suffix.lower()
            if any(part.startswith(".") for part in name.split("/")):
                continue
            if suffix not in known:
                ignored[suffix or "no suffix"] += 1
                continue
            self._count += 1
            reason = unsafe(name)
            fault = MediaError(name, f"its name is refused: {reason}.", "E_OUTSIDE") if reason else None
            yield Entry(name, size, stamp, fault, extension=suffix)

    def fetch(self, files: Sequence[Item], into: Path) -> Mapping[int, Path | MediaError]:
        """Load objects down into files that are named by number."""
        return {file.position: load(self.place, file, into) for file in files}

    def stat(self, file: Item) -> tuple[int, int]:
        """Return size and stamp of an object."""
        return self.place.stat(file.path)


def load(place: Remote, file: Item, into: Path) -> Path | MediaError:
    """Load one object down; a fault of its own is returned."""
    if file.fault is not None:
        return file.fault
    target = into / f"in{file.position}{PurePosixPath(file.path).suffix.lower()}"
    try:
        place.load(file.path, target)
    except FileNotFoundError:
        return MediaError(file.path, "it is not at the address any more.", "E_MISSING")
    except PermissionError:
        return MediaError(file.path, "it may not be read with these credentials.", "E_PERM")
    return target
