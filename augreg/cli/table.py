"""Aligned columns of text for terminals and pipes."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Final

GAP: Final = "  "


def width() -> int | None:
    """Return how many columns the output has: the terminal's, else COLUMNS; None in a pipe, where nothing wraps."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit():
        return shutil.get_terminal_size().columns
    return None


def columns(
    heads: Sequence[str], rows: Iterable[Sequence[str]], *, wrap: str, shed: Sequence[str] = (), room: int = 40
) -> list[str]:
    """Return the lines of a table.

    On a terminal the column *wrap* takes the width that the others leave and continues on further lines. While
    it would get less than *room* characters, the columns *shed* are left out one by one.
    """
    table = [tuple(heads), *map(tuple, rows)]
    limit = width()
    names = list(heads)
    for name in shed:
        if limit is not None and limit - _taken(table, names, wrap, heads) < room:
            names.remove(name)
    chosen = [[row[heads.index(name)] for name in names] for row in table]
    free = None if limit is None else max(limit - _taken(table, names, wrap, heads), 20)
    widths = [max(len(row[i]) for row in chosen) for i in range(len(names))]
    return [line for row in chosen for line in _lines(row, widths, names.index(wrap), free)]


def _taken(table: Sequence[Sequence[str]], names: Sequence[str], wrap: str, heads: Sequence[str]) -> int:
    """Return the width of all columns in use but the wrapped one, gaps included."""
    used = [heads.index(name) for name in names if name != wrap]
    return sum(max(len(row[i]) for row in table) + len(GAP) for i in used)


def _lines(row: Sequence[str], widths: Sequence[int], wrapped: int, free: int | None) -> Iterable[str]:
    """Yield the lines of one row."""
    parts = textwrap.wrap(row[wrapped], free) if free is not None else [row[wrapped]]
    span = widths[wrapped] if free is None else min(widths[wrapped], free)
    for number, part in enumerate(parts or [""]):
        cells = [cell if number == 0 else "" for cell in row]
        cells[wrapped] = part
        sizes = [*widths[:wrapped], span, *widths[wrapped + 1 :]]
        yield GAP.join(cell.ljust(size) for cell, size in zip(cells, sizes, strict=True)).rstrip()
