"""Lines of labels that name files which are not there: metadata.jsonl and metadata.csv, as the Hugging Face hub has."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterator
from io import StringIO
from pathlib import Path, PurePosixPath
from typing import Any, Final

from augreg.jobs.cleaning.look import Fault
from augreg.jobs.walk import walk
from augreg.param.files import read_file

NAMES: Final = ("metadata.jsonl", "metadata.csv")


def label_faults(root: Path, others: Collection[str] = ()) -> Iterator[Fault]:
    """Yield the faults of all files of labels in a folder; the path is that of the file, with the line behind it.

    ``others`` are files, or the folders of files, that a form of labels has looked at.
    """
    for relative, fault, _ in walk(root):
        path = PurePosixPath(relative)
        folder = "" if path.parent == PurePosixPath() else str(path.parent)
        looked = relative in others or folder in others
        if fault is None and path.name in NAMES and not looked:
            yield from _of_file(root, relative)


def _of_file(root: Path, relative: str) -> Iterator[Fault]:
    try:
        text = read_file(root / relative).decode("utf-8-sig")
        rows = list(_json(text) if relative.endswith(".jsonl") else _csv(text))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        yield Fault(relative, "W_LABEL", f"it cannot be read: {error}.")
        return
    folder = PurePosixPath(relative).parent
    for line, row in rows:
        named = row.get("file_name") if isinstance(row, dict) else None
        if not isinstance(named, str):
            yield Fault(f"{relative}:{line}", "W_LABEL", "the line has no file_name.")
        elif not _there(root, folder / named):
            yield Fault(f"{relative}:{line}", "W_LABEL", f"it names {named!r}, which is not there.")


def _there(root: Path, named: PurePosixPath) -> bool:
    """Whether a file is there, within the folder."""
    if named.is_absolute() or ".." in named.parts or "\0" in str(named):
        return False
    return (root / named).is_file()


def _json(text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                yield number, None


def _csv(text: str) -> Iterator[tuple[int, Any]]:
    rows = csv.DictReader(StringIO(text, newline=""))
    for row in rows:
        yield rows.line_num, row
