"""Prodigy's tokens: stretches of a text that cover its words, counted from 0 on, by which spans say where they are."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from augreg.errors import MediaError


def read(row: Mapping[str, Any], line: int, path: str) -> dict[str, Any]:
    """Return the tokens of a row as fields.

    Raises:
        MediaError: E_LABEL: they are not those of its text.

    """
    tokens, text = row.get("tokens") or [], row["text"]
    if not isinstance(tokens, list):
        raise MediaError(path, f"line {line}: tokens are {tokens!r:.80}. Give a list, or leave them out.", "E_LABEL")
    places: list[list[int]] = []
    for i, token in enumerate(tokens):
        start, end = (token.get("start"), token.get("end")) if isinstance(token, dict) else (None, None)
        if type(start) is not int or type(end) is not int or text[max(start, 0) : end] != token.get("text", ""):
            valid = 'Give {"text": ..., "start": ..., "end": ...} for each, or leave tokens out.'
            reason = f"tokens[{i}] is not the text from {start!r:.20} to {end!r:.20}. {valid}"
            raise MediaError(path, f"line {line}: {reason}", "E_LABEL")
        places.append([start, end])
    # An empty stretch cannot move; what stands between its neighbors is theirs.
    kept = [i for i, (start, end) in enumerate(places) if end > start]
    return {"tokens": [places[i] for i in kept], "token": [dict(tokens[i]) for i in kept]}


def written(
    text: str, fields: Mapping[str, Any], spans: Sequence[Sequence[int]]
) -> tuple[list[dict[str, Any]], list[tuple[int, int]]]:
    """Return the tokens of a new text, and of each span the first and the last token that it touches."""
    places = list(_covering(text, fields["tokens"], fields["token"]))
    tokens = [
        {**token, "text": text[start:end], "start": start, "end": end, "id": i, "ws": text[end : end + 1].isspace()}
        for i, (start, end, token) in enumerate(places)
    ]
    starts, ends = [start for start, _, _ in places], [end for _, end, _ in places]
    touched = [(bisect_right(ends, start), bisect_left(starts, end) - 1) for start, end in spans]
    return tokens, [(first, last) if first <= last else (-1, -1) for first, last in touched]


def _covering(
    text: str, moved: Sequence[Sequence[int]], tokens: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yield the tokens where they are now, and between them what no token covers: words that steps inserted."""
    at = 0
    every = sorted((int(start), int(end), i) for i, (start, end) in enumerate(moved))
    for start, end, i in [*every, (len(text), len(text), -1)]:
        for found in re.finditer(r"\S+", text[at : max(start, at)]):
            yield at + found.start(), at + found.end(), {}
        if i >= 0 and end > max(start, at):
            yield max(start, at), end, dict(tokens[i])
        at = max(at, end)


def counted(noted: Mapping[str, Any], place: tuple[int, int]) -> dict[str, Any]:
    """Return what is said of a span, with the tokens that it has now, where it had some."""
    others = dict(noted.get("else", {}))
    for name, number in zip(("token_start", "token_end"), place, strict=True):
        if name in others:
            if number < 0:
                del others[name]
            else:
                others[name] = number
    return {**noted, "else": others}
