"""Tables as sources: Parquet files, and what `save_to_disk` of Hugging Face `datasets` wrote."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from augreg.errors import ConfigError, MediaError, listing
from augreg.jobs.items import Item
from augreg.jobs.sources.base import Entry, Tabular
from augreg.jobs.tables import blocks, cells, keys
from augreg.jobs.tables.columns import Column, Columns, told
from augreg.jobs.tables.features import features_of, refuse_pickled
from augreg.jobs.tables.late import pa
from augreg.jobs.tables.places import Places, arrow_places, parquet_places
from augreg.jobs.tables.plain import as_plain
from augreg.media import formats
from augreg.media.sniff import HEAD, sniff
from augreg.pipeline import Pipeline
from augreg.registry import Registry, default


class _Tables(Tabular):
    """Rows of tables; what their files are like is said by the classes that follow.

    Args:
        given: what the user names.
        split: which split of several.
        key_column: the column of keys; None for one that is called so, or else the place of each row.
        class_column: the column whose values become folders of the files that are made of the rows.

    """

    kind: ClassVar[str]

    def __init__(
        self,
        given: str | Path,
        split: str | None = None,
        key_column: str | None = None,
        class_column: str | None = None,
    ) -> None:
        self.given, self.split, self.key_column, self.class_column = given, split, key_column, class_column
        self._columns: Columns | None = None
        self._rows = 0
        self._registry = default()
        self._cursors: dict[str, blocks.Cursor] = {}

    @cached_property
    def places(self) -> Places:
        """The files."""
        find = parquet_places if self.kind == "parquet" else arrow_places
        return find(self.given, self.split)

    def told(self) -> str:
        """Return what there is."""
        files, rows = len(self.places.files), f" of {self._rows:,} rows" if self._rows else ""
        return (
            f"{files:,} {'file' if files == 1 else 'files'}{rows} in {self.kind.title()}, split {self.places.split!r}"
        )

    def holds(self, out: Path) -> str:
        """Return the folder that was given, if the output lies in it."""
        inside = self.places.walked and out.resolve().is_relative_to(self.places.root.resolve())
        return str(self.places.root) if inside else ""

    @cached_property
    def schema(self) -> Any:
        """The Arrow schema of the first file, which is that of all."""
        name = self.places.files[0]
        schema = self._open(name).schema
        refuse_pickled(schema, name)
        twice = [found for found, count in Counter(schema.names).items() if count > 1]
        if twice:
            raise ConfigError(f"table {name!r} has several columns called {twice[0]!r}. Rename all but one.")
        return schema

    @property
    def columns(self) -> Columns:
        """What the columns are; known once :meth:`heed` was called."""
        assert self._columns is not None
        return self._columns

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the columns."""
        return self.columns.notes

    def describe(self) -> dict[str, Any]:
        """Return how to open it again."""
        asked = {"split": self.split, "key_column": self.key_column, "class_column": self.class_column}
        given = os.path.abspath(self.given)  # noqa: PTH100  # a pattern may hold what a Path would take for a name
        return {"kind": self.kind, "given": given, **{name: v for name, v in asked.items() if v is not None}}

    def heed(self, pipeline: Pipeline) -> None:
        """Find out which columns are samples."""
        self._registry = pipeline.registry
        self._columns = told(self.schema, features_of(self.schema), pipeline, self._peek)

    def _open(self, name: str) -> blocks.Blocks:
        return blocks.opened(self.kind, self.places.root / name, name)

    def _peek(self, column: str) -> str | None:
        """Return the modality of the first cell of a column that is there."""
        opened = self._open(self.places.files[0])
        for number in range(len(opened.starts) - 1):
            for batch in opened.batches(number, [column]):
                for cell in batch.column(0).to_pylist():
                    if cell is None or (cell["bytes"] is None and not cell["path"]):
                        continue
                    named = Path(cell["path"] or "").suffix.lower()
                    found = formats.readers(self._registry).get(
                        named if cell["bytes"] is None else sniff(cell["bytes"][:HEAD]) or ""
                    )
                    return None if found is None else found.modality
        return None

    def entries(self, registry: Registry, ignored: Counter[str]) -> Iterator[Entry]:
        """Yield the cells of all rows that hold samples.

        Footers, keys and texts are read; of other columns only those whose cells may be missing.
        """
        seen = keys.Seen(keys.key_column(self.schema, self.key_column))
        for name in self.places.files:
            opened = self._open(name)
            blocks.same_schema(self.schema, opened.schema, name, self.places.files[0])
            status = (self.places.root / name).stat()
            self._rows += opened.starts[-1]
            for number in range(len(opened.starts) - 1):
                yield from self._block(opened, number, name, status, seen)
        seen.refuse_twice()

    def _block(
        self, opened: blocks.Blocks, number: int, name: str, status: os.stat_result, seen: keys.Seen
    ) -> Iterator[Entry]:
        """Yield the cells of one block."""
        key = seen.column
        guesses = {c.name: None if c.form == "text" else opened.guesses(number, c.name) for c in self._samples}
        read = [column for column, guess in guesses.items() if guess is None]
        row = opened.starts[number]
        try:
            for value, folder, found in self._facts(opened, number, read, key):
                own = keys.place_key(name, row) if key is None else seen.add(value, f"row {row} of {name}")
                for entry in self._row(own, name, row, status, {**guesses, **found}):
                    yield entry if folder is None else replace(entry, stem=f"{folder}/{entry.stem}")
                row += 1
        except (OSError, pa.ArrowException, ValueError, NotImplementedError) as error:
            if isinstance(error, ConfigError):
                raise
            # Nobody knows what the rest holds: its rows are refused under their places.
            said = f"row group {number} of {name} cannot be read: {blocks.said_by(error)}"
            for lost in range(row, opened.starts[number + 1]):
                own = keys.place_key(name, lost)
                fault = MediaError(f"{name} row {lost}", said, "E_CORRUPT")
                yield self._entry(self._samples[0], own, name, lost, status, 0, fault)

    def _facts(
        self, opened: blocks.Blocks, number: int, read: Sequence[str], key: str | None
    ) -> Iterator[tuple[Any, str | None, dict[str, Any]]]:
        """Yield of each row the key, the folder of its class, and the sizes of its cells, as far as they are read."""
        folder_of = keys.folders(self.schema, self.class_column)
        wanted = [name for name in dict.fromkeys([*read, key, self.class_column]) if name is not None]
        if not wanted:
            yield from ((None, None, {}) for _ in range(opened.starts[number + 1] - opened.starts[number]))
            return
        for batch in opened.batches(number, wanted):
            found = {name: blocks.sizes(batch.column(name), self.columns.samples[name].form) for name in read}
            own = [None] * batch.num_rows if key is None else batch.column(key).to_pylist()
            classes = own if self.class_column is None else batch.column(self.class_column).to_pylist()
            for place in range(batch.num_rows):
                folder = None if self.class_column is None else folder_of(classes[place])
                yield own[place], folder, {name: values[place] for name, values in found.items()}

    @property
    def _samples(self) -> list[Column]:
        return list(self.columns.samples.values())

    def _row(self, key: str, name: str, row: int, status: os.stat_result, found: Mapping[str, Any]) -> Iterator[Entry]:
        """Yield the cells of a row that are there; missing ones and empty texts are carried as they are."""
        there = [c for c in self._samples if found[c.name] is not None and not (c.form == "text" and not found[c.name])]
        for column in there:
            yield self._entry(column, key, name, row, status, found[column.name])
        if not there:
            fault = MediaError(f"{name} row {row}", self._nothing(), "E_EMPTY")
            yield self._entry(self._samples[0], key, name, row, status, 0, fault)

    def _nothing(self) -> str:
        """Return why a row without any sample is refused."""
        names = [repr(column.name) for column in self._samples]
        which = f"its {names[0]} is" if len(names) == 1 else f"its {listing(names)} are all"
        return (
            f"{which} null or empty, so that nothing of the row can be augmented. Fill it in, or leave the row out; it "
            "is kept as it is if the pipeline's schema names one more column that holds a sample."
        )

    def _entry(
        self,
        column: Column,
        key: str,
        name: str,
        row: int,
        status: os.stat_result,
        size: int,
        fault: MediaError | None = None,
    ) -> Entry:
        # The sizes of a Parquet file's cells are guesses where they were not read.
        guessed = self.kind == "parquet" and column.form != "text"
        safe = cells.file_name(key)
        text = column.form == "text"
        return Entry(
            path=f"{safe}#{cells.file_name(column.name)}",
            size=0 if guessed else size,
            mtime_ns=status.st_mtime_ns,
            fault=fault,
            where=[name, status.st_size, row, column.name],
            record=key,
            field=column.name,
            extension=cells.TEXT_SUFFIX if text else "",
            about=max(1, size) if guessed else 0,
            modality=column.modality,
            stem=safe if self._alone(column) else f"{safe}.{cells.file_name(column.name)}",
        )

    def _alone(self, column: Column) -> bool:
        """Whether files of a column may go by the key alone: it is the only one of texts, or of what is no text."""
        return sum((c.form == "text") == (column.form == "text") for c in self._samples) == 1

    def fetch(self, files: Sequence[Item], into: Path) -> Mapping[int, Path | MediaError]:
        """Write the cells into files; whole rows are read, so that one that cannot be carried is refused, too."""
        found: dict[int, Path | MediaError] = {}
        for file in files:
            name, _, row, column = file.where
            try:
                batch, place = self._cursor("fetch", name, self.schema.names).row(row)
            except MediaError as error:
                found[file.position] = MediaError(file.path, error.reason, error.code)
                continue
            cell = batch.column(column)[place]
            folder = (self.places.root / name).parent
            found[file.position] = cells.written(file, self.columns.samples[column], cell, folder, into, self._registry)
        return found

    def _cursor(self, purpose: str, name: str, columns: Sequence[str]) -> blocks.Cursor:
        """Return where reading stands, for one purpose and a file: rows come in order, so no other is needed."""
        cursor = self._cursors.get(purpose)
        if cursor is None or cursor.name != name or cursor.columns != tuple(columns):
            try:
                opened = self._open(name)
            except ConfigError as error:
                raise MediaError(name, str(error), "E_CHANGED") from None
            cursor = self._cursors[purpose] = blocks.Cursor(opened, name, columns)
        return cursor

    def stat(self, file: Item) -> tuple[int, int]:
        """Return the facts of the table's file: another size of it counts as another size of the cell."""
        name, size, _, _ = file.where
        found = (self.places.root / name).stat()
        return file.size if found.st_size == size else -1, found.st_mtime_ns

    @property
    def samples(self) -> Mapping[str, str]:
        """Column -> modality, of those whose cells are samples."""
        return {column.name: column.modality for column in self._samples}

    @property
    def part(self) -> str:
        """The split that the rows are of."""
        return self.places.split

    def place(self, item: Item) -> str:
        """Return file and number of a row."""
        name, _, row, _ = item.where
        return f"{name}/{row}"

    def rest(self, items: Sequence[Item], columns: Sequence[str]) -> Any:
        """Return columns of the rows of these items."""
        wanted = pa.schema([self.schema.field(name) for name in columns])
        rows = []
        for item in items:
            name, _, row, _ = item.where
            batch, place = self._cursor(f"rest of {columns}", name, columns).row(row)
            rows.append(pa.Table.from_arrays([batch.column(c).slice(place, 1) for c in columns], schema=wanted))
        return pa.concat_tables(rows) if rows else wanted.empty_table()

    @property
    def moved(self) -> frozenset[str]:
        """The columns that belong to samples, and say so themselves."""
        return self.columns.moved

    def plain(self, items: Sequence[Item]) -> list[dict[str, Any]]:
        """Return what is carried as JSON has it."""
        if not self.columns.others:
            return [{} for _ in items]
        return [as_plain(row) for row in self.rest(items, self.columns.others).to_pylist()]


class ParquetTables(_Tables):
    """Parquet files: one, a pattern, or a folder as the Hugging Face hub has it."""

    kind = "parquet"


class ArrowTables(_Tables):
    """What `Dataset.save_to_disk` or `DatasetDict.save_to_disk` wrote."""

    kind = "arrow"
