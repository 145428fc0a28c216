"""Cells of tables become files: bytes, texts, and paths that stay within the table's folder."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from augreg.errors import MediaError
from augreg.jobs.items import Item
from augreg.jobs.tables.columns import Column
from augreg.media import formats
from augreg.media.sniff import HEAD, sniff
from augreg.registry import Registry

SAFE: Final = " !#$&'()+,-;=@[]^_`{}~."
"""What may stand in a key that becomes a name of files, beside letters and digits."""

TEXT_SUFFIX: Final = ".txt"


def file_name(key: str) -> str:
    """Return a key as a path that stays below any folder: ``../a`` becomes ``%2E%2E/a``.

    >>> file_name("cat/7"), file_name("/etc/../x")
    ('cat/7', '%2Fetc/%2E%2E/x')

    """
    parts = key.removeprefix("/").split("/")
    named = [part_name(part) for part in parts]
    return ("%2F" if key.startswith("/") else "") + "/".join(named)


def part_name(part: str) -> str:
    """Return a string as the name of one file or folder.

    >>> part_name("a/b"), part_name("..")
    ('a%2Fb', '%2E%2E')

    """
    if part in ("", ".", ".."):
        return part.replace(".", "%2E") or "%00"
    return "".join(c if c.isalnum() or c in SAFE else quote(c, safe="", errors="surrogatepass") for c in part)


def written(item: Item, column: Column, cell: Any, folder: Path, into: Path, registry: Registry) -> Path | MediaError:
    """Return a local file with what a cell holds, or why there is none.

    Args:
        item: the input.
        column: the column of the cell.
        cell: an Arrow scalar.
        folder: the folder of the table, within which paths of cells must lie.
        into: where to write bytes.
        registry: whose readers there are.

    """
    if column.form == "text":
        path = into / f"{item.position}{TEXT_SUFFIX}"
        path.write_bytes(cell.as_buffer() if cell.is_valid else b"")
        return path
    data = cell
    if column.form == "cell" and cell.is_valid:
        data, named = cell["bytes"], cell["path"].as_py()
        if not data.is_valid and named:
            return _checked(item, column, _inside(item, named, folder), registry)
    elif column.form == "path" and cell.is_valid:
        return _checked(item, column, _inside(item, cell.as_py(), folder), registry)
    if not data.is_valid:
        return MediaError(item.path, "the cell is missing.", "E_EMPTY")
    buffer = data.as_buffer()
    if buffer.size == 0:
        return MediaError(item.path, "the cell is empty (zero bytes).", "E_EMPTY")
    path = into / f"{item.position}{sniff(buffer[:HEAD].to_pybytes()) or ''}"
    path.write_bytes(buffer)
    return _checked(item, column, path, registry)


def _checked(item: Item, column: Column, path: Path | MediaError, registry: Registry) -> Path | MediaError:
    """Refuse a file of another modality than its column."""
    if isinstance(path, MediaError):
        return path
    try:
        extension = formats.format_of(path, registry)
    except MediaError as error:
        return MediaError(item.path, error.reason, error.code)
    spec = formats.readers(registry)[extension]
    if column.modality not in (spec.modality, *spec.also):
        reason = f"it holds {spec.modality}, and its column {column.name!r} {column.modality}."
        return MediaError(item.path, reason, "E_FORMAT")
    return path


def _inside(item: Item, named: str, folder: Path) -> Path | MediaError:
    """Return the file that a cell names, if it lies in the table's folder."""
    pure = PurePosixPath(named.replace("\\", "/"))
    shown = repr(named[:200])
    if "://" in named:
        reason = f"its cell holds the address {shown} and no bytes. Put the bytes into the table."
        return MediaError(item.path, reason, "E_MISSING")
    if pure.is_absolute() or ".." in pure.parts or "\0" in named or ":" in named[:3]:
        reason = f"its cell names {shown}, which does not lie in the table's folder. Put the bytes into the table."
        return MediaError(item.path, reason, "E_OUTSIDE")
    try:
        path = (folder / pure).resolve()
        if not path.is_relative_to(folder.resolve()):
            reason = f"its cell names {shown}, a link that leads out of the table's folder. Copy the file there."
            return MediaError(item.path, reason, "E_OUTSIDE")
        if path.is_file():
            return path
    except (OSError, RuntimeError):  # RuntimeError before Python 3.13: links that lead round in a circle
        pass
    reason = f"its cell names {shown}, and there is no such file in the table's folder."
    return MediaError(item.path, reason, "E_MISSING")
