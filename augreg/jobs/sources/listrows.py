"""The rows of lists: JSON Lines, CSV, TSV, or plain paths between newlines or NULs; each with its line number."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, Final

from augreg.jobs.sources.places import text_lines
from augreg.media import strictjson

LONGEST: Final = 1 << 20
"""Bytes that a row may have; more are no row of a list, and would fill the memory."""

FIRST: Final = 1 << 16
"""Bytes at the beginning in which a NUL says that NULs part the paths: no path is as long."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a row cannot be read."""

    reason: str


Numbered = tuple[int, "dict[str, Any] | RowFault"]


def plain(file: IO[bytes]) -> Iterator[Numbered]:
    """Yield paths, one on each line, or between NULs, as ``find -print0`` writes them, as rows of one column."""
    for number, (piece, whole) in enumerate(_pieces(file), 1):
        if len(piece) > LONGEST:
            yield number, RowFault(f"it is longer than {LONGEST:,} bytes")
            return
        if piece:
            # As names of files come from the system: bytes that are not UTF-8 survive.
            yield number, {"path": piece.decode("utf-8", "surrogateescape"), **({} if whole else {"": "torn"})}


def _pieces(file: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield pieces without their separators, and whether each has one behind it."""
    held = file.read(FIRST)
    separator = b"\0" if b"\0" in held else b"\n"
    while True:
        *pieces, held = held.split(separator)
        yield from ((_line(piece, separator), True) for piece in pieces)
        more = file.read(FIRST)
        if not more or len(held) > LONGEST:
            break
        held += more
    if held:
        yield _line(held, separator), False


def _line(piece: bytes, separator: bytes) -> bytes:
    return piece.removesuffix(b"\r") if separator == b"\n" else piece


def json_lines(file: IO[bytes]) -> Iterator[Numbered]:
    """Yield the objects of a JSON Lines file."""
    for number, line in enumerate(text_lines(file, LONGEST), 1):
        if len(line) > LONGEST:
            yield number, RowFault(f"it is longer than {LONGEST:,} bytes")
            return
        if line.strip():
            yield number, _object(line, number)


def _object(line: bytes, number: int) -> dict[str, Any] | RowFault:
    torn = "" if line.endswith(b"\n") else ", and no newline ends it: the list is torn here. Get it again, whole"
    try:
        found = strictjson.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except (ValueError, RecursionError) as error:
        return RowFault(f"it is no JSON ({error}){torn}")
    return found if isinstance(found, dict) else RowFault(f"it is {type(found).__name__}, not an object {{...}}{torn}")


def separated(file: IO[bytes], delimiter: str) -> Iterator[Numbered]:
    """Yield the rows of a CSV or TSV file, by the names of its first row; all values are texts."""
    reader = csv.reader(_texts(file), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except (csv.Error, ValueError) as error:
            torn = " The list is torn here. Get it again, whole" if "end of data" in str(error) else ""
            yield max(reader.line_num, 1), RowFault(f"it is no row of a table ({error}).{torn}")
            return  # where the next row begins is not known
        if not row:
            continue
        if header is None:
            header = row
            if len(set(row)) < len(row):
                yield reader.line_num, RowFault("two columns have one name, and what is in them cannot be told apart")
                return
        elif len(row) != len(header):
            yield reader.line_num, RowFault(f"it has {len(row)} values for {len(header)} columns")
        elif formula := next((name for name, cell in zip(header, row, strict=True) if cell.startswith("=")), None):
            cell = row[header.index(formula)]
            # What was read from a table of numbers will be opened as one again, and a formula would run there.
            yield reader.line_num, RowFault(f"its {formula} is {cell[:40]!r}, a formula of spreadsheets, not a value")
        else:
            yield reader.line_num, dict(zip(header, row, strict=True))


def _texts(file: IO[bytes]) -> Iterator[str]:
    for number, line in enumerate(text_lines(file, LONGEST), 1):
        if len(line) > LONGEST:
            raise ValueError(f"line {number} is longer than {LONGEST:,} bytes")
        yield line.decode("utf-8-sig" if number == 1 else "utf-8")


READERS: Final[Mapping[str, Any]] = {
    ".jsonl": json_lines,
    ".ndjson": json_lines,
    ".csv": lambda file: separated(file, ","),
    ".tsv": lambda file: separated(file, "\t"),
    ".txt": plain,
    "": plain,
}
"""Suffix of a list -> what reads it."""
