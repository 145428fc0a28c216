"""Tars of records as a source: what webdataset reads."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from augreg.errors import MediaError
from augreg.jobs.items import Item
from augreg.jobs.sources.base import Entry
from augreg.jobs.sources.places import Remote, copy_piece
from augreg.jobs.sources.tarheaders import members
from augreg.jobs.sources.tarnames import open_tars, tars_of
from augreg.jobs.sources.tarrecords import Group, entries_of, grouped
from augreg.media import formats
from augreg.registry import Registry


class Tars:
    """The records of tars: members of one key, which a file's name is up to its first dot, with the folders before it.

    Members that a reader knows are the fields of a record, called by their extension; others are attached to it.
    """

    def __init__(self, given: str | Path, root: str | None = None) -> None:
        self.given = str(given)
        self.place = open_tars(self.given, root)
        self._told = ""

    def describe(self) -> dict[str, Any]:
        """Return how to open it again; a worker does not look for the tars, it is told their names."""
        return {"kind": "webdataset", "given": self.given, "root": self.place.root}

    def told(self) -> str:
        """Return how many tars and records there are."""
        return self._told

    def holds(self, out: Path) -> str:
        """Return the folder of a tar, if the output folder is the same: new tars would lie among the old."""
        if isinstance(self.place, Remote):
            return ""
        folders = {(Path(self.place.root) / name).parent for name in tars_of(self.given, self.place)}
        return next((str(folder) for folder in folders if folder.resolve() == out.resolve()), "")

    def entries(self, registry: Registry, ignored: Counter[str]) -> Iterator[Entry]:
        """Yield the media of every record, tar by tar, in the order in which they lie there."""
        known = formats.readers(registry)
        times: Counter[str] = Counter()
        listed: list[tuple[str, int, list[Group]]] = []
        damaged: dict[str, Entry] = {}
        names = tars_of(self.given, self.place)
        for name in names:
            size, stamp = self.place.stat(name)
            with self.place.open(name) as file:
                groups, damage = grouped(members(file, size), ignored)
            if damage is not None:
                count = sum(not group.fault for group in groups)
                used = f" The {count:,} records before it are used." if count else ""
                fault = MediaError(name, f"{damage.reason}.{used} Get it again, whole.", damage.code)
                damaged[name] = Entry(f"{name}@{damage.at}/{damage.name}".rstrip("/"), size, stamp, fault)
            times.update({group.key for group in groups})
            listed.append((name, stamp, groups))
        several = sum(count > 1 for count in times.values())
        for name, stamp, groups in listed:
            for group in groups:
                # Two shards may count their records alike. They get different keys, or their random numbers were alike.
                record = group.key if times[group.key] == 1 else f"{name.removesuffix('.tar')}/{group.key}"
                yield from entries_of(name, group, known, stamp, ignored, record)
            if name in damaged:
                yield damaged[name]
        records = sum(len(groups) for _, _, groups in listed)
        said = f"{len(names):,} tar{'s' * (len(names) != 1)} of {records:,} records"
        again = f"; {several:,} keys stand in several tars and are told apart by the tar's name" if several else ""
        self._told = said + again

    def fetch(self, files: Sequence[Item], into: Path) -> Mapping[int, Path | MediaError]:
        """Copy members into files that are named by number."""
        found: dict[int, Path | MediaError] = {}
        with _Opened(self) as opened:
            for file in files:
                if file.where is None:  # refused when the tar was listed
                    found[file.position] = file.fault or _lost(file)
                    continue
                # The suffix is one that a reader knows, else it would be attached.
                target = into / f"in{file.position}{Path(file.path).suffix.lower()}"
                try:
                    opened.copy(file, file.where, file.size, target)
                    found[file.position] = target
                except MediaError as error:
                    found[file.position] = error
        return found

    def attached(self, item: Item, into: Path) -> Mapping[str, Path]:
        """Copy what no reader knows into files that are named by number."""
        found = {}
        with _Opened(self) as opened:
            for i, (extension, held) in enumerate(item.attached.items()):
                found[extension] = into / f"in{item.position}_{i}"
                opened.copy(item, held["where"], held["bytes"], found[extension])
        return found

    def stat(self, file: Item) -> tuple[int, int]:
        """Return the member's size as long as its tar is the same one."""
        name = file.where[0] if file.where is not None else file.path.partition("@")[0]
        size, stamp = self.place.stat(name)
        whole = file.where is None or file.where[1] + file.size <= size
        return file.size if whole else -1, stamp


class _Opened:
    """The tars of a batch, each opened once."""

    def __init__(self, source: Tars) -> None:
        self.source = source
        self.files: dict[str, IO[bytes]] = {}
        self.stack = ExitStack()

    def __enter__(self) -> _Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def copy(self, item: Item, where: Sequence[Any], size: int, target: Path) -> None:
        """Copy one member; what was written of it goes if it is not whole."""
        name, at = where
        try:
            if name not in self.files:
                self.files[name] = self.stack.enter_context(self.source.place.open(name))
            file = self.files[name]
        except OSError as error:
            reason = f"its tar {name!r} cannot be read any more: {error.strerror or error}."
            raise MediaError(item.path, reason, "E_MISSING") from None
        if copy_piece(file, at, size, target) != size:
            with contextlib.suppress(FileNotFoundError):
                target.unlink()
            raise MediaError(item.path, f"its tar {name!r} is shorter than it was.", "E_CHANGED")


def _lost(file: Item) -> MediaError:
    return MediaError(file.path, "its tar does not have it.", "E_MISSING")
