"""The page of an evaluation: one HTML file, without scripts, plots drawn in SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from augreg.jobs import html
from augreg.learn.blocks import Block
from augreg.learn.effects import SHARES
from augreg.learn.intervals import Interval
from augreg.learn.outcome import Outcome
from augreg.learn.plots import curves, scatter
from augreg.learn.projection import Projection
from augreg.learn.tables import HEADS, metric_rows, rows
from augreg.learn.telling import difference

STYLE: Final = """.lead { font-size: 1.15rem } svg { max-width: 100%; height: auto } .bad { fill: #b3261e }
.good { fill: #1b6e3c } .plain { fill: #555 } .heat td, .heat th { text-align: right; padding: .15rem .4rem }
.heat { width: auto } td, th { overflow-wrap: break-word } td:first-child { min-width: 12rem }
"""

WIDE, LINE, LEFT, RIGHT = 860, 24, 330, 170
"""Pixels of a plot, of a line of it, and of the names and the numbers beside it."""


def page(outcome: Outcome) -> str:
    """Return the page."""
    return "".join(_page(outcome))


def _page(outcome: Outcome) -> Iterator[str]:
    facts = outcome.data
    yield html.head("augreg evaluate", STYLE)
    yield f"<h1>{html.text(str(facts['name']))}</h1>\n<p class=lead>{html.text(outcome.summary)}</p>\n"
    yield (
        f"<p>{facts['samples']} samples of {facts['classes']} classes ({html.text(str(facts['modality']))}); "
        f"{facts['train']} train, {facts['test']} test, split {facts['split']}; model {html.text(outcome.model)}; "
        f"{len(outcome.seeds)} seeds. ± is half a 95 % t-interval over paired seeds; of operations and of classes it "
        "holds for all of them together.</p>\n"
    )
    yield "".join(f"<p>Note: {html.text(note)}.</p>\n" for note in outcome.notes)
    yield f"<h2>A. Effect on {html.text(outcome.metric)}, against {outcome.control}</h2>\n"
    measured = {
        one.arm.name: one.to_control for one in outcome.effects if one.to_control is not None and not one.arm.of
    }
    yield forest(measured, outcome.metric)
    yield from html.table(HEADS, rows(outcome))
    yield "<h2>All metrics</h2>\n"
    yield from html.table(*metric_rows(outcome))
    if outcome.flags:
        yield "<h2>What stands out</h2>\n<ul>" + "".join(f"<li>{html.text(flag)}</li>" for flag in outcome.flags)
        yield "</ul>\n"
    for block in outcome.blocks:
        yield from _block(block)
    yield from _projection(outcome.projection)
    for effect in outcome.effects:
        if effect.classes and effect.arm.name != outcome.control and not effect.arm.of:
            each = "Average precision" if outcome.metric == "map" else "Recall"
            yield f"<h2>{each} of each class: {html.text(effect.arm.name)} against {outcome.control}</h2>\n"
            yield forest(effect.classes, "macro_recall")
    for effect in outcome.effects:
        table = None if effect.arm.of else outcome.confusion(effect.arm.name)
        if table is not None:
            yield f"<h2>Taken for whom, all seeds: {html.text(effect.arm.name)}</h2>\n"
            yield from _heat(table, outcome.classes)
    yield html.END


def _projection(found: Projection) -> Iterator[str]:
    yield "<h2>Training samples as points: two components of their features</h2>\n"
    if found.points is None:
        yield f"<p>Not drawn: {html.text(found.why)}.</p>\n"
        return
    first, second = (f"{share:.0%}" for share in found.explained)
    beside = f", and rings the same samples augmented by {html.text(found.arm)}" if found.arm else ""
    yield (
        f"<p>Dots are {found.plain} samples of the first seed{beside}. Across and up are the directions in which plain "
        f"samples differ most ({first} and {second} of their variance): gray values, edges and colors of pictures, "
        "words of texts, spectra of sounds. Rings far from the dots of their color may be of another class now.</p>\n"
    )
    yield scatter(found.points.tolist(), found.classes, found.plain)


def _block(block: Block) -> Iterator[str]:
    yield f"<h2>{block.letter}. {html.text(block.title)}</h2>\n"
    if block.why:
        yield f"<p>Not measured: {html.text(block.why)}.</p>\n"
        return
    if block.curves:
        yield curves(block.curves, block.axis)
    yield from html.table(block.heads, block.rows)


def forest(found: Mapping[str, Interval], metric: str) -> str:
    """Return a plot of differences with their intervals, one line each, and 0 as a line from top to bottom."""
    if not found:
        return "<p>Not measured.</p>\n"
    reach = max(abs(one.mean) + (one.half or 0.0) for one in found.values()) or 1.0
    high = LINE * len(found) + LINE

    def x(value: float) -> float:
        half = (WIDE - LEFT - RIGHT) / 2
        return round(LEFT + half + half * value / reach, 1)

    lines = [f'<line x1="{x(0)}" y1="0" x2="{x(0)}" y2="{high - LINE}" stroke="#999"/>']
    for place, (name, one) in enumerate(found.items()):
        lines += _line(LINE * place + LINE / 2, name, one, metric, x)
    scale = 100 * reach if metric in SHARES else reach
    lines.append(f'<text x="{x(reach)}" y="{high - 6}" text-anchor="end" class=plain>+{scale:.3g}</text>')
    lines.append(f'<text x="{x(-reach)}" y="{high - 6}" class=plain>-{scale:.3g}</text>')
    return (
        f'<svg viewBox="0 0 {WIDE} {high}" width="{WIDE}" font-size="13" role="img">\n'
        + "\n".join(lines)
        + "\n</svg>\n"
    )


def _line(y: float, name: str, one: Interval, metric: str, at: Callable[[float], float]) -> list[str]:
    kind = "good" if one.above else "bad" if one.below else "plain"
    half = one.half or 0.0
    return [
        f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{html.text(name)}</text>',
        f'<line x1="{at(one.mean - half)}" y1="{y}" x2="{at(one.mean + half)}" y2="{y}" stroke="#333"/>',
        f'<circle cx="{at(one.mean)}" cy="{y}" r="4" class={kind} />',
        f'<text x="{WIDE - RIGHT + 8}" y="{y + 4}" class={kind}>{difference(one, metric)} (n={one.n})</text>',
    ]


def _heat(table: Sequence[Sequence[int]], classes: Sequence[str]) -> Iterator[str]:
    heads = "".join(f"<th>{html.text(name)}</th>" for name in classes)
    yield f"<table class=heat><tr><th>class</th>{heads}</tr>\n"
    for name, row in zip(classes, table, strict=True):
        whole = max(sum(row), 1)
        cells = "".join(
            f'<td style="background: rgba(40, 100, 200, {count / whole:.2f})">{count}</td>' for count in row
        )
        yield f"<tr><th>{html.text(name)}</th>{cells}</tr>\n"
    yield "</table>\n"
