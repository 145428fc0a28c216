"""Reads tables forward, a few rows at a time, however large their row groups and cells are.

for first, batch in Parquet(path).read(["image"], 5_000): ...
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from augreg import late
from augreg.errors import ConfigError, MediaError
from augreg.jobs.tables.late import pa, pc, pq

AT_ONCE: Final = 64
"""Most rows that are decoded at a time."""

BYTES_AT_ONCE: Final = 16 << 20
"""About how many bytes are decoded at a time; one cell may be larger."""


class Blocks(Protocol):
    """A file of a table: its rows lie in blocks, row groups or record batches."""

    schema: Any
    starts: list[int]
    """Number of the first row of each block, and of all rows."""

    def batches(self, block: int, columns: Sequence[str]) -> Iterator[Any]:
        """Yield the record batches of a block: the same ones whoever asks."""
        ...

    def guesses(self, block: int, column: str) -> int | None:
        """Return the bytes of a cell on average, None where cells have to be looked at to tell which are missing."""
        ...


class Parquet:
    """A Parquet file."""

    def __init__(self, path: Path) -> None:
        # Column chunks are read as they are needed, not a row group at once.
        self._file = pq.ParquetFile(
            path, memory_map=False, pre_buffer=False, buffer_size=1 << 16, page_checksum_verification=True
        )
        self.schema = self._file.schema_arrow
        meta = self._file.metadata
        self.starts = [0]
        for group in range(meta.num_row_groups):
            self.starts.append(self.starts[-1] + meta.row_group(group).num_rows)
        self._rows: dict[int, int] = {}

    def batches(self, block: int, columns: Sequence[str]) -> Iterator[Any]:
        """Yield the batches of a row group."""
        yield from self._file.iter_batches(self._at_once(block), row_groups=[block], columns=list(columns))

    def _at_once(self, block: int) -> int:
        """Return how many rows are read at a time: a fact of the row group alone, whichever columns are asked for."""
        if block not in self._rows:
            group = self._file.metadata.row_group(block)
            each = sum(group.column(i).total_uncompressed_size for i in range(group.num_columns))
            each //= max(1, group.num_rows)
            self._rows[block] = max(1, min(AT_ONCE, BYTES_AT_ONCE // max(1, each)))
        return self._rows[block]

    def guesses(self, block: int, column: str) -> int | None:
        """Return the mean size of a column's bytes, by the file's own account; None if some are missing."""
        group = self._file.metadata.row_group(block)
        for i in range(group.num_columns):
            chunk = group.column(i)
            if chunk.path_in_schema in (column, f"{column}.bytes"):
                known = chunk.statistics
                if known is None or not known.has_null_count or known.null_count:
                    return None
                return max(1, int(chunk.total_uncompressed_size) // max(1, int(group.num_rows)))
        return None


class Arrow:
    """An Arrow stream file, as `save_to_disk` writes it."""

    def __init__(self, path: Path) -> None:
        with pa.ipc.open_stream(pa.memory_map(str(path))) as reader:
            self.schema = reader.schema
            self._batches = list(reader)  # pages of the file, which the system reads when they are touched
        self.starts = [0]
        for batch in self._batches:
            self.starts.append(self.starts[-1] + batch.num_rows)

    def batches(self, block: int, columns: Sequence[str]) -> Iterator[Any]:
        """Yield slices of a record batch."""
        batch = self._batches[block].select(list(columns))
        for start in range(0, batch.num_rows, AT_ONCE):
            rows = batch.slice(start, AT_ONCE)
            rows.validate(full=True)
            yield rows

    def guesses(self, block: int, column: str) -> int | None:
        """Return None: the sizes of cells stand in the file."""
        return None


def opened(kind: str, path: Path, name: str) -> Blocks:
    """Open a file of a table.

    Raises:
        ConfigError: it cannot be read as one.

    """
    try:
        if kind in ("csv", "tsv", "jsonl"):
            return late.call("open_rows", path, name)  # type: ignore[no-any-return]  # a name that stands for Rows
        return Parquet(path) if kind == "parquet" else Arrow(path)
    except ConfigError:
        raise  # it names the row
    except (OSError, pa.ArrowException, ValueError) as error:
        what = {"parquet": "a Parquet file", "arrow": "an Arrow stream file"}.get(kind, f"rows of {kind}")
        raise ConfigError(f"table {name!r} cannot be read as {what}: {said_by(error)}") from None


def said_by(error: Exception) -> str:
    """Return the first line of what a library says, ended by a full stop."""
    lines = str(error).strip().splitlines()
    return f"{lines[0].rstrip('.') if lines else type(error).__name__}."


class Cursor:
    """Where reading stands in a file: rows that are asked for in order are decoded once.

    Args:
        blocks: the file.
        name: its name, for messages.
        columns: those that are read.

    """

    def __init__(self, blocks: Blocks, name: str, columns: Sequence[str]) -> None:
        self.blocks, self.name, self.columns = blocks, name, tuple(columns)
        self._block, self._from, self._batch = -1, 0, None
        self._coming: Iterator[Any] = iter(())
        self._fault: MediaError | None = None

    def row(self, number: int) -> tuple[Any, int]:
        """Return the batch that a row lies in, and its place there.

        Raises:
            MediaError: E_CORRUPT: the row, or one before it in its block, cannot be decoded.

        """
        block = self._block
        inside = block >= 0 and self.blocks.starts[block] <= number < self.blocks.starts[block + 1]
        if not inside or number < self._from:
            self._begin(number)
        while self._batch is None or number >= self._from + self._batch.num_rows:
            self._next()
        return self._batch, number - self._from

    def _begin(self, number: int) -> None:
        starts = self.blocks.starts
        if not 0 <= number < starts[-1]:
            raise MediaError(
                self.name, f"it has no row {number}. Put the file back that the job began with.", "E_MISSING"
            )
        self._block = next(i for i in range(len(starts) - 1) if starts[i] <= number < starts[i + 1])
        self._from, self._batch, self._fault = starts[self._block], None, None
        self._coming = self.blocks.batches(self._block, self.columns)

    def _next(self) -> None:
        if self._fault is not None:
            raise self._fault
        try:
            after = 0 if self._batch is None else self._batch.num_rows
            batch = next(self._coming, None)
            if batch is None:
                raise ValueError("it ends before its last row")
            self._from += after
            self._batch = batch
        except (OSError, pa.ArrowException, ValueError, NotImplementedError) as error:
            self._fault = MediaError(
                self.name, f"row group {self._block} of {self.name} cannot be read: {said_by(error)}", "E_CORRUPT"
            )
            raise self._fault from None


def sizes(batch: Any, form: str) -> list[int | None]:
    """Return the bytes of each cell of a column; None for what is missing, and 0 for what lies elsewhere."""
    if form != "cell":
        lengths = pc.binary_length(batch)
        return list(lengths.to_pylist())
    held = pc.binary_length(pc.struct_field(batch, "bytes")).to_pylist()
    paths = pc.binary_length(pc.struct_field(batch, "path")).to_pylist()
    return [size if size is not None else (0 if path else None) for size, path in zip(held, paths, strict=True)]


def same_schema(schema: Any, other: Any, name: str, first: str) -> None:
    """Refuse files of one table whose columns differ.

    Raises:
        ConfigError: they do; the message names the first difference.

    """
    for field in schema:
        found: Mapping[str, Any] = {f.name: f for f in other}
        if field.name not in found:
            raise ConfigError(f"table {name!r} has no column {field.name!r}, which {first!r} has.")
        if not found[field.name].type.equals(field.type):
            types = f"{found[field.name].type}, and {field.type} in {first!r}"
            raise ConfigError(f"column {field.name!r} of {name!r} is of type {types}. Write them alike.")
    more = [name for name in other.names if name not in schema.names]
    if more:
        raise ConfigError(f"table {name!r} has a column {more[0]!r}, which {first!r} has not.")
