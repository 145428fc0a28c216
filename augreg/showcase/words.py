"""Draws a text with what changed in it marked, wrapped to a width."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

import numpy as np
from PIL import ImageDraw

from augreg.modalities.text import Text
from augreg.showcase import style
from augreg.showcase.lettering import length, write


def marks(before: str, after: str) -> list[tuple[str, bool, bool]]:
    """Return the characters of ``after`` as (character, whether it is new, whether something is missing before it)."""
    found: list[tuple[str, bool, bool]] = []
    missing = False
    for what, _, _, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "delete":
            missing = True
        for character in after[start:end]:
            found.append((character, what != "equal", missing))
            missing = False
    return [*found, ("", False, True)] if missing else found


def wrap(text: str, size: int, width: int) -> Iterator[tuple[int, int]]:
    """Yield the line breaks of a text as (start, end) of every line; a word longer than the width is cut."""
    start = 0
    while start < len(text):
        end = _line_end(text, start, size, width)
        yield start, end
        start = end


def _line_end(text: str, start: int, size: int, width: int) -> int:
    end = start
    while end < len(text) and length(text[start : end + 1].rstrip(), size) <= width:
        end += 1
        if text[end - 1] == "\n":
            return end
    if end == len(text):
        return end
    space = text.rfind(" ", start, end + 1)
    return space + 1 if space > start else max(end, start + 1)


def height_of(text: str, size: int, width: int) -> int:
    """Return the pixels that a text takes."""
    return max(1, sum(1 for _ in wrap(text, size, width))) * round(1.4 * size)


def draw_text(draw: ImageDraw.ImageDraw, before: str, sample: Text, rect: style.Rect, size: int) -> None:
    """Write a text; new characters stand on colour, a red wedge where something is gone, spans are underlined."""
    after, (left, top, width, _) = sample.data, rect
    spans = sample.spans.data if sample.spans is not None else np.zeros((0, 2), dtype=int)
    covered = {place for start, end in spans for place in range(start, end)}
    found = marks(before, after)
    step = round(1.4 * size)
    lines = list(wrap(after, size, width)) or [(0, 0)]
    for row, (start, end) in enumerate(lines):
        x, y = float(left), top + row * step
        last = len(found) if row == len(lines) - 1 else end
        for place, (character, new, missing) in enumerate(found[start:last], start):
            advance = length(character, size) if character not in ("", "\n") else 0.0
            if new:
                draw.rectangle([x, y - 1, x + advance, y + size + 5], fill=style.ADDED)
            if missing:
                draw.polygon([(x - 4, y + size + 8), (x + 4, y + size + 8), (x, y + size + 1)], fill=style.GONE)
            if place in covered:
                draw.line([x, y + size + 7, x + advance, y + size + 7], fill=style.accent("text"), width=3)
            x += advance
        _runs(draw, after[start:end].rstrip("\n"), left, y, size)


def _runs(draw: ImageDraw.ImageDraw, line: str, left: int, y: int, size: int) -> None:
    """Write a line character by character, where the marks are: kerning would shift them."""
    x = float(left)
    for character in line:
        write(draw, (x, y), character, size, style.INK)
        x += length(character, size)
