"""What a job reads from: folders, tars, tables, lists of paths, addresses."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError, listing, nearest
from augreg.jobs.sources.base import Entry, Source, Tabular
from augreg.jobs.sources.folder import Folder
from augreg.jobs.sources.tables import ArrowTables, ParquetTables, form_of

__all__ = ["SOURCES", "Entry", "Folder", "Source", "Tabular", "open_source"]

SOURCES: Final[Mapping[str, type[Source]]] = {"folder": Folder, "parquet": ParquetTables, "arrow": ArrowTables}
"""Form of input -> what reads it; its first argument is what the user names."""


def open_source(given: str | Path, form: str = "auto", **options: Any) -> Source:
    """Return what reads an input that a user names.

    Args:
        given: a folder.
        form: one of :data:`SOURCES`; "auto" tells it by what is there.
        options: what else the form takes.

    Raises:
        ConfigError: there is no such form.

    """
    if form == "auto":
        form = form_of(given) or "folder"
    if form not in SOURCES:
        raise ConfigError(f"input form {form!r} is unknown.{nearest(form, SOURCES)} Forms: {listing(SOURCES)}.")
    refuse_options(SOURCES[form], f"input form {form!r}", options)
    return SOURCES[form](given, **options)


def refuse_options(cls: type, name: str, options: Mapping[str, Any]) -> None:
    """Refuse options that a form does not take.

    Raises:
        ConfigError: there is one.

    """
    taken = inspect.signature(cls).parameters
    for option in options:
        if option not in taken:
            raise ConfigError(f"{option}={options[option]!r} is given, which {name} does not take. Leave it out.")


def reopen(described: Mapping[str, Any]) -> Source:
    """Return the source that :meth:`Source.describe` described."""
    known = {name: value for name, value in described.items() if name not in ("kind", "given")}
    return open_source(described["given"], described["kind"], **known)
