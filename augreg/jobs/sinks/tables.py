"""Tables as outputs: Parquet as the Hugging Face hub has it, and what `datasets.load_from_disk` reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Final

from augreg.errors import ConfigError
from augreg.jobs.hashes import digest, sha256
from augreg.jobs.items import Item
from augreg.jobs.planfile import PlanFile
from augreg.jobs.sinks.base import Laid, Row
from augreg.jobs.sources import Source, Tabular
from augreg.jobs.state import state_of
from augreg.jobs.tables.blocks import opened
from augreg.jobs.tables.columns import TEXT
from augreg.jobs.tables.features import cell_type, is_text
from augreg.jobs.tables.late import pa, pq
from augreg.jobs.tables.layout import Layout, as_cells, of_items, of_table
from augreg.jobs.tables.rewrite import Rewritten
from augreg.pipeline import Pipeline

GROUP_ROWS: Final = 100
"""Most rows of a row group or record batch: whoever reads one row of media has to read its group."""

GROUP_BYTES: Final = 64 << 20
"""About how many bytes of samples a row group or record batch holds."""


class _TableSink(Laid):
    """Writes one file per shard; what kind of file is said by the classes that follow.

    Args:
        column_prefix: goes before the names of the columns ``key``, ``source`` and ``copy``.
        pyarrow: the version that began the job: another one may write other bytes.

    """

    kind: ClassVar[str]
    described: ClassVar[tuple[str, ...]]
    """Files that describe the data set."""

    def __init__(self, column_prefix: str = "", pyarrow: str | None = None) -> None:
        self.column_prefix = column_prefix
        self.pyarrow = pyarrow
        self._layout: Layout | None = None
        self._split, self._shards = "train", 0
        self._source: Source | None = None

    def describe(self) -> dict[str, Any]:
        """Return how to make it again."""
        prefix = {"column_prefix": self.column_prefix} if self.column_prefix else {}
        return {"kind": self.kind, **prefix, "pyarrow": str(self.pyarrow or pa.__version__)}

    def lay_out(self, plan: PlanFile, source: Source, pipeline: Pipeline) -> dict[str, Any]:
        """Return the columns of all files."""
        if isinstance(source, Tabular):
            return of_table(source, self.column_prefix, len(plan), plan.digest).to_json()
        return of_items(plan, self.column_prefix, len(plan), plan.digest).to_json()

    def use(self, layout: Mapping[str, Any], source: Source) -> None:
        """Take the columns."""
        self._layout, self._source = Layout.from_json(layout), source
        self.recall(self.lasting())

    def others(self, out: Path, layout: Mapping[str, Any]) -> list[str]:
        """Return columns that a file has and the layout has not, or of another type, and the other way round."""
        new = Layout.from_json(layout).schema
        self.recall(layout)
        for shard in range(self._shards):
            with suppress(ConfigError):  # a damaged file is made again, and says nothing
                found = opened(self.kind, out / self.name(shard), self.name(shard))
                if found.starts[-1]:  # a file of rows says its columns in its rows
                    names = dict.fromkeys([*found.schema.names, *new.names])
                    return [name for name in names if not self._alike(name, found.schema, new)]
        return []

    def _alike(self, name: str, old: Any, new: Any) -> bool:
        """Whether a column is the same in two schemas."""
        return name in old.names and name in new.names and bool(old.field(name).type.equals(new.field(name).type))

    def lasting(self) -> dict[str, Any]:
        """Return what the names of files say."""
        return {"split": self.layout.split, "shards": self.layout.shards}

    def recall(self, said: Mapping[str, Any]) -> None:
        """Take what the names of files say."""
        self._split, self._shards = str(said["split"]), int(said["shards"])

    @property
    def layout(self) -> Layout:
        """The columns of all files."""
        assert self._layout is not None
        return self._layout

    def name(self, shard: int) -> str:
        """Return the file of a shard, relative to the output folder."""
        raise NotImplementedError

    def writer(self, path: Path, schema: Any) -> Any:
        """Return what writes a table, group by group."""
        raise NotImplementedError

    def rows_of(self, path: Path) -> int:
        """Return the number of rows of a file."""
        raise NotImplementedError

    def write(self, shard: int, rows: Sequence[Row], stage: Path) -> list[tuple[Path, str]]:
        """Return the table of a shard, a row for each copy of each input."""
        staged, output = stage / "table", self.name(shard)
        with self.writer(staged, self.layout.schema) as writer:
            for group in _groups(rows):
                self._write(writer, self._table(group))
        whole = digest(staged)
        for number, row in enumerate(rows):
            if row.attached:
                said = {name: {"column": name, **digest(path)} for name, path in row.attached.items()}
                row.made[-1].line["attached"] = said
            for made in row.made:
                cell = digest(made.staged)
                made.line.update(output=output, row=number, column=made.file.field or made.file.modality, **cell)
                made.line.update(file_sha256=whole["sha256"], file_bytes=whole["bytes"])
                made.staged.unlink()
        return [(staged, output)]

    def _write(self, writer: Any, table: Any) -> None:
        """Write one group."""
        writer.write_table(table)

    def _table(self, rows: Sequence[Row]) -> Any:
        """Return rows as a table."""
        layout, items = self.layout, list({row.item.position: row.item for row in rows}.values())
        columns = self._carried(rows, items)
        for name in layout.attached:
            held = [row.attached[name].read_bytes() if name in row.attached else None for row in rows]
            columns[name] = pa.array(held, pa.binary())
        for name, modality in layout.samples.items():
            columns[name] = self._cells(name, modality, rows, items)
        key, source, copy = layout.own
        columns[key] = pa.array([row.item.record or row.item.key for row in rows], pa.string())
        columns[source] = pa.array([self._place(row.item) for row in rows], pa.string())
        columns[copy] = pa.array([row.copy for row in rows], pa.int64())
        return pa.table([columns[name] for name in layout.schema.names], schema=layout.schema)

    def _place(self, item: Item) -> str:
        """Return what a row was made of; of an input with an alias that, since file and row would tell its name."""
        return self._source.place(item) if isinstance(self._source, Tabular) and not item.alias else item.called

    def _carried(self, rows: Sequence[Row], items: Sequence[Item]) -> dict[str, Any]:
        """Return the columns of what is no sample."""
        others, schema = self.layout.others, self.layout.schema
        if not others:
            return {}
        if isinstance(self._source, Tabular):
            place = {item.position: number for number, item in enumerate(items)}
            found = self._source.rest(items, others).take([place[row.item.position] for row in rows])
            return {name: _moved(found[name], name, rows) for name in others}
        wholes = [{**row.item.carried, **row.columns} for row in rows]
        return {name: as_cells((whole.get(name) for whole in wholes), schema.field(name).type) for name in others}

    def _cells(self, name: str, modality: str, rows: Sequence[Row], items: Sequence[Item]) -> Any:
        """Return a column of samples; a row that has none keeps what stands in the input."""
        kind = self.layout.schema.field(name).type
        absent = [item for item in items if all((file.field or file.modality) != name for file in item.files)]
        kept: dict[int, Any] = {}
        if absent and modality == TEXT and isinstance(self._source, Tabular):
            column = self._source.rest(absent, [name]).column(0).to_pylist()
            kept = {item.position: value for item, value in zip(absent, column, strict=True) if value == ""}
        values: list[Any] = []
        for row in rows:
            made = next((m for m in row.made if (m.file.field or m.file.modality) == name), None)
            if made is None:
                values.append(kept.get(row.item.position))
            elif is_text(kind):
                values.append(made.staged.read_bytes().decode("utf-8"))
            else:
                path = PurePosixPath(made.file.output(made.copy)).name
                values.append({"bytes": made.staged.read_bytes(), "path": path})
        return pa.array(values, kind)

    def faults(self, shard: int, lines: Iterable[Mapping[str, Any]], out: Path, *, hashed: bool) -> list[str]:
        """Return why the file of a shard is not the one that was written."""
        name, first = self.name(shard), next(iter(lines), None)
        path = out / name
        try:
            if path.is_symlink() or not path.is_file():
                return [f"{name} is gone"]
            if first is None:
                return [] if self.rows_of(path) == 0 else [f"{name} has rows, and should have none"]
            if (size := path.stat().st_size) != first["file_bytes"]:
                return [f"{name} has {size:,} bytes, not {first['file_bytes']:,}"]
            if hashed and sha256(path) != first["file_sha256"]:
                return [f"{name} was changed"]
        except OSError as error:
            return [f"{name} cannot be read: {error.strerror or error}"]
        except (pa.ArrowException, ValueError):
            return [f"{name} cannot be read"]
        return []

    def finish(self, out: Path, shards: int) -> None:
        """Write what tells readers which files belong to the data set."""
        raise NotImplementedError

    def belongs(self, shards: int) -> Iterable[str]:
        """Return the tables of all shards, those without rows included, and what describes them."""
        return [*(self.name(shard) for shard in range(shards)), *self.described]

    def forget(self, out: Path, gone: Sequence[Mapping[str, Any]], kept: Iterable[dict[str, Any]]) -> None:
        """Write the tables of these lines' rows without them, and bring the lines of other rows in them up to date.

        Raises:
            ConfigError: a table is not the one that was written.

        """
        named = {line["output"] for line in gone}
        left: dict[str, list[dict[str, Any]]] = {output: [] for output in named}
        for line in kept:
            if line["output"] in left:
                left[line["output"]].append(line)
        own = f"{self.column_prefix}key", f"{self.column_prefix}copy"
        for output in sorted(named):
            lost = [line for line in gone if line["output"] == output]
            rewritten = Rewritten(self.kind, out / output, output, own, self.writer, state_of(out))
            rewritten.without({(line["key"], line["copy"]) for line in lost}, lost[0]["file_sha256"], left[output])
        self.finish_again(out, self._shards)

    def finish_again(self, out: Path, shards: int) -> None:
        """Write what describes the tables, where rows were taken out."""
        raise NotImplementedError


def _moved(column: Any, name: str, rows: Sequence[Row]) -> Any:
    """Return a column with what the pipeline changed of it, of the same type."""
    if not any(name in row.columns for row in rows):
        return column
    values = [row.columns.get(name, old) for row, old in zip(rows, column.to_pylist(), strict=True)]
    return pa.array(values, column.type)


def _groups(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Cut rows into groups that fit in memory."""
    group: list[Row] = []
    held = 0
    for row in rows:
        size = sum(made.staged.stat().st_size for made in row.made)
        if group and (len(group) == GROUP_ROWS or held + size > GROUP_BYTES):
            yield group
            group, held = [], 0
        group.append(row)
        held += size
    if group:
        yield group


class ParquetSink(_TableSink):
    """Writes ``data/train-00012-of-00040.parquet`` and a ``README.md`` that names these files alone."""

    kind = "parquet"
    described = ("README.md",)

    def name(self, shard: int) -> str:
        """Return the file of a shard."""
        return f"data/{self._split}-{shard:05}-of-{self._shards:05}.parquet"

    def writer(self, path: Path, schema: Any) -> Any:
        """Return what writes Parquet, with every choice made that changes bytes."""
        cell = cell_type()
        plain = [field.name for field in schema if not field.type.equals(cell)]
        return pq.ParquetWriter(
            path,
            schema,
            version="2.6",
            data_page_version="1.0",
            compression="snappy",
            # Media are compressed already and differ from row to row: a dictionary of them would only cost memory.
            use_dictionary=plain,
            write_statistics=plain,
            write_page_checksum=True,
        )

    def _write(self, writer: Any, table: Any) -> None:
        writer.write_table(table, row_group_size=GROUP_ROWS)

    def rows_of(self, path: Path) -> int:
        """Return the number of rows that the footer says."""
        return int(pq.read_metadata(path).num_rows)

    def finish(self, out: Path, shards: int) -> None:
        """Write the data set's card, so that `datasets.load_dataset` reads the tables and not the manifest."""
        names = [self.name(shard) for shard in range(shards)]
        rows = {name: self.rows_of(out / name) for name in names}
        size, split = sum((out / name).stat().st_size for name in names), self._split
        held = [name for name in names if rows[name]]
        # `datasets` stumbles over a file without rows, which a shard leaves of which all inputs were refused.
        paths = f"data/{split}-*.parquet" if held in (names, []) else "".join(f"\n    - {name}" for name in held)
        card = CARD.format(split=split, paths=paths, rows=sum(rows.values()), size=size)
        (out / "README.md").write_text(card, encoding="utf-8")

    def finish_again(self, out: Path, shards: int) -> None:
        """Write the card with what is there now."""
        self.finish(out, shards)


CARD: Final = """---
configs:
- config_name: default
  data_files:
  - split: {split}
    path: {paths}
dataset_info:
  splits:
  - name: {split}
    num_bytes: {size}
    num_examples: {rows}
  download_size: {size}
  dataset_size: {size}
---

Written by augreg: `run.json` says how, and `manifest.jsonl` says of every cell how it was made.
"""


class ArrowSink(_TableSink):
    """Writes ``data-00012-of-00040.arrow`` and what `datasets.load_from_disk` needs beside them."""

    kind = "arrow"
    described = ("dataset_info.json", "state.json")

    def name(self, shard: int) -> str:
        """Return the file of a shard."""
        return f"data-{shard:05}-of-{self._shards:05}.arrow"

    def writer(self, path: Path, schema: Any) -> Any:
        """Return what writes an Arrow stream."""
        return pa.ipc.new_stream(str(path), schema)

    def rows_of(self, path: Path) -> int:
        """Return the number of rows of a stream."""
        with pa.ipc.open_stream(pa.memory_map(str(path))) as reader:
            return sum(batch.num_rows for batch in reader)

    def finish(self, out: Path, shards: int) -> None:
        """Write ``state.json`` and ``dataset_info.json``; the fingerprint is the hash of the plan."""
        layout = self.layout
        known = {"features": layout.features} if set(layout.features) == set(layout.schema.names) else {}
        info = {"citation": "", "description": "", **known, "homepage": "", "license": ""}
        state: dict[str, Any] = {
            "_data_files": [{"filename": self.name(shard)} for shard in range(shards)],
            "_fingerprint": layout.digest[:16],
            "_format_columns": None,
            "_format_kwargs": {},
            "_format_type": None,
            "_output_all_columns": False,
            "_split": None if layout.split == "train" and not isinstance(self._source, Tabular) else layout.split,
        }
        for name, content in (("dataset_info.json", info), ("state.json", state)):
            (out / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    def finish_again(self, out: Path, shards: int) -> None:
        """Give the data set another fingerprint: by it `datasets` knows what it has worked out of these rows."""
        state = json.loads((out / "state.json").read_text(encoding="utf-8"))
        whole = "".join(sha256(out / self.name(shard)) for shard in range(shards))
        state["_fingerprint"] = hashlib.sha256(whole.encode("ascii")).hexdigest()[:16]
        (out / "state.json").write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
