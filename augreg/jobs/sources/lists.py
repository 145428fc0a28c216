"""A list of paths as a source: JSON Lines, CSV, TSV, plain paths, or standard input."""

from __future__ import annotations

import os
import posixpath
import stat
import sys
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO, Any

from augreg.errors import ConfigError, MediaError
from augreg.jobs.items import Item
from augreg.jobs.sources.base import Entry
from augreg.jobs.sources.listcolumns import carried_of, path_columns
from augreg.jobs.sources.listrows import READERS, Numbered, RowFault
from augreg.jobs.sources.places import Remote, absolute, is_address, open_place
from augreg.jobs.sources.remote import load
from augreg.media import formats
from augreg.registry import Registry


class Paths:
    """The files that a list names, within a root; further columns of a row are carried along.

    A path counts from the root, which is the folder of the list unless another is given, and must not lead out of it.
    A file's key is its path from there, as if the root were the input folder.
    """

    def __init__(self, given: str | Path, columns: Sequence[str] = (), root: str | Path | None = None) -> None:
        self.given, self.columns = str(given), tuple(columns)
        self.root = _root(self.given) if root is None else str(root)
        if not is_address(self.root):
            self.root = absolute(self.root)
        self.place = open_place(self.root)
        self._rows = 0
        self._real = "" if isinstance(self.place, Remote) else os.path.realpath(self.root)

    def describe(self) -> dict[str, Any]:
        """Return how to open it again; a worker reads no list, least of all standard input."""
        return {"kind": "list", "given": self.given, "columns": list(self.columns), "root": self.root}

    def told(self) -> str:
        """Return how many rows there were."""
        return f"a list of {self._rows:,} rows" + (" on standard input" if self.given == "-" else "")

    def holds(self, out: Path) -> str:
        """Return the root, if it is the output folder: what a job writes would lie among what it reads."""
        return self.root if self._real and out.resolve() == Path(self._real) else ""

    def entries(self, registry: Registry, ignored: Counter[str]) -> Iterator[Entry]:
        """Yield the files of every row; a row that cannot be read is an input that is refused, by its line number.

        Raises:
            ConfigError: the list is not there, has no column of paths, or names a file twice.

        """
        known = formats.readers(registry)
        columns: dict[str, str] | None = None
        lines: dict[str, int] = {}
        with self._opened() as file:
            for number, row in self._numbered(file):
                self._rows += 1
                if isinstance(row, RowFault):
                    yield self._refused(number, f"{row.reason}.")
                    continue
                if columns is None:
                    columns = path_columns([name for name in row if name], self.columns, self.given)
                for entry in self._row(number, row, columns, known):
                    suffix = PurePosixPath(entry.path).suffix.lower()
                    if entry.fault is None and suffix not in known:
                        ignored[suffix or "no suffix"] += 1
                        continue
                    if entry.path in lines:
                        raise ConfigError(
                            f"line {number} of list {self.given!r} names {entry.path!r} again, after line "
                            f"{lines[entry.path]}. Name every file once."
                        )
                    lines[entry.path] = number
                    yield entry

    def _numbered(self, file: IO[bytes]) -> Iterator[Numbered]:
        suffix = PurePosixPath(self.given).suffix.lower()
        found: Iterator[Numbered] = READERS["" if self.given == "-" else suffix](file)
        return found

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        if self.given == "-":
            yield sys.stdin.buffer
            return
        if not is_address(self.given) and PurePosixPath(self.given).suffix.lower() not in READERS:
            raise ConfigError(f"list {self.given!r} is of no known form. Give .jsonl, .csv, .tsv or .txt.")
        try:
            folder, name = os.path.split(self.given)
            file = open_place(folder if is_address(self.given) else absolute(folder)).open(name)
        except OSError as error:
            raise ConfigError(f"list {self.given!r} cannot be read: {error.strerror or error}.") from None
        with file:
            yield file

    def _refused(self, number: int, reason: str, code: str = "E_RECORD") -> Entry:
        name = f"{'standard input' if self.given == '-' else PurePosixPath(self.given).name}:{number}"
        return Entry(name, fault=MediaError(name, f"line {number}: {reason}", code))

    def _row(
        self, number: int, row: Mapping[str, Any], columns: Mapping[str, str], known: Container[str]
    ) -> Iterator[Entry]:
        """Yield the files of a row, or why there are none."""
        carried = carried_of(row, (*columns, ""))
        named = {column: row.get(column) for column in columns if row.get(column) not in (None, "")}
        if not named:
            yield self._refused(number, f"it has no path in {' or '.join(columns)}.")
            return
        record = None
        for column, value in named.items():
            if not isinstance(value, str):
                yield self._refused(number, f"its {column} is {value!r}, not a path.")
                return
        for column, value in named.items():
            entry = self._file(number, str(value), torn="" in row)
            if len(columns) > 1:
                record = record or entry.path
                entry = replace(entry, record=record, field=columns[column])
                suffix = PurePosixPath(entry.path).suffix.lower()
                if entry.fault is None and suffix not in known:
                    entry = replace(entry, fault=MediaError(entry.path, f"no reader for {suffix!r}.", "E_FORMAT"))
            yield replace(entry, carried=carried)
            carried = {}

    def _file(self, number: int, named: str, *, torn: bool) -> Entry:
        said = f"line {number} names {named!r}"
        if is_address(named):
            return self._refused(number, f"{named!r} is an address; paths lie within the root.", "E_OUTSIDE")
        path = self._within(named)
        if path is None:
            reason = f"{said}, which leads out of the root. Give --root, or copy the file there."
            return self._refused(number, reason.removeprefix(f"line {number} "), "E_OUTSIDE")
        try:
            size, stamp = self._facts(path)
        except (OSError, ValueError) as error:
            cut = ", and the list is torn there: no newline ends it" if torn else ""
            reason = f"{said}, which cannot be read ({getattr(error, 'strerror', None) or error}){cut}."
            return Entry(path, fault=MediaError(path, reason, "E_MISSING"))
        return Entry(path, size, stamp)

    def _within(self, named: str) -> str | None:
        """Return a path from the root, None if it leads out of it."""
        if Path(named).is_absolute():
            if not self._real:
                return None
            folders = (self.root, self._real)
            inside = next((f for f in folders if named.startswith(f.rstrip("/") + "/")), None)
            if inside is None:
                return None
            named = os.path.relpath(named, inside)
        path = posixpath.normpath(named)
        return None if path in (".", "..") or path.startswith(("../", "/")) or "\0" in path else path

    def _facts(self, path: str) -> tuple[int, int]:
        if not self._real:
            return self.place.stat(path)
        whole = Path(self.root) / path
        status = whole.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is no file")
        if not Path(os.path.realpath(whole)).is_relative_to(self._real):
            raise ValueError("it is a link that leads out of the root")
        return status.st_size, status.st_mtime_ns

    def fetch(self, files: Sequence[Item], into: Path) -> Mapping[int, Path | MediaError]:
        """Return the files where they lie; those at an address are loaded down."""
        if isinstance(self.place, Remote):
            return {file.position: load(self.place, file, into) for file in files}
        return {file.position: Path(self.root) / file.path for file in files}

    def stat(self, file: Item) -> tuple[int, int]:
        """Return size and stamp as they are now."""
        return self._facts(file.path)


def _root(given: str) -> str:
    """Return the folder of a list; that of standard input is where the command runs."""
    if is_address(given):
        return given.rpartition("/")[0]
    return "." if given == "-" else str(Path(given).parent)
