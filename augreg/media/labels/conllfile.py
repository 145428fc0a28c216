"""The lines of CoNLL columns: what the columns are, and a sentence as rows of cells that can be written again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from augreg.errors import ConfigError, MediaError
from augreg.media.labels import bio
from augreg.param.files import check_file

LONGEST: Final = 1 << 20
"""Bytes that a line may have; more are no row of columns."""

FIRST: Final = 1 << 18
"""Bytes at the beginning of a file in which its columns show."""

DOCSTART: Final = "-DOCSTART-"
CONLLU: Final = 10
"""Columns of CoNLL-U."""

SENT_ID: Final = re.compile(r"#[ \t]*(?:sent_id|sent-id|id)(?:[ \t]*=[ \t]*|[ \t]+)(\S+)")
SAYS: Final = re.compile(r"#[ \t]*[\w.:-]+[ \t]*=(?:[ \t]|$)")
"""A comment that says something, ``# text = ...``; in columns between blanks it may have as many cells as a word."""

_ID: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a sentence: its cells, what stands between them, and the line's number.

    Args:
        cells: what the columns hold.
        gaps: what stands between two of them.
        line: its number in the file, from 1 on.
        origin: which row of the sentence it was, from 0 on; -1 of one that was not there.

    """

    cells: tuple[str, ...]
    gaps: tuple[str, ...]
    line: int
    origin: int

    def changed(self, cells: Mapping[int, str], origin: int) -> Row:
        """Return the row with other cells."""
        return replace(self, cells=tuple(cells.get(i, cell) for i, cell in enumerate(self.cells)), origin=origin)

    @property
    def text(self) -> str:
        """The line without its end."""
        return "".join(cell + gap for cell, gap in zip(self.cells, (*self.gaps, ""), strict=True))


@dataclass(frozen=True, slots=True)
class Sentence:
    """The lines of a sentence.

    Args:
        line: the number of its first line.
        comments: the lines before the words.
        rows: the words.
        between: other lines, of multi-word tokens and empty nodes, each with how many words stand before it.
        end: the empty lines behind it.

    """

    line: int
    comments: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    between: tuple[tuple[int, Row], ...] = ()
    end: tuple[str, ...] = field(default=("",))

    def of(self, rows: Iterable[Row]) -> Self:
        """Return the sentence with other words."""
        return replace(self, rows=tuple(rows))

    def named(self, name: Callable[[str], str]) -> Self:
        """Return the sentence under another id, where it says one."""
        return replace(self, comments=tuple(_renamed(comment, name) for comment in self.comments))

    def text(self, newline: str) -> str:
        """Return the lines."""
        others: dict[int, list[str]] = {}
        for before, row in self.between:
            others.setdefault(before, []).append(row.text)
        lines = [*self.comments, *others.get(0, ())]
        for count, row in enumerate(self.rows, 1):
            lines += [row.text, *others.get(count, ())]
        return "".join(f"{line}{newline}" for line in (*lines, *(self.end or ("",))))


def _renamed(comment: str, name: Callable[[str], str]) -> str:
    found = SENT_ID.match(comment)
    return comment if found is None else comment[: found.start(1)] + name(found[1]) + comment[found.end(1) :]


def split(line: str, *, tabs: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the cells of a line, and what stands between them."""
    parts = re.split(r"(\t)" if tabs else r"([ \t]+)", line if tabs else line.rstrip(" \t"))
    return tuple(parts[0::2]), tuple(parts[1::2])


def is_comment(line: str, head: Mapping[str, Any]) -> bool:
    """Whether a line before the words is a comment, and no word "#"."""
    if not line.startswith("#"):
        return False
    cells, _ = split(line, tabs=head["tabs"])
    if head["conllu"] or len(cells) != head["columns"]:
        return True
    return bool(SAYS.match(line)) or not all(bio.TAG.fullmatch(cells[column]) for column in head["tags"])


def parse(text: str, line: int, head: Mapping[str, Any], path: str) -> Sentence:
    """Return a sentence of its lines.

    Raises:
        MediaError: E_LABEL: a line has another number of columns than the file.

    """
    lines = text.split("\n")[:-1] if text.endswith("\n") else text.split("\n")
    end = next((i for i in range(len(lines), 0, -1) if lines[i - 1].strip()), 0)
    comments = 0
    while comments < end and is_comment(lines[comments], head):
        comments += 1
    rows: list[Row] = []
    between: list[tuple[int, Row]] = []
    wide = 0
    for at in range(comments, end):
        cells, gaps = split(lines[at], tabs=head["tabs"])
        if len(cells) != head["columns"]:
            wanted = f"{len(cells)} columns, and the file has {head['columns']}. Write one value in each."
            raise MediaError(path, f"line {line + at}: it has {wanted}", "E_LABEL")
        if head["conllu"] and not _ID.fullmatch(cells[0]):
            last = _last(cells[0], len(rows), wide, line + at, path)
            wide = max(wide, last)
            between.append((len(rows), Row(cells, gaps, line + at, -1)))
        else:
            rows.append(Row(cells, gaps, line + at, len(rows)))
    return Sentence(line, tuple(lines[:comments]), tuple(rows), tuple(between), tuple(lines[end:]))


def _last(number: str, rows: int, wide: int, line: int, path: str) -> int:
    """Return the last word of a multi-word token, 0 for an empty node; either must stand where its number says.

    Args:
        number: its ID.
        rows: how many words stand before it.
        wide: the last word of the multi-word tokens before it.
        line: its line.
        path: the sample.

    """
    found = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9})|\.[1-9]\d{0,8})", number)
    if found is not None and found[2] and wide < int(found[1]) == rows + 1 < int(found[2]):
        return int(found[2])
    if found is not None and not found[2] and int(found[1]) == rows:
        return 0
    reason = f"line {line}: {number!r} is no ID here. After word {rows} stand {rows + 1}, {rows + 1}-{rows + 2}, "
    raise MediaError(path, f"{reason}or {rows}.1.", "E_LABEL")


def head_of(file: Path, name: str) -> dict[str, Any]:
    """Return what the columns of a file are.

    Raises:
        ConfigError: it is not there, is empty, or its columns cannot be understood.

    """
    try:
        check_file(file, most=1 << 60)
        with file.open("rb") as opened:
            start = opened.read(FIRST)
    except OSError as error:
        raise ConfigError(f"columns {name!r} cannot be read: {error.strerror or error}.") from None
    whole = start if len(start) < FIRST else start[: start.rfind(b"\n") + 1]
    lines = whole.decode("utf-8-sig", "replace").replace("\r\n", "\n").split("\n")
    rows = [line for line in lines if line.strip() and not line.startswith(("#", DOCSTART))]
    if not rows:
        raise ConfigError(f"columns {name!r} hold no words. Give a file with one word on each line.")
    tabs = sum("\t" in row for row in rows) * 2 > len(rows)
    cells = [split(row, tabs=tabs)[0] for row in rows]
    columns = Counter(map(len, cells)).most_common(1)[0][0]
    cells = [row for row in cells if len(row) == columns]
    conllu = tabs and columns == CONLLU and sum(row[0].partition("-")[0].isdecimal() for row in cells) * 2 > len(cells)
    counted = conllu or (columns > 1 and _counts(cells))
    word = int(counted)
    tags = [] if conllu else [i for i in range(columns) if i != word and _are_tags([row[i] for row in cells])]
    head = {"file": name, "columns": columns, "tabs": tabs, "conllu": conllu, "word": word, "tags": tags}
    _refuse_heads(name, cells, head, counted=counted)
    plain = not conllu and len(tags) + 1 + counted == columns
    newline = "\r\n" if whole.partition(b"\n")[0].endswith(b"\r") else "\n"
    return {**head, "index": 0 if counted else None, "plain": plain, "newline": newline}


def _counts(cells: Sequence[Sequence[str]]) -> bool:
    """Whether the first column counts the words of each sentence from 1 on."""
    before, firsts = 0, 0
    for row in cells:
        if not _ID.fullmatch(row[0]) or int(row[0][:9]) not in (before + 1, 1):
            return False
        before = int(row[0][:9])
        firsts += before == 1
    return firsts < len(cells) or len(cells) == 1  # a file of sentences of one word each counts nothing


def _are_tags(values: Sequence[str]) -> bool:
    """Whether the values of a column are tags, as nearly all of them show: a slip in one sentence is that one's."""
    said = sum(bio.TAG.fullmatch(value) is not None for value in values)
    return said * 100 >= len(values) * 95


def _refuse_heads(name: str, cells: Sequence[Sequence[str]], head: Mapping[str, Any], *, counted: bool) -> None:
    """Refuse columns that may point to other words: they would point elsewhere once words move."""
    if head["conllu"] or not counted:
        return
    for column in range(2, head["columns"]):
        values = [row[column] for row in cells]
        if column not in head["tags"] and all(_ID.fullmatch(value) for value in values) and len({*values}) > 1:
            raise ConfigError(
                f"column {column + 1} of {name!r} holds numbers and may point to other words, which move. Give CoNLL-U "
                "(ten columns between tabs), or the file without that column."
            )
