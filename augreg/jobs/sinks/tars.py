"""Tars that webdataset reads as the output: one per shard."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from augreg.errors import ConfigError
from augreg.jobs.items import Item, tail
from augreg.jobs.sinks.base import Beside, Made, Row
from augreg.jobs.sinks.tarbytes import append, differences, ending, length
from augreg.jobs.sinks.tarnames import extensions_of, key_of, tar_name
from augreg.jobs.sinks.tarrewrite import without
from augreg.jobs.state import state_of


class TarSink:
    """Writes ``augreg-000012.tar`` with members ``<key>__a<copy>.<extension>``, those of a record together.

    What is attached to an input follows its media byte for byte; columns that it carries along become a ``.json``. A
    shard of which everything was refused is a tar without members, so that ranges of tars have no holes.
    """

    def describe(self) -> dict[str, Any]:
        """Return how to make it again."""
        return {"kind": "webdataset"}

    def check(self, items: Iterable[Item]) -> None:
        """Check that every input has a key of its own.

        Raises:
            ConfigError: two would have one key, and readers would take them for one record.

        """
        names: dict[str, str] = {}
        for item in items:
            other = names.setdefault(key := key_of(item), item.path) if item.fault is None else item.path
            if other != item.path:
                raise ConfigError(
                    f"{other!r} and {item.path!r} would both have the key {key!r} in a tar, where a dot ends "
                    "the key and is written '_'. Rename one of them."
                )

    def write(self, shard: int, rows: Sequence[Row], stage: Path) -> list[tuple[Path, str]]:
        """Pack all rows into one tar."""
        staged, name = stage / "shard.tar", tar_name(shard)
        with staged.open("wb") as tar:
            for row in rows:
                self._row(row, name, tar, stage)
            tar.write(ending(tar.tell()))
        return [(staged, name)]

    def _row(self, row: Row, output: str, tar: IO[bytes], stage: Path) -> None:
        key = f"{key_of(row.item)}{tail(row.copy)}"
        extensions = extensions_of(row.item)
        for made, extension in zip(row.made, extensions, strict=True):
            made.line.update(output=output, **append(tar, f"{key}.{extension}", made.staged))
        beside = dict(row.attached)
        self._lay(row, stage)
        labels = _names([made for made in row.made if made.labels is not None], {*beside, *extensions})
        beside |= {name: made.labels.staged for name, made in labels.items() if made.labels is not None}
        columns = "json" if "json" not in {*beside, *extensions} else "columns.json"
        if row.item.carried:
            said = stage / f"{row.item.position}_{row.copy}_carried"
            said.write_text(json.dumps(row.item.carried) + "\n", encoding="ascii")
            beside[columns] = said
            row.made[-1].line["carried"] = dict(row.item.carried)
        if beside:
            row.made[-1].line["attached"] = held = {
                extension: {"output": output, **append(tar, f"{key}.{extension}", path)}
                for extension, path in beside.items()
            }
            # Made by the job: no files of the input.
            if row.item.carried:
                held[columns]["carried"] = True
            for name in labels:
                held[name]["made"] = True

    def _lay(self, row: Row, stage: Path) -> None:
        """Give each file the row of its labels as JSON: a form with one file for all samples has none for each."""
        for made in row.made:
            said = made.line.get("labels") or {}
            if "row" in said:
                staged = stage / f"{made.staged.name}_labels"
                staged.write_text(json.dumps(said["row"]) + "\n", encoding="ascii")
                made.labels = Beside(staged, "", "json")

    def faults(self, shard: int, lines: Iterable[Mapping[str, Any]], out: Path, *, hashed: bool) -> list[str]:
        """Return what is not as recorded; with ``hashed`` every byte of the tar is accounted for."""
        members = [said for line in lines for said in (line, *line.get("attached", {}).values())]
        path = out / (name := tar_name(shard))
        try:
            if path.is_symlink() or not path.is_file():
                return [f"{name} is gone"]
            if (size := path.stat().st_size) != (wanted := length(members)):
                return [f"{name} has {size:,} bytes, not {wanted:,}"]
            with path.open("rb") as tar:
                return [f"{name}: {said}" for said in differences(tar, members)] if hashed else []
        except OSError as error:
            return [f"{name} cannot be read: {error.strerror}"]

    def finish(self, out: Path, shards: int) -> None:
        """Do nothing: every tar stands for itself."""

    def belongs(self, shards: int) -> Iterable[str]:
        """Return the tars of all shards, those without members included."""
        return [tar_name(shard) for shard in range(shards)]

    def forget(self, out: Path, gone: Sequence[Mapping[str, Any]], kept: Iterable[dict[str, Any]]) -> None:
        """Write the tars that hold these lines' members without them; each must hold the kept ones and nothing else.

        Raises:
            ConfigError: it holds something else.

        """
        named: dict[str, set[str]] = {}
        for said in (said for line in gone for said in (line, *line.get("attached", {}).values())):
            named.setdefault(said["output"], set()).add(said["member"])
        left: dict[str, list[Mapping[str, Any]]] = {output: [] for output in named}
        for line in kept:
            if line["output"] in left:
                left[line["output"]].append(line)
        for output, members in named.items():
            without(out / output, members, state_of(out))
            shard = int(output.removesuffix(".tar").rpartition("-")[2])
            if faults := self.faults(shard, left[output], out, hashed=True):
                raise ConfigError(f"{faults[0]}. Mend it by --resume, and forget again.")


def _names(several: Sequence[Made], taken: set[str]) -> dict[str, Made]:
    """Return what the labels of a record's files are called: by their form's extension, where that is free."""
    found: dict[str, Made] = {}
    for made in several:
        assert made.labels is not None, "those without labels were left out"
        extension = made.labels.extension
        for name in (extension, f"labels.{extension}", f"{made.file.field}.labels.{extension}"):
            if name not in taken | found.keys():
                found[name] = made
                break
    return found
