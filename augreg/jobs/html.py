"""Pages that need nothing else: everything is escaped, no scripts, pictures stand in them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from html import escape
from io import BytesIO
from typing import Final

from PIL import Image as Pillow

_HEAD: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>TITLE</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% } td, th { padding: .3rem .6rem; text-align: left; vertical-align: top }
tr { border-bottom: 1px solid #ccc } td { overflow-wrap: anywhere } img { margin-right: .3rem }
.number { text-align: right; white-space: nowrap }
MORE</style></head><body>
"""


def head(title: str, style: str = "") -> str:
    """Return what a page begins with; ``style`` is CSS of our own, which is not escaped."""
    return _HEAD.replace("TITLE", escape(title)).replace("MORE", style)


END: Final = "</body></html>\n"


def text(plain: str) -> str:
    r"""Return a text as HTML: marks that turn the direction of writing, control characters and stray bytes are spelt.

    >>> text("<b>\u202e")
    '&lt;b&gt;\\u202e'

    """
    plain = plain.encode("utf-8", "backslashreplace").decode("utf-8")
    return escape("".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in plain))


def text_lines(plain: str) -> str:
    """Return a text of several lines as HTML for ``<pre>``, each line as :func:`text` has it."""
    return "\n".join(map(text, plain.splitlines()))


def table(heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield a table of texts."""
    yield "<table><tr>" + "".join(f"<th>{escape(name)}</th>" for name in heads) + "</tr>\n"
    yield from ("<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    yield "</table>\n"


def address(picture: Pillow.Image, side: int, form: str = "JPEG") -> str:
    """Return the data: address of a picture whose longer side is made at most so many pixels; ``form`` JPEG or PNG."""
    picture = picture.copy()
    picture.thumbnail((side, side))
    held = BytesIO()
    picture.save(held, form, quality=80)
    return f"data:image/{form.lower()};base64," + base64.b64encode(held.getvalue()).decode("ascii")
