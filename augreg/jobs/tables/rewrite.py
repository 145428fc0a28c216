"""Takes rows out of a table that a job wrote. Who comes after a kill finds a table with them, or one without them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from augreg.errors import ConfigError
from augreg.jobs.hashes import digest, sha256
from augreg.jobs.tables.blocks import opened
from augreg.jobs.tables.late import pa
from augreg.jobs.walk import key_of

Rows = Set[tuple[str, int]]
"""Key and copy of each row."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """One table.

    Args:
        kind: "parquet" or "arrow".
        path: where it lies.
        output: what the manifest calls it.
        own: the columns of the key and the copy.
        writer: gives what writes a table of a schema.
        aside: a folder to write in.

    """

    kind: str
    path: Path
    output: str
    own: tuple[str, str]
    writer: Callable[[Path, Any], Any]
    aside: Path

    def without(self, gone: Rows, recorded: str, kept: Sequence[dict[str, Any]]) -> None:
        """Rewrite it without some rows, by renaming, and say in the lines of the others where they are now.

        Args:
            gone: the rows.
            recorded: the hash that the table has by the manifest.
            kept: the lines of all other rows.

        Raises:
            ConfigError: it is neither the table that was written nor that without these rows.

        """
        if not self.path.is_file():
            raise self._changed("is gone")
        if sha256(self.path) == recorded:
            self._rewrite(gone)
        # Else a call that was killed has rewritten it, which its rows must show.
        try:
            places, cells = self._rows({line["column"] for line in kept})
        except (OSError, pa.ArrowException, ValueError):  # ConfigError is one
            raise self._changed("was changed") from None
        if places.keys() != {(line["key"], line["copy"]) for line in kept}:
            raise self._changed("was changed")
        whole = digest(self.path)
        for line in kept:
            row = line["key"], line["copy"]
            if cells[(*row, line["column"])] != line["sha256"]:
                raise self._changed("was changed")
            line.update(row=places[row], file_sha256=whole["sha256"], file_bytes=whole["bytes"])

    def _changed(self, how: str) -> ConfigError:
        return ConfigError(f"{self.output} {how}. Mend it by --resume, and forget again.")

    def _rewrite(self, gone: Rows) -> None:
        temporary = self.aside / self.path.name
        table = opened(self.kind, self.path, self.output)
        with self.writer(temporary, table.schema) as writer:
            for block in self._blocks(table, table.schema.names):
                rows = [row not in gone for row in self._keys(block)]
                if any(rows):
                    writer.write_table(block.filter(pa.array(rows)))
        temporary.chmod(self.path.stat().st_mode & 0o777)
        temporary.replace(self.path)

    def _blocks(self, table: Any, columns: Sequence[str]) -> Iterator[Any]:
        """Yield row groups, which are as large as a job writes them."""
        for number in range(len(table.starts) - 1):
            batches = list(table.batches(number, columns))
            if batches:
                yield pa.Table.from_batches(batches)

    def _keys(self, block: Any) -> Iterator[tuple[str, int]]:
        keys, copies = (block.column(name).to_pylist() for name in self.own)
        yield from zip(map(key_of, keys), map(int, copies), strict=True)  # values of CSV are texts

    def _rows(self, columns: Set[str]) -> tuple[dict[tuple[str, int], int], Mapping[Any, str]]:
        """Return the number of each row, and the hash of each cell of samples."""
        table = opened(self.kind, self.path, self.output)
        places: dict[tuple[str, int], int] = {}
        cells = {}
        for block in self._blocks(table, sorted({*self.own, *columns})):
            rows = list(self._keys(block))
            places |= {row: len(places) + number for number, row in enumerate(rows)}
            for column in columns:
                for row, cell in zip(rows, block.column(column).to_pylist(), strict=True):
                    if cell is not None:
                        cells[(*row, column)] = hashlib.sha256(_bytes(cell)).hexdigest()
        return places, cells


def _bytes(cell: Any) -> bytes:
    """Return what a cell holds: that of a struct, or of a text."""
    held = cell["bytes"] if isinstance(cell, dict) else cell
    return held.encode("utf-8") if isinstance(held, str) else bytes(held or b"")
