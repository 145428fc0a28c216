"""What a job reads from: folders, tars, tables, files of texts, lists of paths, addresses."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError, listing, nearest
from augreg.jobs.sources.base import Annotated, Apart, Attaches, Entry, Source, Tabular, Told
from augreg.jobs.sources.folder import Folder
from augreg.jobs.sources.forms import form_of
from augreg.jobs.sources.lists import Paths
from augreg.jobs.sources.places import is_address
from augreg.jobs.sources.remote import RemoteFolder
from augreg.jobs.sources.rows import TextRows
from augreg.jobs.sources.tables import ArrowTables, ParquetTables
from augreg.jobs.sources.tars import Tars
from augreg.jobs.sources.texts import Conll, SpanTexts
from augreg.pipeline import Pipeline

__all__ = [
    "SOURCES",
    "Annotated",
    "Apart",
    "Attaches",
    "Entry",
    "Folder",
    "Source",
    "Tabular",
    "Told",
    "open_source",
    "without_steps",
]

SOURCES: Final[Mapping[str, type[Source]]] = {
    "folder": Folder,
    "address": RemoteFolder,
    "webdataset": Tars,
    "list": Paths,
    "parquet": ParquetTables,
    "arrow": ArrowTables,
    "conll": Conll,
    "texts": SpanTexts,
    "rows": TextRows,
}
"""Form of input -> what reads it; its first argument is what the user names."""

LIST_OPTIONS: Final = frozenset({"columns", "root"})
"""What only lists of paths take."""


def open_source(given: str | Path, form: str = "auto", **options: Any) -> Source:
    """Return what reads an input that a user names.

    Args:
        given: a folder, an address, tars, a list of paths, or "-" for one on standard input.
        form: one of :data:`SOURCES`; "auto" tells it by what is there.
        options: what else the form takes.

    Raises:
        ConfigError: there is no such form.

    """
    if form == "auto":
        form = form_of(given)
        if form == "rows" and LIST_OPTIONS & options.keys():
            form = "list"  # whoever names columns or a root means paths
    if form == "folder" and is_address(given):
        form = "address"
    if form not in SOURCES:
        raise ConfigError(f"input form {form!r} is unknown.{nearest(form, SOURCES)} Forms: {listing(SOURCES)}.")
    if options and form != "list" and set(options) <= LIST_OPTIONS:
        raise ConfigError(f"{listing(sorted(options))} belongs to lists of paths, and {str(given)!r} is none ({form}).")
    refuse_options(SOURCES[form], f"input form {form!r}", options)
    return SOURCES[form](given, **options)


def without_steps(source: Source) -> Source:
    """Return a source to be looked at, with no pipeline: a table tells by itself which of its columns are samples.

    Raises:
        ConfigError: it does not; columns of bare bytes or strings need a pipeline's schema.

    """
    if isinstance(source, Tabular):
        source.heed(Pipeline({}))
    return source


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
    return SOURCES[described["kind"]](described["given"], **known)


def in_this_process(described: Mapping[str, Any]) -> bool:
    """Whether a source lies in the memory of this process, where no worker sees it."""
    return str(described["given"]).startswith("memory://")
