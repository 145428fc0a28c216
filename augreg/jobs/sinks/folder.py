"""A folder of media files as the output: the same sub-folders and names as the input."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import IO, Any, Final

from augreg.errors import ConfigError
from augreg.jobs import age
from augreg.jobs.hashes import digest, fault_of
from augreg.jobs.items import tail
from augreg.jobs.shardlines import any_has, every_line
from augreg.jobs.sinks.base import Row
from augreg.jobs.state import state_of

METADATA: Final = "metadata.jsonl"
"""What Hugging Face's imagefolder reads the further columns of a data set from."""

SPLITS: Final = ("train", "training", "validation", "valid", "val", "dev", "test", "testing", "eval", "evaluation")
"""Folders that Hugging Face takes for splits, by their names. A list above them is not read: each has its own."""


class FolderSink:
    """Writes ``<stem>__a<copy><suffix>`` in the same sub-folders, and beside it what is attached to an input.

    Columns that inputs carry along become ``metadata.jsonl``, as Hugging Face's imagefolder and audiofolder read it.

    Args:
        recipients: age keys for whose holders every file is encrypted; its name ends in ".age" then, and its line says
            hash and size of what was encrypted, since the file itself is another each time.

    """

    def __init__(self, recipients: Sequence[str] = ()) -> None:
        self.recipients = tuple(recipients)

    def describe(self) -> dict[str, Any]:
        """Return how to make it again."""
        return {"kind": "folder", "recipients": list(self.recipients)} if self.recipients else {"kind": "folder"}

    def write(self, shard: int, rows: Sequence[Row], stage: Path) -> list[tuple[Path, str]]:
        """Return every staged file with its final name."""
        found = []
        for row in rows:
            found += [self._final(made.staged, made.file.output(made.copy), made.line) for made in row.made]
            found.extend(self._labels(row))
            found.extend(self._beside(row, stage))
            if row.item.carried and self.recipients:
                raise ConfigError(
                    "outputs are encrypted, and the columns that inputs carry would stand readable in "
                    f"{METADATA}. Leave encrypt_to out, or the columns."
                )
            if row.item.carried:
                row.made[-1].line["carried"] = dict(row.item.carried)
        return found

    def _final(self, staged: Path, output: str, line: dict[str, Any]) -> tuple[Path, str]:
        """Say in a line where a file goes and what it holds; return the file, encrypted where that is asked for."""
        line.update(output=output, **digest(staged))
        if not self.recipients:
            return staged, output
        output, sealed = output + age.SUFFIX, staged.with_name(staged.name + age.SUFFIX)
        line.update(output=output, encrypted=True)
        age.encrypt(staged, sealed, self.recipients)
        staged.unlink()
        return sealed, output

    def _labels(self, row: Row) -> Iterator[tuple[Path, str]]:
        for made in row.made:
            if made.labels is not None:
                said: dict[str, Any] = {"made": True}
                made.line.setdefault("attached", {})["labels"] = said
                yield self._final(made.labels.staged, made.labels.place, said)

    def _beside(self, row: Row, stage: Path) -> Iterator[tuple[Path, str]]:
        for i, (extension, path) in enumerate(row.attached.items()):
            staged = stage / f"{row.item.position}_{row.copy}_{i}"
            shutil.copyfile(path, staged)
            line: dict[str, Any] = {}
            row.made[-1].line.setdefault("attached", {})[extension] = line
            yield self._final(staged, f"{row.item.stem}{tail(row.copy)}.{extension}", line)

    def faults(
        self,
        shard: int,
        lines: Iterable[Mapping[str, Any]],
        out: Path,
        *,
        hashed: bool,
        identities: Sequence[str] = (),
    ) -> list[str]:
        """Return what is not as recorded; of encrypted files the size alone, unless identities open them."""
        written = [said for line in lines for said in (line, *line.get("attached", {}).values())]
        if self.recipients:
            found = [age.fault_of(out / line["output"], line["output"], line, identities) for line in written]
        else:
            found = [fault_of(out, line, hashed=hashed) for line in written]
        return [said for said in found if said is not None]

    def finish(self, out: Path, shards: int) -> None:
        """Write the columns that were carried along, if there are any."""
        if any_has(out, shards, b'"carried":'):
            _write_metadata(out, every_line(out, shards))

    def belongs(self, shards: int) -> Iterable[str]:
        """Return the files besides outputs that this writes."""
        return [METADATA, *(f"{split}/{METADATA}" for split in SPLITS)]

    def forget(self, out: Path, gone: Sequence[Mapping[str, Any]], kept: Iterable[dict[str, Any]]) -> None:
        """Remove the files of lines, and folders that are empty then; kept lines stay as they are."""
        for said in (said for line in gone for said in (line, *line.get("attached", {}).values())):
            path = out / said["output"]
            path.unlink(missing_ok=True)
            for folder in path.parents:
                if folder == out:
                    break
                with contextlib.suppress(OSError):  # not empty
                    folder.rmdir()
        if any((out / place).exists() for place in self.belongs(0)):
            _write_metadata(out, kept)


def _write_metadata(out: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Write the columns that the inputs of these lines carried, one row for each copy; each split has its own list."""
    with ExitStack() as stack:
        lists: dict[str, IO[str]] = {}
        written = (line for line in lines if line["outcome"] != "error")
        for _, row in groupby(written, key=lambda line: (line["key"], line["copy"])):
            columns = _columns(list(row))
            split = _split(columns)
            if split not in lists:
                temporary = state_of(out) / f"{split}.{METADATA}"
                lists[split] = stack.enter_context(temporary.open("w", encoding="ascii"))
            lists[split].write(json.dumps(_within(split, columns)) + "\n")
    for place in (METADATA, *(f"{split}/{METADATA}" for split in SPLITS)):
        split = place.rpartition("/")[0]
        if split in lists:
            (state_of(out) / f"{split}.{METADATA}").replace(out / place)
        else:
            (out / place).unlink(missing_ok=True)


def _files(columns: Mapping[str, Any]) -> list[str]:
    """Return which columns of a row of metadata name files; :func:`_columns` puts these first."""
    return [name for name in columns if name == "file_name" or name.endswith("_file_name")]


def _split(columns: Mapping[str, Any]) -> str:
    """Return the split in whose folder all files of a row lie, "" if there is none."""
    tops = {str(columns[name]).partition("/")[0] for name in _files(columns)}
    return tops.pop() if len(tops) == 1 and tops <= {*SPLITS} else ""


def _within(split: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row whose files count from the folder of its list."""
    names = _files(columns) if split else []
    return {name: str(value).removeprefix(f"{split}/") if name in names else value for name, value in columns.items()}


def _columns(row: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a row of the metadata."""
    names = {f"{line['field']}_file_name" if "field" in line else "file_name": line["output"] for line in row}
    carried = {name: value for line in row for name, value in line.get("carried", {}).items()}
    # What a row says of where its files were is not true of the outputs: their own names come last.
    return {**names, **{name: value for name, value in carried.items() if name not in names}}
