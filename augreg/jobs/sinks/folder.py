"""A folder of media files as the output: the same sub-folders and names as the input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from augreg.jobs.hashes import digest, fault_of
from augreg.jobs.sinks.base import Row


class FolderSink:
    """Writes ``<stem>__a<copy><suffix>`` in the same sub-folders."""

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
            if row.item.carried:
                row.made[-1].line["carried"] = dict(row.item.carried)
        return found

    def faults(self, shard: int, lines: Iterable[Mapping[str, Any]], out: Path, *, hashed: bool) -> list[str]:
        """Return what is not as recorded."""
        return [said for line in lines if (said := fault_of(out, line, hashed=hashed)) is not None]

    def finish(self, out: Path, shards: int) -> None:
        """Do nothing: every file stands for itself."""
