"""The file of texts again: what was read of one file is written as one file of the same form and name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from augreg.errors import ConfigError
from augreg.jobs.hashes import digest
from augreg.jobs.items import Item
from augreg.jobs.sinks.base import Row


class LinesSink:
    """Writes no file of its own: annotated texts are rows of a form of labels, which stand in their manifest lines.

    When the job ends, the file of all rows is made of these lines, see :func:`augreg.jobs.labelled.whole.write_whole`;
    its hash stands in the job's record. A line says hash and size of the text alone, of which its row was made.
    """

    def describe(self) -> dict[str, Any]:
        """Return how to make it again."""
        return {"kind": "lines"}

    def check(self, items: Iterable[Item]) -> None:
        """Check that the inputs are annotated texts, and that the pipeline does something with them.

        Raises:
            ConfigError: they are not.

        """
        for item in items:
            if item.fault is None and not item.labels:
                raise ConfigError(
                    f"{item.path!r} is no text of a file of annotated texts, of which to='lines' makes such a file "
                    "again. Leave it out."
                )
            if item.fault is None and item.copied:
                raise ConfigError("the pipeline has no steps for text, and the input holds nothing else. Add some.")

    def write(self, shard: int, rows: Sequence[Row], stage: Path) -> list[tuple[Path, str]]:
        """Say in each line where its row will be: in the file of the input's name, by the id of the output."""
        for row in rows:
            for made in row.made:
                member = made.file.output(made.copy).removesuffix(made.file.suffix)
                made.line.update(output=made.file.where[0], member=member, **digest(made.staged))
        return []

    def faults(self, shard: int, lines: Iterable[Mapping[str, Any]], out: Path, *, hashed: bool) -> list[str]:
        """Return lines without their rows; the file of all rows is looked at as a whole."""
        return [
            f"{line['source']} has no row"
            for line in lines
            if "text" not in ((line.get("labels") or {}).get("row") or {})
        ]

    def finish(self, out: Path, shards: int) -> None:
        """Do nothing: labels are written as a whole."""

    def forget(self, out: Path, gone: Sequence[Mapping[str, Any]], kept: Iterable[dict[str, Any]]) -> None:
        """Do nothing: the file is written anew of the lines that stay."""
