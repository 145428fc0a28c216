"""Keys of rows: those of a column, or the place of the row; every one once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, Final

from augreg.errors import ConfigError, listing, nearest
from augreg.jobs.tables.cells import part_name
from augreg.jobs.tables.features import features_of, is_text, kind_of
from augreg.jobs.tables.late import pa

USUAL: Final = ("id", "key", "__key__")
"""Columns that hold keys by their name, the first that is there."""

SHOWN: Final = 5
"""Keys of several rows that a message names."""

UNLABELED: Final = "unlabeled"
"""The folder of rows without a class: null, or -1, as `datasets` has it in splits for tests."""


def key_column(schema: Any, wanted: str | None) -> str | None:
    """Return the column that holds the keys, None where rows go by their place.

    Raises:
        ConfigError: the column that was asked for is not there, or holds what no key is.

    """
    if wanted == "":
        return None
    if wanted is None:
        return next((name for name in USUAL if name in schema.names and _fits(schema.field(name).type)), None)
    if wanted not in schema.names:
        raise ConfigError(
            f"key_column: there is no column {wanted!r}.{nearest(wanted, schema.names)} "
            f"Columns: {listing(schema.names)}."
        )
    if not _fits(schema.field(wanted).type):
        raise ConfigError(
            f"key_column: column {wanted!r} is of type {schema.field(wanted).type}; keys are strings or whole numbers."
        )
    return wanted


def _fits(kind: Any) -> bool:
    return bool(is_text(kind) or pa.types.is_integer(kind))


def folders(schema: Any, column: str | None) -> Callable[[Any], str]:
    """Return what makes a folder's name of a class: of a number that has a name the name.

    Raises:
        ConfigError: the column is not there, or holds no classes.

    """
    if column is None:
        return str
    if column not in schema.names or not _fits(schema.field(column).type):
        fitting = [field.name for field in schema if _fits(field.type)]
        raise ConfigError(
            f"class_column: no column {column!r} holds classes, which are strings or whole numbers."
            f"{nearest(column, fitting)} Columns: {listing(fitting)}."
        )
    feature = features_of(schema).get(column) or {}
    said = feature.get("names") if kind_of(feature) == "ClassLabel" else None
    names: list[Any] = said if isinstance(said, list) else []

    def folder(value: Any) -> str:
        if value is None or (names and value == -1):
            return UNLABELED
        named = isinstance(value, int) and 0 <= value < len(names)
        return part_name(str(names[value] if named else value))

    return folder


def place_key(name: str, row: int) -> str:
    """Return the key of a row by its place: its file without suffix, and its number there from 0."""
    return f"{PurePosixPath(name).with_suffix('')}/{row}"


class Seen:
    """Which keys there were; 16 bytes for each, however long they are."""

    def __init__(self, column: str | None) -> None:
        self.column = column
        self._seen: set[bytes] = set()
        self._twice: list[str] = []

    def add(self, key: Any, where: str) -> str:
        """Return a key as a string.

        Raises:
            ConfigError: the row has none.

        """
        if key is None:
            raise ConfigError(
                f"column {self.column!r} has no key in {where}. Fill it, or choose another: --key-column."
            )
        text = str(key)
        short = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if short in self._seen and len(self._twice) < SHOWN:
            self._twice.append(text)
        self._seen.add(short)
        return text

    def refuse_twice(self, mend: str = "choose another column with --key-column") -> None:
        """Refuse keys that several rows have; ``mend`` is what a user can do besides taking the places of the rows.

        Raises:
            ConfigError: it names some of them.

        """
        if self._twice:
            raise ConfigError(
                f"several rows have the same key in column {self.column!r}: {listing([repr(k) for k in self._twice])}. "
                f"Every row needs one of its own: {mend}; --key-column '' takes the place of each row."
            )
