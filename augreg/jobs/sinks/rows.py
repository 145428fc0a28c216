"""Rows of texts as outputs: one file in the form of the input, with a row for each copy of each input."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from augreg.errors import ConfigError
from augreg.jobs.items import Item
from augreg.jobs.sinks.tables import _TableSink
from augreg.jobs.tables.columns import TEXT
from augreg.jobs.tables.rows import Rows, RowsWriter


class _RowsSink(_TableSink):
    """Writes ``said.csv``; of several shards ``said-00003-of-00012.csv`` and so on."""

    described: ClassVar[tuple[str, ...]] = ()

    def describe(self) -> dict[str, Any]:
        """Return how to make it again."""
        prefix = {"column_prefix": self.column_prefix} if self.column_prefix else {}
        return {"kind": self.kind, **prefix}

    def check(self, items: Iterable[Item]) -> None:
        """Check that all inputs are texts.

        Raises:
            ConfigError: one is not, and its bytes are no value of a row.

        """
        for item in items:
            for file in item.files:
                if file.fault is None and file.modality != TEXT:
                    raise ConfigError(
                        f"{file.path!r} is {file.modality}, and {self.kind} holds texts alone. Write --to parquet, or "
                        "leave --to out."
                    )

    def name(self, shard: int) -> str:
        """Return the file of a shard."""
        part = "" if self._shards == 1 else f"-{shard:05}-of-{self._shards:05}"
        return f"{self._split}{part}.{self.kind}"

    def writer(self, path: Path, schema: Any) -> Any:
        """Return what writes rows."""
        return RowsWriter(path, schema, self.kind)

    def _alike(self, name: str, old: Any, new: Any) -> bool:
        """Whether both have a column of this name; values of CSV say no types."""
        return name in old.names and name in new.names

    def rows_of(self, path: Path) -> int:
        """Return the number of rows."""
        return Rows(path, path.name).starts[-1]

    def finish(self, out: Path, shards: int) -> None:
        """Do nothing: files of rows need no description."""

    def finish_again(self, out: Path, shards: int) -> None:
        """Do nothing, as :meth:`finish`."""


class CsvSink(_RowsSink):
    """Rows between commas, with a line of names."""

    kind = "csv"


class TsvSink(_RowsSink):
    """Rows between tabs, with a line of names."""

    kind = "tsv"


class JsonLinesSink(_RowsSink):
    """A JSON object on each line."""

    kind = "jsonl"

    def _alike(self, name: str, old: Any, new: Any) -> bool:
        """Whether both have this column, with values of one type where that can be told by a part of the rows."""
        if not super()._alike(name, old, new):
            return False
        kinds = {str(schema.field(name).type) for schema in (old, new)}
        return len(kinds) == 1 or not kinds <= {"bool", "int64", "double", "string"}
