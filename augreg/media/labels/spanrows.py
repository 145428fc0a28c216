"""Rows of JSON with a text and spans: how the fields are called, what a row says, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError, MediaError
from augreg.media import strictjson
from augreg.media.labels.base import Said
from augreg.param.files import check_file

FIELDS: Final = ("label", "labels", "entities", "spans", "annotations")
"""What the field of spans is called."""

STARTS: Final = ("start", "start_offset")
ENDS: Final = ("end", "end_offset")
LONGEST: Final = 1 << 24
"""Bytes that a row may have."""

FIRST: Final = 50
"""Rows at the beginning by which the fields are told."""

HASHES: Final = ("_input_hash", "_task_hash")

Span = tuple[tuple[int, int], Any, dict[str, Any]]
"""Place, label, and what else is said of it."""


def head_of(file: Path, name: str) -> dict[str, Any]:
    """Return what the fields of the rows of a file are called.

    Raises:
        ConfigError: it is not there, or holds no texts with spans.

    """
    try:
        lines = list(islice(_lines(file), FIRST))
    except OSError as error:
        raise ConfigError(f"rows {name!r} cannot be read: {error.strerror or error}.") from None
    rows = [row for _, line, _ in lines if (row := _row_or_none(line)) is not None]
    found = span_field(rows)
    if found is None:
        raise ConfigError(
            f"the first rows of {name!r} have no text with spans. Give rows as "
            '{"text": "Ada met Bob", "spans": [{"start": 0, "end": 3, "label": "PER"}]}, or {"text": ..., "label": '
            '[[0, 3, "PER"]]}.'
        )
    keyed = all(isinstance(row.get("id"), (str, int)) and not isinstance(row["id"], bool) for row in rows)
    tokens = any(isinstance(row.get("tokens"), list) and row["tokens"] for row in rows)
    text = "\n".join(line for _, line, _ in lines)
    return {
        "file": name,
        "spans": found,
        "id": "id" if keyed else None,
        "tokens": tokens,
        "wide": '": ' in text,
        "ascii": text.isascii() and "\\u" in text,
    }


def first_rows(file: Path) -> list[dict[str, Any]]:
    """Return the first rows of a file that are objects; [] where it cannot be read."""
    try:
        return [row for _, line, _ in islice(_lines(file), FIRST) if (row := _row_or_none(line)) is not None]
    except OSError:
        return []


def span_field(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Return which field of rows with texts holds spans; None if none does."""
    return next((field for field in FIELDS if _holds_spans(rows, field)), None)


def _holds_spans(rows: Iterable[Mapping[str, Any]], field: str) -> bool:
    """Whether a field holds lists of spans in most of the rows that have it: a slip in one row is that one's."""
    held = [row[field] for row in rows if isinstance(row.get("text"), str) and row.get(field) is not None]
    good = [value for value in held if isinstance(value, list) and all(map(_like_span, value))]
    return 2 * len(good) >= max(1, len(held)) and bool(good)


def _like_span(value: Any) -> bool:
    if isinstance(value, dict):
        return any(start in value for start in STARTS)
    return isinstance(value, list) and len(value) >= 3 and not isinstance(value[0], (str, list))


def _row_or_none(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _lines(file: Path) -> Iterator[tuple[int, str, str]]:
    """Yield the number of every line that holds something, the line without its end, and what is wrong with it."""
    check_file(file, most=1 << 60)
    with file.open("rb") as opened:
        for number, line in enumerate(iter(lambda: opened.readline(LONGEST + 1), b""), 1):
            if len(line) > LONGEST:
                yield number, "", f"it is longer than {LONGEST:,} bytes, and what follows was not read."
                return
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError as error:
                yield number, "", f"it is no UTF-8 ({line[error.start : error.start + 4]!r}). Convert the file."
                continue
            if text:
                yield number, text, "" if line.endswith(b"\n") else ", and no newline ends it: the file is torn here"


def rows(file: Path, name: str, head: Mapping[str, Any]) -> Iterator[Said]:
    """Yield the rows of a file; ``raw`` has ``json``, ``line``, ``number``, and ``id`` where rows have one."""
    for count, (number, line, torn) in enumerate(_lines(file), 1):
        raw = {"line": number, "json": line, "number": count}
        called = f"{name}:{number}"
        row, fault = _parsed(line, torn)
        fault = fault or _fault(row, head)
        if fault:
            yield Said(called, raw, f"line {number}: {fault}")
        else:
            yield Said(called, {**raw, **({"id": str(row[head["id"]])} if head["id"] else {})})


def _parsed(line: str, torn: str) -> tuple[dict[str, Any], str]:
    if not line:
        return {}, torn
    try:
        found = strictjson.loads(line)
        line.encode("utf-8")
    except (ValueError, RecursionError) as error:
        return {}, f"it is no JSON ({error}){torn}."
    return (found, "") if isinstance(found, dict) else ({}, f"it is {type(found).__name__}, not an object {{...}}.")


def _fault(row: Mapping[str, Any], head: Mapping[str, Any]) -> str:
    """Return what makes a row no sample."""
    text, key = row.get("text"), head["id"]
    if not isinstance(text, str):
        return f"its text is {text!r:.80}, not a string." if "text" in row else "it has no text."
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        return "its text holds half a character (a lone surrogate), which no file can. Write it whole."
    if key is not None and (not isinstance(row.get(key), (str, int)) or isinstance(row[key], bool)):
        return f"its {key} is {row.get(key)!r:.80}, and that of other rows is a string or a number. Give it one."
    return ""


def spans_of(row: Mapping[str, Any], head: Mapping[str, Any], line: int, path: str) -> list[Any]:
    """Return the spans of a row as they stand there.

    Raises:
        MediaError: E_LABEL: they are no list.

    """
    found = row.get(head["spans"])
    if found is None:
        return []
    if not isinstance(found, list):
        reason = f"line {line}: {head['spans']} is {found!r:.80}. Give a list of spans, [] for none."
        raise MediaError(path, reason, "E_LABEL")
    return found


def span(value: Any, characters: int, where: str, path: str) -> Span:
    """Return one span.

    Raises:
        MediaError: E_LABEL: it is none, or lies outside its text.

    """
    start: Any
    end: Any
    if isinstance(value, dict):
        first = next((name for name in STARTS if name in value), STARTS[0])
        last = next((name for name in ENDS if name in value), ENDS[0])
        start, end, label = value.get(first), value.get(last), value.get("label")
        noted: dict[str, Any] = {
            "keys": list(value),
            "else": {k: v for k, v in value.items() if k not in (first, last, "label")},
        }
    elif isinstance(value, list) and len(value) >= 3:
        (start, end, label), noted = value[:3], {"more": value[3:]}
    else:
        reason = f'{where} is {value!r:.80}. Give [start, end, "NAME"], or {{"start": 0, "end": 3, "label": "NAME"}}.'
        raise MediaError(path, reason, "E_LABEL")
    whole = all(isinstance(place, int) and not isinstance(place, bool) for place in (start, end))
    if not whole or not 0 <= start < end <= characters:
        valid = f"Its text has {characters:,} characters: give 0 <= start < end <= {characters}."
        raise MediaError(path, f"{where} goes from {start!r:.20} to {end!r:.20}. {valid}", "E_LABEL")
    return (start, end), label, noted


def said(place: Iterable[int], label: Any, noted: Mapping[str, Any]) -> Any:
    """Return a span as its file says it; one that another form has read as a dictionary."""
    start, end = place
    if "more" in noted:
        return [start, end, label, *noted["more"]]
    others = dict(noted.get("else", noted))
    keys = list(noted.get("keys", ("start", "end", "label", *others)))
    values = {**dict.fromkeys(STARTS, start), **dict.fromkeys(ENDS, end), "label": label, **others}
    return {key: values[key] for key in (*keys, *(other for other in others if other not in keys)) if key in values}


def related(row: dict[str, Any], head: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row whose text changed without what is not true of it any more."""
    found = {name: value for name, value in row.items() if name not in HASHES}
    spans = found.get(head["spans"])
    if isinstance(found.get("relations"), list) and isinstance(spans, list):
        left = [each.get("id") for each in spans if isinstance(each, dict)]
        ends = ("from_id", "to_id")
        found["relations"] = [
            each
            for each in found["relations"]
            if not isinstance(each, dict) or all(each.get(end) in left for end in ends if end in each)
        ]
    return found
