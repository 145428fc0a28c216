"""Lays out a contact sheet: sections of tiles, the input first, what became of it beside or below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image as Pillow
from PIL import ImageDraw

from augreg.media.encode import as_frames
from augreg.media.images import as_pixels
from augreg.samples import Audio, Image, Sample, Text, Video
from augreg.showcase import style, tiles, words

MARGIN, GAP, CAPTION, TEXT_SIZE = 44, 20, 19, 26
HEAD, SECTION = 128, 54
SOUND_HEIGHT, STRIP_HEIGHT, LABEL_WIDTH = 236, 162, 118


@dataclass(frozen=True, slots=True)
class Cell:
    """One sample on the sheet, a short title, and lines that say what was done to it."""

    sample: Sample
    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Cells that belong together; the first is the input, which the others are compared with.

    ``stacked`` puts them below each other at full width (film strips, long texts), else they stand side by side.
    """

    modality: str
    title: str
    cells: tuple[Cell, ...]
    stacked: bool = False


def contact_sheet(sections: Sequence[Section], title: str, subtitle: str = "", width: int = 1600) -> Pillow.Image:
    """Draw a contact sheet: RGB, ``width`` pixels wide, as high as it needs."""
    heights = [_height(section, width) for section in sections]
    total = HEAD + sum(heights) + MARGIN // 2
    canvas = Pillow.new("RGB", (width, total), style.PAPER)
    draw = ImageDraw.Draw(canvas)
    draw.text((MARGIN, 34), title, font=style.font(42), fill=style.INK)
    draw.text((MARGIN, 88), style.shorten(subtitle, 22, width - 2 * MARGIN), font=style.font(22), fill=style.MUTED)
    top = HEAD
    for section, height in zip(sections, heights, strict=True):
        _head(draw, section, top, width)
        (_draw_stack if section.stacked else _draw_row)(canvas, section, top + SECTION, width)
        top += height
    return canvas


def _head(draw: ImageDraw.ImageDraw, section: Section, top: int, width: int) -> None:
    colour, font = style.accent(section.modality), style.font(20)
    draw.line([MARGIN, top + 6, width - MARGIN, top + 6], fill=style.LINE, width=1)
    name = font.getlength(section.modality) + 24
    draw.rounded_rectangle([MARGIN, top + 16, MARGIN + name, top + 44], radius=14, fill=colour)
    draw.text((MARGIN + 12, top + 18), section.modality, font=font, fill=(255, 255, 255))
    room = round(width - 2 * MARGIN - name - 14)
    draw.text((MARGIN + name + 14, top + 18), style.shorten(section.title, 20, room), font=font, fill=style.MUTED)


def _tile_width(section: Section, width: int) -> int:
    columns = max(1, len(section.cells))
    return (width - 2 * MARGIN - GAP * (columns - 1)) // columns


def _tile_height(section: Section, tile: int) -> int:
    """Return the height of the drawn part of a section's tiles."""
    first = section.cells[0].sample
    if isinstance(first, Text):
        texts = [str(cell.sample.data) for cell in section.cells]  # type: ignore[attr-defined]  # all are Text
        return max(words.height_of(text, TEXT_SIZE, tile) for text in texts) + 8
    if isinstance(first, Audio):
        return SOUND_HEIGHT
    shapes = [_picture_shape(cell.sample) for cell in section.cells]
    tallest = max(h / w for h, w in shapes)
    if isinstance(first, Video):
        return min(round(tile * tallest * 1.1) + 64, tile + 64)
    return round(tile * min(tallest, 1.0))


def _picture_shape(sample: Any) -> tuple[int, int]:
    if isinstance(sample, Image):
        height, width = as_pixels(sample.data).shape[:2]
    else:
        height, width = as_frames(sample.data[:1]).shape[1:3]
    return int(height), int(width)


def _caption_height(section: Section) -> int:
    return 32 + (CAPTION + 5) * max((len(cell.lines) for cell in section.cells), default=0)


def _height(section: Section, width: int) -> int:
    if not section.stacked:
        tile = _tile_width(section, width)
        return SECTION + _tile_height(section, tile) + _caption_height(section) + 26
    return SECTION + sum(_stack_height(cell, width) for cell in section.cells) + 14


def _stack_height(cell: Cell, width: int) -> int:
    note = (CAPTION + 9) if cell.lines else 0
    if isinstance(cell.sample, Text):
        return words.height_of(str(cell.sample.data), TEXT_SIZE, width - 2 * MARGIN - LABEL_WIDTH) + note + 12
    return (SOUND_HEIGHT if isinstance(cell.sample, Audio) else STRIP_HEIGHT) + note + 14


def _draw_row(canvas: Pillow.Image, section: Section, top: int, width: int) -> None:
    tile = _tile_width(section, width)
    height = _tile_height(section, tile)
    draw = ImageDraw.Draw(canvas)
    for column, cell in enumerate(section.cells):
        left = MARGIN + column * (tile + GAP)
        _tile(canvas, section, cell, (left, top, tile, height), film_rows=2)
        y = top + height + 8
        colour = style.INK if column == 0 else style.accent(section.modality)
        draw.text((left, y), cell.title, font=style.font(CAPTION + 2), fill=colour)
        for i, line in enumerate(cell.lines):
            text = style.shorten(line, CAPTION, tile)
            draw.text((left, y + 28 + i * (CAPTION + 5)), text, font=style.font(CAPTION), fill=style.MUTED)


def _draw_stack(canvas: Pillow.Image, section: Section, top: int, width: int) -> None:
    draw = ImageDraw.Draw(canvas)
    left, room = MARGIN + LABEL_WIDTH, width - 2 * MARGIN - LABEL_WIDTH
    for place, cell in enumerate(section.cells):
        height = _stack_height(cell, width)
        note = (CAPTION + 9) if cell.lines else 0
        colour = style.INK if place == 0 else style.accent(section.modality)
        draw.text((MARGIN, top + 2), cell.title, font=style.font(CAPTION + 2), fill=colour)
        _tile(canvas, section, cell, (left, top, room, height - note - 14), film_rows=1)
        if cell.lines:
            text = style.shorten("   ".join(cell.lines), CAPTION, room)
            draw.text((left, top + height - note - 8), text, font=style.font(CAPTION), fill=style.MUTED)
        top += height


def _tile(canvas: Pillow.Image, section: Section, cell: Cell, rect: style.Rect, film_rows: int) -> None:
    sample, first = cell.sample, section.cells[0].sample
    if isinstance(sample, Image):
        tiles.picture(canvas, sample, rect)
    elif isinstance(sample, Audio):
        tiles.sound(canvas, sample, rect, max(_seconds(other.sample) for other in section.cells))
    elif isinstance(sample, Video):
        tiles.film(canvas, sample, rect, 7 if film_rows == 1 else 4, film_rows)
    elif isinstance(sample, Text):
        words.draw_text(ImageDraw.Draw(canvas), str(first.data), sample, rect, TEXT_SIZE)  # type: ignore[attr-defined]


def _seconds(sample: Any) -> float:
    return float(sample.data.shape[-1] / sample.sample_rate)
