"""A folder of media files as a source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from augreg.errors import ConfigError, MediaError
from augreg.jobs.items import Item
from augreg.jobs.sources.base import Entry
from augreg.jobs.sources.foldermeta import NAMES, Metadata
from augreg.jobs.walk import walk
from augreg.media import formats
from augreg.registry import Registry


class Folder:
    """Every regular file of a folder and its sub-folders, see :func:`augreg.jobs.walk.walk`."""

    def __init__(self, given: str | Path) -> None:
        self.root = Path(given)

    def describe(self) -> dict[str, Any]:
        """Return how to open it again."""
        return {"kind": "folder", "given": str(self.root.absolute())}

    def entries(self, registry: Registry, ignored: Counter[str]) -> Iterator[Entry]:
        """Yield the files of which a reader knows the suffix, with the columns that a list of the hub has for them."""
        if self.root.is_file():
            raise ConfigError(f"input {str(self.root)!r} is a file. Give the folder that it lies in.")
        if not self.root.is_dir():
            raise ConfigError(f"input folder {str(self.root)!r} is not there. Give a folder of media files.")
        known = formats.readers(registry)
        found = list(walk(self.root))
        metadata = Metadata.of(self.root, [relative for relative, fault, _ in found if fault is None])
        for relative, fault, status in found:
            suffix = PurePosixPath(relative).suffix.lower()
            if PurePosixPath(relative).name in NAMES and fault is None:
                continue
            if suffix not in known:
                ignored[suffix or "no suffix"] += 1
                continue
            size, stamp = (status.st_size, status.st_mtime_ns) if status else (0, 0)
            yield Entry(relative, size, stamp, fault, carried=metadata.columns.get(relative, {}))
        yield from metadata.faults

    def path(self, entry: Entry | Item) -> Path:
        """Return where a file lies."""
        return self.root / entry.path

    def holds(self, out: Path) -> str:
        """Return the folder, if the output lies in it."""
        return str(self.root) if out.resolve().is_relative_to(self.root.resolve()) else ""

    def fetch(self, files: Sequence[Item], into: Path) -> Mapping[int, Path | MediaError]:
        """Return the files where they lie."""
        return {file.position: self.root / file.path for file in files}

    def stat(self, file: Item) -> tuple[int, int]:
        """Return size and time of last change."""
        found = (self.root / file.path).stat()
        return found.st_size, found.st_mtime_ns
