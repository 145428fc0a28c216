"""A contact sheet: samples beside what became of them, as one picture."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image as Pillow
from PIL import ImageDraw

from augreg.showcase import style
from augreg.showcase.layout import MARGIN, Layout, Section

HEAD = 128
"""Pixels above the first section."""


def contact_sheet(sections: Sequence[Section], title: str, subtitle: str = "", width: int = 1600) -> Pillow.Image:
    """Draw a contact sheet: RGB, ``width`` pixels wide, as high as it needs."""
    layouts = [Layout(section, width) for section in sections]
    canvas = Pillow.new("RGB", (width, HEAD + sum(each.height for each in layouts) + MARGIN // 2), style.PAPER)
    draw = ImageDraw.Draw(canvas)
    draw.text((MARGIN, 34), style.shorten(title, 42, width - 2 * MARGIN), font=style.font(42), fill=style.INK)
    draw.text((MARGIN, 88), style.shorten(subtitle, 22, width - 2 * MARGIN), font=style.font(22), fill=style.MUTED)
    top = HEAD
    for each in layouts:
        each.draw(canvas, top)
        top += each.height
    return canvas
