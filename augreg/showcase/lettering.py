"""Writes text in any alphabet: Pillow's built-in font, and the system's fonts for characters that it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import Any, Final

from PIL import ImageDraw, ImageFont

OTHERS: Final = (
    *("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "segoeui.ttf", "Arial Unicode.ttf"),
    *("Helvetica.ttc", "arial.ttf"),
    *("NotoSansCJK-Regular.ttc", "wqy-zenhei.ttc", "PingFang.ttc", "Hiragino Sans GB.ttc", "msyh.ttc", "malgun.ttf"),
    *("NotoSansArabic-Regular.ttf", "NotoSansHebrew-Regular.ttf", "NotoSansDevanagari-Regular.ttf", "Nirmala.ttf"),
    *("NotoSansThai-Regular.ttf", "NotoEmoji-Regular.ttf", "seguiemj.ttf", "NotoSansSymbols2-Regular.ttf"),
)
"""Fonts that systems bring along, by file name; Pillow knows where they lie."""

NOWHERE: Final = "\uffff"
"""A code that is no character: every font draws its mark for missing ones."""


@cache
def font(size: int, face: int = 0) -> Any:
    """Return a font at a size in pixels: Pillow's built-in one, or the further face of that number."""
    return ImageFont.load_default(size) if face == 0 else ImageFont.truetype(faces()[face - 1], size)


@cache
def faces() -> tuple[str, ...]:
    """Return the further fonts that are on this machine."""
    found = []
    for name in OTHERS:
        try:
            ImageFont.truetype(name, 20)
        except OSError:
            continue
        found.append(name)
    return tuple(found)


@cache
def has(face: int, character: str) -> bool:
    """Return whether a font can draw a character."""
    of = font(20, face)
    return character.isspace() or bytes(of.getmask(character)) != bytes(of.getmask(NOWHERE))


@cache
def face_of(character: str) -> int:
    """Return the first font that can draw a character; the built-in one where none can."""
    if character.isascii() or has(0, character):
        return 0
    return next((face for face in range(1, len(faces()) + 1) if has(face, character)), 0)


def runs(text: str) -> Iterator[tuple[int, str]]:
    """Yield the stretches of a text that one font draws, with its number; a line break is a space in a line."""
    for face, characters in groupby(text.replace("\n", " "), face_of):
        yield face, "".join(characters)


def length(text: str, size: int) -> float:
    """Return the width of a line in pixels."""
    return float(sum(font(size, face).getlength(run) for face, run in runs(text)))


def write(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, fill: tuple[int, int, int]) -> None:
    """Write a line whose upper left corner is at a point; all fonts stand on one baseline."""
    x, top = at
    baseline = top + font(size).getmetrics()[0]
    for face, run in runs(text):
        draw.text((x, baseline), run, font=font(size, face), fill=fill, anchor="ls")
        x += font(size, face).getlength(run)
