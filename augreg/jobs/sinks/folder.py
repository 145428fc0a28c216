"""A folder of media files as the output: the same sub-folders and names as the input."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from augreg.jobs.hashes import digest, fault_of
from augreg.jobs.shardlines import any_has, every_line
from augreg.jobs.sinks.base import Row

METADATA: Final = "metadata.jsonl"
"""What Hugging Face's imagefolder reads the further columns of a data set from."""


class FolderSink:
    """Writes ``<stem>__a<copy><suffix>`` in the same sub-folders, and beside it what is attached to an input.

    Columns that inputs carry along become ``metadata.jsonl``, as Hugging Face's imagefolder and audiofolder read it.
    """

    def describe(self) -> dict[str, Any]:
        """Return how to make it again."""
        return {"kind": "folder"}

    def write(self, shard: int, rows: Sequence[Row], stage: Path) -> list[tuple[Path, str]]:
        """Return every staged file with its final name."""
        found = []
        for row in rows:
            for made in row.made:
                output = made.file.output(made.copy)
                made.line.update(output=output, **digest(made.staged))
                found.append((made.staged, output))
            found.extend(self._beside(row, stage))
            if row.item.carried:
                row.made[-1].line["carried"] = dict(row.item.carried)
        return found

    def _beside(self, row: Row, stage: Path) -> Iterator[tuple[Path, str]]:
        for i, (extension, path) in enumerate(row.attached.items()):
            staged = stage / f"{row.item.position}_{row.copy}_{i}"
            shutil.copyfile(path, staged)
            output = f"{row.item.stem}__a{row.copy}.{extension}"
            row.made[-1].line.setdefault("attached", {})[extension] = {"output": output, **digest(staged)}
            yield staged, output

    def faults(self, shard: int, lines: Iterable[Mapping[str, Any]], out: Path, *, hashed: bool) -> list[str]:
        """Return what is not as recorded."""
        written = [said for line in lines for said in (line, *line.get("attached", {}).values())]
        return [said for line in written if (said := fault_of(out, line, hashed=hashed)) is not None]

    def finish(self, out: Path, shards: int) -> None:
        """Write the columns that were carried along, if there are any."""
        if not any_has(out, shards, b'"carried":'):
            return
        temporary = out / f".{METADATA}.tmp-{os.getpid()}"
        with temporary.open("w", encoding="ascii") as file:
            lines = (line for line in every_line(out, shards) if line["outcome"] != "error")
            for _, row in groupby(lines, key=lambda line: (line["key"], line["copy"])):
                file.write(json.dumps(_columns(list(row))) + "\n")
        temporary.replace(out / METADATA)


def _columns(row: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a row of the metadata."""
    names = {f"{line['field']}_file_name" if "field" in line else "file_name": line["output"] for line in row}
    carried = {name: value for line in row for name, value in line.get("carried", {}).items()}
    # What a row says of where its files were is not true of the outputs: their own names come last.
    return {**names, **{name: value for name, value in carried.items() if name not in names}}
