"""Rows of texts in CSV, TSV and JSON Lines, read as a table and written as one."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from augreg.errors import ConfigError
from augreg.jobs.sources.listrows import READERS, RowFault
from augreg.jobs.tables.blocks import AT_ONCE
from augreg.jobs.tables.late import pa

SUFFIXES: Final[Mapping[str, str]] = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
"""Suffix of a file of rows -> the form in which they are written again."""

DELIMITERS: Final = {"csv": ",", "tsv": "\t"}


class Rows:
    """A file of rows, all in memory: one block. Values of CSV and TSV are texts, those of JSON have their types.

    Args:
        path: where it lies.
        name: what messages call it.

    Raises:
        ConfigError: a row cannot be read, or a column has values of several types.

    """

    def __init__(self, path: Path, name: str) -> None:
        found = []
        with path.open("rb") as file:
            for number, row in READERS[path.suffix.lower()](file):
                if isinstance(row, RowFault):
                    raise ConfigError(f"{name}, line {number}: {row.reason}. Mend it, or take it out.")
                found.append(row)
        names = list(dict.fromkeys(key for row in found for key in row))
        try:
            columns = [pa.array([row.get(key) for row in found]) for key in names]
        except pa.ArrowException as error:
            raise ConfigError(f"{name} has a column with values of several types: {error}. Write them alike.") from None
        self._table = pa.table(columns, names=names).replace_schema_metadata(None)
        self.schema = self._table.schema
        self.starts = [0, len(found)] if found else [0]

    def batches(self, block: int, columns: Sequence[str]) -> Iterator[Any]:
        """Yield some rows at a time."""
        assert block == 0
        yield from self._table.select(list(columns)).combine_chunks().to_batches(AT_ONCE)

    def guesses(self, block: int, column: str) -> int | None:
        """Return None: texts are looked at."""
        return None


class RowsWriter:
    """Writes tables as rows.

    Args:
        path: the file.
        schema: its columns.
        kind: "csv", "tsv" or "jsonl".

    """

    def __init__(self, path: Path, schema: Any, kind: str) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._kind, self._names = kind, list(schema.names)
        self._csv = None
        if kind in DELIMITERS:
            self._csv = csv.writer(self._file, delimiter=DELIMITERS[kind], lineterminator="\n")
            self._csv.writerow(self._names)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write_table(self, table: Any) -> None:
        """Write rows."""
        for row in table.select(self._names).to_pylist():
            if self._csv is not None:
                self._csv.writerow(["" if value is None else value for value in row.values()])
            else:
                self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
