"""Columns that would tell the names which aliases hide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any, Final

from augreg.errors import ConfigError, listing
from augreg.jobs.items import Item
from augreg.jobs.sources import Source, Tabular
from augreg.jobs.sources.listcolumns import FIELD, ONE
from augreg.jobs.tables.keys import USUAL

NAMING: Final = frozenset({*ONE, *USUAL, "source", "url"})
"""Columns that say what an input is called, whatever form it has."""

SHORTEST: Final = 3
"""Signs of a file's name that is looked for in columns."""


def refuse_telling(source: Source, items: Iterable[Item], key_column: str | None) -> None:
    """Refuse inputs that carry along columns in which their names stand: the outputs would tell them.

    Of tables only names and types of columns are looked at, of lists the values, too.

    Raises:
        ConfigError: there are some.

    """
    found = set(_of_table(source, key_column) if isinstance(source, Tabular) else _of_items(items))
    if found:
        raise ConfigError(
            f"column{'s' * (len(found) > 1)} {listing(sorted(found))} of the input would tell the names that "
            "anonymize_names hides, and columns go to the outputs as they are. Take them out of the input, or do "
            "without anonymize_names."
        )


def _of_table(source: Tabular, key_column: str | None) -> Iterator[str]:
    for field in source.schema:
        told = field.name.lower() in NAMING or field.name.endswith(FIELD) or field.name == key_column
        if field.name not in source.samples and (told or _has_paths(field.type)):
            yield field.name


def _has_paths(kind: Any) -> bool:
    """Whether cells of an Arrow type are files with their paths, or hold some, as a list of pictures does."""
    named = {kind.field(i).name for i in range(kind.num_fields)}
    return {"bytes", "path"} <= named or any(_has_paths(kind.field(i).type) for i in range(kind.num_fields))


def _of_items(items: Iterable[Item]) -> Iterator[str]:
    for item in items:
        stems = {PurePosixPath(file.path).stem for file in item.files}
        stems = {stem for stem in stems if len(stem) >= SHORTEST}
        for name, value in item.carried.items():
            held = str(value)
            if name.lower() in NAMING or name.endswith(FIELD) or any(stem in held for stem in stems):
                yield name
