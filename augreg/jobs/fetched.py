"""The local files of a batch, and their hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from augreg.errors import MediaError, listing
from augreg.jobs.hashes import sha256
from augreg.jobs.items import Item
from augreg.jobs.sources import Attaches, Source
from augreg.media.formats import WRITTEN_AS


def attached(source: Source, item: Item, into: Path) -> Mapping[str, Path]:
    """Return a local file for everything that is attached to an item, by extension.

    Raises:
        MediaError: it cannot be had any more.

    """
    if not item.attached:
        return {}
    if not isinstance(source, Attaches):
        reason = f"its {listing(item.attached)} cannot be kept beside it. Name them in the pipeline's schema."
        raise MediaError(item.path, reason, "E_RECORD")
    return source.attached(item, into)


@dataclass(frozen=True, slots=True)
class Fetched:
    """Where the bytes of each item lie for as long as a batch is worked on."""

    paths: dict[int, Path | MediaError]
    _hashes: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Source, items: Sequence[Item], into: Path) -> Fetched:
        """Fetch all files of these items."""
        return cls(dict(source.fetch([file for item in items for file in item.files], into)))

    def named(self, item: Item) -> Item:
        """Return an item with the suffixes that show only now, see ``extension`` of an entry."""
        others = tuple(self._named(other) for other in item.others)
        return replace(self._named(item), others=others)

    def _named(self, file: Item) -> Item:
        path = self.paths[file.position]
        if file.suffix or isinstance(path, MediaError):
            return file
        found = path.suffix.lower()
        return replace(file, suffix=path.suffix if file.copied else WRITTEN_AS.get(found, path.suffix))

    def fault(self, item: Item) -> MediaError | None:
        """Return why a file of an item could not be fetched."""
        found = (self.paths[file.position] for file in item.files)
        return next((path for path in found if isinstance(path, MediaError)), None)

    def __getitem__(self, file: Item) -> Path:
        path = self.paths[file.position]
        if isinstance(path, MediaError):
            raise path
        return path

    def sha256(self, file: Item) -> str:
        """Return the hash of a file's bytes, which is worked out once for all copies."""
        if file.position not in self._hashes:
            self._hashes[file.position] = sha256(self[file])
        return self._hashes[file.position]
