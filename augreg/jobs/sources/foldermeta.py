"""Hugging Face's ``metadata.jsonl`` and ``metadata.csv`` within a folder: columns for the files that they name."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final, Self

from augreg.errors import ConfigError, MediaError, listing
from augreg.jobs.sources.base import Entry
from augreg.jobs.sources.listcolumns import FIELD, ONE
from augreg.jobs.sources.listrows import READERS, RowFault

NAMES: Final = ("metadata.jsonl", "metadata.csv")
"""What the hub calls them; they stand in the folder of the files or in one above it."""

FILE: Final = ONE[0]
"""The column that names a file, from the folder of its list."""


@dataclass(slots=True)
class Metadata:
    """What the lists of a folder say of its files.

    Args:
        columns: path of a file -> its columns.
        faults: rows that are of no use, as entries that are refused.

    """

    columns: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    faults: list[Entry] = field(default_factory=list)

    @classmethod
    def of(cls, root: Path, names: Sequence[str]) -> Self:
        """Read the lists among the files of a folder.

        Raises:
            ConfigError: the rows of a list name several files each.

        """
        found, known = cls(), set(names)
        for name in names:
            if PurePosixPath(name).name in NAMES:
                for number, row in _rows(root, name):
                    found._take(name, number, row, known)
        return found

    def _take(self, name: str, number: int, row: Any, known: set[str]) -> None:
        if isinstance(row, RowFault):
            self._refuse(f"{name}:{number}", f"line {number} of {name}: {row.reason}.", "E_RECORD")
            return
        called = row.get(FILE)
        if called is None and (several := [column for column in row if column.endswith(FIELD)]):
            raise ConfigError(
                f"{name} names several files in each row ({listing(several)}). Give the list itself in place of the "
                f"folder: augreg run PIPELINE {name} OUT."
            )
        if not isinstance(called, str) or not called:
            self._refuse(f"{name}:{number}", f"line {number} of {name} has no {FILE}.", "E_RECORD")
            return
        path = posixpath.normpath(posixpath.join(str(PurePosixPath(name).parent), called))
        if path not in known:
            reason = f"line {number} of {name} names {called!r}, which is not there."
            self._refuse(f"{name}:{number}", reason, "E_MISSING")
        elif path in self.columns:
            reason = f"line {number} of {name} names {called!r}, of which another line speaks. Leave one."
            self._refuse(f"{name}:{number}", reason, "E_RECORD")
        else:
            self.columns[path] = {column: value for column, value in row.items() if column != FILE}

    def _refuse(self, path: str, reason: str, code: str) -> None:
        self.faults.append(Entry(path, fault=MediaError(path, reason, code)))


def is_row(path: str) -> bool:
    """Whether an entry stands for a row that is of no use, and not for a file.

    >>> from augreg.jobs.sources.foldermeta import is_row
    >>> is_row("train/metadata.csv:12"), is_row("train/metadata.csv")
    (True, False)

    """
    file, _, number = path.rpartition(":")
    return PurePosixPath(file).name in NAMES and number.isdecimal()


def _rows(root: Path, name: str) -> Iterator[tuple[int, Any]]:
    try:
        with (root / name).open("rb") as file:
            yield from READERS[PurePosixPath(name).suffix](file)
    except OSError as error:
        raise ConfigError(f"{name!r} cannot be read: {error.strerror or error}.") from None
