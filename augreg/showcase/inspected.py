"""The page of `augreg inspect`: outputs beside their inputs, the steps that ran, and how far the numbers are apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from PIL import Image as Pillow

from augreg.data.samples import Sample
from augreg.jobs import Inspection, html
from augreg.jobs.inspecting.drift import Drift
from augreg.jobs.inspecting.found import Pair
from augreg.jobs.manifest import place_of
from augreg.modalities.audio import Audio
from augreg.modalities.image import Image
from augreg.modalities.text import Text
from augreg.modalities.video import Video
from augreg.showcase import sounds, style, tiles
from augreg.showcase.captions import captions
from augreg.showcase.words import marks

SIDE: Final = 240
"""Pixels of the longer side of pictures on the page."""

WIDE: Final = (480, 150)
"""Pixels of spectrograms and strips of film."""

LETTERS: Final = 600
"""Of a text so many characters are shown: comparing takes the square of it, and nobody reads more on such a page."""

STYLE: Final = """.pairs { display: flex; flex-wrap: wrap; gap: 1rem } figure { margin: 0; max-width: 100% }
figcaption { color: #555; font-size: 12px; max-width: 31rem; overflow-wrap: anywhere } .new { background: #ffe4a1 }
.gone { border-left: 3px solid #dc3434 } .large { background: #ffe4a1 } .words { max-width: 31rem;
white-space: pre-wrap }
"""


def page(found: Inspection, title: str) -> str:
    """Return the page; ``found.drawn`` is what :func:`draw` returned."""
    return "".join(_page(found, title))


def _page(found: Inspection, title: str) -> Iterator[str]:
    yield html.head("augreg inspect", STYLE)
    yield f"<h1>{html.text(title)}</h1>\n"
    for modality, count in sorted(found.account.outputs.items()):
        yield f"<h2>{html.text(modality)}: {count} outputs, {found.sampled.get(modality, 0)} of them read</h2>\n"
        yield from _steps(found, modality, count)
        yield from _numbers(found.drift.get(modality, ()))
        yield '<div class="pairs">\n' + "".join(found.drawn.get(modality, ())) + "</div>\n"
    if found.classes:
        yield "<h2>Folders</h2>\n"
        yield from _numbers(found.classes)
    if found.faults:
        yield f"<h2>{len(found.faults)} cannot be looked at</h2>\n"
        yield from html.table(("what",), ((fault,) for fault in found.faults[:200]))
    yield html.END


def _steps(found: Inspection, modality: str, count: int) -> Iterator[str]:
    steps = found.account.steps[modality]
    counted = [*steps.most_common(), ("none", found.account.untouched[modality])]
    yield from html.table(("step", "outputs", "share"), ((name, str(n), f"{n / count:.1%}") for name, n in counted))


def _numbers(drift: Sequence[Drift]) -> Iterator[str]:
    if not drift:
        return
    compared = drift[0].before is not None
    heads = ("", "before", "after", "effect") if compared else ("", "mean", "deviation")
    yield "<table><tr>" + "".join(f"<th>{name}</th>" for name in heads) + "</tr>\n"
    for one in drift:
        effect = "" if one.effect is None else f"{one.effect:.2f}"
        alone = (number(one.after), number(one.deviation))
        cells = (number(one.before), number(one.after), effect) if compared else alone
        kind = ' class="large"' if one.large else ""
        said = "".join(f'<td class="number">{cell}</td>' for cell in cells)
        yield f"<tr{kind}><td>{html.text(one.name or '(no folder)')}</td>{said}</tr>\n"
    yield "</table>\n"


def number(value: float | None) -> str:
    """Return a number in four digits, "" for none."""
    return "" if value is None else f"{value:.4g}"


def draw(pair: Pair) -> str:
    """Return the HTML of one output beside its input."""
    parts = [part for part in (pair.before, pair.after) if part is not None]
    shown = "".join(_drawn(part, parts) for part in parts)
    steps = "; ".join(captions(pair.line.get("steps", ()), 6))
    return f"<figure>{shown}<figcaption>{html.text(place_of(pair.line))}<br>{html.text(steps)}</figcaption></figure>\n"


def _drawn(sample: Sample, parts: Sequence[Any]) -> str:
    if isinstance(sample, Text):
        return _text(parts[0].data, sample.data)
    canvas = Pillow.new("RGB", (SIDE, SIDE) if isinstance(sample, Image) else WIDE, style.PAPER)
    rect = (0, 0, *canvas.size)
    if isinstance(sample, Image):
        tiles.picture(canvas, sample, rect)
    elif isinstance(sample, Audio):
        sounds.draw_sound(canvas, sample, rect, sounds.Scale.of(parts))
    elif isinstance(sample, Video):
        tiles.film(canvas, _few(sample), rect)
    else:
        return ""
    return f'<img alt="" src="{html.address(canvas, max(canvas.size), "JPEG")}">'


def _few(clip: Video) -> Video:
    """Return a clip of twelve frames, as many as a strip has, evenly spaced: a film need not be decoded whole."""
    data: Any = clip.data
    count = len(data)
    places = np.unique(np.rint(np.linspace(0, count - 1, min(12, count))).astype(int))
    lazy = hasattr(data, "take") and not hasattr(data, "numpy")
    frames = data.take(places) if lazy else data[places]
    rate = clip.fps or count  # without a rate a clip takes a second
    return Video(frames, fps=rate * len(places) / count)


def _text(before: str, after: str) -> str:
    """Return a text, what is new in it marked, and a bar where something is gone."""
    cut = "..." if len(after) > LETTERS else ""
    said = []
    for letter, new, missing in marks(before[:LETTERS], after[:LETTERS]):
        kinds = " ".join(kind for kind, there in (("new", new), ("gone", missing)) if there)
        shown = "\n" if letter == "\n" else html.text(letter)
        said.append(f'<span class="{kinds}">{shown}</span>' if kinds else shown)
    return f'<div class="words">{"".join(said)}{cut}</div>'
