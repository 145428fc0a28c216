"""Which columns of a list hold paths, and what field of a record each is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from augreg.errors import ConfigError, listing, nearest

ONE: Final = ("file_name", "path", "filename", "filepath", "file_path", "file")
"""Names under which a list has the one path of each row, the surest first; Hugging Face's folders say file_name."""

MANY: Final = ("image", "audio", "video")
"""Columns that hold paths, too, where there is no such one. "text" holds texts more often, so it has to be named."""

FIELD: Final = "_file_name"
"""How Hugging Face's folders name the columns of several files: left_file_name, right_file_name."""


def path_columns(names: Sequence[str], asked: Sequence[str], given: str) -> dict[str, str]:
    """Return column -> field, "" for the only one, whose rows are samples by themselves.

    Raises:
        ConfigError: a column that was asked for is not there, or none holds paths by its name.

    """
    if missing := [name for name in asked if name not in names]:
        raise ConfigError(
            f"list {given!r} has no column {missing[0]!r}.{nearest(missing[0], names)} Columns: {listing(names)}."
        )
    found = list(asked) or [name for name in names if name.endswith(FIELD)]
    found = found or [name for name in ONE if name in names][:1] or [name for name in MANY if name in names]
    if not found:
        raise ConfigError(
            f"none of the columns of list {given!r} is known to hold paths ({listing(names)}). Say which: --column "
            "NAME. If one holds texts: --form rows, and its name in the pipeline's schema, as {NAME: text}."
        )
    return {found[0]: ""} if len(found) == 1 else {name: name.removesuffix(FIELD) for name in found}


def carried_of(row: Mapping[str, Any], columns: Iterable[str]) -> dict[str, Any]:
    """Return what else a row has."""
    return {name: value for name, value in row.items() if name not in columns}
