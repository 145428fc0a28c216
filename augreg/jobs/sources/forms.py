"""Which form of input a user means, told by what is there: never by trying one reader after the other."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Final

from augreg.errors import ConfigError
from augreg.jobs.sources.listcolumns import FIELD, MANY, ONE
from augreg.jobs.sources.places import is_address
from augreg.jobs.sources.rows import holds_rows
from augreg.jobs.sources.tarnames import COMPRESSED
from augreg.jobs.tables.places import table_form
from augreg.media import formats
from augreg.media.labels import spanrows

COLUMNS: Final = (".conll", ".conllu", ".bio", ".iob", ".iob2")
"""Suffixes of files of words in columns."""

LISTS: Final = (".jsonl", ".ndjson", ".csv", ".tsv", ".txt")
"""Suffixes of lists of paths."""


def form_of(given: str | Path) -> str:
    """Return the form of an input.

    "-" is a list on standard input. A name that ends in .tar, or several (globs, braces, commas), are tars, as is a
    folder that holds tars and no media. Names that end in .parquet, and folders of such files, are tables, as is what
    `save_to_disk` wrote. A file that ends in .conll, .conllu, .bio, .iob or .iob2 holds words in columns; one in .jsonl
    whose first rows hold texts with spans, and no paths, holds texts; one in .jsonl, .csv or .tsv with a column
    ``text`` and none of paths is of rows; others, and those in .txt, are lists.
    Else it is a folder.

    Raises:
        ConfigError: it is nothing that a job reads.

    """
    name = str(given)
    if name == "-":
        return "list"
    if name.startswith("pipe:"):
        raise ConfigError(f"{name!r} is a command, and no command is run for input. Load the data down first.")
    if re.match(r"[a-z]+::", name):
        raise ConfigError(f"{name!r} chains addresses by '::'. Give the one where the files lie.")
    if not is_address(name) and (table := table_form(given)) is not None:
        return table
    lower = name.lower().rstrip("/}")
    if not is_address(name) and Path(name).is_dir():
        return "webdataset" if _only_tars(Path(name)) else "folder"
    if lower.endswith(COMPRESSED):
        raise ConfigError(f"{name!r} is a compressed tar, in which members cannot be sought. Unpack it: gunzip -k ...")
    if lower.endswith(".tar"):
        return "webdataset"
    if lower.endswith(COLUMNS):
        return "conll"
    if lower.endswith(LISTS):
        if not is_address(name) and _holds_texts(Path(name)):
            return "texts"
        return "rows" if not is_address(name) and holds_rows(Path(name)) else "list"
    if is_address(name):
        return "folder"
    if re.search(r"[*?\[{]", name) and not Path(name).exists():
        raise ConfigError(
            f"{name!r} names many files that are no tars. Give their folder, or their list on standard input: "
            "printf '%s\\0' ... | augreg run PIPELINE - OUT --root ."
        )
    return "folder"


def _holds_texts(file: Path) -> bool:
    """Whether the first rows of a file of JSON Lines hold texts with spans, and none of the columns that hold paths."""
    if file.suffix.lower() not in (".jsonl", ".ndjson"):
        return False
    rows = spanrows.first_rows(file)
    named = {name for row in rows for name in row}
    paths = {*ONE, *MANY} & named or {name for name in named if name.endswith(FIELD)}
    return not paths and spanrows.span_field(rows) is not None


def _only_tars(folder: Path) -> bool:
    """Whether a folder holds tars and neither media nor folders."""
    known, tars = formats.readers(), False
    for path in folder.iterdir():
        suffix = PurePosixPath(path.name).suffix.lower()
        if path.name.startswith("."):
            continue
        if path.is_dir() or suffix in known:
            return False
        tars = tars or suffix == ".tar"
    return tars
