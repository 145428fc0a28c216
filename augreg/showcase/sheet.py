"""A contact sheet: samples beside what became of them, as one picture."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image as Pillow
from PIL import ImageDraw

from augreg.showcase import style
from augreg.showcase.layout import MARGIN, Layout, Section
from augreg.showcase.lettering import write

HEAD = 128
"""Pixels above the first section."""


def contact_sheet(sections: Sequence[Section], title: str, subtitle: str = "", width: int = 1600) -> Pillow.Image:
    """Draw a contact sheet: RGB, ``width`` pixels wide, as high as it needs."""
    layouts = [Layout(section, width) for section in sections]
    canvas = Pillow.new("RGB", (width, HEAD + sum(each.height for each in layouts) + MARGIN // 2), style.PAPER)
    draw = ImageDraw.Draw(canvas)
    write(draw, (MARGIN, 34), style.shorten(title, 42, width - 2 * MARGIN), 42, style.INK)
    write(draw, (MARGIN, 88), style.shorten(subtitle, 22, width - 2 * MARGIN), 22, style.MUTED)
    top = HEAD
    for each in layouts:
        each.draw(canvas, top)
        top += each.height
    return canvas
