"""What a job reads from: folders, tars, tables, lists of paths, addresses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError, listing, nearest
from augreg.jobs.sources.base import Entry, Source
from augreg.jobs.sources.folder import Folder

__all__ = ["SOURCES", "Entry", "Folder", "Source", "open_source"]

SOURCES: Final[Mapping[str, type[Source]]] = {"folder": Folder}
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
        form = "folder"
    if form not in SOURCES:
        raise ConfigError(f"input form {form!r} is unknown.{nearest(form, SOURCES)} Forms: {listing(SOURCES)}.")
    return SOURCES[form](given, **options)


def reopen(described: Mapping[str, Any]) -> Source:
    """Return the source that :meth:`Source.describe` described."""
    known = {name: value for name, value in described.items() if name not in ("kind", "given")}
    return open_source(described["given"], described["kind"], **known)
