"""Places the cells of one section: tiles in rows with captions below, or strips with a label at their left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from augreg.data.samples import Sample
from augreg.media.encode import as_frames
from augreg.media.images import as_pixels
from augreg.modalities.audio import Audio
from augreg.modalities.image import Image
from augreg.modalities.known import modalities
from augreg.modalities.text import Text
from augreg.modalities.video import Video
from augreg.registry import default
from augreg.showcase import sounds, style, tiles, words
from augreg.showcase.lettering import length, write

MARGIN: Final = 44
GAP: Final = 20
CAPTION: Final = 19
TEXT: Final = 26
SECTION: Final = 54
STRIP: Final = 162
SOUND: Final = 236


@dataclass(frozen=True, slots=True)
class Cell:
    """One sample on the sheet, a short title, and lines that say what was done to it."""

    sample: Sample
    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Cells that belong together; the first is the input, which the others are compared with.

    A section without a title continues the one above it.

    Args:
        modality: of its samples.
        title: a line of text beside the modality.
        cells: the samples.
        stacked: one below the other at full width (film strips, texts) instead of side by side.
        columns: tiles in a row; further ones go on in the next row.

    """

    modality: str
    title: str
    cells: tuple[Cell, ...]
    stacked: bool = False
    columns: int = 4

    def rows(self) -> list[tuple[Cell, ...]]:
        """Return the cells row by row."""
        width = 1 if self.stacked else self.columns
        return [self.cells[i : i + width] for i in range(0, len(self.cells), width)]


@dataclass(frozen=True)
class Layout:
    """A section at a width in pixels: how high it is, and how to draw it."""

    section: Section
    width: int

    @cached_property
    def height(self) -> int:
        """Pixels from the top of its head to the top of the next section."""
        return self._head + sum(self._row_height(row) for row in self.section.rows()) + 8

    @property
    def _head(self) -> int:
        return SECTION if self.section.title else 0

    @cached_property
    def _label(self) -> int:
        """The width of the labels at the left of strips."""
        if not self.section.stacked:
            return 0
        lengths = [length(cell.title, CAPTION + 2) for cell in self.section.cells]
        return 24 + int(max(lengths))

    @cached_property
    def _tile(self) -> int:
        """The width of what is drawn of one sample."""
        columns = 1 if self.section.stacked else self.section.columns
        return (self.width - 2 * MARGIN - self._label - GAP * (columns - 1)) // columns

    @cached_property
    def _scale(self) -> sounds.Scale:
        return sounds.Scale.of([cell.sample for cell in self.section.cells if isinstance(cell.sample, Audio)])

    def _tile_height(self, row: Sequence[Cell]) -> int:
        """Return the height of what is drawn of a row's samples."""
        first = self.section.cells[0].sample
        if isinstance(first, Text):
            return max(words.height_of(str(getattr(cell.sample, "data", "")), TEXT, self._tile) for cell in row)
        if not isinstance(first, (Image, Video)):
            return SOUND
        if self.section.stacked:
            return STRIP
        tallest = max(_aspect(cell.sample) for cell in row)
        # A square crop of a landscape need not make the whole row square.
        height = round(self._tile * min(tallest, max(_aspect(first), 0.75), 1.2))
        return height + 48 if isinstance(first, Video) else height

    def _row_height(self, row: Sequence[Cell]) -> int:
        lines = max(len(cell.lines) for cell in row)
        if self.section.stacked:
            return self._tile_height(row) + (CAPTION + 8 if lines else 0) + 14
        return self._tile_height(row) + 34 + (CAPTION + 5) * lines + 18

    def draw(self, canvas: Pillow.Image, top: int) -> None:
        """Draw the section below ``top``."""
        if self.section.title:
            self._draw_head(ImageDraw.Draw(canvas), top)
        top += self._head
        for row in self.section.rows():
            for column, cell in enumerate(row):
                left = MARGIN + self._label + column * (self._tile + GAP)
                height = self._tile_height(row)
                self._draw_sample(canvas, cell.sample, (left, top, self._tile, height))
                self._draw_words(ImageDraw.Draw(canvas), cell, left, top, height)
            top += self._row_height(row)

    def _draw_head(self, draw: ImageDraw.ImageDraw, top: int) -> None:
        draw.line([MARGIN, top + 6, self.width - MARGIN, top + 6], fill=style.LINE, width=1)
        plate = length(self.section.modality, 20) + 24
        colour = style.accent(self.section.modality)
        draw.rounded_rectangle([MARGIN, top + 16, MARGIN + plate, top + 44], radius=14, fill=colour)
        write(draw, (MARGIN + 12, top + 18), self.section.modality, 20, (255, 255, 255))
        title = style.shorten(self.section.title, 20, round(self.width - 2 * MARGIN - plate - 14))
        write(draw, (MARGIN + plate + 14, top + 18), title, 20, style.MUTED)

    def _draw_words(self, draw: ImageDraw.ImageDraw, cell: Cell, left: int, top: int, height: int) -> None:
        """Write the title of a cell and what was done to it."""
        colour = style.INK if cell is self.section.cells[0] else style.accent(self.section.modality)
        if self.section.stacked:
            write(draw, (MARGIN, top + 2), cell.title, CAPTION + 2, colour)
            lines, below = ["   ".join(cell.lines)], top + height + 4
        else:
            title = style.shorten(cell.title, CAPTION + 2, self._tile)
            write(draw, (left, top + height + 7), title, CAPTION + 2, colour)
            lines, below = list(cell.lines), top + height + 36
        for i, line in enumerate(lines):
            text = style.shorten(line, CAPTION, self._tile)
            write(draw, (left, below + i * (CAPTION + 5)), text, CAPTION, style.MUTED)

    def _draw_sample(self, canvas: Pillow.Image, sample: Sample, rect: style.Rect) -> None:
        if isinstance(sample, Image):
            tiles.picture(canvas, sample, rect)
        elif isinstance(sample, Audio):
            sounds.draw_sound(canvas, sample, rect, self._scale)
        elif isinstance(sample, Video):
            tiles.film(canvas, sample, rect, rows=1 if self.section.stacked else 2)
        elif isinstance(sample, Text):
            before = str(getattr(self.section.cells[0].sample, "data", ""))
            words.draw_text(ImageDraw.Draw(canvas), before, sample, rect, TEXT)
        else:
            self._draw_heat(canvas, sample, rect)

    def _draw_heat(self, canvas: Pillow.Image, sample: Sample, rect: style.Rect) -> None:
        """Draw a sample of a modality that a plugin adds, on the scale of the input, if it says how."""
        how = modalities(default())[sample.modality].heat
        values, first = how(sample), how(self.section.cells[0].sample)
        if values is None or first is None:
            return
        low, high = float(first.min()), float(first.max())
        left, top, width, height = rect
        colours = np.ascontiguousarray(np.flipud(style.heat((values - low) / max(high - low, 1e-9))))
        used = min(width, max(2, round(width * values.shape[1] / max(1, first.shape[1]))))
        canvas.paste(Pillow.fromarray(colours).resize((used, height), Pillow.Resampling.BICUBIC), (left, top))


def _aspect(sample: Any) -> float:
    """Return height over width of an image or a frame."""
    picture = as_pixels(sample.data) if isinstance(sample, Image) else as_frames(sample.data[:1])[0]
    return float(picture.shape[0] / picture.shape[1])
