"""Dependencies of CoNLL-U when words move: HEAD, DEPS, multi-word tokens and empty nodes count words by number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from augreg.errors import MediaError
from augreg.media.labels.conllfile import Row, Sentence

ID: Final = 0
FORM: Final = 1
HEAD: Final = 6
DEPS: Final = 8
MISC: Final = 9
NONE: Final = "_"
NO_SPACE: Final = "SpaceAfter=No"

_NODE: Final = re.compile(r"\d{1,9}(?:\.[1-9]\d{0,8})?")
_TEXT: Final = re.compile(r"#[ \t]*text[ \t]*=")


def check(sentence: Sentence, path: str) -> None:
    """Check that numbers count the words, and that heads are there.

    Raises:
        MediaError: E_LABEL, with the line.

    """
    for number, row in enumerate(sentence.rows, 1):
        if row.cells[ID] != str(number):
            raise MediaError(path, f"line {row.line}: its ID is {row.cells[ID]!r}, and must be {number}.", "E_LABEL")
    for _, row in sentence.between:
        if int(row.cells[ID].partition("-")[2] or 0) > len(sentence.rows):
            reason = f"line {row.line}: {row.cells[ID]!r} ends behind the last word, {len(sentence.rows)}."
            raise MediaError(path, reason, "E_LABEL")
    nodes = {"0", *(row.cells[ID] for row in sentence.rows)}
    nodes |= {row.cells[ID] for _, row in sentence.between if "." in row.cells[ID]}
    for row in (*sentence.rows, *(row for _, row in sentence.between)):
        head = row.cells[HEAD]
        if head != NONE and (head not in nodes or "." in head):
            raise MediaError(
                path, f"line {row.line}: HEAD is {head!r}. Give 0 for the root, or an ID of a word.", "E_LABEL"
            )
        for node, _ in _deps(row):
            if node not in nodes:
                reason = f"line {row.line}: DEPS name {node!r}, which is no ID of the sentence. Write ID:relation|..."
                raise MediaError(path, reason, "E_LABEL")


def _deps(row: Row) -> list[tuple[str, str]]:
    """Return what a word depends on, and how."""
    if row.cells[DEPS] == NONE:
        return []
    return [(one.partition(":")[0], one.partition(":")[2]) for one in row.cells[DEPS].split("|")]


def followed(old: Sentence, new: Sentence, path: str) -> Sentence:
    """Return a sentence of other words whose numbers are those of the new words.

    Args:
        old: the sentence as it was.
        new: the words that are left in their new order, each with its ``origin``.
        path: what the sentence is called in errors.

    Raises:
        MediaError: E_LABEL: a word depends on one that is gone.

    """
    numbers = {"0": "0", **{str(row.origin + 1): str(place) for place, row in enumerate(new.rows, 1)}}
    empties: dict[str, str] = {}
    between: list[tuple[int, Row]] = []
    for before, row in old.between:
        if "-" in row.cells[ID]:
            between.extend(_range(row, old, new, numbers))
            continue
        base, _, rank = row.cells[ID].partition(".")
        if base not in numbers:
            word = old.rows[before - 1].cells[FORM]
            reason = f"line {row.line}: the empty node {row.cells[ID]} stands behind {word!r}, which a step took away."
            raise MediaError(path, f"{reason} Leave steps out that remove words.", "E_LABEL")
        empties[row.cells[ID]] = f"{numbers[base]}.{rank}"
        between.append((int(numbers[base]), row.changed({ID: f"{numbers[base]}.{rank}"}, row.origin)))

    def number(node: str, row: Row) -> str:
        if node in empties:
            return empties[node]
        if node in numbers:
            return numbers[node]
        gone = old.rows[int(node) - 1].cells[FORM]
        reason = f"line {row.line}: {row.cells[FORM]!r} depends on {gone!r}, which a step took away."
        raise MediaError(path, f"{reason} Leave steps out that remove words, or the columns HEAD and DEPS.", "E_LABEL")

    nexts = [*(row.origin for row in new.rows[1:]), len(old.rows)]
    rows = tuple(_spaced(_pointed(row, number), after) for row, after in zip(new.rows, nexts, strict=True))
    # Within one place an empty node stands before a multi-word token: 1, 1.1, 2-3.
    placed = sorted(
        ((before, _pointed(row, number)) for before, row in between), key=lambda p: (p[0], "-" in p[1].cells[ID])
    )
    found = replace(new, rows=rows, between=tuple(placed))
    return replace(found, comments=tuple(_said(comment, found) for comment in found.comments))


def _range(row: Row, old: Sentence, new: Sentence, numbers: dict[str, str]) -> Iterator[tuple[int, Row]]:
    """Yield a multi-word token if its words stand as they stood; nothing else of it would be true."""
    first, last = map(int, row.cells[ID].split("-"))
    places = [int(numbers.get(str(number), 0)) for number in range(first, last + 1)]
    if 0 in places or places != [*range(places[0], places[0] + len(places))]:
        return
    olds, news = old.rows[first - 1 : last], new.rows[places[0] - 1 : places[-1]]
    if [r.cells[FORM] for r in olds] == [r.cells[FORM] for r in news]:
        yield places[0] - 1, row.changed({ID: f"{places[0]}-{places[-1]}"}, row.origin)


def _pointed(row: Row, number: Callable[[str, Row], str]) -> Row:
    """Return a row with the new numbers of what it depends on; DEPS in order of them, as CoNLL-U wants."""
    head, deps = row.cells[HEAD], _deps(row)
    cells = {} if head == NONE else {HEAD: number(head, row)}
    if deps:
        pairs = sorted(((number(node, row), how) for node, how in deps), key=lambda p: [*map(int, p[0].split("."))])
        cells[DEPS] = "|".join(f"{node}:{how}" if how else node for node, how in pairs)
    return row.changed(cells, row.origin)


def _spaced(row: Row, after: int) -> Row:
    """Return a row with a blank behind its word, unless the word that stood behind it without one still does."""
    said = row.cells[MISC].split("|")
    if NO_SPACE not in said or after == row.origin + 1:
        return row
    return row.changed({MISC: "|".join(part for part in said if part != NO_SPACE) or NONE}, row.origin)


def _said(comment: str, sentence: Sentence) -> str:
    found = _TEXT.match(comment)
    return comment if found is None else f"{found[0]} {text_of(sentence.rows, sentence.between)}"


def text_of(rows: Sequence[Row], between: Sequence[tuple[int, Row]]) -> str:
    """Return the text of words: a blank behind each, unless MISC says ``SpaceAfter=No``."""
    wide = {before: row for before, row in between if "-" in row.cells[ID]}
    parts, place = [], 0
    while place < len(rows):
        row = wide.get(place, rows[place])
        parts += [row.cells[FORM], "" if NO_SPACE in row.cells[MISC].split("|") else " "]
        place = int(row.cells[ID].partition("-")[2] or place + 1)
    return "".join(parts).strip()
