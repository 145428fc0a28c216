"""The report as one HTML page that needs nothing else: escaped, no scripts, pictures of pairs in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Final

from PIL import Image as Pillow

from augreg import media
from augreg.errors import MediaError
from augreg.jobs import html
from augreg.jobs.cleaning.look import Fault
from augreg.jobs.cleaning.report import Report, meaning
from augreg.jobs.fetched import Fetched
from augreg.jobs.plan import make_plan
from augreg.jobs.sources import Source
from augreg.media.images import as_pixels, without_alpha
from augreg.registry import default

SHOWN: Final = 200
"""Faults of each kind that a page lists: all of a large data set no browser would show."""

PICTURED: Final = 50
"""Faults of each kind that are shown with pictures, of about 4 KB each."""

SIDE: Final = 112
"""Pixels of the longer side of pictures."""


def page(report: Report, source: Source) -> str:
    """Return the page; the source is read again for the pictures of what is shown."""
    pictures = _pictures(source, _pictured(report))
    return "".join(_page(report, pictures))


def _page(report: Report, pictures: Mapping[str, str]) -> Iterator[str]:
    yield html.head("augreg clean")
    yield f"<h1>{len(report.paths)} inputs, {len(report.good)} of them good</h1>\n"
    yield from (f"<p>{html.text(note)}.</p>\n" for note in report.notes)
    yield from html.table(("code", "count", "meaning"), ((c, str(n), meaning(c)) for c, n in report.counts.items()))
    for code, count in report.counts.items():
        yield f"<h2>{escape(code)}: {html.text(meaning(code))}</h2>\n"
        yield "<table><tr><th></th><th>input</th><th>what</th><th>confidence</th></tr>\n"
        faults = [fault for fault in report.faults if fault.code == code]
        yield from (_row(fault, pictures) for fault in faults[:SHOWN])
        yield "</table>\n"
        if count > SHOWN:
            yield f"<p>and {count - SHOWN} more.</p>\n"
    for split, found in sorted(report.classes.items()):
        yield f"<h2>Classes{' of ' + html.text(split) if split else ''}</h2>\n"
        yield from html.table(
            ("class", "inputs"), ((name or "(no folder)", str(n)) for name, n in found.most_common(SHOWN))
        )
    yield "</body></html>\n"


def _row(fault: Fault, pictures: Mapping[str, str]) -> str:
    shown = "".join(f'<img alt="" src="{pictures[p]}">' for p in (fault.path, fault.other) if p in pictures)
    said = f"<td>{html.text(fault.path)}</td><td>{html.text(fault.reason)}</td>"
    return f'<tr><td>{shown}</td>{said}<td class="number">{fault.confidence:.2f}</td></tr>\n'


def _pictured(report: Report) -> set[str]:
    """Return the inputs of which pictures are shown."""
    found: set[str] = set()
    for code in report.counts:
        faults = [fault for fault in report.faults if fault.code == code][:PICTURED]
        found |= {path for fault in faults for path in (fault.path, fault.other) if path}
    return found


def _pictures(source: Source, wanted: set[str]) -> dict[str, str]:
    """Return path -> a data: address, for those of the inputs that are pictures."""
    registry = default()
    items = make_plan(source, {"image"}, 1, registry).items
    items = tuple(item for item in items if item.path in wanted and item.modality == "image" and item.fault is None)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        files = Fetched.of(source, items, Path(folder))
        for item in items:
            try:
                found[item.path] = _address(files[item])
            except MediaError:
                continue  # it cannot be read, which is why it is on the page
    return found


def _address(path: Path) -> str:
    pixels = without_alpha(as_pixels(media.read(path).data))  # type: ignore[attr-defined]  # an Image
    if pixels.dtype != "uint8":
        pixels = (pixels / (65_535 if pixels.dtype == "uint16" else 1) * 255).astype("uint8")
    return html.address(Pillow.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels), SIDE)
