"""Texts in a column of CSV, TSV or JSON Lines as a source: each row is an input, its other columns go along."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError, listing
from augreg.jobs.sources.listcolumns import FIELD, MANY, ONE
from augreg.jobs.sources.listrows import READERS
from augreg.jobs.sources.places import is_address
from augreg.jobs.sources.tables import ParquetTables
from augreg.jobs.tables.columns import TEXT, Column, Columns
from augreg.jobs.tables.places import Places
from augreg.jobs.tables.rows import SUFFIXES, Rows
from augreg.pipeline import Pipeline

FIRST: Final = 8
"""Rows that are looked at to tell what a file holds."""


class TextRows(ParquetTables):
    """One file of rows, read as tables are.

    The texts are in the columns that the pipeline's schema names; without one in the column ``text``.
    """

    kind = "rows"

    @cached_property
    def places(self) -> Places:
        """The file. What is written is called as it is, which stands in place of the split."""
        file = Path(self.given)
        if is_address(self.given) or not file.is_file():
            raise ConfigError(f"{str(self.given)!r} is no file of rows on this machine. Give one, or load it down.")
        assert self.form
        if self.split is not None:
            raise ConfigError(f"split={self.split!r} is given, and {file.name!r} is one file. Leave it out.")
        return Places(file.absolute().parent, (file.name,), file.stem, walked=False)

    @property
    def form(self) -> str:
        """The form in which rows are written again.

        Raises:
            ConfigError: it is no file of rows.

        """
        name = Path(self.given).name
        if (found := SUFFIXES.get(Path(name).suffix.lower())) is None:
            raise ConfigError(f"{name!r} is no file of rows. They end in {listing(SUFFIXES)}.")
        return found

    def told(self) -> str:
        """Return what there is."""
        return f"{self._rows:,} rows in {Path(self.given).name}"

    def holds(self, out: Path) -> str:
        """Return the folder of the file, if it is the output folder: what is written has the name of what is read."""
        folder = Path(self.given).resolve().parent
        return str(folder) if out.resolve() == folder else ""

    def heed(self, pipeline: Pipeline) -> None:
        """Find out which columns are texts."""
        if pipeline.schema:
            super().heed(pipeline)
            return
        names = self.schema.names
        if TEXT not in names:
            raise ConfigError(
                f"{Path(self.given).name!r} has no column 'text'. Name the one of texts in the pipeline's schema, e.g. "
                f"schema: {{{names[0] if names else 'caption'}: text}}. Columns: {listing(names)}."
            )
        self._registry = pipeline.registry
        held = {TEXT: Column(TEXT, TEXT, "text")}
        self._columns = Columns(held, tuple(name for name in names if name != TEXT), ())

    def _open(self, name: str) -> Any:
        if self._read is None:
            self._read = Rows(self.places.root / name, name)
        return self._read

    _read: Rows | None = None


def holds_rows(file: Path) -> bool:
    """Whether the first rows of a file have a column of texts, and none that is known to hold paths."""
    reader = READERS.get(file.suffix.lower()) if file.suffix.lower() in SUFFIXES and file.is_file() else None
    if reader is None:
        return False
    names: set[str] = set()
    with file.open("rb") as opened:
        for _, (_, row) in zip(range(FIRST), reader(opened), strict=False):
            names |= row.keys() if isinstance(row, dict) else set()
    return TEXT in names and not {*ONE, *MANY} & names and not any(name.endswith(FIELD) for name in names)
